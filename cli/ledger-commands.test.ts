// `vipay ledger verify` as it is typed: what it prints, and how it ends.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { openPool } from '../src/ground/database/index.ts';
import { createTestContext, givenWallet, type TestContext, testSecretKey } from '../tests/support/context.ts';
import { createProgressTeller } from './ledger-progress.ts';

const folder = mkdtempSync(join(tmpdir(), 'vipay-cli-ledger-'));
let context: TestContext;

before(async () => {
  context = await createTestContext();
  await givenWallet(context);
});
after(async () => {
  await context.drop();
  rmSync(folder, { recursive: true, force: true });
});

function vipay(args: string[], url = context.url): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = {
    PATH: process.env.PATH,
    DATABASE_URL: url,
    VIPAY_SECRET_KEY: testSecretKey,
    VIPAY_PUBLIC_URL: 'https://pay.example',
    VIPAY_DATA_DIR: folder,
  };
  const file = resolve(import.meta.dirname, 'vipay.mjs');
  return new Promise((done) => {
    execFile(process.execPath, [file, 'ledger', 'verify', ...args], { env }, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    );
  });
}

test('right books end with 0, what was read and sealed, and plain lines of progress on stderr', async () => {
  const { code, stdout, stderr } = await vipay([]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^The books are right\.\nRead 1 journal rows, /);
  assert.match(stdout, /checkpoint 1, [0-9a-f]{64}\.\n$/);
  assert.match(stderr, /^On database .*\nverifying journal: 0/);
  assert.ok(!stderr.includes('\r') && !stderr.includes('\u001b'));
});

test('faults end with 1 and are named, as text and as JSON; the other environment has none', async () => {
  const owner = openPool(context.ownerUrl, { max: 1 });
  await owner.query(`update accounts set balance_dong = balance_dong + 1 where kind = 'wallet'`);
  await owner.end();

  const told = await vipay([]);
  assert.equal(told.code, 1);
  assert.match(told.stdout, /^THE BOOKS ARE WRONG: 3 faults\./);
  assert.match(
    told.stdout,
    /balance_differs_from_journal +sandbox +account .*: balance 10000001, journal 10000000/,
  );

  const { code, stdout, stderr } = await vipay(['--json', '--full', '--no-rest']);
  assert.equal(code, 1);
  assert.match(stderr, /^On database [^\n]*\n$/);
  const { right, mode, fault_count, faults } = JSON.parse(stdout);
  assert.deepEqual([right, mode, fault_count], [false, 'full', '3']);
  assert.deepEqual(
    faults.map(({ fault }: { fault: string }) => fault),
    ['environment_sum_not_zero', 'guarantee_too_low', 'balance_differs_from_journal'],
  );
  assert.equal((await vipay(['--environment', 'live'])).code, 0);
});

test('what keeps it from an answer ends with 2', async () => {
  const { code, stdout, stderr } = await vipay(['--json'], 'postgres://nobody@127.0.0.1:9/nothing');
  assert.deepEqual([code, stdout], [2, '']);
  assert.equal(JSON.parse(stderr).error.code, 'database_unreachable');

  const other = await context.db.pool.connect();
  await other.query('select pg_advisory_lock(7640121960)');
  const second = await vipay([]);
  await other.query('select pg_advisory_unlock(7640121960)');
  other.release();
  assert.equal(second.code, 2);
  assert.match(second.stderr, /another verification is running/);
});

test('a terminal gets one bar that is redrawn and wiped', () => {
  const written: string[] = [];
  const { tell, end } = createProgressTeller(
    { isTTY: true, write: (text: string | Uint8Array) => written.push(String(text)) > 0 },
    { silent: false },
  );
  tell({ phase: 'journal', done: 5_000, total: 10_000 });
  tell({ phase: 'orders', done: 3, total: 0 });
  end();
  assert.deepEqual(written, [
    `\r\u001b[K${'█'.repeat(15)}${'░'.repeat(15)} journal: 5000 of about 10000`,
    '\r\u001b[Korders: 3',
    '\r\u001b[K',
  ]);
});
