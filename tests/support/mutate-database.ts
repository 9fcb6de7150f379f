// Puts the functions a mutant changes into the test's own database, by the role that owns them.

import { openPool } from '../../src/ground/database/index.ts';
import type { Mutant } from './mutant.ts';

/** Replaces the mutant's functions in this database; its worker processes start afterwards. */
export async function mutateDatabase(ownerUrl: string, mutant: Mutant): Promise<void> {
  const owner = openPool(ownerUrl, { max: 1 });
  try {
    for (const { seam, body } of mutant.databaseChanges ?? []) {
      const { rows } = await owner.query<{ definition: string }>(
        `select pg_get_functiondef(oid) as definition from pg_proc
         where proname = $1 and pronamespace = 'public'::regnamespace`,
        [seam],
      );
      const [, head] = /^([\s\S]*?)AS \$function\$/.exec(rows[0]?.definition ?? '') ?? [];
      if (rows.length !== 1 || head === undefined) {
        throw new Error(`the database has ${rows.length} functions ${seam}`);
      }
      await owner.query(`${head}AS $function$${body}$function$`);
    }
  } finally {
    await owner.end();
  }
}
