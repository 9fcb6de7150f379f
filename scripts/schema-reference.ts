// Writes docs/reference/schema.md and src/ground/database/tables.ts from a freshly migrated database (`npm run schema`);
// with --check it writes nothing and fails when one of them is stale.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { createTestDatabase } from '../tests/support/database.ts';
import { readCatalogue } from './schema-catalogue.ts';
import { writeReference, writeTables } from './schema-files.ts';

const projectDir = resolve(import.meta.dirname, '..');
const { pool, drop } = await createTestDatabase();
const catalogue = await readCatalogue(pool, 'vipay_app').finally(drop);

const files = [
  { path: 'docs/reference/schema.md', text: writeReference(catalogue) },
  { path: 'src/ground/database/tables.ts', text: writeTables(catalogue) },
];
for (const { path, text } of files) {
  const file = resolve(projectDir, path);
  const current = await readFile(file, 'utf8').catch(() => null);
  if (current?.replaceAll('\r\n', '\n') === text) continue;
  if (process.argv.includes('--check')) {
    console.error(
      `${path} does not say what the migrations make: run "npm run schema" and commit the result.`,
    );
    process.exitCode = 1;
  } else {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    console.log(`wrote ${path}`);
  }
}
