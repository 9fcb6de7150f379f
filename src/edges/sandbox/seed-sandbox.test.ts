import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { testActor } from '../../../tests/support/actor.ts';
import { createTestContext, type TestContext } from '../../../tests/support/context.ts';
import { readBalance } from '../../books/ledger/index.ts';
import { createSite, findSite, listSiteKeys, rotateSiteKey } from '../../business/merchants/index.ts';
import { findWalletByPhone, listWallets } from '../../business/wallets/index.ts';
import { openDatabase } from '../../ground/database/index.ts';
import { demoWallets, testPin } from './demo-data.ts';
import { seedSandbox } from './index.ts';

const shopBaseUrl = 'http://localhost:8080/shop';

let context: TestContext;
let dataDir: string;

before(async () => {
  context = await createTestContext();
  dataDir = await mkdtemp(join(tmpdir(), 'vipay-seed-'));
});

after(async () => {
  await context.drop();
  await rm(dataDir, { recursive: true });
});

const tables = ['merchants', 'merchant_sites', 'site_keys', 'wallets', 'accounts', 'transfers'];

/** A digest of every row: the same digest is the same rows. */
async function digestRows(): Promise<Record<string, string>> {
  const digests = tables.map(async (table) => {
    const { rows } = await context.db.pool.query(`select t::text as row from ${table} t order by 1`);
    return [table, `${rows.length} ${createHash('sha256').update(JSON.stringify(rows)).digest('hex')}`];
  });
  return Object.fromEntries(await Promise.all(digests));
}

const keptFile = () => join(dataDir, 'demo-shop.json');

test('two processes that start at the same moment make the demo once', async () => {
  const other = { ...context, db: openDatabase(context.url, { max: 5 }) };
  try {
    const [one, two] = await Promise.all([
      seedSandbox(context, { shopBaseUrl, dataDir }),
      seedSandbox(other, { shopBaseUrl, dataDir }),
    ]);
    assert.deepEqual(one, two);
  } finally {
    await other.db.destroy();
  }
  const wallets = await listWallets(context.db, 'sandbox', 100);
  assert.deepEqual(
    wallets.map((wallet) => wallet.phone),
    demoWallets.map((wallet) => wallet.phone),
  );
  for (const wallet of demoWallets) {
    const made = await findWalletByPhone(context.db, 'sandbox', wallet.phone);
    assert.ok(made);
    assert.equal(await readBalance(context.db, made.accountId), wallet.balanceDong);
    assert.deepEqual(
      [made.status, made.identified, made.limitDailyDong],
      [wallet.status, wallet.identified, wallet.limitDailyDong],
    );
  }
});

test('the sites send their results to the shop and take the fee agreed', async () => {
  const notifyUrls = { shop_v1: '/ipn/v1', shop_v2: '/ipn/v2', shop_rest: '/webhook' };
  for (const [code, path] of Object.entries(notifyUrls)) {
    const site = await findSite(context.db, code);
    assert.ok(site);
    assert.equal(site.notifyUrl, `${shopBaseUrl}${path}`);
    assert.equal(site.merchantName, 'Cửa hàng Sen Đá');
    assert.deepEqual([site.fee.ratePpm, site.fee.minDong, site.fee.vatRatePpm], [11_000n, 1_000n, 100_000n]);
  }
});

test('the keys are kept for their owner alone', async () => {
  assert.equal((await stat(keptFile())).mode & 0o777, 0o600);
});

test('a second start changes no row and no key', async () => {
  const rows = await digestRows();
  const kept = await readFile(keptFile(), 'utf8');
  const { credentials } = await seedSandbox(context, { shopBaseUrl, dataDir });
  assert.deepEqual(await digestRows(), rows);
  assert.equal(await readFile(keptFile(), 'utf8'), kept);
  assert.deepEqual({ sites: credentials }, JSON.parse(kept));
});

test('another public address changes where results are sent, and nothing else', async () => {
  const { merchant_sites: _before, ...others } = await digestRows();
  await seedSandbox(context, { shopBaseUrl: 'https://pay.example/shop', dataDir });
  assert.equal((await findSite(context.db, 'shop_rest'))?.notifyUrl, 'https://pay.example/shop/webhook');
  const { merchant_sites: _after, ...same } = await digestRows();
  assert.deepEqual(same, others);
  await seedSandbox(context, { shopBaseUrl, dataDir });
});

for (const [name, spoil] of [
  ['lost', () => rm(keptFile())],
  ['broken', () => writeFile(keptFile(), '{"sites": [')],
] as const) {
  test(`a ${name} file of keys is made anew, with new keys`, async () => {
    const { credentials: former } = await seedSandbox(context, { shopBaseUrl, dataDir });
    await spoil();
    const { credentials } = await seedSandbox(context, { shopBaseUrl, dataDir });
    for (const [at, site] of credentials.entries()) {
      assert.notDeepEqual(site, former[at]);
      assert.equal(site.merchant_site, former[at]?.merchant_site);
    }
    assert.deepEqual(JSON.parse(await readFile(keptFile(), 'utf8')), { sites: credentials });
    assert.equal((await stat(keptFile())).mode & 0o777, 0o600);
  });
}

test('a site whose keys somebody else rotated gets new ones, the other sites keep theirs', async () => {
  const { credentials: former } = await seedSandbox(context, { shopBaseUrl, dataDir });
  const rotated = await rotateSiteKey(context, testActor, 'shop_v2', { overlapSeconds: 3600 });
  assert.ok(rotated.ok);
  const { credentials } = await seedSandbox(context, { shopBaseUrl, dataDir });
  assert.deepEqual([credentials[0], credentials[2]], [former[0], former[2]]);
  assert.notDeepEqual(credentials[1], former[1]);
  const keys = await listSiteKeys(context.db, 'shop_v2');
  assert.ok(keys.every((key) => key.status !== 'revoked'));
});

test('the test PIN opens the paying wallet', async () => {
  const { rows } = await context.db.pool.query('select pin_hash as hash from wallets where phone = $1', [
    '0900000001',
  ]);
  assert.equal((await context.pinHasher.check(testPin, rows[0].hash)).matches, true);
});

test('a code of the demo that belongs to another merchant stops the start and changes nothing', async () => {
  const other = await createTestContext();
  try {
    const made = await createSite(other, testActor, {
      environment: 'sandbox',
      protocol: 'classic-v1',
      name: 'Hiệu sách',
      merchantSite: 'shop_v1',
    });
    assert.ok(made.ok);
    await assert.rejects(
      seedSandbox(other, { shopBaseUrl, dataDir }),
      /demo_site_taken: shop_v1 .*Hiệu sách/,
    );
    assert.equal((await listSiteKeys(other.db, 'shop_v1')).length, 1);
  } finally {
    await other.drop();
  }
});
