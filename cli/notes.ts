// The notes of a command beside its result: which database it works on, and what is unusual about it. On
// stderr, so that the result stays alone on stdout; with --json, where an error is one JSON value on stderr,
// the notes are part of it.

import { neutralise } from './print.ts';

export const wantsJson = process.argv.includes('--json');

const kept: string[] = [];

export function note(line: string): void {
  if (wantsJson) kept.push(line);
  else console.error(neutralise(line));
}

/** The notes not yet shown, which are thereby taken. */
export function takeNotes(): string[] {
  return kept.splice(0);
}
