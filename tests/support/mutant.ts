// A mutant: the program with one of its seams, a named function, replaced, to see that a test notices. Some seams are
// functions of the database (mutate-database.ts). Imports nothing of the program, which is loaded after it.

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const projectDir = resolve(import.meta.dirname, '../..');

/**
 * `file` from the project's folder; `seam` is an exported function of it. `instead` is the source of a function that is
 * given the original one and the arguments; it stands in the file and knows its imports.
 */
export type MutantChange = { file: string; seam: string; instead: string };

/** `seam` is a function that the database has once; `body` is its new plpgsql. */
export type DatabaseChange = { seam: string; body: string };

export type Mutant = { name: string; changes: MutantChange[]; databaseChanges?: DatabaseChange[] };

/** Throws when the seam is not there, or there twice: the mutant must follow the code. */
export function mutateSource(source: string, { file, seam, instead }: MutantChange): string {
  const head = new RegExp(`^export (async )?function ${seam}\\b`, 'gm');
  if (source.match(head)?.length !== 1) throw new Error(`${file} does not export one function ${seam}`);
  const renamed = source.replace(head, (_, isAsync = '') => `${isAsync}function ${seam}Unmutated`);
  return `${renamed}\nexport function ${seam}(...given) { return (${instead})(${seam}Unmutated, ...given); }\n`;
}

/** Throws when a seam to replace is not there. */
export function checkMutant(mutant: Mutant): void {
  for (const change of mutant.changes) {
    mutateSource(readFileSync(join(projectDir, change.file), 'utf8'), change);
  }
}
