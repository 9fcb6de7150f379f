// Unique keys are compared by bytes, so an upgrade of the server's libraries cannot let a duplicate in.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createTestDatabase } from '../../../tests/support/database.ts';

const { owner, drop } = await createTestDatabase();
after(drop);

test('every text column in an index is in byte order (collate "C")', async () => {
  const { rows } = await owner.pool.query(
    `select distinct t.relname || '.' || a.attname as "column"
       from pg_index i
       join pg_class t on t.oid = i.indrelid
       join pg_attribute a on a.attrelid = t.oid and a.attnum = any (i.indkey)
      where t.relnamespace = 'public'::regnamespace and a.attcollation not in (0, '"C"'::regcollation)
      order by 1`,
  );
  assert.deepEqual(rows, []);
});

test('an index over an expression of text says its order too', async () => {
  const { rows } = await owner.pool.query(
    `select i.indexrelid::regclass::text as "index"
       from pg_index i join pg_class t on t.oid = i.indrelid
      where t.relnamespace = 'public'::regnamespace
        and exists (select from unnest(i.indcollation) as part (oid) where part.oid not in (0, '"C"'::regcollation))`,
  );
  assert.deepEqual(rows, []);
});
