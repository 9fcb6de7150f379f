import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import pg from 'pg';
import { Webhook } from 'standardwebhooks';
import { testActor } from '../../../tests/support/actor.ts';
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
  getNotification,
  type TestSite,
  until,
} from '../../../tests/support/notification-fixtures.ts';
import { createStatementCounter } from '../../../tests/support/statement-counter.ts';
import { versionOf } from '../../ground/database/change-feed.ts';
import { followChanges } from '../../ground/database/index.ts';
import { createLogger } from '../../ground/log/index.ts';
import { verifyV1Result } from '../../ground/protocols/classic-v1/index.ts';
import { openV2Result } from '../../ground/protocols/classic-v2/index.ts';
import { rotateSiteKey } from '../merchants/index.ts';
import { type DeliveryOptions, deliverOnce } from './deliver-notification.ts';
import { attemptsMax, type Notification } from './notification.ts';
import { type ClaimedNotification, claimDue, listAttempts } from './notification-queries.ts';
import { resendNotification } from './resend-notification.ts';
import { retryAfterMaxMs } from './retry-after.ts';

const { db, owner, adminUrl, drop } = await createTestDatabase();
after(drop);
const clock = createManualClock();
const context = createNotificationContext(db, clock);
const callbacks = { allowLoopback: true, requireHttps: false };
const options: DeliveryOptions = { callbacks, timeoutMs: 5_000, random: () => 0 };

async function startEndpoint(answer: Answer) {
  const endpoint = await startMerchantEndpoint(answer);
  after(endpoint.close);
  return endpoint;
}

async function claimOne(notification: Notification): Promise<ClaimedNotification> {
  const now = clock.now();
  const none = { suspects: [], suspectLimit: 0, rooms: new Map<string, number>() };
  const leasedUntil = new Date(now.getTime() + 30_000);
  const claimed = await claimDue(db, { now, leasedUntil, limit: 1_000, perSiteMax: 1_000, ...none });
  const own = claimed.find((each) => each.id === notification.id);
  assert.ok(own, 'it is due');
  return own;
}

/** Records, claims and delivers one result of the site. */
async function deliverTo(site: TestSite, more: Partial<DeliveryOptions> = {}) {
  const recorded = await addNotification(context, site);
  const delivered = await deliverOnce(context, await claimOne(recorded), { ...options, ...more });
  const notification = await getNotification(context, recorded.orderId);
  const [attempt] = await listAttempts(db, recorded.id);
  assert.ok(attempt, 'the attempt is in the log');
  return { delivered, notification, attempt };
}

test('a classic v1 result arrives with a hash the merchant can check, and RspCode 00 ends it', async () => {
  const endpoint = await startEndpoint(answerRspCode('00'));
  const site = await addSite(context, { notifyUrl: `${endpoint.url}?own=1` });
  const { notification, attempt } = await deliverTo(site);
  const [heard] = endpoint.heard;
  assert.equal(heard?.method, 'GET');
  const verified = verifyV1Result(heard?.url.split('?')[1] ?? '', site.credentials.secret ?? '');
  assert.partialDeepStrictEqual(verified, {
    ok: true,
    fields: { response_code: '00', total_amount: '20000000' },
  });
  assert.partialDeepStrictEqual(notification, {
    status: 'delivered',
    attempts: 1,
    nextAttemptAt: null,
    leasedUntil: null,
    endedAt: clock.now(),
  });
  assert.partialDeepStrictEqual(attempt, {
    attemptNo: 1,
    method: 'GET',
    responseStatus: 200,
    responseBody: '{"RspCode":"00","Message":"ok"}',
    outcome: 'delivered',
    kind: 'confirmed',
    detail: 'RspCode 00',
    startedAt: clock.now(),
  });
  assert.ok(attempt.url.startsWith(`${endpoint.url}?own=1&merchant_site=`));
});

test('a classic v2 result arrives sealed for the merchant and signed by the gateway', async () => {
  const endpoint = await startEndpoint(answerRspCode('02'));
  const site = await addSite(context, { protocol: 'classic-v2', notifyUrl: endpoint.url });
  const { notification } = await deliverTo(site);
  const { merchant_private_key_pem = '', gateway_public_key_pem = '' } = site.credentials;
  const opened = openV2Result(endpoint.heard[0]?.url.split('?')[1] ?? '', {
    merchantPrivateKeys: [createPrivateKey(merchant_private_key_pem)],
    gatewayPublicKeys: [createPublicKey(gateway_public_key_pem)],
  });
  assert.partialDeepStrictEqual(opened, { ok: true, fields: { response_code: '00' } });
  assert.equal(notification.status, 'delivered');
});

