import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { createTestContext, type TestContext } from '../../../tests/support/context.ts';
import { startSmtpServer, type TestSmtpServer } from '../../../tests/support/smtp-server.ts';
import type { Logger } from '../../ground/log/index.ts';
import { type MailSenderOptions, queueMail, type StartedMailSender, startMailSender } from './index.ts';
import { nextMailAttempt } from './mail.ts';
import { maskReply } from './mask-reply.ts';

let context: TestContext;
let server: TestSmtpServer;
const senders: StartedMailSender[] = [];
const logged: Record<string, unknown>[] = [];

before(async () => {
  context = await createTestContext();
  context.mail = 'server';
  const write = (fields: Record<string, unknown>) => logged.push(fields);
  context.log = { ...context.log, info: write, warn: write, error: write } as unknown as Logger;
});
after(() => context.drop());
beforeEach(async () => {
  server = await startSmtpServer();
  logged.length = 0;
});
afterEach(async () => {
  await Promise.all(senders.splice(0).map((sender) => sender.stop()));
  await server.stop();
  await sql`delete from messages`.execute(context.db);
});

function start(more: Partial<MailSenderOptions> = {}): StartedMailSender {
  const sender = startMailSender(context, {
    server: { host: '127.0.0.1', port: server.port, encryption: 'clear', signIn: null },
    from: { name: 'viPay', address: 'no-reply@pay.example.vn' },
    pollMs: 10,
    pauseMs: 20,
    limits: { connectMs: 500, silenceMs: 500, attemptMs: 2_000 },
    random: () => 0,
    ...more,
  });
  senders.push(sender);
  return sender;
}

async function queue(to = 'an@example.vn', environment: 'sandbox' | null = null): Promise<string> {
  const values = {
    at: context.clock.now(),
    address: '203.0.113.7',
    link: `${context.publicUrl}/portal/secret-path`,
  };
  const queued = await queueMail(context.db, context, {
    to,
    template: 'password_changed',
    values,
    locale: 'vi',
    environment,
  });
  assert.ok(queued.ok);
  return queued.messageId;
}

type Row = {
  status: string;
  attempts: number;
  body: Buffer | null;
  outcome: string | null;
  handedOver: number;
  nextAttemptAt: Date | null;
};

async function rowOf(id: string): Promise<Row> {
  const { rows } = await sql<Row>`
    select status, attempts, body_sealed as body, last_outcome as outcome, handed_over as "handedOver",
      next_attempt_at as "nextAttemptAt"
    from messages where id = ${id}`.execute(context.db);
  assert.ok(rows[0]);
  return rows[0];
}

async function until(id: string, isReached: (row: Row) => boolean): Promise<Row> {
  const end = performance.now() + 8_000;
  for (;;) {
    const row = await rowOf(id);
    if (isReached(row)) return row;
    assert.ok(
      performance.now() < end,
      `never reached: ${JSON.stringify({ ...row, body: row.body?.length })}`,
    );
    await delay(10);
  }
}

const ended = (row: Row) => row.status !== 'queued';
const triedAgainLater = (row: Row) => (row.nextAttemptAt ?? new Date(0)) > context.clock.now();

test('a queued mail is handed to the server once, its text is erased, and the log says so without it', async () => {
  const id = await queue();
  start();
  const row = await until(id, ended);
  assert.deepEqual(
    { status: row.status, body: row.body, attempts: row.attempts },
    { status: 'delivered', body: null, attempts: 1 },
  );
  assert.equal(server.received.length, 1);
  assert.match(server.received[0]?.message ?? '', new RegExp(`^Message-ID: <${id}@pay\\.example\\.vn>`, 'm'));
  assert.deepEqual(
    logged.map(({ event }) => event),
    ['mail.sent'],
  );
  assert.doesNotMatch(JSON.stringify(logged), /an@example|secret-path/);
});

test('a sandbox mail keeps its text for the inbox', async () => {
  const id = await queue('an@example.vn', 'sandbox');
  start();
  const row = await until(id, ended);
  assert.equal(row.status, 'delivered');
  assert.notEqual(row.body, null);
});

