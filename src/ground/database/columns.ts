// Maps the fields of a row to columns, once for each table. It serves statements on one table, and joins of
// several in which two tables have columns of the same name.

import { type RawBuilder, sql } from 'kysely';

/** For each field the column's name, or an expression in which `$` stands for the table. */
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

/**
 * Reads the fields of one table out of a joined row; null where an outer join found no row (its key, `key`, is null).
 * Made once for each select list, since it runs for every row.
 */
export function rowReader<Row>(
  columns: Columns<Row>,
  { as, key }: { as: string; key: keyof Row & string },
): (joined: Record<string, unknown>) => Row | null {
  const fields = Object.keys(columns).map((field) => [field, `${as}.${field}`] as const);
  const keyField = `${as}.${key}`;
  return (joined) => {
    if (joined[keyField] === null) return null;
    const row: Record<string, unknown> = {};
    for (const [field, name] of fields) row[field] = joined[name];
    return row as Row;
  };
}

/** Some of the columns, for a statement that needs no more. */
export function pickColumns<Row, Field extends keyof Row & string>(
  columns: Columns<Row>,
  fields: readonly Field[],
): Columns<Pick<Row, Field>> {
  return Object.fromEntries(fields.map((field) => [field, columns[field]])) as Columns<Pick<Row, Field>>;
}
