import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRetryAfter, retryAfterMaxMs } from './retry-after.ts';

const now = new Date('2026-11-23T03:00:00Z');

test('seconds and the three forms of a date are understood, up to the named most', () => {
  const cases: [header: string, ms: number][] = [
    ['0', 0],
    ['120', 120_000],
    [' 120 ', 120_000],
    ['999999999999', retryAfterMaxMs],
    ['Mon, 23 Nov 2026 03:10:00 GMT', 600_000],
    ['Monday, 23-Nov-26 03:10:00 GMT', 600_000],
    ['Mon Nov 23 03:10:00 2026', 600_000],
    ['Mon, 23 Nov 2026 02:59:00 GMT', 0],
    ['Wed, 01 Jan 2200 00:00:00 GMT', retryAfterMaxMs],
  ];
  for (const [header, ms] of cases) assert.equal(readRetryAfter(503, header, now), ms, header);
});

test('what is neither, and what comes with another status, is not heard', () => {
  const headers = [
    '',
    '-5',
    '1.5',
    '1e3',
    '0x10',
    'soon',
    '2026-11-23T03:10:00Z',
    '23 Nov 2026',
    '1'.repeat(400),
  ];
  for (const header of headers) assert.equal(readRetryAfter(503, header, now), 0, header);
  assert.equal(readRetryAfter(503, null, now), 0);
  for (const status of [429, 500, 502, 503]) assert.equal(readRetryAfter(status, '60', now), 60_000);
  for (const status of [200, 301, 400, 404]) assert.equal(readRetryAfter(status, '60', now), 0);
});