test('a REST event is signed by every valid secret, and keeps id and body over its attempts', async () => {
  let status = 500;
  const endpoint = await startEndpoint((response) => void response.writeHead(status).end());
  const site = await addSite(context, { protocol: 'rest', notifyUrl: endpoint.url });
  const rotated = await rotateSiteKey(context, testActor, site.merchantSite, { overlapSeconds: 3_600 });
  assert.ok(rotated.ok);
  const { notification } = await deliverTo(site);
  clock.advance(5_000);
  status = 204;
  await deliverOnce(context, await claimOne(notification), options);
  assert.equal((await getNotification(context, notification.orderId)).status, 'delivered');
  assert.equal(endpoint.heard.length, 2);
  const [first, second] = endpoint.heard;
  assert.equal(first?.body, second?.body);
  assert.equal(first?.headers['webhook-id'], notification.publicId);
  assert.equal(second?.headers['webhook-id'], notification.publicId);
  assert.equal(Number(second?.headers['webhook-timestamp']) - Number(first?.headers['webhook-timestamp']), 5);
  assert.equal(String(first?.headers['webhook-signature']).split(' ').length, 2);
  const event = JSON.parse(first?.body ?? '');
  assert.partialDeepStrictEqual(event, { type: 'order.paid', data: { status: 'paid', amount: '200000' } });
  const secrets = [site.credentials.webhook_secret, rotated.credentials.webhook_secret];
  for (const secret of secrets) {
    const signed = { ...first?.headers } as Record<string, string>;
    // The verifier asks the machine's clock for the timestamp's age; the signature alone is judged here.
    const sentAt = new Date(Number(signed['webhook-timestamp']) * 1000);
    const expected = new Webhook(secret ?? '').sign(signed['webhook-id'] ?? '', sentAt, first?.body ?? '');
    assert.ok(signed['webhook-signature']?.split(' ').includes(expected));
  }
});

test('while a classic secret is being replaced, attempts take turns: the newest key first', async () => {
  const endpoint = await startEndpoint(answerRspCode('97'));
  const site = await addSite(context, { notifyUrl: endpoint.url });
  const rotated = await rotateSiteKey(context, testActor, site.merchantSite, { overlapSeconds: 3_600 });
  assert.ok(rotated.ok);
  const { notification } = await deliverTo(site);
  clock.advance(5_000);
  await deliverOnce(context, await claimOne(notification), options);
  const queries = endpoint.heard.map((request) => request.url.split('?')[1] ?? '');
  assert.equal(verifyV1Result(queries[0] ?? '', rotated.credentials.secret ?? '').ok, true);
  assert.equal(verifyV1Result(queries[1] ?? '', site.credentials.secret ?? '').ok, true);
});

test('an answer that does not end the delivery leads to the next attempt of the schedule', async () => {
  const answers: [Answer, string, string, number | null][] = [
    [answerRspCode('01'), 'answer_refused', 'rsp_01', 200],
    [answerRspCode('04'), 'answer_refused', 'rsp_04', 200],
    [answerRspCode('97'), 'answer_refused', 'rsp_97', 200],
    [answerRspCode('99'), 'answer_refused', 'rsp_99', 200],
    [(response) => void response.end('OK'), 'answer_refused', 'answer_text', 200],
    [(response) => void response.writeHead(500).end('{"RspCode":"00"}'), 'answer_refused', 'status_5xx', 500],
    [
      (response) => void response.writeHead(302, { location: '/' }).end(),
      'answer_refused',
      'status_redirect',
      302,
    ],
    [(response) => void response.end(Buffer.alloc(70_000, 'a')), 'answer_too_large', 'answer_too_large', 200],
    [(response) => void response.destroy(), 'connection_failed', 'connection_closed', null],
    [() => undefined, 'timed_out', 'answer_slow', null],
  ];
  for (const [answer, outcome, kind, status] of answers) {
    const endpoint = await startEndpoint(answer);
    const site = await addSite(context, { notifyUrl: endpoint.url });
    const { notification, attempt } = await deliverTo(site, { timeoutMs: 300 });
    assert.partialDeepStrictEqual(attempt, { outcome, kind, responseStatus: status });
    assert.partialDeepStrictEqual(notification, {
      status: 'pending',
      attempts: 1,
      leasedUntil: null,
      nextAttemptAt: new Date(clock.now().getTime() + 5_000),
    });
  }
});

