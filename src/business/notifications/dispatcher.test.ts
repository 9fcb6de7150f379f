import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import pg from 'pg';
import { createTestDatabase } from '../../../tests/support/database.ts';
import {
  type Answer,
  answerRspCode,
  startMerchantEndpoint,
} from '../../../tests/support/merchant-endpoint.ts';
import {
  addFinalOrder,
  addNotification,
  addSite,
  createManualClock,
  createNotificationContext,
  getNotification,
  type TestSite,
  until,
} from '../../../tests/support/notification-fixtures.ts';
import { createStatementCounter } from '../../../tests/support/statement-counter.ts';
import { type DatabaseWatch, guardClock } from '../../ground/database/index.ts';
import { deliverOnce } from './deliver-notification.ts';
import { type Dispatcher, type DispatcherOptions, startDispatcher } from './dispatcher.ts';
import { claimDue, listAttempts } from './notification-queries.ts';
import { recordingNotifications, wakeDispatchersSoon } from './record-notification.ts';

const { db, owner, url: databaseUrl, drop } = await createTestDatabase({ max: 10 });
after(drop);
const clock = createManualClock();
const context = createNotificationContext(db, clock);

type Standing = NonNullable<DatabaseWatch['last']>;

const running: Dispatcher[] = [];
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((dispatcher) => dispatcher.stop(0)));
  await Promise.all(closing.splice(0).map((close) => close()));
  await sql`delete from notification_attempts`.execute(owner);
  await sql`delete from notifications`.execute(owner);
});

const callbacks = { allowLoopback: true, requireHttps: false };

function start(options: Partial<DispatcherOptions> = {}): Dispatcher {
  const dispatcher = startDispatcher(context, { callbacks, pollMs: 50, random: () => 0, ...options });
  running.push(dispatcher);
  return dispatcher;
}

async function startEndpoint(answer: Answer) {
  const endpoint = await startMerchantEndpoint(answer);
  closing.push(endpoint.close);
  return endpoint;
}

const isStatus = (orderId: string, status: string) => async () =>
  (await getNotification(context, orderId)).status === status;

test('a recorded result is sent at once on the word of the commit, without waiting for the poll', async () => {
  const endpoint = await startEndpoint(answerRspCode('00'));
  const site = await addSite(context, { notifyUrl: endpoint.url });
  start({ pollMs: 3_600_000 });
  await delay(200); // The listener is connected by then, and the first look is over.
  const { orderId } = await addNotification(context, site);
  await until('it is delivered', isStatus(orderId, 'delivered'));
  assert.equal(endpoint.heard.length, 1);
});

