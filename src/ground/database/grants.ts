// Sets the rights in the database after every migration. PUBLIC gets none. The running role gets the rights
// of migrations/grants.sql and those on the job queue, nothing else.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';

const jobPolicy = 'running_role_runs_jobs';

/**
 * Closes the database to PUBLIC and grants to the user of `appUrl`. If that user is the connected owner, it
 * has every right already. If the connected role owns nothing here, it cannot change rights, and leaves them
 * as they are.
 */
export async function settleRights(
  owner: pg.Client,
  { appUrl, migrationsDir }: { appUrl: string; migrationsDir: string },
): Promise<void> {
  const role = new pg.Client({ connectionString: appUrl }).user;
  const { rows } = await owner.query<{ owns: boolean; same: boolean; exists: boolean }>(
    `select pg_has_role(c.relowner, 'usage') as owns, current_user = $1 as same,
       exists (select from pg_roles where rolname = $1) as "exists"
     from pg_class c where c.oid = 'public.schema_migrations'::regclass`,
    [role],
  );
  const [found] = rows;
  if (!found?.owns) return;
  const isGranted = role !== undefined && !found.same;
  if (isGranted && !found.exists)
    throw new Error(`The running role ${role} does not exist on this server: create it first.`);

  const name = owner.escapeIdentifier(role ?? '');
  const grants = await readFile(join(migrationsDir, 'grants.sql'), 'utf8');
  await owner.query('begin');
  try {
    await owner.query(closeToPublic);
    if (isGranted) {
      await owner.query(takeBack(owner.escapeLiteral(role)));
      await owner.query(grants.replaceAll(':app_role', name));
      await grantJobs(owner, role, name);
    }
    await owner.query('commit');
  } catch (error) {
    await owner.query('rollback').catch(() => undefined);
    throw error;
  }
}

/**
 * Everything of ours in the two schemas, with its access list, as `what` after `on` of a GRANT. Objects of others
 * (an extension's) are theirs to close.
 */
const ourObjects = `
  select case c.relkind when 'S' then 'sequence ' else 'table ' end || c.oid::regclass as what,
    coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner))
      || (select coalesce(array_agg(entry), '{}') from pg_attribute a, unnest(a.attacl) entry where a.attrelid = c.oid) as acl
  from pg_class c
  where c.relnamespace in (select oid from ours) and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    and pg_has_role(c.relowner, 'usage')
  union all
  select 'routine ' || p.oid::regprocedure, coalesce(p.proacl, acldefault('f', p.proowner))
  from pg_proc p where p.pronamespace in (select oid from ours) and pg_has_role(p.proowner, 'usage')
  union all
  select 'type ' || t.oid::regtype, coalesce(t.typacl, acldefault('T', t.typowner))
  from pg_type t left join pg_class c on c.oid = t.typrelid
  where t.typnamespace in (select oid from ours) and pg_has_role(t.typowner, 'usage')
    and t.typelem = 0 and coalesce(c.relkind = 'c', t.typtype in ('d', 'e', 'r', 'b'))
  union all
  select 'schema ' || quote_ident(n.nspname), coalesce(n.nspacl, acldefault('n', n.nspowner))
  from pg_namespace n where n.oid in (select oid from ours) and pg_has_role(n.nspowner, 'usage')
  union all
  select 'large object ' || l.oid, coalesce(l.lomacl, acldefault('L', l.lomowner))
  from pg_largeobject_metadata l where pg_has_role(l.lomowner, 'usage')
  union all
  select 'database ' || quote_ident(d.datname), coalesce(d.datacl, acldefault('d', d.datdba))
  from pg_database d where d.datname = current_database() and pg_has_role(d.datdba, 'usage')`;

/** Checks first: an object that is already closed is not changed, so running gateways keep their plans. */
function revokeEach(grantee: string, granteeId: string): string {
  return `do $settle$ declare each record; begin
    for each in
      with ours as (select oid from pg_namespace where nspname in ('public', 'graphile_worker')),
        objects as (${ourObjects})
      select what from objects
      where exists (select from aclexplode(acl) entry where entry.grantee = ${granteeId})
    loop
      execute 'revoke all on ' || each.what || ' from ' || ${grantee};
    end loop;
  end $settle$;`;
}

/**
 * Functions made by later migrations are closed from their first moment, because this covers all that the
 * owner makes.
 */
const closeToPublic = `
  alter default privileges revoke all on routines from public;
  alter default privileges revoke all on types from public;
  ${revokeEach(`'public'`, '0')}`;

/** Takes back all that an earlier version or a person has granted. grants.sql starts from nothing. */
function takeBack(role: string): string {
  return revokeEach(`quote_ident(${role})`, `(select oid from pg_roles where rolname = ${role})`);
}

/** The job queue's tables have row security without any policy: open to their owner only, unless we add one. */
async function grantJobs(owner: pg.Client, role: string, name: string): Promise<void> {
  await owner.query(`
    do $settle$ begin
      if (select pg_has_role(datdba, 'usage') from pg_database where datname = current_database()) then
        -- Temporary tables: a full verification adds its sums up in one.
        execute format('grant connect, temporary on database %I to %s', current_database(), ${owner.escapeLiteral(name)});
      end if;
    end $settle$;
    grant usage on schema graphile_worker to ${name};
    grant select, insert, update, delete on all tables in schema graphile_worker to ${name};
    grant usage, select on all sequences in schema graphile_worker to ${name};
    grant execute on all functions in schema graphile_worker to ${name};
    revoke insert, update, delete on graphile_worker.migrations from ${name};
  `);
  // Made only when missing: creating a policy stops the queue for a moment.
  const { rows } = await owner.query<{ relname: string }>(
    `select c.relname from pg_class c
      where c.relnamespace = 'graphile_worker'::regnamespace and c.relrowsecurity
        and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = $1
          and (select oid from pg_roles where rolname = $2) = any (p.polroles))
      order by 1`,
    [jobPolicy, role],
  );
  for (const { relname } of rows) {
    const table = `graphile_worker.${owner.escapeIdentifier(relname)}`;
    await owner.query(`drop policy if exists ${jobPolicy} on ${table}`);
    await owner.query(`create policy ${jobPolicy} on ${table} to ${name} using (true) with check (true)`);
  }
}
