import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallOutcome } from '../../ground/outgoing/index.ts';
import {
  attemptsMax,
  decideNext,
  formatNotificationId,
  jitterMax,
  judgeCall,
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
    decideNext('timed_out', 1, now, () => 0),
    {
      status: 'pending',
      nextAttemptAt: new Date(now.getTime() + 5_000),
    },
  );
  assert.deepEqual(
    decideNext('answer_refused', attemptsMax, now, () => 0),
    {
      status: 'exhausted',
      nextAttemptAt: null,
    },
  );
  assert.deepEqual(
    decideNext('delivered', attemptsMax, now, () => 0),
    {
      status: 'delivered',
      nextAttemptAt: null,
    },
  );
});

const answered = (status: number, body = ''): CallOutcome => ({
  outcome: 'answered',
  status,
  body,
  durationMs: 1,
});

test('a classic delivery ends with RspCode 00 or 02 and status 200, and with nothing else', () => {
  const cases: [status: number, body: string, outcome: string][] = [
    [200, '{"RspCode":"00","Message":"Confirm Success"}', 'delivered'],
    [200, '{"RspCode":"02"}', 'delivered'],
    [200, '\uFEFF {"rspcode":"00"}', 'delivered'],
    [200, '{"RspCode":"01"}', 'answer_refused'],
    [200, '{"RspCode":"04"}', 'answer_refused'],
    [200, '{"RspCode":"97"}', 'answer_refused'],
    [200, '{"RspCode":"99"}', 'answer_refused'],
    [200, '{"RspCode":0}', 'answer_refused'],
    [200, '{"code":"00"}', 'answer_refused'],
    [200, 'OK', 'answer_refused'],
    [200, '', 'answer_refused'],
    [200, '"00"', 'answer_refused'],
    [201, '{"RspCode":"00"}', 'answer_refused'],
    [204, '', 'answer_refused'],
    [302, '{"RspCode":"00"}', 'answer_refused'],
    [404, '{"RspCode":"00"}', 'answer_refused'],
    [500, '{"RspCode":"00"}', 'answer_refused'],
  ];
  for (const protocol of ['classic-v1', 'classic-v2'] as const) {
    for (const [status, body, outcome] of cases) {
      assert.equal(judgeCall(protocol, answered(status, body)).outcome, outcome, `${status} ${body}`);
    }
  }
});

test('a REST delivery ends with any status 2xx, whatever the body', () => {
  for (const status of [200, 201, 202, 204, 299]) {
    assert.equal(judgeCall('rest', answered(status, 'whatever')).outcome, 'delivered', `${status}`);
  }
  for (const status of [301, 302, 304, 400, 401, 404, 410, 429, 500, 503]) {
    assert.equal(judgeCall('rest', answered(status)).outcome, 'answer_refused', `${status}`);
  }
});

test('a call that brought no answer keeps its own outcome', () => {
  for (const outcome of ['timed_out', 'address_refused', 'connection_failed', 'answer_too_large'] as const) {
    const call: CallOutcome = { outcome, status: null, detail: 'why', durationMs: 1 };
    assert.deepEqual(judgeCall('rest', call), { outcome, detail: 'why' });
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
