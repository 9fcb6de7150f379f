// What the database itself says of the gateway's schema, read from PostgreSQL's catalogue in a fixed order.

import type pg from 'pg';

export type Column = {
  name: string;
  /** As PostgreSQL writes it: `timestamp with time zone`, `bigint[]` … */
  type: string;
  nullable: boolean;
  default: string | null;
  /** '' no, 'a' generated always as identity, 'd' by default. */
  identity: string;
  /** '' no, 's' stored. */
  generated: string;
  comment: string | null;
};

export type Relation = {
  name: string;
  kind: 'table' | 'view';
  comment: string | null;
  options: string | null;
  definition: string | null;
  /** What the running role may do, comma separated, with the columns where it is not all of them. */
  rights: string;
  columns: Column[];
  constraints: { name: string; definition: string; comment: string | null }[];
  indexes: { definition: string }[];
  triggers: { definition: string }[];
};

export type Catalogue = {
  relations: Relation[];
  functions: { name: string; definition: string; comment: string | null }[];
};

/** Reads schema `public`; `appRole` is whose rights are told. */
export async function readCatalogue(client: pg.Pool | pg.Client, appRole: string): Promise<Catalogue> {
  const { rows: relations } = await client.query<Relation>(relationsSql, [appRole]);
  const { rows: functions } = await client.query<Catalogue['functions'][number]>(functionsSql);
  return { relations, functions };
}

const relationsSql = `
select c.relname as name,
  case c.relkind when 'v' then 'view' else 'table' end as kind,
  obj_description(c.oid, 'pg_class') as comment,
  array_to_string(c.reloptions, ', ') as options,
  case c.relkind when 'v' then pg_get_viewdef(c.oid) end as definition,
  (select string_agg(word || coalesce(' (' || columns || ')', ''), ', ' order by n)
    from unnest(array['select', 'insert', 'update', 'delete', 'truncate']) with ordinality as privilege(word, n)
    cross join lateral (
      select has_table_privilege($1::name, c.oid, word) as whole,
        case when word in ('insert', 'update') and not has_table_privilege($1::name, c.oid, word) then (
          select string_agg(a.attname, ', ' order by a.attnum) from pg_attribute a
          where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            and has_column_privilege($1::name, c.oid, a.attnum, word)) end as columns) held
    where whole or columns is not null) as rights,
  (select coalesce(json_agg(json_build_object(
      'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'nullable', not a.attnotnull,
      'default', pg_get_expr(d.adbin, d.adrelid), 'identity', a.attidentity, 'generated', a.attgenerated,
      'comment', col_description(c.oid, a.attnum)) order by a.attnum), '[]')
    from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
  (select coalesce(json_agg(json_build_object('name', o.conname, 'definition', pg_get_constraintdef(o.oid),
      'comment', obj_description(o.oid, 'pg_constraint'))
      order by array_position(array['p', 'u', 'f', 'c', 'x']::"char"[], o.contype), o.conname), '[]')
    from pg_constraint o where o.conrelid = c.oid and o.contype in ('p', 'u', 'f', 'c', 'x')) as constraints,
  (select coalesce(json_agg(json_build_object('definition', pg_get_indexdef(i.indexrelid))
      order by i.indexrelid::regclass::text), '[]')
    from pg_index i where i.indrelid = c.oid
      and not exists (select from pg_constraint o where o.conindid = i.indexrelid and o.contype in ('p', 'u', 'x'))) as indexes,
  (select coalesce(json_agg(json_build_object('definition', pg_get_triggerdef(t.oid)) order by t.tgname), '[]')
    from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal) as triggers
from pg_class c
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v') and not c.relispartition
order by c.relname`;

const functionsSql = `
select p.oid::regprocedure::text as name, pg_get_functiondef(p.oid) as definition,
  obj_description(p.oid, 'pg_proc') as comment
from pg_proc p
where p.pronamespace = 'public'::regnamespace and p.prokind in ('f', 'p')
  and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
order by 1`;