test('greylisted, full for now, refused after the text: tried again by the schedule, under the same Message-ID', async () => {
  const replies = ['451 4.7.1 greylisted', '452 4.2.2 mailbox full', undefined];
  server.behave = (stage) => (stage === 'rcpt' ? replies.shift() : undefined);
  const id = await queue();
  start();
  let row = await until(id, triedAgainLater);
  assert.deepEqual(row.nextAttemptAt, new Date(context.clock.now().getTime() + 10_000));
  assert.match(row.outcome ?? '', /^refused_for_now: 451 4\.7\.1/);
  assert.equal(row.handedOver, 0);
  context.clock.advance(10);
  row = await until(id, (now) => now.attempts === 2 && triedAgainLater(now));
  assert.deepEqual(row.nextAttemptAt, new Date(context.clock.now().getTime() + 60_000));
  context.clock.advance(60);
  row = await until(id, ended);
  assert.equal(row.status, 'delivered');
  assert.equal(server.received.length, 1);
});

test('a refusal for good and a mailbox that is full for good end it at once, with the reason, masked', async () => {
  server.behave = (stage, { to }) => {
    if (stage !== 'rcpt') return undefined;
    return to.startsWith('full')
      ? '552 5.2.2 <full@example.vn> is full'
      : '550 5.1.1 <gone@example.vn> nobody';
  };
  const [gone, full] = [await queue('gone@example.vn'), await queue('full@example.vn')];
  start();
  const rows = [await until(gone, ended), await until(full, ended)];
  assert.deepEqual(
    rows.map(({ status, outcome, body }) => ({ status, outcome, body })),
    [
      { status: 'failed', outcome: 'refused: 550 5.1.1 … nobody', body: null },
      { status: 'failed', outcome: 'mailbox_full: 552 5.2.2 … is full', body: null },
    ],
  );
  assert.deepEqual(
    logged.map(({ event }) => event),
    ['mail.failed', 'mail.failed'],
  );
  assert.doesNotMatch(JSON.stringify(logged), /@example/);
});

test('an answer that is lost behind the text: sent once more with the same id, and never a third time', async () => {
  server.behave = (stage) => (stage === 'text' ? 'cut after taking' : undefined);
  const id = await queue();
  start();
  const first = await until(id, triedAgainLater);
  assert.deepEqual(
    { handedOver: first.handedOver, status: first.status },
    { handedOver: 1, status: 'queued' },
  );
  context.clock.advance(3_600);
  const row = await until(id, ended);
  assert.equal(row.status, 'failed');
  assert.match(row.outcome ?? '', /^answer_lost/);
  context.clock.advance(3_600);
  await delay(100);
  assert.equal(server.received.length, 2);
  const ids = server.received.map(({ message }) => /^Message-ID: (.*)\r$/m.exec(message)?.[1]);
  assert.equal(new Set(ids).size, 1);
});

test('cut in the middle of the text, then well: it arrives once', async () => {
  server.behave = (stage, { nth }) => (stage === 'in_text' && nth === 1 ? 'cut' : undefined);
  const id = await queue();
  start();
  await until(id, triedAgainLater);
  context.clock.advance(10);
  assert.equal((await until(id, ended)).status, 'delivered');
  assert.equal(server.received.length, 1);
});

test('a server that is down: all keep off it together, and everything goes when it is back, over few connections', async () => {
  const { port } = server;
  await server.stop();
  const ids = await Promise.all(Array.from({ length: 30 }, (_, at) => queue(`p${at}@example.vn`)));
  start({ pauseMs: 150 });
  await delay(400);
  const { rows } = await sql<{
    attempts: number;
  }>`select sum(attempts)::int as attempts from messages`.execute(context.db);
  assert.ok((rows[0]?.attempts ?? 99) <= 8, `${rows[0]?.attempts} attempts`);
  server = await startSmtpServer({ port });
  context.clock.advance(60);
  for (const id of ids) assert.equal((await until(id, ended)).status, 'delivered');
  assert.equal(server.received.length, 30);
  assert.ok(server.openSessionsMax() <= 2);
});

