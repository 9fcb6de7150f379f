import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { findBoundaryFaults } from './boundaries.ts';

test('every kind of forbidden import in the bad example is found', () => {
  assert.deepEqual(findBoundaryFaults(join(import.meta.dirname, 'fixtures/boundaries')), [
    'src/ground/attic is missing in ARCHITECTURE.md',
    'ARCHITECTURE.md names src/business/refunds, which does not exist',
    'src/books/ledger/index.ts imports src/business/payments/decide.ts: import it through src/business/payments/index.ts',
    'src/business/payments/index.ts imports src/edges/checkout/index.ts: business is below edges',
    'src/ground/money/index.ts imports pg: ground/money is pure',
    'src/ground/money/index.ts imports src/books/ledger/index.ts: ground is below books',
    'src/ground/time/index.ts imports src/ground/money/index.ts: ground/time knows nothing of ground/money',
    'ARCHITECTURE.md lets business/payments import books/ledger, and nothing there does',
    'ARCHITECTURE.md lets business/payments import ground/money, and nothing there does',
    'These modules import each other in a circle: business/payments, edges/checkout',
  ]);
});

test('the gateway itself keeps its boundaries', () => {
  assert.deepEqual(findBoundaryFaults(resolve(import.meta.dirname, '..')), []);
});
