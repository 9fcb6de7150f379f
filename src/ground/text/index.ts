export { plainDigits } from './plain-digits.ts';
export { showText } from './shown-text.ts';
export {
  countCharacters,
  freeTextCharactersMax,
  freeTextProblem,
  nameProblem,
  referencePattern,
  referenceProblem,
} from './text-rules.ts';
