// The text of a statement in `sql` is the same each time its place in the code is reached. It is put together once, by
// Kysely's compiler, and found again by its parts; a request pays only for its values.

import {
  type CompiledQuery,
  type OperationNode,
  PostgresQueryCompiler,
  type QueryId,
  RawNode,
  type RootOperationNode,
  ValueNode,
} from 'kysely';

/** A place in the tree of known texts: the parts up to here, and the text if a statement ends here. */
type Place = { text: string | undefined; next: Map<Part, Place> };

/** The strings of a template, which are one object for each place in the code; other text as it is; or a value. */
type Part = readonly string[] | string | typeof value;
const value = Symbol('value');

/** Statements made of changing parts, such as lists of changing length, must not fill the memory. */
const placesMax = 5_000;

export class KeptTextCompiler extends PostgresQueryCompiler {
  readonly #root: Place = { text: undefined, next: new Map() };
  #places = 1;

  override compileQuery(query: RootOperationNode, queryId: QueryId): CompiledQuery {
    const parts: Part[] = [];
    const parameters: unknown[] = [];
    if (!takeApart(query, parts, parameters)) return super.compileQuery(query, queryId);
    const place = this.#find(parts);
    if (place === null) return super.compileQuery(query, queryId);
    place.text ??= super.compileQuery(query, queryId).sql;
    return { query, queryId, sql: place.text, parameters };
  }

  #find(parts: Part[]): Place | null {
    let place = this.#root;
    for (const part of parts) {
      let next = place.next.get(part);
      if (next === undefined) {
        if (this.#places >= placesMax) return null;
        next = { text: undefined, next: new Map() };
        place.next.set(part, next);
        this.#places += 1;
      }
      place = next;
    }
    return place;
  }
}

/** False: it holds something else than text and values, and the compiler itself must read it. */
function takeApart(node: OperationNode, parts: Part[], parameters: unknown[]): boolean {
  if (ValueNode.is(node) && node.immediate !== true) {
    parts.push(value);
    parameters.push(node.value);
    return true;
  }
  if (!RawNode.is(node)) return false;
  const { sqlFragments } = node;
  const isTemplate = (sqlFragments as Partial<TemplateStringsArray>).raw !== undefined;
  parts.push(
    isTemplate
      ? sqlFragments
      : sqlFragments.length === 1
        ? (sqlFragments[0] as string)
        : sqlFragments.join('\0'),
  );
  for (const parameter of node.parameters) if (!takeApart(parameter, parts, parameters)) return false;
  return true;
}
