import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTraceId } from './trace.ts';

test('trace ids are 16 hex digits and none comes twice, also past what is drawn in one go', () => {
  const ids = Array.from({ length: 5_000 }, () => createTraceId());
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) assert.match(id, /^[0-9a-f]{16}$/);
});
