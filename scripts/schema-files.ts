// The two files made from the catalogue: the reference page and Kysely's table types.

import type { Catalogue, Column, Relation } from './schema-catalogue.ts';

/** docs/reference/schema.md */
export function writeReference({ relations, functions }: Catalogue): string {
  const parts = [
    '# Database schema',
    'Made from the migrations by `npm run schema`; do not edit. Money is whole dong, times are UTC.' +
      ' "Running role" is what the gateway itself may do; the schema belongs to another role.' +
      " The job queue's own tables (schema `graphile_worker`) are its library's.",
    ...relations.map(describeRelation),
    '## Functions',
    ...functions.map(({ name, definition, comment }) =>
      [`### ${name}`, comment, sqlBlock(definition.trim())].filter(Boolean).join('\n\n'),
    ),
  ];
  return `${parts.join('\n\n')}\n`;
}

function describeRelation(relation: Relation): string {
  const facts = [relation.kind === 'view' ? 'View.' : null, `Running role: ${relation.rights}.`];
  if (relation.options !== null) facts.push(`Storage: ${relation.options}.`);
  const statements = [
    ...relation.constraints.map(({ name, definition }) => `constraint ${name} ${definition}`),
    ...relation.indexes.map(({ definition }) => definition.replaceAll(' ON public.', ' ON ')),
    ...relation.triggers.map(({ definition }) => definition.replaceAll(' ON public.', ' ON ')),
    ...(relation.definition === null ? [] : [relation.definition.trim()]),
  ];
  return [
    `## ${relation.name}`,
    relation.comment,
    facts.filter(Boolean).join(' '),
    [
      '| column | type | null | default | |',
      '| --- | --- | --- | --- | --- |',
      ...relation.columns.map(columnRow),
    ].join('\n'),
    statements.length > 0 ? sqlBlock(statements.join('\n')) : null,
  ]
    .filter(Boolean)
    .join('\n\n');
}

function columnRow(column: Column): string {
  const identity = { a: 'identity, always', d: 'identity' }[column.identity];
  const value = identity ?? column.default;
  const cells = [
    column.name,
    column.type,
    column.nullable ? 'yes' : '',
    value === null ? '' : `\`${value}\``,
    column.comment ?? '',
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

const sqlBlock = (text: string) => `\`\`\`sql\n${text}\n\`\`\``;

/** src/ground/database/tables.ts */
export function writeTables({ relations }: Catalogue): string {
  const body = relations.map((relation) => {
    const columns = relation.columns.map((column) => `  ${column.name}: ${typeOf(column, relation.kind)};`);
    return `export interface ${pascalCase(relation.name)} {\n${columns.join('\n')}\n}`;
  });
  const tables = relations.map(({ name }) => `  ${name}: ${pascalCase(name)};`);
  const all = [...body, `export interface Tables {\n${tables.join('\n')}\n}`].join('\n\n');
  const used = ['ColumnType', 'Generated', 'GeneratedAlways'].filter((name) =>
    new RegExp(`\\b${name}<`).test(all),
  );
  return `// Every table and view as Kysely sees it. Made from the migrations by \`npm run schema\`; do not edit.
// PostgreSQL does not know which columns of a view may be null; here they are taken as never null.

import type { ${used.join(', ')} } from 'kysely';

${all}
`;
}

function typeOf(column: Column, kind: Relation['kind']): string {
  const orNull = column.nullable && kind === 'table' ? ' | null' : '';
  // An object is written as JSON by the driver; an array has to be turned into text by the caller.
  const jsonWritten = `object | string${orNull}`;
  const type = ['json', 'jsonb'].includes(column.type)
    ? `ColumnType<unknown, ${jsonWritten}, ${jsonWritten}>`
    : `${scalarType(column.type)}${orNull}`;
  if (column.identity === 'a' || column.generated !== '') return `GeneratedAlways<${type}>`;
  return column.default !== null || column.identity === 'd' ? `Generated<${type}>` : type;
}

function scalarType(type: string): string {
  if (type.endsWith('[]')) return `${scalarType(type.slice(0, -2))}[]`;
  const found = scalarTypes.get(type.replace(/\(.*\)/, ''));
  if (found === undefined) throw new Error(`scripts/schema-files.ts does not know the type ${type}`);
  return found;
}

const scalarTypes = new Map([
  ['text', 'string'],
  ['character varying', 'string'],
  ['uuid', 'string'],
  ['inet', 'string'],
  ['date', 'string'],
  ['numeric', 'string'],
  ['bigint', 'bigint'],
  ['integer', 'number'],
  ['smallint', 'number'],
  ['double precision', 'number'],
  ['boolean', 'boolean'],
  ['bytea', 'Buffer'],
  ['timestamp with time zone', 'Date'],
]);

const pascalCase = (name: string) =>
  name
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
