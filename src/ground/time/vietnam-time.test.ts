import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatVietnamTimestamp,
  startOfNextVietnamDay,
  startOfNextVietnamMonth,
  vietnamDay,
  vietnamMonth,
} from './index.ts';

test('the day changes at 17:00 UTC', () => {
  assert.equal(vietnamDay(new Date('2026-11-23T16:59:59.999Z')), '2026-11-23');
  assert.equal(vietnamDay(new Date('2026-11-23T17:00:00.000Z')), '2026-11-24');
});

test('the month changes with the day in Vietnam, over the end of a year too', () => {
  assert.equal(vietnamMonth(new Date('2026-12-31T16:59:59Z')), '2026-12-01');
  assert.equal(vietnamMonth(new Date('2026-12-31T17:00:00Z')), '2027-01-01');
  assert.equal(
    startOfNextVietnamMonth(new Date('2026-12-15T00:00:00Z')).toISOString(),
    '2026-12-31T17:00:00.000Z',
  );
  assert.equal(
    startOfNextVietnamDay(new Date('2026-02-28T20:00:00Z')).toISOString(),
    '2026-03-01T17:00:00.000Z',
  );
});

test('a stamp is fourteen digits of Vietnam time', () => {
  assert.equal(formatVietnamTimestamp(new Date('2026-11-23T17:00:05Z')), '20261124000005');
});
