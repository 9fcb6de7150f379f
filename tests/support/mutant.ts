// A mutant: the program with a few exact source texts replaced, to see that a test notices. Some of the program are
// functions of the database (mutate-database.ts). Imports nothing of the program, which is loaded after it.

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const projectDir = resolve(import.meta.dirname, '../..');

/** `file` from the project's folder; `text` occurs there exactly once. */
export type MutantChange = { file: string; text: string; replacement: string };

/** `function` has this name once; `text` occurs in its definition exactly once. */
export type DatabaseChange = { function: string; text: string; replacement: string };

export type Mutant = { name: string; changes: MutantChange[]; databaseChanges?: DatabaseChange[] };

export function mutateSource(source: string, { file, text, replacement }: MutantChange): string {
  return replaceOnce(file, source, text, replacement);
}

export function replaceOnce(where: string, source: string, text: string, replacement: string): string {
  const occurrences = source.split(text).length - 1;
  if (occurrences !== 1) throw new Error(`${where} has ${occurrences} times, not once: ${text}`);
  return source.replace(text, () => replacement);
}

/** Throws when a text to replace is not there, or there twice: the code has moved and the mutant must follow. */
export function checkMutant(mutant: Mutant): void {
  for (const change of mutant.changes) {
    mutateSource(readFileSync(join(projectDir, change.file), 'utf8'), change);
  }
}
