import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { findBoundaryFaults } from './boundaries.ts';

test('every kind of forbidden import in the bad example is found', () => {
  assert.deepEqual(findBoundaryFaults(join(import.meta.dirname, 'fixtures/boundaries')), [
    'src/ledger/index.ts imports src/payments/decide.ts: import it through src/payments/index.ts',
    'src/money/index.ts imports pg: money is pure',
    'src/money/index.ts imports src/ledger/index.ts: money knows nothing of ledger',
    'src/payments/index.ts imports src/checkout/index.ts: only app.ts assembles checkout',
    'These parts import each other in a circle: checkout, payments',
  ]);
});

test('the gateway itself keeps its boundaries', () => {
  assert.deepEqual(findBoundaryFaults(resolve(import.meta.dirname, '..')), []);
});
