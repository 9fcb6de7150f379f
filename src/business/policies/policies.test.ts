// A rule holds from its moment on, whatever was asked before.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createTestDatabase } from '../../../tests/support/database.ts';
import { readPolicies, readRules } from './index.ts';

const { db, owner, drop } = await createTestDatabase();
after(drop);

const rule = 'order.valid_seconds';
const first = new Date('2031-01-01T00:00:00Z');
const second = new Date('2031-06-01T00:00:00Z');
await owner.pool.query(
  `insert into policies (rule, valid_from, value, source) values ($1, $2, 111, 'test'), ($1, $3, 222, 'test')`,
  [rule, first, second],
);

const justBefore = (at: Date) => new Date(at.getTime() - 1);
const moments: [at: Date, value: bigint][] = [
  [second, 222n],
  [justBefore(second), 111n],
  [first, 111n],
  [new Date('2040-01-01T00:00:00Z'), 222n],
  [justBefore(second), 111n],
];

test('rules that are asked again and again answer for the moment that is asked', async () => {
  const rules = await readRules(db);
  const { [rule]: before } = rules(justBefore(first));
  assert.notEqual(before, 111n);
  for (const [at, value] of [...moments, ...moments.toReversed()]) {
    assert.equal(rules(at)[rule], value, at.toISOString());
    assert.equal((await readPolicies(db, at))[rule], value);
  }
  assert.equal(rules(justBefore(first))[rule], before);
});

test('a moment before the first rule is a broken installation, also when it was asked well before', async () => {
  const rules = await readRules(db);
  rules(first);
  for (let tries = 0; tries < 2; tries += 1) assert.throws(() => rules(new Date(0)), /no policy row/);
});
