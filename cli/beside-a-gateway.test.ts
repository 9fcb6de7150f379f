// The command line beside a gateway, or without any: which database it works on, that a question makes none, and what
// it lists.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, test } from 'node:test';
import { createApp } from '../src/app.ts';
import { createSite, type MerchantSite } from '../src/business/merchants/index.ts';
import { placeOrder } from '../src/business/orders/index.ts';
import { cancelOrder } from '../src/business/payments/index.ts';
import { recordRefusedRequest } from '../src/business/requests/index.ts';
import { createContext } from '../src/create-context.ts';
import { inTransaction } from '../src/ground/database/index.ts';
import { createLogger } from '../src/ground/log/index.ts';
import { generateKeyRingSetting } from '../src/ground/secrets/index.ts';
import { testActor } from '../tests/support/actor.ts';
import { createTestDatabase } from '../tests/support/database.ts';
import { findFreePort } from '../tests/support/gateway-process.ts';
import { ask } from './ask.ts';
import { neutralise } from './print.ts';

const [own, other] = [await createTestDatabase(), await createTestDatabase()];
after(async () => {
  await own.drop();
  await other.drop();
});
const folder = mkdtempSync(join(tmpdir(), 'vipay-beside-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const secretKey = generateKeyRingSetting();
const context = createContext(
  { publicUrl: 'https://pay.example', argon2: { memoryKib: 128, passes: 1, parallelism: 1 } },
  { db: own.db, secretKey, log: createLogger('silent') },
);
const app = createApp(context, { sandbox: null });
await app.listen({ port: 0, host: '127.0.0.1' });
after(() => app.close());
const port = String((app.server.address() as AddressInfo).port);

type Ran = { code: number; stdout: string; stderr: string };

function vipay(args: string[], env: Record<string, string> = {}): Promise<Ran> {
  const settings = {
    ...{
      PATH: process.env.PATH,
      VIPAY_PORT: port,
      VIPAY_HOST: '127.0.0.1',
      VIPAY_PUBLIC_URL: 'https://pay.example',
    },
    ...{ DATABASE_URL: own.url, VIPAY_SECRET_KEY: secretKey, VIPAY_DATA_DIR: folder },
  };
  return new Promise((done) => {
    execFile(
      process.execPath,
      [resolve(import.meta.dirname, 'vipay.mjs'), ...args],
      // From another folder than the gateway's.
      { env: { ...settings, ...env }, cwd: tmpdir() },
      (error, stdout, stderr) => done({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    );
  });
}

test('a question in a fresh folder makes no database there; it says how to make one', async () => {
  const fresh = join(folder, 'fresh');
  const env = { DATABASE_URL: '', VIPAY_SECRET_KEY: '', VIPAY_DATA_DIR: fresh, VIPAY_PORT: '1' };
  for (const args of [
    ['site', 'list'],
    ['order', 'list'],
    ['wallet', 'list'],
    ['ledger', 'verify'],
    ['site', 'create', '--name', 'A', '--protocol', 'rest'],
  ]) {
    const { code, stdout, stderr } = await vipay([...args, '--json'], env);
    assert.ok(code > 0, args.join(' '));
    assert.equal(stdout, '');
    const { error } = JSON.parse(stderr);
    assert.equal(error.code, 'database_missing');
    assert.match(error.message, /"npm start" makes it/);
  }
  assert.equal((await vipay(['doctor'], env)).code, 0);
  assert.equal(existsSync(fresh), false);
});

test('a command says which database and address it works on, on stderr; --json stays alone on stdout', async () => {
  const { code, stdout, stderr } = await vipay(['site', 'list', '--json']);
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), []);
  assert.match(
    stderr,
    /^On database vipay_test_\S+ at 127\.0\.0\.1:\d+ as vipay_app, for the gateway at https:\/\/pay\.example\.$/m,
  );
  assert.doesNotMatch(stderr, /another database/);
  const password = new URL(own.url).password;
  assert.ok(password !== '' && !stderr.includes(password));
});

test('a gateway that listens and uses another database is spoken of, in every form of answer', async () => {
  const env = { DATABASE_URL: other.url };
  const listed = await vipay(['site', 'list'], env);
  assert.equal(listed.code, 0, listed.stderr);
  assert.match(
    listed.stderr,
    new RegExp(`gateway that listens at http://127\\.0\\.0\\.1:${port} uses another database`),
  );
  const refused = await vipay(['site', 'show', 'nobody', '--json'], env);
  const { error } = JSON.parse(refused.stderr) as { error: { notes: string[] } };
  assert.match(error.notes.join('\n'), /uses another database/);
  const doctor = await vipay(['doctor'], env);
  assert.equal(doctor.code, 1);
  assert.match(doctor.stdout, /^FAIL +database .*uses another database/m);
});

test('doctor --url looks at a gateway from outside, without any settings of it', async () => {
  const env = {
    DATABASE_URL: '',
    VIPAY_SECRET_KEY: '',
    VIPAY_PUBLIC_URL: '',
    VIPAY_DATA_DIR: join(folder, 'none'),
  };
  const seen = await vipay(['doctor', '--url', `http://127.0.0.1:${port}`], env);
  assert.match(seen.stdout, /^OK +address/m);
  assert.match(seen.stdout, /^OK +ready/m);
  assert.match(seen.stdout, /^WARN +https/m);
  // Its public address is another one, and it answers its API under no other name.
  assert.match(seen.stdout, /^FAIL +api .*VIPAY_PUBLIC_URL/m);
  assert.equal(seen.code, 1);
  const nobody = await vipay(['doctor', '--url', `http://127.0.0.1:${await findFreePort()}`], env);
  assert.equal(nobody.code, 1);
  assert.match(nobody.stdout, /^FAIL +address .*ECONNREFUSED/m);
  assert.equal((await vipay(['doctor', '--url', 'pay.example'], env)).code, 2);
});

function place(site: MerchantSite, merchTxnRef: string) {
  const { merchantSite } = site;
  return inTransaction(own.db, (tx) =>
    placeOrder(context, tx, site, {
      ...{ merchantSite, merchTxnRef, orderNo: merchTxnRef, amountDong: 200_000n, description: 'Sen' },
      ...{ returnUrl: 'https://shop.example/', cancelUrl: null, locale: 'vi' },
      ...{ received: {}, expiresInSeconds: null },
    }),
  );
}

test('orders are listed newest first, page by page, by site and state', async () => {
  const made = await createSite(context, testActor, {
    ...{ environment: 'sandbox', protocol: 'rest', name: 'Sen', merchantSite: 'listed' },
    ...{ creditAccountKind: 'merchant_suspense', fee: {} },
  });
  assert.ok(made.ok);
  const ids: string[] = [];
  for (const merchTxnRef of ['R-1', 'R-2', 'R-3']) {
    const placed = await place(made.site, merchTxnRef);
    assert.ok(placed.ok);
    ids.push(placed.order.publicId);
    if (merchTxnRef === 'R-2') await cancelOrder(context, placed.order.id);
  }
  const list = async (...args: string[]) =>
    (JSON.parse((await vipay(['order', 'list', ...args, '--json'])).stdout) as { id: string }[]).map(
      ({ id }) => id,
    );
  assert.deepEqual(await list(), [...ids].reverse());
  assert.deepEqual(await list('--limit', '1', '--before', ids[2] ?? ''), [ids[1]]);
  assert.deepEqual(await list('--status', 'cancelled', '--site', 'listed'), [ids[1]]);
  assert.deepEqual(await list('--site', 'nobody'), []);
  assert.deepEqual(await list('--environment', 'live'), []);
  const shown = await vipay(['order', 'list', '--limit', '2']);
  assert.match(shown.stdout, /R-3[\s\S]*R-2[\s\S]*More: --before ord_/);
  assert.equal((await vipay(['order', 'list', '--before', 'R-1'])).code, 2);
});

test('refused requests are listed newest first, page by page, by site and code', async () => {
  await own.pool.query('delete from refused_requests');
  for (const [at, code] of ['03', '97', '97'].entries()) {
    await recordRefusedRequest(
      { ...context, clock: { now: () => new Date(Date.UTC(2026, 0, 1, 0, 0, at)) } },
      {
        ...{
          traceId: `tr_list_${at}`,
          entryPoint: 'classic-v1',
          method: 'GET',
          remoteAddress: `203.0.113.${at}`,
        },
        ...{ merchantSite: `site-${at}`, code, detail: 'secure_hash: \u001b[31mwrong', received: {} },
      },
    );
  }
  const list = async (...args: string[]) =>
    (JSON.parse((await vipay(['request', 'list', ...args, '--json'])).stdout) as { trace_id: string }[]).map(
      ({ trace_id }) => trace_id,
    );
  assert.deepEqual(await list(), ['tr_list_2', 'tr_list_1', 'tr_list_0']);
  assert.deepEqual(await list('--code', '97', '--limit', '1'), ['tr_list_2']);
  assert.deepEqual(await list('--before', 'tr_list_1'), ['tr_list_0']);
  assert.deepEqual(await list('--site', 'site-1'), ['tr_list_1']);
  assert.equal((await vipay(['request', 'list', '--before', 'none'])).code, 1);
});

test('a site without a name takes the code; at a terminal it is asked for', async () => {
  const { stdout, code, stderr } = await vipay([
    'site',
    'create',
    '--protocol',
    'rest',
    '--merchant-site',
    'unnamed',
    '--json',
  ]);
  assert.equal(code, 0, stderr);
  assert.equal(JSON.parse(stdout).merchant_site, 'unnamed');
  assert.match((await vipay(['site', 'show', 'unnamed'])).stdout, /^Site unnamed: unnamed$/m);

  const typed = async (line: string | null) => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const answer = ask('Name', 'My shop', { input, output });
    input.end(line ?? undefined);
    return { answer: await answer, shown: String(output.read()) };
  };
  assert.deepEqual(await typed('Sen Đá\n'), { answer: 'Sen Đá', shown: 'Name [My shop]: ' });
  assert.equal((await typed('\n')).answer, 'My shop');
  assert.equal((await typed(null)).answer, 'My shop');
});

test('what a terminal would obey, or an eye would miss, is taken out of errors and answers', async () => {
  const nasty = 'a\u001b[2Jb\u009bc\u202ed\u{e0041}e\u200bf\u0007g\rh';
  for (const args of [
    ['site', 'show', nasty],
    ['order', 'show', nasty],
    ['request', 'show', nasty],
    ['wallet', 'show', nasty],
    ['notification', 'show', nasty],
    ['site', 'list', `--${nasty}`],
    [nasty],
    ['site', 'create', '--protocol', nasty],
    ['site', 'set', nasty, '--notify-url', nasty],
  ]) {
    for (const json of [[], ['--json']]) {
      const { code, stdout, stderr } = await vipay([...args, ...json]);
      assert.ok(code > 0, args.join(' '));
      assert.doesNotMatch(stdout + stderr, /(?!\n)[\p{Cc}\p{Cf}]/u, args.join(' '));
    }
  }
  assert.equal(neutralise('Nguyễn\nThị 👩\u200d💻'), 'Nguyễn\nThị 👩\u200d💻');
  assert.equal(neutralise('\ud800'), '\u{fffd}');
});

test('order show --url asks the REST API with the key of the site, without any settings of the gateway', async () => {
  const outside = createApp({ ...context, publicUrl: `http://127.0.0.1:${port}` }, { sandbox: null });
  await outside.listen({ port: 0, host: '127.0.0.1' });
  after(() => outside.close());
  const url = `http://127.0.0.1:${(outside.server.address() as AddressInfo).port}`;
  const made = await createSite(context, testActor, {
    ...{ environment: 'sandbox', protocol: 'rest', name: 'Sen', merchantSite: 'outside' },
    ...{ creditAccountKind: 'merchant_suspense', fee: {} },
  });
  assert.ok(made.ok);
  const placed = await place(made.site, 'ORDER 1/ă');
  assert.ok(placed.ok);
  const none = {
    DATABASE_URL: '',
    VIPAY_SECRET_KEY: '',
    VIPAY_PUBLIC_URL: '',
    VIPAY_DATA_DIR: join(folder, 'no'),
  };
  const env = { ...none, VIPAY_API_KEY: made.credentials.api_key ?? '' };
  const { publicId } = placed.order;
  for (const id of [publicId, 'ORDER 1/ă']) {
    const seen = await vipay(['order', 'show', id, '--url', `${url}/console`], env);
    assert.equal(seen.code, 0, seen.stderr);
    assert.match(seen.stdout, new RegExp(`^Order ${publicId} is open`));
    assert.match(seen.stdout, /amount +200\.000/);
    assert.doesNotMatch(seen.stderr, /On database/);
  }
  const json = await vipay(['order', 'show', publicId, '--url', url, '--json'], env);
  assert.equal(JSON.parse(json.stdout).merch_txn_ref, 'ORDER 1/ă');

  const codeOf = async (args: string[], more: Record<string, string> = env) =>
    JSON.parse((await vipay(['order', 'show', ...args, '--json'], more)).stderr).error.code;
  assert.equal(await codeOf(['nothing', '--url', url]), 'order_not_found');
  assert.equal(await codeOf([`ord_${'0'.repeat(32)}`, '--url', url]), 'order_not_found');
  assert.equal(
    await codeOf([publicId, '--url', url], { ...env, VIPAY_API_KEY: 'sk_wrong' }),
    'gateway_refused',
  );
  assert.equal(await codeOf([publicId, '--url', url], none), 'api_key_missing');
  assert.equal(await codeOf([publicId, '--url', 'pay.example']), 'url_malformed');
  assert.equal(await codeOf([publicId, '--api-key', '-']), 'url_missing');
  const nobody = `http://127.0.0.1:${await findFreePort()}`;
  assert.equal(await codeOf([publicId, '--url', nobody]), 'gateway_unreachable');
});