test('the log of an attempt holds where a redirect leads, and the target is not called', async () => {
  const goal = await startEndpoint(answerRspCode('00'));
  const endpoint = await startEndpoint((response) => {
    response.writeHead(301, { location: `${goal.url}?session=abc` }).end();
  });
  const { attempt } = await deliverTo(await addSite(context, { notifyUrl: endpoint.url }));
  assert.equal(attempt.kind, 'status_redirect');
  assert.equal(attempt.detail, `status 301 to ${goal.url}?…: redirects are not followed`);
  assert.equal(goal.heard.length, 0);
});

test('status 410 ends the delivery in any dialect and is told; a resend begins anew', async () => {
  for (const protocol of ['classic-v1', 'rest'] as const) {
    const lines: Record<string, unknown>[] = [];
    const log = createLogger('info', { write: (line: string) => void lines.push(JSON.parse(line)) });
    const endpoint = await startEndpoint((response) => void response.writeHead(410).end());
    const site = await addSite(context, { protocol, notifyUrl: endpoint.url });
    const recorded = await addNotification(context, site);
    await deliverOnce({ ...context, log }, await claimOne(recorded), options);
    const ended = { status: 'exhausted', attempts: 1, nextAttemptAt: null };
    assert.partialDeepStrictEqual(await getNotification(context, recorded.orderId), ended);
    assert.deepEqual(
      lines.map(({ event, level, merchantSite }) => [event, level, merchantSite]),
      [['notification.gone', 'error', site.merchantSite]],
    );
    assert.equal((await resendNotification(context, testActor, recorded.id)).ok, true);
    await deliverOnce(context, await claimOne(recorded), options);
    assert.equal(endpoint.heard.length, 2);
  }
});

test('a merchant that asks for time gets it, within bounds: seconds or a date, never less than the schedule', async () => {
  const at = (ms: number) => new Date(clock.now().getTime() + ms);
  const cases: [status: number, header: string, waitMs: number][] = [
    [503, '120', 120_000],
    [429, at(600_000).toUTCString(), 600_000],
    [503, '1', 5_000],
    [503, '99999999', retryAfterMaxMs],
    [503, 'soon', 5_000],
    [404, '120', 5_000],
  ];
  for (const [status, header, waitMs] of cases) {
    const endpoint = await startEndpoint((response) => {
      response.writeHead(status, { 'retry-after': header }).end();
    });
    const { notification } = await deliverTo(await addSite(context, { notifyUrl: endpoint.url }));
    assert.deepEqual(notification.nextAttemptAt, at(waitMs), `${status} ${header}`);
  }
});

test('an answer is kept up to 1 KiB, masked, and a zero character in it does no harm', async () => {
  const endpoint = await startEndpoint(
    (response) => void response.end(`\0{"api_key":"abc"}${'đ'.repeat(3_000)}`),
  );
  const site = await addSite(context, { notifyUrl: endpoint.url });
  const { attempt } = await deliverTo(site);
  assert.equal(attempt.responseBody, `\uFFFD{"api_key":"…"}${'đ'.repeat(1_008)}…`);
});

test('an inner address is refused before anything is sent: by policy, and for live sites always', async () => {
  const endpoint = await startEndpoint(answerRspCode('00'));
  const sandbox = await addSite(context, { notifyUrl: endpoint.url });
  const closed = { callbacks: { allowLoopback: false, requireHttps: false } };
  assert.equal((await deliverTo(sandbox, closed)).attempt.outcome, 'address_refused');

  const port = endpoint.port;
  const live = await addSite(context, {
    environment: 'live',
    notifyUrl: `https://shop.example:${port}/notify`,
  });
  const resolve = async () => ['127.0.0.1'];
  const { attempt } = await deliverTo(live, { resolve });
  assert.partialDeepStrictEqual(attempt, {
    outcome: 'address_refused',
    detail: 'shop.example is a loopback address',
  });
  assert.equal(endpoint.heard.length, 0);
});

