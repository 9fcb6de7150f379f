import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { createTestContext, type TestContext } from '../../../tests/support/context.ts';
import { inTransaction } from '../../ground/database/index.ts';
import { listSandboxMessages, type MailToQueue, queueMail } from './index.ts';

let context: TestContext;
before(async () => {
  context = await createTestContext();
});
after(() => context.drop());

const validUntil = new Date('2026-11-23T11:00:00+07:00');

function mailTo(to: string): MailToQueue<'verify_address'> {
  const link = `${context.publicUrl}/portal/verify#abc`;
  return { to, template: 'verify_address', values: { link, validUntil }, locale: 'vi', environment: null };
}

async function rowOf(id: string) {
  const { rows } = await sql<{
    environment: string;
    recipient: string;
    status: string;
    body: Buffer;
    nextAttemptAt: Date | null;
    deadlineAt: Date;
  }>`
    select environment, recipient, status, body_sealed as body, next_attempt_at as "nextAttemptAt",
      deadline_at as "deadlineAt"
    from messages where id = ${id}`.execute(context.db);
  return rows[0];
}

test('in the demo a mail about an account is in the inbox at once, subject, text and link', async () => {
  const queued = await queueMail(context.db, context, mailTo('An@Shop.example.vn'));
  assert.ok(queued.ok);
  const [message] = await listSandboxMessages(context, { mailAddress: 'An@shop.example.vn' });
  assert.equal(message?.id, queued.messageId);
  assert.equal(message?.channel, 'email');
  assert.equal(message?.subject, 'Xác nhận địa chỉ thư điện tử của bạn');
  assert.match(message?.text ?? '', /\nhttp:\/\/localhost:8080\/portal\/verify#abc\n/);
  assert.match(message?.text ?? '', /11:00 23\/11\/2026 \(GMT\+7\)/);
});

test('with a mail server it waits in its row, sealed, until its link is of no use any more', async () => {
  const queued = await queueMail(context.db, { ...context, mail: 'server' }, mailTo('binh@example.vn'));
  assert.ok(queued.ok);
  const row = await rowOf(queued.messageId);
  assert.equal(row?.environment, 'live');
  assert.equal(row?.status, 'queued');
  assert.deepEqual(row?.nextAttemptAt, context.clock.now());
  assert.deepEqual(row?.deadlineAt, validUntil);
  assert.doesNotMatch(row?.body.toString('latin1') ?? '', /portal|viPay/);
});

test('a transaction that is rolled back has queued nothing', async () => {
  const rolledBack = inTransaction(context.db, async (tx) => {
    await queueMail(tx, context, mailTo('nobody@example.vn'));
    throw new Error('rolled back');
  });
  await assert.rejects(rolledBack, /rolled back/);
  assert.deepEqual(await listSandboxMessages(context, { mailAddress: 'nobody@example.vn' }), []);
});

test('an address that is none, or more than one, is refused and writes nothing', async () => {
  const { rows: before } = await sql`select count(*) from messages`.execute(context.db);
  for (const to of ['an', 'an@example.vn\r\nBcc: x@example.com', 'an@example.vn, x@example.com']) {
    const refused = await queueMail(context.db, context, mailTo(to));
    assert.deepEqual(refused, { ok: false, error: 'recipient_malformed' });
  }
  const { rows: afterwards } = await sql`select count(*) from messages`.execute(context.db);
  assert.deepEqual(afterwards, before);
});

test('one address is sent ten mails an hour at most of those that anybody can ask for; news come all the same', async () => {
  const to = 'flooded@example.vn';
  for (let at = 0; at < 10; at++) assert.ok((await queueMail(context.db, context, mailTo(to))).ok);
  const refused = await queueMail(context.db, context, mailTo(to));
  assert.deepEqual(refused, { ok: false, error: 'recipient_has_had_enough' });
  const { publicUrl } = context;
  const values = { at: context.clock.now(), address: '203.0.113.7', link: `${publicUrl}/portal/forgotten` };
  const news = { to, template: 'password_changed', values, locale: 'en', environment: null } as const;
  assert.ok((await queueMail(context.db, context, news)).ok);
  context.clock.advance(3_600);
  assert.ok((await queueMail(context.db, context, mailTo(to))).ok);
});

test('a link that leads elsewhere breaks the caller’s transaction', async () => {
  for (const link of [
    'https://evil.example/x',
    'http://localhost:8080.evil.example/',
    'javascript:alert(1)',
    `${context.publicUrl}/a b`,
  ]) {
    const values = { link, validUntil };
    await assert.rejects(
      queueMail(context.db, context, { ...mailTo('an@example.vn'), values }),
      /lead to this gateway/,
    );
  }
});
