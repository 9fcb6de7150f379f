// The running role's rights: on the gateway's own tables as migrations/grants.sql says, and on the job queue's.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';

const jobPolicy = 'running_role_runs_jobs';

/** Grants to the user of `appUrl`; nothing to do when that is the connected owner itself. */
export async function grantToRunningRole(
  owner: pg.Client,
  { appUrl, migrationsDir }: { appUrl: string; migrationsDir: string },
): Promise<void> {
  const role = new pg.Client({ connectionString: appUrl }).user;
  const { rows } = await owner.query<{ same: boolean; exists: boolean }>(
    `select current_user = $1 as same, exists (select from pg_roles where rolname = $1) as "exists"`,
    [role],
  );
  if (role === undefined || rows[0]?.same) return;
  if (!rows[0]?.exists)
    throw new Error(`The running role ${role} does not exist on this server: create it first.`);

  const grants = await readFile(join(migrationsDir, 'grants.sql'), 'utf8');
  const name = owner.escapeIdentifier(role);
  await owner.query('begin');
  try {
    await owner.query(grants.replaceAll(':app_role', name));
    await grantJobs(owner, role, name);
    await owner.query('commit');
  } catch (error) {
    await owner.query('rollback').catch(() => undefined);
    throw error;
  }
}

/** The job queue's tables have row security without any policy: open to their owner only, unless we add one. */
async function grantJobs(owner: pg.Client, role: string, name: string): Promise<void> {
  await owner.query(`
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