test('the poll finds what no word was heard of, also after the listener lost its connection', async () => {
  const endpoint = await startEndpoint(answerRspCode('00'));
  const site = await addSite(context, { notifyUrl: endpoint.url });
  start();
  const listeners = sql<{ pid: number }>`select pid from pg_stat_activity
    where datname = current_database() and application_name = 'vipay notifications listener'`;
  await until('it listens', async () => (await listeners.execute(db)).rows.length === 1);
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'vipay notifications listener'`.execute(db);
  const { orderId } = await addNotification(context, site);
  await until('it is delivered', isStatus(orderId, 'delivered'));
  await until('it listens again', async () => (await listeners.execute(db)).rows.length === 1);
});

test('a failed attempt is repeated when its time has come and not before', async () => {
  let code = '99';
  const endpoint = await startEndpoint((response, request) => answerRspCode(code)(response, request));
  const site = await addSite(context, { notifyUrl: endpoint.url });
  start({ pollMs: 10 });
  const { id, orderId } = await addNotification(context, site);
  await until('one attempt is logged', async () => (await listAttempts(db, id)).length === 1);
  clock.advance(4_999);
  await delay(100);
  assert.equal(endpoint.heard.length, 1);
  code = '00';
  clock.advance(1);
  await until('it is delivered', isStatus(orderId, 'delivered'));
  assert.equal(endpoint.heard.length, 2);
});

test('two dispatchers on one database send every result once', async () => {
  const endpoint = await startEndpoint(answerRspCode('00'));
  const sites = await Promise.all([1, 2, 3].map(() => addSite(context, { notifyUrl: endpoint.url })));
  for (let round = 0; round < 40; round += 1) {
    for (const site of sites) await addNotification(context, site);
  }
  start({ pollMs: 5 });
  start({ pollMs: 5 });
  await until('all are delivered', async () => (await countPending()) === 0);
  assert.equal(endpoint.heard.length, 120);
  assert.equal(new Set(endpoint.heard.map((request) => request.url)).size, 120);
});

test('killed before sending, or after it and before writing: another takes over when the lease ends', async () => {
  const endpoint = await startEndpoint(answerRspCode('00'));
  const site = await addSite(context, { notifyUrl: endpoint.url });
  for (const [point, heard] of [
    ['notification.before_sending', 0],
    ['notification.after_sending', 1],
  ] as const) {
    endpoint.heard.length = 0;
    const recorded = await addNotification(context, site);
    const script = join(import.meta.dirname, '../../../tests/support/dispatcher-process.ts');
    const args = [script, databaseUrl, clock.now().toISOString(), point];
    const [, signal] = await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'exit');
    assert.equal(signal, 'SIGKILL');
    assert.equal(endpoint.heard.length, heard);
    assert.equal((await listAttempts(db, recorded.id)).length, 0);

    clock.advance(29_000);
    const dispatcher = start({ pollMs: 10 });
    await delay(100);
    assert.equal(endpoint.heard.length, heard, 'the lease still holds');
    clock.advance(1_000);
    await until('it is delivered', isStatus(recorded.orderId, 'delivered'));
    assert.equal(endpoint.heard.length, heard + 1);
    assert.equal((await getNotification(context, recorded.orderId)).attempts, 2);
    await dispatcher.stop();
  }
});

test('stop claims no more, and waits for what is in flight', async () => {
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
  const { promise: mayAnswer, resolve: letAnswer } = Promise.withResolvers<void>();
  const endpoint = await startEndpoint(async (response, request) => {
    onAsked();
    await mayAnswer;
    answerRspCode('00')(response, request);
  });
  const site = await addSite(context, { notifyUrl: endpoint.url });
  const dispatcher = start();
  const first = await addNotification(context, site);
  await asked;
  const stopping = dispatcher.stop();
  const second = await addNotification(context, site);
  await delay(100);
  letAnswer();
  await stopping;
  assert.equal((await getNotification(context, first.orderId)).status, 'delivered');
  assert.equal((await getNotification(context, second.orderId)).status, 'pending');
  assert.equal(endpoint.heard.length, 1);
});

test('stop gives up waiting at its time limit', async () => {
  const endpoint = await startEndpoint(() => undefined);
  const site = await addSite(context, { notifyUrl: endpoint.url });
  const dispatcher = start({ timeoutMs: 1_000 });
  await addNotification(context, site);
  await until('it was asked', () => endpoint.heard.length === 1);
  const stoppingAt = performance.now();
  await dispatcher.stop(50);
  assert.ok(performance.now() - stoppingAt < 900);
  await delay(1_000); // The attempt writes its outcome before the database goes.
});

test('a site never has more in flight than its share, however many are waiting', async () => {
  let open = 0;
  let openMax = 0;
  const endpoint = await startEndpoint(async (response, request) => {
    open += 1;
    openMax = Math.max(openMax, open);
    await delay(10);
    open -= 1;
    answerRspCode('00')(response, request);
  });
  const site = await addSite(context, { notifyUrl: endpoint.url });
  for (let each = 0; each < 60; each += 1) await addNotification(context, site);
  start({ pollMs: 3_600_000 });
  await until('all are delivered', async () => (await countPending()) === 0);
  assert.equal(openMax, 4);
});

test('three slow answers do not put a healthy site behind those whose servers are dead', async () => {
  let hangsFor = 0;
  const healthy = await startEndpoint((response, request) => {
    if (hangsFor > 0) hangsFor -= 1;
    else answerRspCode('00')(response, request);
  });
  let givenUp = 0;
  const dead = await startEndpoint((response) => {
    response.on('close', () => {
      givenUp += 1;
    });
  });
  const healthySite = await addSite(context, { notifyUrl: healthy.url });
  const deadSite = await addSite(context, { notifyUrl: dead.url });
  // Half of two places is for sites that fail: one, which the dead site holds.
  const dispatcher = start({ concurrency: 2, timeoutMs: 600, pollMs: 10 });
  const first = await addNotification(context, healthySite);
  await until('it is delivered', isStatus(first.orderId, 'delivered'));
  for (let slow = 1; slow <= 3; slow += 1) {
    hangsFor = 1;
    const { id } = await addNotification(context, healthySite);
    await until('its attempt is over', async () => (await listAttempts(db, id)).length === 1);
  }
  for (let each = 0; each < 8; each += 1) await addNotification(context, deadSite);
  await until('it holds the one place for such sites', () => dead.heard.length >= 3);
  const givenUpBefore = givenUp;
  const next = await addNotification(context, healthySite);
  await until('it is delivered', isStatus(next.orderId, 'delivered'));
  assert.equal(givenUp, givenUpBefore, 'while the dead site still held its place');
  await dispatcher.stop();
});

test('while the clock is off nothing is claimed, signed or sent; then everything is', async () => {
  const endpoint = await startEndpoint((response) => void response.writeHead(204).end());
  const site = await addSite(context, { protocol: 'rest', notifyUrl: endpoint.url });
  const watch: Pick<DatabaseWatch, 'wasClockSet'> & { last: Standing } = {
    last: { ok: true, clockDifferenceMs: 0 },
    wasClockSet: () => false,
  };
  const guarded = { ...context, clock: guardClock(clock, watch) };
  const off: Standing = { ok: false, reason: 'clock_differs', says: 'six minutes ahead' };
  const recorded = await addNotification(context, site);
  watch.last = off;
  running.push(startDispatcher(guarded, { callbacks, pollMs: 5, random: () => 0 }));
  const now = clock.now();
  const leasedUntil = new Date(now.getTime() + 30_000);
  const limits = { limit: 1, perSiteMax: 1, suspects: [], suspectLimit: 0, rooms: new Map() };
  // Claimed a moment before it was noticed: not signed either.
  const [claimed] = await claimDue(db, { now, leasedUntil, ...limits });
  assert.ok(claimed);
  await assert.rejects(deliverOnce(guarded, claimed, { callbacks }), { name: 'ClockDiffers' });
  await delay(50);
  assert.equal(endpoint.heard.length, 0);
  assert.deepEqual(await listAttempts(db, recorded.id), []);
  watch.last = { ok: true, clockDifferenceMs: 0 };
  clock.advance(30_000);
  await until('it is delivered', isStatus(recorded.orderId, 'delivered'));
  const signedAt = Number(endpoint.heard[0]?.headers['webhook-timestamp']);
  assert.equal(signedAt, Math.floor(clock.now().getTime() / 1000));
});

test('a clock that goes off while merchants are called costs those attempts, and no place', async () => {
  const watch: Pick<DatabaseWatch, 'wasClockSet'> & { last: Standing } = {
    last: { ok: true, clockDifferenceMs: 0 },
    wasClockSet: () => false,
  };
  const guarded = { ...context, clock: guardClock(clock, watch) };
  let goesOff = true;
  const endpoint = await startEndpoint((response, request) => {
    if (goesOff) watch.last = { ok: false, reason: 'clock_differs', says: 'six minutes ahead' };
    answerRspCode(goesOff ? '99' : '00')(response, request);
  });
  const site = await addSite(context, { notifyUrl: endpoint.url });
  const { id, orderId } = await addNotification(context, site);
  running.push(startDispatcher(guarded, { callbacks, pollMs: 5, concurrency: 1, random: () => 0 }));
  await until('it was asked', () => endpoint.heard.length === 1);
  await delay(50);
  assert.deepEqual(await listAttempts(db, id), []);
  goesOff = false;
  watch.last = { ok: true, clockDifferenceMs: 0 };
  clock.advance(30_000);
  await until('it is delivered', isStatus(orderId, 'delivered'));
});

/** Listens as another process would. */
async function listenElsewhere() {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  closing.push(() => client.end());
  let words = 0;
  client.on('notification', () => {
    words += 1;
  });
  await client.query('listen notifications_due');
  return { words: () => words, ask: () => client.query('select') };
}

/** A result as a batch of payments records it: without a word. */
async function addSilently(site: TestSite): Promise<string> {
  const orderId = await addFinalOrder(context, site);
  const due = { orderId, merchantSite: site.merchantSite, environment: site.environment, now: clock.now() };
  await sql`select ${recordingNotifications([due])}`.execute(db);
  return orderId;
}

test('results recorded by this process are sent by it at once, and nobody else is woken', async () => {
  const endpoint = await startEndpoint(answerRspCode('00'));
  const site = await addSite(context, { notifyUrl: endpoint.url });
  const elsewhere = await listenElsewhere();
  const dispatcher = start({ pollMs: 3_600_000 });
  for (const sites of [[site.merchantSite], undefined]) {
    const orderId = await addSilently(site);
    wakeDispatchersSoon(context, sites);
    await until('it is delivered', isStatus(orderId, 'delivered'));
  }
  await elsewhere.ask();
  assert.equal(elsewhere.words(), 0);
  await dispatcher.stop();
  wakeDispatchersSoon(context, [site.merchantSite]);
  await until('others are woken when none runs here', () => elsewhere.words() === 1);
});

test('many results of one site are claimed together, sent in their order, each once', async () => {
  const endpoint = await startEndpoint(answerRspCode('00'));
  const site = await addSite(context, { notifyUrl: endpoint.url });
  const references: string[] = [];
  for (let each = 0; each < 100; each += 1) {
    references.push(`ref-${(await addNotification(context, site)).orderId}`);
    clock.advance(1);
  }
  const counter = createStatementCounter(db);
  const { texts } = await counter.count(async () => {
    start({ pollMs: 3_600_000 });
    await until('all are heard', () => endpoint.heard.length === 100);
  });
  const claims = texts.filter((text) => text.includes('with recursive sites'));
  assert.ok(claims.length <= 8, `${claims.length} claims`);
  await until('all are delivered', async () => (await countPending()) === 0);
  const heard = endpoint.heard.map(({ url }) => new URL(url, endpoint.url).searchParams.get('merch_txn_ref'));
  assert.equal(new Set(heard).size, 100);
  // Four are under way at once, so neighbours may overtake each other, and no one else.
  for (const [at, reference] of references.entries()) {
    assert.ok(
      Math.abs(heard.indexOf(reference) - at) < 8,
      `the ${at}th was heard as the ${heard.indexOf(reference)}th`,
    );
  }
});

test('what waits for a site that fails, or for a dispatcher that stops, is given back uncounted', async () => {
  for (const ending of ['the site fails', 'the dispatcher stops'] as const) {
    let answered = 0;
    const endpoint = await startEndpoint((response, request) => {
      answered += 1;
      if (answered <= 8) answerRspCode('00')(response, request);
    });
    const site = await addSite(context, { notifyUrl: endpoint.url });
    for (let each = 0; each < 40; each += 1) await addNotification(context, site);
    const timeoutMs = ending === 'the site fails' ? 300 : 2_000;
    const dispatcher = start({ pollMs: 3_600_000, timeoutMs });
    await until('it hangs', () => endpoint.heard.length >= 12);
    const isEnded = async () => {
      const { rows } = await sql<{ held: number; tried: number }>`
        select count(leased_until)::int as held, count(*) filter (where attempts > 0)::int as tried
        from notifications where status = 'pending' and merchant_site = ${site.merchantSite}`.execute(db);
      // At most the four in flight are held; those tried and failed are the only ones with an attempt.
      const [{ held, tried } = { held: 40, tried: 40 }] = rows;
      return held <= 4 && tried <= endpoint.heard.length - 8;
    };
    if (ending === 'the dispatcher stops') await dispatcher.stop(0);
    await until(`what waits is given back: ${ending}`, isEnded);
    await dispatcher.stop(3_000);
  }
});

async function countPending(): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from notifications where status = 'pending'`.execute(db);
  return rows[0]?.count ?? 0;
}