test('a result of a site without a notification URL is skipped, and sent when asked for later', async () => {
  const site = await addSite(context);
  const skipped = await addNotification(context, site);
  assert.partialDeepStrictEqual(skipped, { status: 'skipped', nextAttemptAt: null, endedAt: clock.now() });
  assert.deepEqual(await resendNotification(context, testActor, skipped.id), {
    ok: false,
    error: 'site_has_no_notify_url',
  });
  const endpoint = await startEndpoint(answerRspCode('00'));
  await sql`update merchant_sites set notify_url = ${endpoint.url} where merchant_site = ${site.merchantSite}`.execute(
    owner,
  );
  assert.equal((await resendNotification(context, testActor, skipped.id)).ok, true);
  await deliverOnce(context, await claimOne(skipped), options);
  assert.equal((await getNotification(context, skipped.orderId)).status, 'delivered');
});

test('a site that lost its URL or its key fails the attempt and not the process', async () => {
  const endpoint = await startEndpoint(answerRspCode('00'));
  const noUrl = await addSite(context, { notifyUrl: endpoint.url });
  const first = await addNotification(context, noUrl);
  await sql`update merchant_sites set notify_url = null where merchant_site = ${noUrl.merchantSite}`.execute(
    owner,
  );
  await deliverOnce(context, await claimOne(first), options);
  const noKey = await addSite(context, { notifyUrl: endpoint.url });
  await sql`update site_keys set status = 'revoked' where merchant_site = ${noKey.merchantSite}`.execute(
    owner,
  );
  await deliverTo(noKey);
  const [attempt] = await listAttempts(db, first.id);
  assert.partialDeepStrictEqual(attempt, { outcome: 'connection_failed', kind: 'not_sent_no_url', url: '' });
  assert.equal((await getNotification(context, first.orderId)).status, 'pending');
  assert.equal(endpoint.heard.length, 0);
});

test('sites and keys are read once for many results; a revoked key signs none after its revoking was heard', async () => {
  const changes = followChanges(db, { onLost: () => undefined });
  await changes.started;
  const endpoint = await startEndpoint(answerRspCode('00'));
  const site = await addSite(context, { notifyUrl: endpoint.url });
  const claimed: ClaimedNotification[] = [];
  for (let each = 0; each < 3; each += 1) claimed.push(await claimOne(await addNotification(context, site)));
  const [first, second, third] = claimed as [ClaimedNotification, ClaimedNotification, ClaimedNotification];
  await deliverOnce(context, first, options);
  const counter = createStatementCounter(db);
  const { texts } = await counter.count(() => deliverOnce(context, second, options));
  assert.equal(texts.length, 1, 'its attempt is written down, nothing is read');
  const rotated = await rotateSiteKey(context, testActor, site.merchantSite, { overlapSeconds: 0 });
  assert.ok(rotated.ok);
  // Words come in the order of their commits: behind this one, that of the rotation has been heard.
  const heard = versionOf(db, ['policies']);
  await owner.pool.query(`notify vipay_changes, 'policies'`);
  await until('the change is heard', () => versionOf(db, ['policies']) !== heard);
  await deliverOnce(context, third, options);
  await changes.stop();
  const isSignedBy = (at: number, secret = '') =>
    verifyV1Result(endpoint.heard[at]?.url.split('?')[1] ?? '', secret).ok;
  assert.equal(isSignedBy(1, site.credentials.secret), true);
  assert.equal(isSignedBy(2, site.credentials.secret), false);
  assert.equal(isSignedBy(2, rotated.credentials.secret), true);
});

test('the database that fails while a result is encoded costs the merchant no attempt: the lease brings it back', async () => {
  const endpoint = await startEndpoint(answerRspCode('00'));
  const site = await addSite(context, { notifyUrl: endpoint.url });
  const recorded = await addNotification(context, site);
  const claimed = await claimOne(recorded);
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    await admin.query('begin; lock table site_keys in access exclusive mode');
    const delivering = assert.rejects(deliverOnce(context, claimed, options), { code: '57014' });
    await until('the keys are waited for', async () => {
      const { rowCount } = await admin.query(`select pg_cancel_backend(pid) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`);
      return rowCount === 1;
    });
    await delivering;
  } finally {
    await admin.end();
  }
  assert.deepEqual(await listAttempts(db, recorded.id), []);
  assert.equal((await getNotification(context, recorded.orderId)).status, 'pending');
  assert.equal(endpoint.heard.length, 0);

  clock.advance(31_000);
  await deliverOnce(context, await claimOne(recorded), options);
  assert.equal((await getNotification(context, recorded.orderId)).status, 'delivered');
});

