// Puts the functions a mutant changes into the test's own database, by the role that owns them.

import { openPool } from '../../src/ground/database/index.ts';
import { type Mutant, replaceOnce } from './mutant.ts';

/** Replaces the mutant's functions in this database; its worker processes start afterwards. */
export async function mutateDatabase(ownerUrl: string, mutant: Mutant): Promise<void> {
  const owner = openPool(ownerUrl, { max: 1 });
  try {
    for (const { function: name, text, replacement } of mutant.databaseChanges ?? []) {
      const { rows } = await owner.query<{ definition: string }>(
        `select pg_get_functiondef(oid) as definition from pg_proc
         where proname = $1 and pronamespace = 'public'::regnamespace`,
        [name],
      );
      if (rows.length !== 1) throw new Error(`the database has ${rows.length} functions ${name}`);
      await owner.query(replaceOnce(name, rows[0]?.definition ?? '', text, replacement));
    }
  } finally {
    await owner.end();
  }
}
