// The command line as it is typed: spawned, on a database of its own.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import pg from 'pg';
import { createSite, findSite } from '../src/business/merchants/index.ts';
import { type Order, placeOrder } from '../src/business/orders/index.ts';
import { cancelOrder } from '../src/business/payments/index.ts';
import { findRefusedRequest, recordRefusedRequest } from '../src/business/requests/index.ts';
import { createContext } from '../src/create-context.ts';
import { inTransaction } from '../src/ground/database/index.ts';
import { createLogger } from '../src/ground/log/index.ts';
import { generateKeyRingSetting } from '../src/ground/secrets/index.ts';
import { testActor } from '../tests/support/actor.ts';
import { createTestDatabase } from '../tests/support/database.ts';

const { db, url, ownerUrl, drop } = await createTestDatabase();
after(drop);
const folder = mkdtempSync(join(tmpdir(), 'vipay-cli-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const secretKey = generateKeyRingSetting();
const context = createContext(
  { publicUrl: 'https://pay.example', argon2: { memoryKib: 128, passes: 1, parallelism: 1 } },
  { db, secretKey, log: createLogger('silent') },
);

const settings = {
  PATH: process.env.PATH,
  DATABASE_URL: url,
  VIPAY_SECRET_KEY: secretKey,
  VIPAY_PUBLIC_URL: 'https://pay.example',
  VIPAY_DATA_DIR: folder,
  VIPAY_ARGON2_MEMORY_KIB: '128',
  VIPAY_ARGON2_PASSES: '1',
};

async function withOwner(work: (owner: pg.Client) => Promise<void>): Promise<void> {
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  try {
    await work(owner);
  } finally {
    await owner.end();
  }
}

type Ran = { code: number; stdout: string; stderr: string };

function vipay(
  args: string[],
  { env = {}, input = '' }: { env?: Record<string, string>; input?: string } = {},
): Promise<Ran> {
  const file = resolve(import.meta.dirname, 'vipay.mjs');
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      [file, ...args],
      { env: { ...settings, ...env } },
      (error, stdout, stderr) => done({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}

async function vipayJson(args: string[], options = {}): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await vipay([...args, '--json'], options);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

test('a classic merchant brings code, access code and secret (by standard input) and gets them back with the addresses', async () => {
  const args =
    '--protocol classic-v1 --merchant-site lacviet_7134 --access-code 3685 --amount-unit dong --secret -'.split(
      ' ',
    );
  const made = await vipayJson(['site', 'create', '--name', 'Lạc Việt', ...args], { input: 'xxxxxx\n' });
  assert.equal(made.merchant_site, 'lacviet_7134');
  assert.equal(made.access_code, '3685');
  assert.equal(made.secret, 'xxxxxx');
  assert.equal(made.amount_unit, 'dong');
  assert.deepEqual(made.addresses, {
    gateway: 'https://pay.example',
    payment_entry: 'https://pay.example/vipay/ecommerce',
    expired: 'https://pay.example/vipay_v2/expired',
  });
});

test('a v2 site gets its keys as XML and PEM; show never repeats a private one', async () => {
  const made = await vipayJson([
    'site',
    'create',
    '--name',
    'Bảo hiểm',
    '--protocol',
    'classic-v2',
    '--merchant-site',
    'v2',
  ]);
  for (const name of ['gateway_public_key', 'merchant_private_key', 'merchant_public_key']) {
    assert.match(String(made[`${name}_xml`]), /^<RSAKeyValue>/);
    assert.match(String(made[`${name}_pem`]), /^-----BEGIN/);
  }
  const shown = await vipay(['site', 'show', 'v2']);
  assert.match(shown.stdout, /Bảo hiểm/);
  assert.match(shown.stdout, /BEGIN PUBLIC KEY/);
  assert.doesNotMatch(shown.stdout, /PRIVATE|<D>/);
});

test('fees, bounds and URLs of the command line are those of the site', async () => {
  const args =
    '--protocol rest --merchant-site fees --fee-percent 1,1 --fee-fixed 0 --fee-min 1000 --fee-max 50000 --vat-percent 10 --amount-min 10000 --amount-max 20000000 --credit-account collection --notify-url http://127.0.0.1:1/ipn';
  const made = await vipayJson(['site', 'create', '--name', 'Phí', ...args.split(' ')]);
  assert.match(String(made.api_key), /^sk_sandbox_/);
  assert.match(String(made.webhook_secret), /^whsec_/);
  const site = await findSite(db, 'fees');
  assert.deepEqual(site?.fee, {
    ratePpm: 11_000n,
    fixedDong: 0n,
    minDong: 1_000n,
    maxDong: 50_000n,
    vatRatePpm: 100_000n,
  });
  assert.equal(site?.creditAccountKind, 'merchant_collection');
  assert.equal(site?.amountMaxDong, 20_000_000n);
  assert.equal(made.fee_percent, '1.1');
});

test('how results are told is set, shown and taken back; a wrong pair is refused by name', async () => {
  const made = await createSite(context, testActor, {
    environment: 'sandbox',
    protocol: 'classic-v1',
    name: 'Kết quả',
    merchantSite: 'results',
  });
  assert.ok(made.ok && made.site.resultAmount === 'as_received');
  const told = '--result-names prefixed --result-amount dong --result-codes'.split(' ');
  const set = await vipayJson(['site', 'set', 'results', ...told, '24=PAY-0028, 11 = PAY-0011']);
  assert.deepEqual(
    [set.result_names, set.result_amount, set.result_codes],
    ['prefixed', 'dong', { '11': 'PAY-0011', '24': 'PAY-0028' }],
  );
  assert.match((await vipay(['site', 'show', 'results'])).stdout, /own codes +11=PAY-0011, 24=PAY-0028\n/);
  for (const wrong of ['24', '24=', '24=a|b', '98=X', '24=X,51=X']) {
    const refused = await vipay(['site', 'set', 'results', '--result-codes', wrong]);
    assert.equal(refused.code, 1, wrong);
    assert.match(refused.stderr, /--result-codes: Give pairs such as 24=PAY-0028/, wrong);
  }
  const back = await vipayJson([
    'site',
    'set',
    'results',
    '--result-codes',
    '',
    '--result-amount',
    'as-received',
  ]);
  assert.deepEqual([back.result_codes, back.result_amount], [{}, 'as_received']);
});

test('keys are rotated, a site is changed, suspended and listed', async () => {
  await createSite(context, testActor, {
    environment: 'sandbox',
    protocol: 'rest',
    name: 'Đổi khóa',
    merchantSite: 'rotated',
  });
  const rotated = await vipayJson([
    'site',
    'rotate-key',
    'rotated',
    '--only',
    'api-key',
    '--overlap-hours',
    '1',
  ]);
  assert.match(String(rotated.api_key), /^sk_sandbox_/);
  assert.equal(rotated.webhook_secret, undefined);
  const set = await vipay(['site', 'set', 'rotated', '--notify-url', 'https://shop.example/ipn']);
  assert.equal(set.code, 0, set.stderr);
  await vipay(['site', 'suspend', 'rotated']);
  const listed = await vipay(['site', 'list', '--environment', 'sandbox']);
  assert.match(listed.stdout, /^rotated +sandbox +rest +suspended +Đổi khóa +Đổi khóa +yes$/m);
  assert.equal((await findSite(db, 'rotated'))?.notifyUrl, 'https://shop.example/ipn');
  const lists = ['--return-schemes', 'MyShop, vn.shop.app', '--return-hosts', '*.Shop.Example'];
  const back = await vipay(['site', 'set', 'rotated', ...lists, '--json']);
  assert.equal(back.code, 0, back.stderr);
  const { return_schemes, return_hosts } = JSON.parse(back.stdout);
  assert.deepEqual([return_schemes, return_hosts], [['myshop', 'vn.shop.app'], ['*.shop.example']]);
  assert.match(
    (await vipay(['site', 'show', 'rotated'])).stdout,
    /https, http, myshop, vn\.shop\.app; hosts \*\.shop/,
  );
  assert.equal((await vipay(['site', 'set', 'rotated', '--return-hosts', ''])).code, 0);
  assert.deepEqual((await findSite(db, 'rotated'))?.returnHosts, []);
  const refused = await vipay(['site', 'set', 'rotated', '--return-schemes', 'javascript']);
  assert.match(refused.stderr, /^--return-schemes: List at most 10 schemes/m);
});

test('a wallet is made with its balance, topped up once per transfer id, and shown', async () => {
  const create = [
    'wallet',
    'create',
    '--phone',
    '+84 900 000 009',
    '--name',
    'Nguyễn Văn Thử',
    '--pin',
    '-',
    '--identified',
  ];
  const made = await vipayJson([...create, '--balance', '5000000'], { input: '246810' });
  assert.equal(made.balance, '5000000');
  assert.equal(made.phone, '0900000009');
  const id = '01890a5d-ac96-774b-bcce-b302099a8057';
  const first = await vipayJson(['wallet', 'top-up', '0900000009', '250000', '--transfer-id', id]);
  const again = await vipayJson(['wallet', 'top-up', '0900000009', '250000', '--transfer-id', id]);
  assert.deepEqual(
    [first.balance, first.repeated, again.balance, again.repeated],
    ['5250000', false, '5250000', true],
  );
  const shown = await vipay(['wallet', 'show', '0900000009']);
  assert.match(shown.stdout, /Nguyễn Văn Thử, 0900000009 \(sandbox\)\n +balance +5\.250\.000\u00a0₫/);
});

async function placeAndCancel(): Promise<Order> {
  const made = await createSite(context, testActor, {
    environment: 'sandbox',
    protocol: 'rest',
    name: 'Đơn hàng',
    merchantSite: 'orders',
    notifyUrl: 'https://shop.example/ipn',
  });
  assert.ok(made.ok);
  const received = {
    merchantSite: 'orders',
    merchTxnRef: 'R-1',
    orderNo: 'ORDER_1',
    amountDong: 200_000n,
    description: 'Hoa \u001b[31m\u202esen\r\nđá',
    returnUrl: 'https://shop.example/back',
    cancelUrl: null,
    locale: 'vi' as const,
    received: {},
    expiresInSeconds: null,
  };
  const placed = await inTransaction(db, (tx) => placeOrder(context, tx, made.site, received));
  assert.ok(placed.ok);
  await cancelOrder(context, placed.order.id);
  return placed.order;
}

test('an order is found by id and by reference, with its notification, which can be sent again', async () => {
  const order = await placeAndCancel();
  const shown = await vipay(['order', 'show', order.publicId]);
  assert.match(shown.stdout, /is cancelled, 24/);
  assert.match(shown.stdout, /200\.000\u00a0₫/);
  assert.match(shown.stdout, /description +Hoa \[31msen đá\n/, "a shop's text does not steer the terminal");
  const json = await vipayJson(['order', 'show', 'R-1', '--site', 'orders']);
  assert.deepEqual(json.payments, []);
  assert.equal((json.order as { id: string }).id, order.publicId);
  assert.doesNotMatch(String((json.order as { checkout_url: string }).checkout_url), /arrival/);

  const [listed] = (await vipayJson(['notification', 'list', '--order', order.publicId])) as unknown as {
    id: string;
  }[];
  const id = listed?.id ?? '';
  const shownNotification = await vipay(['notification', 'show', id]);
  assert.match(shownNotification.stdout, /is pending/);
  const resent = await vipayJson(['notification', 'resend', id]);
  assert.equal(resent.attempts_of_round, 0);
});

test('a refused request is shown by its trace id', async () => {
  await recordRefusedRequest(context, {
    traceId: 'tr_cli',
    entryPoint: 'classic-v1',
    method: 'GET',
    remoteAddress: '203.0.113.9',
    merchantSite: 'orders',
    code: '03',
    detail: 'total_amount: missing',
    received: { order_no: 'Đ1', secure_hash: 'abc' },
  });
  assert.ok(await findRefusedRequest(db, 'tr_cli'));
  const { stdout } = await vipay(['request', 'show', 'tr_cli']);
  assert.match(stdout, /^Refused with 03: total_amount: missing$/m);
  assert.match(stdout, /secure_hash +\[masked, 3 characters\]/);
});

test('what cannot be done is said with a code: 1 for refusals, 2 for a wrong command line', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  writeFileSync(join(folder, 'private.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(join(folder, 'bad.xml'), '<RSAKeyValue><Modulus>AQAB</Modulus></RSAKeyValue>');
  writeFileSync(join(folder, 'good.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
  const create = (...rest: string[]) => ['site', 'create', '--name', 'Sai', ...rest];
  const v2 = (file: string) =>
    create('--protocol', 'classic-v2', '--merchant-public-key', join(folder, file));
  const cases: [args: string[], exit: number, code: string][] = [
    [create('--protocol', 'rest', '--notify-url', 'shop.example'), 1, 'url_malformed'],
    [
      create('--protocol', 'rest', '--environment', 'live', '--notify-url', 'http://shop.example/'),
      1,
      'url_not_https',
    ],
    [create('--protocol', 'soap'), 2, 'usage'],
    [create(), 2, 'usage'],
    [create('--protocol', 'rest', '--amount-max', '99999999999999'), 2, 'usage'],
    [create('--protocol', 'rest', '--amount-max', '1.000.000'), 2, 'usage'],
    [create('--protocol', 'rest', '--fee-percent', '101'), 2, 'usage'],
    [create('--protocol', 'rest', '--merchant-site', 'orders'), 1, 'merchant_site_taken'],
    [v2('bad.xml'), 1, 'merchant_public_key_malformed'],
    [v2('private.pem'), 1, 'merchant_key_is_private'],
    [v2('none.pem'), 1, 'file_unreadable'],
    [['site', 'show', 'nobody'], 1, 'site_not_found'],
    [['site', 'set', 'orders'], 2, 'nothing_to_change'],
    [['wallet', 'show', '0911111111'], 1, 'wallet_not_found'],
    [['wallet', 'show', 'abc'], 2, 'phone_malformed'],
    [['wallet', 'unlock', '0911111111'], 1, 'wallet_not_found'],
    [['wallet', 'top-up', '0911111111', '-5'], 2, 'amount_malformed'],
    [['wallet', 'create', '--phone', '0911111112', '--name', 'A', '--pin', '123456'], 1, 'pin_too_simple'],
    [['order', 'show', `ord_${'0'.repeat(32)}`], 1, 'order_not_found'],
    [['order', 'show', 'abc'], 2, 'order_id_malformed'],
    [['notification', 'resend', `ntf_${'0'.repeat(32)}`], 1, 'notification_not_found'],
    [['notification', 'show', 'ntf_1'], 2, 'id_malformed'],
    [['request', 'show', 'tr_none'], 1, 'request_not_found'],
    [['sit'], 2, 'usage'],
    [['site'], 2, 'usage'],
  ];
  // Three at a time: each is a process of its own.
  const queue = cases.entries();
  const work = async () => {
    for (const [, [args, exit, code]] of queue) {
      const ran = await vipay([...args, '--json']);
      const said = `${args.join(' ')}: ${ran.stdout}${ran.stderr}`;
      assert.equal(ran.code, exit, said);
      assert.equal(ran.stdout, '', said);
      const { error } = JSON.parse(ran.stderr) as { error: { code: string; message: string } };
      assert.equal(error.code, code, said);
      assert.ok(error.message.length > 10, said);
    }
  };
  await Promise.all([work(), work(), work()]);
});

test('without --json an error is one sentence on stderr, and help is never an error', async () => {
  const unknown = await vipay(['site', 'show', 'nobody']);
  assert.deepEqual([unknown.code, unknown.stdout], [1, '']);
  const [where, told, ...rest] = unknown.stderr.split('\n');
  assert.match(
    where ?? '',
    /^On database vipay_test_\S+ at 127\.0\.0\.1:\d+ as vipay_app, for the gateway at https:\/\/pay\.example\.$/,
  );
  assert.equal(told, 'There is no site nobody. "vipay site list" shows all of them.');
  assert.deepEqual(rest, ['']);
  const wrong = await vipay(['site', 'create', '--protocol', 'soap', '--name', 'A']);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /Allowed choices are classic-v1, classic-v2, rest/);
  const help = await vipay(['site', 'create', '--help']);
  assert.equal(help.code, 0);
  assert.match(help.stdout, /Examples:\n {2}npx vipay site create/);
});

test('a demo refuses everything live, and faulty settings or a dead database are said in a sentence', async () => {
  const live = ['site', 'create', '--name', 'A', '--protocol', 'rest', '--environment', 'live', '--json'];
  const demo = await vipay(live, { env: { VIPAY_DEMO: '1' } });
  assert.equal(JSON.parse(demo.stderr).error.code, 'live_refused_in_demo');
  const faulty = await vipay(['site', 'list', '--json'], { env: { VIPAY_PORT: 'abc' } });
  assert.equal(JSON.parse(faulty.stderr).error.code, 'settings_faulty');
  const dead = await vipay(['site', 'list', '--json'], {
    env: { DATABASE_URL: 'postgres://a:b@127.0.0.1:1/none' },
  });
  assert.deepEqual([dead.code, JSON.parse(dead.stderr).error.code], [1, 'database_unreachable']);
});

test('the doctor names the site that does not take its results, and orders that cannot be ended, with what to do', async () => {
  await withOwner(async (owner) => {
    await owner.query(
      `insert into notification_alarms (merchant_site, environment, since, waiting, outcome, detail)
       values ('shop_deaf', 'sandbox', now() - interval '2 hours', 3, 'answer_refused', 'RspCode 97')`,
    );
    await owner.query(
      `insert into order_deadline_faults (order_id, expires_at, failures, failed_at, retry_at, fault)
       values (gen_random_uuid(), now(), 1, now(), now(), '23505')`,
    );
    try {
      const { stdout, code } = await vipay(['doctor'], { env: { VIPAY_PORT: '1' } });
      assert.match(
        stdout,
        /^WARN +notifications +shop_deaf has not taken 3 results since .*RspCode 97.*--site shop_deaf/m,
      );
      assert.match(stdout, /^FAIL +orders +1 are past their time/m);
      assert.equal(code, 1);
    } finally {
      await owner.query('truncate notification_alarms, order_deadline_faults');
    }
  });
});

test('the doctor tells what the last verification found, and reads no journal for it', async () => {
  await withOwner(async (owner) => {
    await owner.query('update accounts set balance_dong = balance_dong - 1 where kind = $1', [
      'bank_operating',
    ]);
    try {
      const { stdout } = await vipay(['doctor'], { env: { VIPAY_PORT: '1' } });
      assert.match(stdout, /^FAIL +books +.*sum to/m);
      await vipay(['ledger', 'verify', '--no-rest']);
    } finally {
      await owner.query('update accounts set balance_dong = balance_dong + 1 where kind = $1', [
        'bank_operating',
      ]);
    }
    // The journal is locked against every reader, so a command that scanned it would wait.
    await owner.query('begin; lock table transfers in access exclusive mode');
    const { stdout } = await vipay(['doctor'], { env: { VIPAY_PORT: '1' } });
    await owner.query('rollback');
    assert.match(stdout, /^OK +books/m);
    assert.match(stdout, /^FAIL +verification +\d+ faults at /m);
  });
  await vipay(['ledger', 'verify', '--no-rest']);
  const { stdout } = await vipay(['doctor'], { env: { VIPAY_PORT: '1' } });
  assert.match(stdout, /^OK +verification +The books were right at /m);
});

test('the doctor names what is wrong and what to do, and its exit code says whether anything is', async () => {
  const healthy = await vipay(['doctor', '--json'], { env: { VIPAY_PORT: '1' } });
  const { checks } = JSON.parse(healthy.stdout) as {
    checks: { level: string; check: string; found: string }[];
  };
  const levels = new Map(checks.map((item) => [item.check, item.level]));
  assert.equal(levels.get('server'), 'WARN');
  for (const check of ['node', 'settings', 'database', 'schema', 'keys', 'books', 'verification', 'orders']) {
    assert.equal(levels.get(check), 'OK', JSON.stringify(checks));
  }
  assert.equal(healthy.code, 0);

  const otherKey = await vipay(['doctor'], {
    env: { VIPAY_SECRET_KEY: generateKeyRingSetting(), VIPAY_PORT: '1' },
  });
  assert.equal(otherKey.code, 1);
  assert.match(otherKey.stdout, /^FAIL +keys +.*is not the key ring of this database/m);
  const faulty = await vipay(['doctor'], { env: { VIPAY_PORT: 'abc', VIPAY_DEMO: 'maybe' } });
  assert.equal(faulty.code, 1);
  assert.match(faulty.stdout, /^FAIL +settings +VIPAY_PORT.*\nFAIL +settings +VIPAY_DEMO/m);
});
