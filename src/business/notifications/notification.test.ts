import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  attemptsMax,
  decideNext,
  formatNotificationId,
  jitterMax,
  parseNotificationId,
  retryDelayMs,
  retryDelaysSeconds,
} from './notification.ts';

const threeDaysMs = 3 * 24 * 3_600_000;
const now = new Date('2026-03-02T03:00:00Z');

test('the schedule spans at least three days in 15 to 20 attempts, whatever the jitter', () => {
  assert.ok(attemptsMax >= 15 && attemptsMax <= 20, `${attemptsMax} attempts`);
  for (const random of [() => 0, () => 0.5, () => 0.999_999]) {
    const spanMs = retryDelaysSeconds.reduce((sum, _, at) => sum + (retryDelayMs(at + 1, random) ?? 0), 0);
    assert.ok(spanMs >= threeDaysMs, `${spanMs / 3_600_000} h`);
    assert.ok(spanMs <= threeDaysMs * 1.3, `${spanMs / 3_600_000} h`);
  }
});

test('delays never shrink, start at seconds, and jitter adds at most its bound', () => {
  assert.equal(
    retryDelayMs(1, () => 0),
    5_000,
  );
  for (const [at, seconds] of retryDelaysSeconds.entries()) {
    assert.ok(seconds >= (retryDelaysSeconds[at - 1] ?? 0));
    assert.equal(
      retryDelayMs(at + 1, () => 0),
      seconds * 1000,
    );
    const most = retryDelayMs(at + 1, () => 0.999_999) ?? 0;
    assert.ok(most > seconds * 1000 && most <= seconds * 1000 * (1 + jitterMax), `${most}`);
  }
  assert.equal(
    retryDelayMs(attemptsMax, () => 0),
    null,
  );
});

test('a failed attempt leads to the next one, the last failed one to the end', () => {
  assert.deepEqual(
    decideNext({ outcome: 'timed_out', kind: 'answer_slow' }, 1, now, () => 0),
    {
      status: 'pending',
      nextAttemptAt: new Date(now.getTime() + 5_000),
    },
  );
  assert.deepEqual(
    decideNext({ outcome: 'answer_refused', kind: 'rsp_99' }, attemptsMax, now, () => 0),
    {
      status: 'exhausted',
      nextAttemptAt: null,
    },
  );
  assert.deepEqual(
    decideNext({ outcome: 'delivered', kind: 'confirmed' }, attemptsMax, now, () => 0),
    {
      status: 'delivered',
      nextAttemptAt: null,
    },
  );
});

test('status 410 ends the delivery at the first attempt; a wish to wait makes the wait longer, never shorter', () => {
  const refused = (kind: 'status_gone' | 'status_too_many') => ({ outcome: 'answer_refused', kind }) as const;
  assert.deepEqual(
    decideNext(refused('status_gone'), 1, now, () => 0),
    { status: 'exhausted', nextAttemptAt: null },
  );
  for (const [askedMs, waitMs] of [
    [0, 5_000],
    [1_000, 5_000],
    [90_000, 90_000],
  ] as const) {
    const next = decideNext(refused('status_too_many'), 1, now, () => 0, askedMs);
    assert.deepEqual(next, { status: 'pending', nextAttemptAt: new Date(now.getTime() + waitMs) });
  }
});

test('a public id is the uuid with a prefix, and anything else is none', () => {
  const id = '019cac12-7a30-7c3e-a8a1-0123456789ab';
  assert.equal(formatNotificationId(id), 'ntf_019cac127a307c3ea8a10123456789ab');
  assert.equal(parseNotificationId(formatNotificationId(id)), id);
  for (const text of ['', id, 'ntf_1', 'ord_019cac127a307c3ea8a10123456789ab']) {
    assert.equal(parseNotificationId(text), null);
  }
});
