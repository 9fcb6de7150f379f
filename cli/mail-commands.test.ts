// `vipay mail test` and the doctor's line about mail, as they are typed, against a mail server on loopback.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { startSmtpServer, type TestSmtpServer } from '../tests/support/smtp-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'vipay-mail-'));
let server: TestSmtpServer;
before(async () => {
  server = await startSmtpServer({ signIn: { user: 'gw', password: 'geheim' } });
});
after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

type Ran = { code: number; stdout: string; stderr: string };

function vipay(args: string[], env: Record<string, string> = {}): Promise<Ran> {
  const file = resolve(import.meta.dirname, 'vipay.mjs');
  const settings = { PATH: process.env.PATH, VIPAY_DATA_DIR: folder, VIPAY_PORT: '1' };
  return new Promise((done) => {
    execFile(process.execPath, [file, ...args], { env: { ...settings, ...env } }, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

const mailOf = (password = 'geheim') => ({
  VIPAY_SMTP_URL: `smtp://gw:${password}@127.0.0.1:${server.port}`,
  VIPAY_MAIL_FROM: 'viPay <no-reply@pay.example.vn>',
});

test('mail test sends one mail and says what the server answered', async () => {
  const sent = await vipay(['mail', 'test', 'an@example.vn', '--json'], mailOf());
  assert.equal(sent.code, 0, sent.stderr);
  assert.deepEqual(JSON.parse(sent.stdout), {
    server: `127.0.0.1:${server.port}, in clear, as gw`,
    from: 'no-reply@pay.example.vn',
    to: 'an@example.vn',
    accepted: true,
    reply: '250 2.0.0 taken as T1',
  });
  assert.equal(server.received.length, 1);
});

test('mail test tells why not: refused, a wrong password, no server set, an address that is none', async () => {
  server.behave = (stage) => (stage === 'rcpt' ? '550 5.1.1 nobody here' : undefined);
  const refused = await vipay(['mail', 'test', 'an@example.vn'], mailOf());
  server.behave = () => undefined;
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /refused\): 550 5\.1\.1 nobody here/);

  const locked = await vipay(['mail', 'test', 'an@example.vn'], mailOf('falsch'));
  assert.equal(locked.code, 1);
  assert.match(locked.stderr, /sign_in_failed/);
  assert.doesNotMatch(locked.stderr, /falsch/);

  const off = await vipay(['mail', 'test', 'an@example.vn', '--json']);
  assert.equal(off.code, 1);
  assert.equal(JSON.parse(off.stderr).error.code, 'mail_off');

  const none = await vipay(['mail', 'test', 'an@example.vn, b@example.vn'], mailOf());
  assert.equal(none.code, 2);
  assert.match(none.stderr, /no mail address/);
});

test('the doctor signs in to the mail server and sends nothing; without one it says where mails are', async () => {
  const before = server.received.length;
  const lineOf = async (env: Record<string, string>) => {
    const { stdout } = await vipay(['doctor', '--json'], env);
    const { checks } = JSON.parse(stdout) as { checks: { check: string; level: string; found: string }[] };
    return checks.find(({ check }) => check === 'mail');
  };
  assert.equal((await lineOf(mailOf()))?.level, 'OK');
  assert.equal((await lineOf(mailOf('falsch')))?.level, 'FAIL');
  assert.match((await lineOf({}))?.found ?? '', /inbox of the demo/);
  assert.equal(
    (
      await lineOf({
        VIPAY_DEMO: '0',
        VIPAY_PUBLIC_URL: 'https://pay.example.vn',
        VIPAY_SECRET_KEY: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
      })
    )?.level,
    'WARN',
  );
  assert.equal(server.received.length, before);
});
