// kill -9 of the sender at every point of a mail's way: none is lost, and none arrives twice but where the server had
// taken it and the answer was not written down yet. There it comes once more, under the same Message-ID.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { createTestContext, type TestContext } from '../../../tests/support/context.ts';
import { type SmtpStage, startSmtpServer, type TestSmtpServer } from '../../../tests/support/smtp-server.ts';
import { queueMail, startMailSender } from './index.ts';

const program = join(import.meta.dirname, '../../../tests/support/mail-process.ts');
let context: TestContext;
let server: TestSmtpServer;

before(async () => {
  context = await createTestContext();
  context.mail = 'server';
  server = await startSmtpServer();
});
after(async () => {
  await server.stop();
  await context.drop();
});

/** Queues a mail, has a sender killed while it sends it, and lets another one go on after the lease. */
async function killAndGoOn(point: string, prepare: (child: () => ChildProcess | undefined) => void) {
  server.behave = () => undefined;
  server.received.length = 0;
  const { publicUrl } = context;
  const values = { at: context.clock.now(), address: '203.0.113.7', link: `${publicUrl}/portal` };
  const mail = {
    to: 'an@example.vn',
    template: 'password_changed',
    values,
    locale: 'en',
    environment: null,
  } as const;
  const queued = await queueMail(context.db, context, mail);
  assert.ok(queued.ok);

  let child: ChildProcess | undefined;
  prepare(() => child);
  const now = context.clock.now().toISOString();
  child = spawn(process.execPath, [program, context.url, now, String(server.port), point], {
    stdio: 'inherit',
  });
  const [, signal] = await once(child, 'exit');
  assert.equal(signal, 'SIGKILL');

  server.behave = () => undefined;
  context.clock.advance(151);
  const sender = startMailSender(context, {
    server: { host: '127.0.0.1', port: server.port, encryption: 'clear', signIn: null },
    from: { name: null, address: 'no-reply@pay.example.vn' },
    pollMs: 10,
  });
  const end = performance.now() + 5_000;
  for (;;) {
    const { rows } = await sql<{ status: string }>`
      select status from messages where id = ${queued.messageId}`.execute(context.db);
    if (rows[0]?.status === 'delivered') break;
    assert.ok(performance.now() < end, `the mail is ${rows[0]?.status}`);
    await delay(10);
  }
  await sender.stop();
  const ids = server.received.map(({ message }) => /^Message-ID: (.*)\r$/m.exec(message)?.[1]);
  assert.equal(new Set(ids).size, 1);
  return ids.length;
}

const ofItself = [
  ['mail.claimed', 1],
  ['mail.before_text', 1],
  ['mail.answered', 2],
] as const;
for (const [point, arrivals] of ofItself) {
  test(`killed at ${point}: it arrives ${arrivals === 1 ? 'once' : 'twice, under one Message-ID'}`, async () => {
    assert.equal(await killAndGoOn(point, () => undefined), arrivals);
  });
}

const byServer: [stage: SmtpStage, arrivals: number][] = [
  ['greeting', 1],
  ['ehlo', 1],
  ['mail', 1],
  ['rcpt', 1],
  ['data', 1],
  ['in_text', 1],
  ['text', 2],
];
for (const [stage, arrivals] of byServer) {
  test(`killed while the server is at ${stage}: it arrives ${arrivals === 1 ? 'once' : 'twice, under one Message-ID'}`, async () => {
    const times = await killAndGoOn('', (child) => {
      server.behave = (at) => {
        if (at !== stage) return undefined;
        child()?.kill('SIGKILL');
        return stage === 'text' ? 'cut after taking' : 'cut';
      };
    });
    assert.equal(times, arrivals);
  });
}
