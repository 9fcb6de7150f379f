import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { sql } from 'kysely';
import { createTestDatabase } from '../../../tests/support/database.ts';
import {
  type Answer,
  answerRspCode,
  startMerchantEndpoint,
} from '../../../tests/support/merchant-endpoint.ts';
import {
  addNotification,
  addSite,
  createManualClock,
  createNotificationContext,
  until,
} from '../../../tests/support/notification-fixtures.ts';
import { createLogger } from '../../ground/log/index.ts';
import { metricsRegistry } from '../../ground/metrics/index.ts';
import { deliverOnce } from './deliver-notification.ts';
import {
  exposeNotifications,
  listAlarms,
  listNotifications,
  startDispatcher,
  watchResults,
} from './index.ts';
import { attemptsMax } from './notification.ts';
import { claimDue } from './notification-queries.ts';

const { db, owner, drop } = await createTestDatabase();
after(drop);
const clock = createManualClock();
const lines: string[] = [];
const context = {
  ...createNotificationContext(db, clock),
  log: createLogger('error', { write: (line) => void lines.push(line) }),
};
const callbacks = { allowLoopback: true, requireHttps: false };
const minute = 60_000;

beforeEach(async () => {
  lines.splice(0);
  await sql`truncate notifications, notification_attempts, notification_alarms`.execute(owner);
});

async function givenSite(answer: Answer) {
  const endpoint = await startMerchantEndpoint(answer);
  after(endpoint.close);
  return addSite(context, { notifyUrl: endpoint.url });
}

/** Delivers what is due, a minute at a time, and watches as the job does. */
async function letPass(minutes: number): Promise<void> {
  for (let passed = 0; passed < minutes; passed += 1) {
    clock.advance(minute);
    const now = clock.now();
    const claimed = await claimDue(db, {
      now,
      leasedUntil: new Date(now.getTime() + 30_000),
      limit: 100,
      perSiteMax: 100,
      suspects: [],
      suspectLimit: 0,
      rooms: new Map(),
    });
    for (const each of claimed) await deliverOnce(context, each, { callbacks, random: () => 0 });
    await watchResults(context);
  }
}

for (const [name, answer, detail] of [
  ['an objection (97)', answerRspCode('97'), /RspCode 97/],
  ['an objection (01)', answerRspCode('01'), /RspCode 01/],
  ['an objection (04)', answerRspCode('04'), /RspCode 04/],
  [
    'a server that answers 502',
    ((response) => {
      response.statusCode = 502;
      response.end();
    }) satisfies Answer,
    /502/,
  ],
] as const) {
  test(`${name} is told after the first hour, by site and reason, and every hour again`, async () => {
    const site = await givenSite(answer);
    await addNotification(context, site);
    await letPass(59);
    assert.deepEqual([lines, await listAlarms(db, 10)], [[], []]);
    await letPass(1);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /"event":"notification\.not_taken"/);
    assert.match(lines[0] ?? '', new RegExp(`"merchantSite":"${site.merchantSite}"`));
    assert.match(lines[0] ?? '', detail);
    const [alarm] = await listAlarms(db, 10);
    assert.equal(alarm?.merchantSite, site.merchantSite);
    assert.equal(alarm?.outcome, 'answer_refused');
    await letPass(59);
    assert.equal(lines.length, 1);
    await letPass(1);
    assert.equal(lines.length, 2);
  });
}

test('an alarm ends when the merchant takes the result, and is no other merchant’s', async () => {
  let code = '97';
  const site = await givenSite((response, request) => answerRspCode(code)(response, request));
  const healthy = await givenSite(answerRspCode('00'));
  await addNotification(context, site);
  await addNotification(context, healthy);
  await letPass(61);
  assert.deepEqual(
    (await listAlarms(db, 10)).map((each) => each.merchantSite),
    [site.merchantSite],
  );
  exposeNotifications(context);
  assert.match(
    await metricsRegistry.metrics(),
    /vipay_notifications_late_sites\{outcome="answer_refused"\} 1/,
  );
  code = '00';
  await letPass(90);
  assert.deepEqual(await listAlarms(db, 10), []);
});

test('a thousand results of one site are one alarm, and results that were never tried are none', async () => {
  const site = await givenSite(answerRspCode('00'));
  const recorded = await addNotification(context, site);
  await sql`
    insert into notification_attempts (id, notification_id, attempt_no, started_at, duration_ms, method, url, request_headers, outcome)
    values (gen_random_uuid(), ${recorded.id}, 1, now(), 1, 'GET', '', '{}', 'timed_out')`.execute(owner);
  await sql`update notifications set attempts = 1, next_attempt_at = next_attempt_at + interval '9 hours'`.execute(
    owner,
  );
  await sql`
    insert into notifications (id, order_id, merchant_site, environment, status, attempts, next_attempt_at, created_at)
    select gen_random_uuid(), gen_random_uuid(), ${site.merchantSite}, 'sandbox', 'pending', 1,
      ${clock.now()}::timestamptz + interval '8 hours', ${clock.now()}::timestamptz + n * interval '1 millisecond'
    from generate_series(1, 1500) n`.execute(owner);
  await sql`
    insert into notifications (id, order_id, merchant_site, environment, status, next_attempt_at, created_at)
    values (gen_random_uuid(), gen_random_uuid(), 'untried', 'sandbox', 'pending', ${clock.now()}, ${clock.now()})`.execute(
    owner,
  );
  clock.advance(61 * minute);
  const late = await watchResults(context);
  assert.deepEqual(
    late.map((each) => [each.merchantSite, each.waiting, each.outcome]),
    [[site.merchantSite, 1000, 'timed_out']],
  );
  assert.equal(lines.length, 1);
});

test('a result that is given up is told, counted and listed', async () => {
  const site = await givenSite(answerRspCode('97'));
  await addNotification(context, site);
  await sql`update notifications set attempts = ${attemptsMax - 1}`.execute(owner);
  const dispatcher = startDispatcher(context, { callbacks });
  await until('it is given up', () => lines.some((line) => line.includes('notification.exhausted')));
  await dispatcher.stop();
  assert.ok(lines.some((line) => line.includes(site.merchantSite)));
  assert.match(await metricsRegistry.metrics(), /vipay_notifications_given_up_total [1-9]/);
  assert.equal((await listNotifications(db, { status: 'exhausted', limit: 10 })).length, 1);
});
