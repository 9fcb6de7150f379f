// One statement on its way to PostgreSQL and back. It does what pg's own query does, without what our statements do not
// need: events, copies of the request, and the answer's columns described anew each time a prepared statement is run.

import pg from 'pg';

export type StatementRequest = {
  /** The name that it is prepared under; without one it is not prepared. */
  name: string | undefined;
  text: string;
  values: readonly unknown[];
};

export type StatementAnswer = { rows: Record<string, unknown>[]; rowCount: number | null; command: string };

/** Takes the text of one field, never null. */
type Parser = (text: string) => unknown;

/** How a row of a statement's answer is read. */
type RowShape = { names: string[]; parsers: Parser[]; emptyRow: Record<string, null> };

type FieldDescription = { name: string; dataTypeID: number };

/** pg's connection, as far as a statement writes to it. */
type Connection = {
  stream: { cork(): void; uncork(): void };
  bind(message: { statement: string; values: readonly unknown[] }): void;
  execute(message: object): void;
  sync(): void;
};

/** What pg's query has and its published types leave out. */
type PgQuery = pg.Submittable & {
  name: string | undefined;
  text: string;
  values: readonly unknown[];
  callback: (error: Error | null, answer?: unknown) => void;
  readonly _result: { _types: { getTypeParser(oid: number): Parser } };
  prepare(connection: Connection): void;
};
const PgQuery = pg.Query as unknown as new (text: string) => PgQuery;

/**
 * The shapes that each connection has described. They hold as long as the prepared statement: PostgreSQL refuses to run
 * one whose columns would be others than those it described.
 */
const shapesOf = new WeakMap<Connection, Map<string, RowShape>>();

const noColumns: RowShape = { names: [], parsers: [], emptyRow: {} };

/** The client hands it the server's messages (`handle…`) in their order. `settle` gets the answer or the fault. */
export class SentStatement extends PgQuery {
  readonly #answer: StatementAnswer = { rows: [], rowCount: null, command: '' };
  #shape: RowShape | undefined;
  #unreadable: Error | undefined;

  constructor(request: StatementRequest, settle: (error: Error | null, answer: StatementAnswer) => void) {
    super('');
    this.name = request.name;
    this.text = request.text;
    this.values = request.values.map(onTheWire);
    this.callback = (error) => settle(error, this.#answer);
  }

  override prepare(connection: Connection): void {
    const { name, values } = this;
    this.#shape = name === undefined ? undefined : shapesOf.get(connection)?.get(name);
    // Objects, which become JSON, and the like are put into words by pg itself.
    if (name === undefined || this.#shape === undefined || !values.every(isOnTheWire)) {
      super.prepare(connection);
      return;
    }
    connection.bind({ statement: name, values });
    connection.execute({});
    connection.sync();
  }

  handleRowDescription({ fields }: { fields: FieldDescription[] }): void {
    const names = fields.map(({ name }) => name);
    this.#shape = {
      names,
      parsers: fields.map(({ dataTypeID }) => this._result._types.getTypeParser(dataTypeID)),
      emptyRow: Object.fromEntries(names.map((name) => [name, null])),
    };
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    if (this.#unreadable !== undefined) return;
    try {
      this.#answer.rows.push(readRow(this.#shape ?? noColumns, fields));
    } catch (error) {
      this.#unreadable = error as Error;
    }
  }

  handleCommandComplete({ text }: { text: string }, connection: Connection): void {
    const [command = '', ...counts] = text.split(' ');
    const rowCount = Number(counts.at(-1));
    this.#answer.command = command;
    this.#answer.rowCount = Number.isNaN(rowCount) ? null : rowCount;
    if (this.name !== undefined) keepShape(connection, this.name, this.#shape ?? noColumns);
  }

  handleReadyForQuery(): void {
    this.callback(this.#unreadable ?? null);
  }

  handleError(error: Error): void {
    this.callback(this.#unreadable ?? error);
  }
}

function keepShape(connection: Connection, name: string, shape: RowShape): void {
  const shapes = shapesOf.get(connection) ?? new Map<string, RowShape>();
  if (shapes.size === 0) shapesOf.set(connection, shapes);
  if (!shapes.has(name)) shapes.set(name, shape);
}

function readRow({ names, parsers, emptyRow }: RowShape, fields: (string | null)[]): Record<string, unknown> {
  const row: Record<string, unknown> = { ...emptyRow };
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index];
    const parser = parsers[index];
    if (field !== null && field !== undefined && parser) row[names[index] as string] = parser(field);
  }
  return row;
}

const yearTenThousand = Date.UTC(10_000, 0);

/** A value as PostgreSQL reads it. What is left as it is, pg puts into words. */
function onTheWire(value: unknown): unknown {
  if (Array.isArray(value)) return arrayOnTheWire(value);
  switch (typeof value) {
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'undefined':
      return null;
    default:
      return value instanceof Date && value.getTime() >= 0 && value.getTime() < yearTenThousand
        ? value.toISOString()
        : value;
  }
}

/** `{"a","b",NULL}`; as it is where an item is no plain value. */
function arrayOnTheWire(items: readonly unknown[]): unknown {
  let text = '';
  for (const item of items) {
    const value = Array.isArray(item) ? item : onTheWire(item);
    if (value !== null && typeof value !== 'string') return items;
    const written = value === null ? 'NULL' : `"${value.replace(/["\\]/g, '\\$&')}"`;
    text += text === '' ? written : `,${written}`;
  }
  return `{${text}}`;
}

function isOnTheWire(value: unknown): boolean {
  return typeof value === 'string' || value === null || Buffer.isBuffer(value);
}
