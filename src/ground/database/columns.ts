// Which columns a row's fields come from, said once for each table: for reading one table, and for joining several in
// one statement without a field of one hiding a field of another.

import { type RawBuilder, sql } from 'kysely';

/** Of each field the column's name, or an expression in which `$` stands for the table (and names others itself). */
export type Columns<Row> = { readonly [Field in keyof Row]: string };

/**
 * A select list: `o.id as "id", …`. Joined with other tables, `as` keeps them apart: `o.id as "order.id", …`.
 */
export function selectList<Row>(
  columns: Columns<Row>,
  { from, as }: { from: string; as?: string },
): RawBuilder<Row> {
  const prefix = as === undefined ? '' : `${as}.`;
  const items = Object.entries<string>(columns).map(([field, column]) => {
    const text = /^\w+$/.test(column) ? `${from}.${column}` : column.replaceAll('$', from);
    return `${text} as "${prefix}${field}"`;
  });
  return sql.raw<Row>(items.join(', '));
}

/** The fields of one table out of a joined row; null where an outer join found no row (its key, `key`, is null). */
export function pickRow<Row>(
  columns: Columns<Row>,
  joined: Record<string, unknown>,
  { as, key }: { as: string; key: keyof Row & string },
): Row | null {
  if (joined[`${as}.${key}`] === null) return null;
  const entries = Object.keys(columns).map((field) => [field, joined[`${as}.${field}`]]);
  return Object.fromEntries(entries) as Row;
}
