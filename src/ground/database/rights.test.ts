// The rights as the catalogue holds them: PUBLIC nothing, the running role what migrations/grants.sql names.
// What thieves try with a login is in tests/hostile/database.test.ts.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { createTestDatabase } from '../../../tests/support/database.ts';
import { findWeakRights, migrate, openDatabase } from './index.ts';

const grantsFile = resolve(import.meta.dirname, '../../../migrations/grants.sql');
const whereToAdd =
  'migrations/grants.sql is the whole list of what the running role may do: name the column, table or function there, in its group.';

const { url, ownerUrl, adminUrl, db, owner, drop } = await createTestDatabase();
after(drop);
// A clone of the template has its tables' rights; the rights on the database itself are given by migrating it.
before(() => migrate({ ownerUrl, appUrl: url }));

/** `right on thing` for everything that `grantee` holds by name; columns as `update (fee_dong) on table payments`. */
async function listRights(grantee: string): Promise<string[]> {
  const { rows } = await owner.pool.query<{ held: string }>(
    `with holder as (select coalesce((select oid from pg_roles where rolname = $1), 0::oid) as id),
       schemas as (select oid, nspname from pg_namespace where nspname in ('public', 'graphile_worker')),
       things (what, acl) as (
         select case c.relkind when 'S' then 'sequence ' else 'table ' end || c.relname,
           coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner))
         from pg_class c join schemas s on s.oid = c.relnamespace
         where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and ($1 = 'public' or s.nspname = 'public')
         union all
         select 'function ' || p.proname, coalesce(p.proacl, acldefault('f', p.proowner))
         from pg_proc p join schemas s on s.oid = p.pronamespace where $1 = 'public' or s.nspname = 'public'
         union all
         select 'type ' || t.typname, coalesce(t.typacl, acldefault('T', t.typowner))
         from pg_type t join schemas s on s.oid = t.typnamespace left join pg_class c on c.oid = t.typrelid
         where t.typelem = 0 and t.typtype <> 'm' and coalesce(c.relkind, 'c') = 'c' and ($1 = 'public' or s.nspname = 'public')
         union all
         select 'schema ' || n.nspname, coalesce(n.nspacl, acldefault('n', n.nspowner))
         from pg_namespace n where n.oid in (select oid from schemas where $1 = 'public' or nspname = 'public')
         union all
         select 'large object', l.lomacl from pg_largeobject_metadata l
         union all
         select 'database', coalesce(d.datacl, acldefault('d', d.datdba)) from pg_database d
         where d.datname = current_database())
     select lower(e.privilege_type) || ' on ' || what as held
     from things, aclexplode(acl) e, holder where e.grantee = holder.id
     union all
     select lower(e.privilege_type) || ' (' || a.attname || ') on table ' || c.relname
     from pg_attribute a join pg_class c on c.oid = a.attrelid join schemas s on s.oid = c.relnamespace,
       aclexplode(a.attacl) e, holder
     where e.grantee = holder.id and ($1 = 'public' or s.nspname = 'public')
     order by 1`,
    [grantee],
  );
  return rows.map(({ held }) => held).sort();
}

/** The same list, as migrations/grants.sql has it. */
async function readGrants(): Promise<string[]> {
  const text = (await readFile(grantsFile, 'utf8')).replace(/--.*$/gm, '');
  return text
    .split(';')
    .map((statement) => /^\s*grant\s+([\s\S]+?)\s+on\s+([\s\S]+?)\s+to\s+:app_role\s*$/.exec(statement))
    .filter((match) => match !== null)
    .flatMap(([, rights = '', on = '']) => {
      const [kind = '', names = ''] =
        /^(?:(schema|sequence|function)\s+)?([\s\S]+)$/.exec(on)?.slice(1) ?? [];
      return names.split(',').flatMap((name) =>
        [...rights.matchAll(/([a-z]+)\s*(?:\(([^)]*)\))?/g)].flatMap(([, right = '', columns]) => {
          const thing = `on ${kind || 'table'} ${name.trim()}`;
          return columns === undefined
            ? [`${right} ${thing}`]
            : columns.split(',').map((column) => `${right} (${column.trim()}) ${thing}`);
        }),
      );
    })
    .sort();
}

test('PUBLIC holds nothing: no connection, no schema, table, column, sequence, function, type or large object', async () => {
  assert.deepEqual(await listRights('public'), []);
});

test('the running role holds what grants.sql names, to the column, and nothing beside it', async () => {
  const connecting = ['connect on database', 'temporary on database'];
  assert.deepEqual(
    await listRights('vipay_app'),
    [...(await readGrants()), ...connecting].sort(),
    whereToAdd,
  );
});

