// A text that is kept is the one that Kysely would make anew, whatever the statement is made of.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PostgresQueryCompiler, type RawBuilder, sql } from 'kysely';
import { KeptTextCompiler } from './kept-texts.ts';

const one = (value: unknown) => sql`a = ${value}`;
const other = (value: unknown) => sql`b = ${value}`;
const around = (left: unknown, right: unknown) => sql`select ${left} where ${right}`;
const made: (() => RawBuilder<unknown>)[] = [
  () => around(1, one(2)),
  () => around(one(1), 2),
  () => around(one(1), other(2)),
  () => around(other(1), one(2)),
  () => around(sql.raw('x'), sql.raw('y')),
  () => around(sql.raw('y'), sql.raw('x')),
  () => around(sql.raw('x, y'), null),
  () => around(sql.join([1, 2, one(3)]), true),
  () => around(sql.join([1, 2], sql` and `), true),
  () => around(sql.join([1]), sql.join([1, 2, 3])),
  () => around(sql.lit(1), sql.ref('t.x')),
  () => around(sql.lit(2), sql.ref('t.y')),
  () => around(sql.id('a', 'b'), sql.table('orders')),
  () => around([1, 2], undefined),
];

test('texts and values are those of Kysely, the first time and later', () => {
  const kept = new KeptTextCompiler();
  const anew = new PostgresQueryCompiler();
  for (let round = 0; round < 3; round += 1) {
    for (const make of made) {
      const compiled = [kept, anew].map((compiler) => {
        const node = make().toOperationNode();
        const { sql: text, parameters } = compiler.compileQuery(node as never, { queryId: 'x' });
        return { text, parameters: [...parameters] };
      });
      assert.deepEqual(compiled[0], compiled[1]);
    }
  }
});