test('the whole schedule is run through, then the notification is exhausted, and a resend begins anew', async () => {
  let code = '99';
  const endpoint = await startEndpoint((response, request) => answerRspCode(code)(response, request));
  const site = await addSite(context, { notifyUrl: endpoint.url });
  const recorded = await addNotification(context, site);
  const startedAt = clock.now();
  let current = recorded;
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    clock.advance(Math.max(0, (current.nextAttemptAt ?? startedAt).getTime() - clock.now().getTime()));
    await deliverOnce(context, await claimOne(recorded), options);
    current = await getNotification(context, recorded.orderId);
  }
  assert.partialDeepStrictEqual(current, { status: 'exhausted', nextAttemptAt: null, attempts: attemptsMax });
  assert.ok(clock.now().getTime() - startedAt.getTime() >= 3 * 24 * 3_600_000);

  code = '00';
  const resent = await resendNotification(context, testActor, recorded.id);
  assert.partialDeepStrictEqual(resent, {
    ok: true,
    notification: { status: 'pending', attempts: 0, endedAt: null },
  });
  const claimed = await claimOne(recorded);
  assert.deepEqual(await resendNotification(context, testActor, recorded.id), {
    ok: false,
    error: 'notification_being_sent',
  });
  await deliverOnce(context, claimed, options);
  assert.equal((await getNotification(context, recorded.orderId)).status, 'delivered');
  const attempts = await listAttempts(db, recorded.id);
  assert.deepEqual(
    attempts.map((attempt) => attempt.attemptNo),
    Array.from({ length: attemptsMax + 1 }, (_, at) => at + 1),
  );
  const urls = new Set(attempts.map((attempt) => attempt.url));
  assert.equal(urls.size, 1, 'the result sent is the same every time');

  assert.equal((await resendNotification(context, testActor, recorded.id)).ok, true, 'a delivered one too');
  await deliverOnce(context, await claimOne(recorded), options);
  const unknown = await resendNotification(context, testActor, '019cac12-7a30-7c3e-a8a1-0123456789ab');
  assert.deepEqual(unknown, { ok: false, error: 'notification_not_found' });
});

test('a lost lease: another takes it over, and the late outcome is logged but decides nothing', async () => {
  const endpoint = await startEndpoint(answerRspCode('99'));
  const site = await addSite(context, { notifyUrl: endpoint.url });
  const recorded = await addNotification(context, site);
  const dead = await claimOne(recorded);
  clock.advance(29_999);
  await assert.rejects(claimOne(recorded), /it is due/, 'the lease still holds');
  clock.advance(1);
  const taken = await claimOne(recorded);
  assert.equal(taken.attempts, 2);
  // The first one comes back to life only now: it holds an ended lease and sends nothing.
  assert.deepEqual(await deliverOnce(context, dead, options), { written: false });
  assert.equal(endpoint.heard.length, 0);
  // Had it sent before, its outcome would find another lease in the row.
  const alive = { ...dead, leasedUntil: new Date(clock.now().getTime() + 29_000) };
  assert.deepEqual(await deliverOnce(context, alive, options), { written: false });
  assert.deepEqual((await getNotification(context, recorded.orderId)).leasedUntil, taken.leasedUntil);
  const delivered = await deliverOnce(context, taken, options);
  assert.equal(delivered.written, true);
  assert.equal((await listAttempts(db, recorded.id)).length, 2);
});

test('each attempt has a line in the log, under the name of what became of it', async () => {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger('info', { write: (line: string) => void lines.push(JSON.parse(line)) });
  const answers: Answer[] = [answerRspCode('97'), answerRspCode('00')];
  let heard = 0;
  const endpoint = await startEndpoint((...asked) => (answers[heard++] ?? answerRspCode('00'))(...asked));
  const recorded = await addNotification(context, await addSite(context, { notifyUrl: endpoint.url }));
  await deliverOnce({ ...context, log }, await claimOne(recorded), options);
  clock.advance(3_600_000);
  await deliverOnce({ ...context, log }, await claimOne(recorded), options);
  assert.deepEqual(
    lines.map(({ event, attempt, outcome, status }) => [event, attempt, outcome, status]),
    [
      ['notification.failed', 1, 'answer_refused', 200],
      ['notification.delivered', 2, undefined, 200],
    ],
  );
});