test('no grant names what decides about money: those columns are written once, or by a function', async () => {
  const updates = (await readGrants()).filter((right) => right.startsWith('update'));
  const money =
    /(_dong|_ppm|account_id|account_kind|pin_|identified|environment|phone|wallet_id|order_id|merchant_site|secret_|hash)\)/;
  // The one who is told of a lock; the answer kept for a key; the code sent for a payment.
  const harmless = [
    'update (wallet_id) on table attempt_counters',
    'update (body_hash) on table idempotency_keys',
    'update (code_hash) on table confirmations',
  ];
  assert.deepEqual(
    updates.filter((right) => money.test(right) && !harmless.includes(right)),
    [],
  );
  assert.deepEqual(
    updates.filter((right) => !right.includes('(')),
    [],
    'an update without columns is an update of all of them',
  );
  for (const kept of ['orders', 'payments', 'transfers', 'accounts', 'wallets', 'policies', 'merchant_sites'])
    assert.ok(!(await readGrants()).includes(`delete on table ${kept}`), kept);
});

test('what a later migration makes is closed to PUBLIC from its first moment', async () => {
  await owner.pool.query(`create function made_later() returns int language sql as 'select 1'`);
  await owner.pool.query(`create domain kind_made_later as text`);
  assert.deepEqual(await listRights('public'), []);
  await owner.pool.query('drop function made_later; drop domain kind_made_later');
});

test('what an older version or a hand has granted is taken back by the next migration', async () => {
  const before = await listRights('vipay_app');
  await owner.pool.query(`
    grant select, insert, update, delete on all tables in schema public to vipay_app;
    grant update (fee_dong) on payments to vipay_app;
    grant all on all sequences in schema public to vipay_app;
    grant execute on all functions in schema public to vipay_app, public;
    grant select, update (balance_dong) on accounts to public;
    grant create, usage on schema public to public;
    grant usage on schema graphile_worker to public;
    grant execute on all functions in schema graphile_worker to public;
    select lo_create(424242);
    grant select on large object 424242 to public`);
  await owner.pool.query(
    `do $$ begin execute format('grant all on database %I to public', current_database()); end $$`,
  );
  assert.ok((await listRights('public')).length > 30);
  assert.ok((await listRights('vipay_app')).length > before.length);
  await migrate({ ownerUrl, appUrl: url });
  assert.deepEqual(await listRights('public'), []);
  assert.deepEqual(await listRights('vipay_app'), before);
  await owner.pool.query('select lo_unlink(424242)');
});

test('one role for both is closed to PUBLIC too', async () => {
  await owner.pool.query('grant execute on all functions in schema public to public');
  await migrate({ ownerUrl, appUrl: ownerUrl });
  assert.deepEqual(await listRights('public'), []);
});

test('every function that acts for the owner looks for nothing of the session and asks who calls', async () => {
  const { rows } = await owner.pool.query<{
    name: string;
    path: string | null;
    body: string;
    trigger: boolean;
  }>(
    `select p.proname as name, p.prosrc as body, p.prorettype = 'trigger'::regtype as trigger,
       (select setting from unnest(p.proconfig) setting where setting like 'search_path=%') as path
     from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prosecdef order by 1`,
  );
  assert.ok(rows.length >= 5);
  for (const { name, path, body, trigger } of rows) {
    assert.match(path ?? 'none', /^search_path=(public|pg_catalog), pg_temp$/, name);
    // A trigger comes with a statement that had the right to write its table.
    if (!trigger)
      assert.match(
        body,
        /^\s*(?:declare[\s\S]*?)?begin\s+if not has_column_privilege\(session_user, [^;]*perform refuse_caller\(\)/,
        name,
      );
  }
});

test('weak rights are named in words: a running role that owns, a superuser, a door that stands open', async () => {
  assert.deepEqual(await findWeakRights(db), []);
  assert.match((await findWeakRights(owner)).join(' '), /^The running role vipay_owner owns the tables/);
  const admin = openDatabase(adminUrl, { max: 1 });
  assert.match((await findWeakRights(admin)).join(' '), /^The running role postgres is a superuser/);
  await admin.destroy();
  await owner.pool.query(
    `do $$ begin execute format('grant connect on database %I to public', current_database()); end $$`,
  );
  await owner.pool.query('grant execute on function ledger_post to public');
  assert.deepEqual((await findWeakRights(db)).length, 2);
  await migrate({ ownerUrl, appUrl: url });
  assert.deepEqual(await findWeakRights(db), []);
});
