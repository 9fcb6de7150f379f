// What is weaker than it could be in the rights of the database, seen with the running role's eyes.

import { sql } from 'kysely';
import type { DbOrTx } from './database.ts';

/** One sentence each, for `vipay doctor`; empty when the rights are as `migrate` settles them with two roles. */
export async function findWeakRights(db: DbOrTx): Promise<string[]> {
  const { rows } = await sql<{
    role: string;
    isSuper: boolean;
    owns: boolean;
    open: boolean;
    callable: boolean;
  }>`
    select current_user as role, r.rolsuper as "isSuper", pg_has_role(c.relowner, 'member') as owns,
      exists (select from pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) e
        where d.datname = current_database() and e.grantee = 0) as open,
      exists (select from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) e
        where p.pronamespace = 'public'::regnamespace and p.prosecdef and e.grantee = 0) as callable
    from pg_roles r, pg_class c
    where r.rolname = current_user and c.oid = 'public.transfers'::regclass`.execute(db);
  const [found] = rows;
  if (!found) return [];
  return [
    found.isSuper && `The running role ${found.role} is a superuser: no right of the database holds it back.`,
    found.owns &&
      !found.isSuper &&
      `The running role ${found.role} owns the tables: whoever takes over the gateway may change balances, fees and rights.`,
    found.open && 'Every login of this server may connect to the database (PUBLIC).',
    found.callable && 'Every login that may connect may call functions that act for the owner (PUBLIC).',
  ].filter((sentence) => sentence !== false);
}