test('a recipient whose server is slow holds up nobody behind it', async () => {
  server.behave = (stage, { to }) => (stage === 'rcpt' && to === 'slow@example.vn' ? 'hang' : undefined);
  const slow = await queue('slow@example.vn');
  const others = await Promise.all(Array.from({ length: 10 }, (_, at) => queue(`q${at}@example.vn`)));
  start({ pauseMs: 1 });
  for (const id of others) assert.equal((await until(id, ended)).status, 'delivered');
  await until(slow, triedAgainLater);
});

test('after its deadline a mail is given up; one that was not tried says so', async () => {
  const id = await queue();
  context.clock.advance(20 * 3_600);
  start();
  const row = await until(id, ended);
  assert.deepEqual(
    { status: row.status, outcome: row.outcome, body: row.body },
    { status: 'failed', outcome: 'not_tried', body: null },
  );
  assert.deepEqual(server.received, []);
});

test('two senders on one database send each mail once', async () => {
  const ids = await Promise.all(Array.from({ length: 40 }, (_, at) => queue(`r${at}@example.vn`)));
  start();
  start();
  for (const id of ids) await until(id, ended);
  const recipients = server.received.map(({ to }) => to);
  assert.equal(recipients.length, 40);
  assert.equal(new Set(recipients).size, 40);
});

test('a sender that was slower than its lease sends no text: another has taken the mail over', async () => {
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
  const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>();
  server.behave = async (stage, { nth }) => {
    if (stage !== 'data' || nth > 1) return undefined;
    onAsked();
    await mayGoOn;
    return undefined;
  };
  const id = await queue();
  const limits = { connectMs: 5_000, silenceMs: 5_000, attemptMs: 6_000 };
  const slow = start({ limits, lanes: 1 });
  await asked;
  const second = start({ limits, lanes: 1 });
  await delay(100);
  assert.equal((await rowOf(id)).attempts, 1, 'the lease still holds');
  context.clock.advance(150);
  const row = await until(id, ended);
  assert.deepEqual([row.status, row.attempts, server.received.length], ['delivered', 2, 1]);
  goOn();
  await slow.stop();
  await second.stop();
  assert.equal(server.received.length, 1);
  assert.equal((await rowOf(id)).status, 'delivered');
});

test('a mail whose body does not open is given up, and the next goes', async () => {
  const broken = await queue('broken@example.vn');
  const next = await queue('next@example.vn');
  await sql`update messages set body_sealed = ${Buffer.from('moved')} where id = ${broken}`.execute(
    context.db,
  );
  start();
  assert.equal((await until(next, ended)).status, 'delivered');
  const row = await until(broken, ended);
  assert.deepEqual([row.status, row.outcome], ['failed', 'body_unreadable']);
});

test('stopping waits for the mail that is under way', async () => {
  let tell: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    tell = resolve;
  });
  server.behave = async (stage) => {
    if (stage === 'text') {
      tell();
      await delay(200);
    }
    return undefined;
  };
  const id = await queue();
  const sender = start();
  await begun;
  await sender.stop();
  assert.equal((await rowOf(id)).status, 'delivered');
});

test('the schedule grows to an hour, each up to a fifth longer; of a server that fails to two minutes', () => {
  const secondsAfter = (attempt: number, concernsServer = false, random = 0) =>
    nextMailAttempt({ attempt, concernsServer }, new Date(0), random).getTime() / 1_000;
  const attempts = [1, 2, 3, 4, 5, 6, 7, 8, 99];
  assert.deepEqual(
    attempts.map((attempt) => secondsAfter(attempt)),
    [10, 60, 120, 300, 600, 1_200, 2_400, 3_600, 3_600],
  );
  assert.equal(secondsAfter(8, false, 1), 4_320);
  assert.deepEqual(
    attempts.map((attempt) => secondsAfter(attempt, true)),
    [10, 60, 120, 120, 120, 120, 120, 120, 120],
  );
});

test('what a server says is kept short, on one line, without addresses, links and tokens', () => {
  const said =
    '550 5.7.1 <An.Nguyen@example.vn>: see https://help.example/?id=1\r\ncode QWxhZGRpbjpvcGVuIHNlc2FtZQ== tel 0900000001';
  assert.equal(maskReply(said), '550 5.7.1 …: see … code … tel …');
  assert.ok(maskReply('x y '.repeat(1_000)).length <= 160);
});
