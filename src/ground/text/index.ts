export { plainDigits } from './plain-digits.ts';
export { showText } from './shown-text.ts';
export {
  countCharacters,
  freeTextBytesMax,
  freeTextCharactersMax,
  freeTextProblem,
  nameProblem,
  referenceBytesMax,
  referencePattern,
  referenceProblem,
} from './text-rules.ts';
