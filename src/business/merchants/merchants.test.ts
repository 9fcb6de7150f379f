import assert from 'node:assert/strict';
import { constants, createPrivateKey, generateKeyPairSync, privateDecrypt, publicEncrypt } from 'node:crypto';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { testActor } from '../../../tests/support/actor.ts';
import { createTestDatabase } from '../../../tests/support/database.ts';
import { readBalance } from '../../books/ledger/index.ts';
import { createKeyRing } from '../../ground/secrets/index.ts';
import {
  activateSite,
  createSite,
  describeSite,
  findSite,
  findSiteByApiKey,
  findV1Secrets,
  findV2Keys,
  findWebhookSecrets,
  listSiteKeys,
  listSites,
  type NewSite,
  rotateSiteKey,
  suspendSite,
  updateSite,
} from './index.ts';

const { db, owner, drop } = await createTestDatabase();
after(drop);

let nowMs = Date.parse('2026-11-23T03:00:00Z');
const context = {
  db,
  clock: { now: () => new Date(nowMs) },
  keyRing: createKeyRing([{ id: 'k1', bytes: Buffer.alloc(32, 1) }]),
  publicUrl: 'https://pay.example',
};

async function make(input: Partial<NewSite> = {}) {
  const made = await createSite(context, testActor, {
    environment: 'sandbox',
    protocol: 'classic-v1',
    name: 'Cửa hàng Sen Đá',
    ...input,
  });
  if (!made.ok) throw new Error(`${made.error.code} ${made.error.message}`);
  return made;
}

async function errorOf(input: Partial<NewSite>): Promise<string> {
  const made = await createSite(context, testActor, {
    environment: 'sandbox',
    protocol: 'rest',
    name: 'Shop',
    ...input,
  });
  assert.ok(
    !made.ok,
    `created with ${JSON.stringify(input, (_, v) => (typeof v === 'bigint' ? `${v}` : v))}`,
  );
  return `${made.error.code} ${made.error.field}`;
}

test('a v1 site with nothing but a name has a readable code, an access code, a secret and its addresses', async () => {
  const { site, credentials } = await make();
  assert.match(site.merchantSite, /^cua_hang_sen_da_\d{4,6}$/);
  assert.match(site.accessCode, /^\d{8}$/);
  assert.deepEqual(await findV1Secrets(context, site), [credentials.secret]);
  assert.ok((credentials.secret ?? '').length >= 40);
  assert.equal(credentials.addresses.payment_entry, 'https://pay.example/vipay/ecommerce');
  assert.equal(credentials.addresses.expired, 'https://pay.example/vipay_v2/expired');
  assert.deepEqual(await findSite(db, site.merchantSite), site);
  assert.equal(await findSite(db, 'nobody'), null);
});

test('a merchant who brings years-old settings keeps code, access code and secret', async () => {
  const old = {
    merchantSite: 'lacviet_7134',
    accessCode: '3685',
    secret: 'xxxxxx',
    amountUnit: 'dong' as const,
  };
  const { site, credentials } = await make(old);
  assert.equal(site.merchantSite, 'lacviet_7134');
  assert.equal(credentials.access_code, '3685');
  assert.equal(credentials.amount_unit, 'dong');
  assert.deepEqual(await findV1Secrets(context, site), ['xxxxxx']);
});

test('both merchant accounts are open with a new site, and the setting says which is credited', async () => {
  const { site } = await make({ creditAccountKind: 'merchant_collection' });
  const { rows } = await sql<{ id: string; kind: string }>`
    select id, kind from accounts where owner = ${site.merchantSite} order by kind`.execute(db);
  assert.deepEqual(
    rows.map((row) => row.kind),
    ['merchant_collection', 'merchant_suspense'],
  );
  assert.equal(site.creditAccountId, rows[0]?.id);
  assert.equal(await readBalance(db, site.creditAccountId), 0n);
  const system = await sql<{ n: number }>`
    select count(*)::int as n from accounts where environment = 'sandbox' and owner = ''`.execute(db);
  assert.equal(system.rows[0]?.n, 7);
});

test('a taken code is refused in either environment, and leaves no merchant and no account behind', async () => {
  await make({ merchantSite: 'taken' });
  assert.equal(await errorOf({ merchantSite: 'taken' }), 'merchant_site_taken merchantSite');
  const inLive = await errorOf({ merchantSite: 'taken', environment: 'live', name: 'A live name' });
  assert.equal(inLive, 'merchant_site_taken merchantSite');
  const left = await sql<{ n: number }>`
    select (select count(*) from merchants where name = 'A live name')::int
      + (select count(*) from accounts where environment = 'live')::int as n`.execute(db);
  assert.equal(left.rows[0]?.n, 0);
});

test('of two sites made at once under one code, one is made', async () => {
  const both = await Promise.all(
    [1, 2].map(() =>
      createSite(context, testActor, {
        environment: 'sandbox',
        protocol: 'rest',
        name: 'At once',
        merchantSite: 'at_once',
      }),
    ),
  );
  assert.deepEqual(both.map((made) => made.ok).sort(), [false, true]);
});

test('sites of one merchant name belong to one merchant, of another environment or id to another', async () => {
  const made = await Promise.all([1, 2, 3].map(() => make({ merchantName: 'Hoa Sen' })));
  const ids = new Set(made.map(({ site }) => site.merchantId));
  assert.equal(ids.size, 1);
  const [merchantId] = ids;
  const live = await make({ merchantName: 'Hoa Sen', environment: 'live' });
  assert.notEqual(live.site.merchantId, merchantId);
  const byId = await make({ merchantId: merchantId ?? '' });
  assert.equal(byId.site.merchantName, 'Hoa Sen');
  assert.equal(await errorOf({ merchantId: live.site.merchantId }), 'merchant_not_found merchantId');
  assert.equal(await errorOf({ merchantId: 'no uuid' }), 'merchant_not_found merchantId');
});

test('a v2 site without a key is given a pair of its own; both halves and both pairs fit', async () => {
  const { site, credentials } = await make({ protocol: 'classic-v2' });
  const { gatewayPrivateKeys, merchantPublicKeys } = await findV2Keys(context, site);
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const forUs = publicEncrypt(
    { key: credentials.gateway_public_key_pem ?? '', padding },
    Buffer.from('to us'),
  );
  assert.equal(privateDecrypt({ key: gatewayPrivateKeys[0] ?? '', padding }, forUs).toString(), 'to us');
  const merchantKey = createPrivateKey(credentials.merchant_private_key_pem ?? '');
  const forThem = publicEncrypt({ key: merchantPublicKeys[0] ?? '', padding }, Buffer.from('to them'));
  assert.equal(privateDecrypt({ key: merchantKey, padding }, forThem).toString(), 'to them');
  assert.match(credentials.merchant_private_key_xml ?? '', /^<RSAKeyValue>.*<D>/);
  assert.match(credentials.gateway_public_key_xml ?? '', /^<RSAKeyValue><Modulus>/);

  const described = await describeSite(context, site);
  assert.equal(described.gateway_public_key_pem, credentials.gateway_public_key_pem);
  assert.ok(!JSON.stringify(described).includes('PRIVATE'));
  assert.equal(described.merchant_private_key_xml, undefined);
});

test('a v2 merchant may bring a public key, never a private one, a short one or something else', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const { site, credentials } = await make({ protocol: 'classic-v2', merchantPublicKey: pem });
  assert.equal(credentials.merchant_private_key_pem, undefined);
  assert.ok((await findV2Keys(context, site)).merchantPublicKeys[0]?.equals(publicKey));

  const v2 = { protocol: 'classic-v2' as const };
  const secret = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  assert.match(await errorOf({ ...v2, merchantPublicKey: secret }), /^merchant_key_is_private/);
  const short = generateKeyPairSync('rsa', { modulusLength: 768 }).publicKey.export({
    type: 'spki',
    format: 'pem',
  });
  assert.match(
    await errorOf({ ...v2, merchantPublicKey: short.toString() }),
    /^merchant_public_key_malformed/,
  );
  assert.match(await errorOf({ ...v2, merchantPublicKey: 'ssh-rsa AAAA' }), /^merchant_public_key_malformed/);
});

test('a REST key finds its site, is stored as a hash only, and says nothing with one character changed', async () => {
  const { site, credentials } = await make({ protocol: 'rest', amountMinDong: 1_000n });
  const apiKey = credentials.api_key ?? '';
  assert.match(apiKey, /^sk_sandbox_/);
  assert.equal(site.amountUnit, 'dong');
  assert.deepEqual((await findSiteByApiKey(context, apiKey))?.site, site);
  for (const wrong of [
    `${apiKey}x`,
    apiKey.slice(0, -1),
    apiKey.replace('sandbox', 'live'),
    '',
    'sk_sandbox_',
  ]) {
    assert.equal(await findSiteByApiKey(context, wrong), null, wrong);
  }
  assert.deepEqual(await findWebhookSecrets(context, site), [credentials.webhook_secret]);
  assert.match(credentials.webhook_secret ?? '', /^whsec_[A-Za-z0-9+/]{43}=$/);
  const { rows } = await sql<{ row: string }>`select k::text as row from site_keys k`.execute(db);
  const stored = rows.map(({ row }) => row).join('\n');
  for (const secret of [apiKey, credentials.webhook_secret ?? '']) {
    assert.ok(!stored.includes(secret) && !stored.includes(Buffer.from(secret).toString('hex')));
  }
});

test('a sealed secret moved to the row of another key does not open', async () => {
  const one = await make();
  const two = await make();
  await sql`update site_keys set secret_sealed = (
      select secret_sealed from site_keys where merchant_site = ${one.site.merchantSite})
    where merchant_site = ${two.site.merchantSite}`.execute(owner);
  await assert.rejects(findV1Secrets(context, two.site));
});

test('after a rotation both keys are valid until the overlap ends, newest first', async () => {
  const { site, credentials } = await make();
  nowMs += 1000;
  const rotated = await rotateSiteKey(context, testActor, site.merchantSite, { overlapSeconds: 3600 });
  assert.ok(rotated.ok);
  assert.notEqual(rotated.credentials.secret, credentials.secret);
  const newest = rotated.credentials.secret;
  assert.deepEqual(await findV1Secrets(context, site), [newest, credentials.secret]);
  assert.deepEqual(
    (await listSiteKeys(db, site.merchantSite)).map((key) => [key.status, key.expiresAt]),
    [
      ['active', null],
      ['retiring', rotated.formerValidUntil],
    ],
  );
  nowMs += 3_600_000 - 1;
  assert.equal((await findV1Secrets(context, site)).length, 2);
  nowMs += 1;
  assert.deepEqual(await findV1Secrets(context, site), [newest]);
});

test('a rotation without overlap ends the former key at once; a longer one never extends a retiring key', async () => {
  const { site, credentials } = await make({ protocol: 'rest' });
  const second = await rotateSiteKey(context, testActor, site.merchantSite, {
    overlapSeconds: 60,
    kinds: ['rest_api_key'],
  });
  const third = await rotateSiteKey(context, testActor, site.merchantSite, {
    overlapSeconds: 6000,
    kinds: ['rest_api_key'],
  });
  assert.ok(second.ok && third.ok);
  assert.equal(third.credentials.webhook_secret, undefined, 'the other keys are left alone');
  nowMs += 61_000;
  assert.equal(await findSiteByApiKey(context, credentials.api_key ?? ''), null);
  assert.ok(await findSiteByApiKey(context, second.credentials.api_key ?? ''));
  const fourth = await rotateSiteKey(context, testActor, site.merchantSite, { overlapSeconds: 0 });
  assert.ok(fourth.ok);
  assert.equal(await findSiteByApiKey(context, third.credentials.api_key ?? ''), null);
  assert.equal((await findWebhookSecrets(context, site)).length, 1);
});

test('v2: a brought merchant key replaces that one only; what does not fit the site is refused', async () => {
  const { site } = await make({ protocol: 'classic-v2' });
  const before = await findV2Keys(context, site);
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const merchantPublicKey = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  nowMs += 1000;
  const rotated = await rotateSiteKey(context, testActor, site.merchantSite, {
    overlapSeconds: 60,
    merchantPublicKey,
  });
  assert.ok(rotated.ok);
  assert.equal(rotated.credentials.gateway_public_key_pem, undefined);
  const now = await findV2Keys(context, site);
  assert.ok(now.merchantPublicKeys[0]?.equals(publicKey));
  assert.equal(now.merchantPublicKeys.length, 2);
  assert.ok(now.gatewayPrivateKeys[0]?.equals(before.gatewayPrivateKeys[0] as never));

  const codeOf = async (code: string, input: Parameters<typeof rotateSiteKey>[3]) => {
    const result = await rotateSiteKey(context, testActor, code, input);
    return result.ok ? 'ok' : result.error.code;
  };
  const v1 = (await make()).site.merchantSite;
  assert.equal(await codeOf('nobody', { overlapSeconds: 0 }), 'site_not_found');
  assert.equal(await codeOf(v1, { overlapSeconds: -1 }), 'overlap_malformed');
  assert.equal(await codeOf(v1, { overlapSeconds: 91 * 86_400 }), 'overlap_malformed');
  assert.equal(await codeOf(v1, { overlapSeconds: 0, kinds: ['rest_api_key'] }), 'not_for_this_protocol');
  assert.equal(await codeOf(v1, { overlapSeconds: 0, merchantPublicKey }), 'not_for_this_protocol');
});

test('every setting that cannot be is refused by name', async () => {
  const v1 = { protocol: 'classic-v1' as const };
  const live = { environment: 'live' as const };
  const cases: [Partial<NewSite>, string][] = [
    [{ merchantSite: 'has space' }, 'merchant_site_malformed merchantSite'],
    [{ merchantSite: 'x'.repeat(51) }, 'merchant_site_malformed merchantSite'],
    [{ merchantSite: '' }, 'merchant_site_malformed merchantSite'],
    [{ accessCode: 'a|b' }, 'access_code_malformed accessCode'],
    [{ name: '  ' }, 'name_malformed name'],
    [{ name: 'x'.repeat(101) }, 'name_malformed name'],
    [{ merchantName: 'a\u0000b' }, 'name_malformed merchantName'],
    [{ secret: 'abc' }, 'not_for_this_protocol secret'],
    [{ merchantPublicKey: 'abc' }, 'not_for_this_protocol merchantPublicKey'],
    [{ amountUnit: 'hundredths' }, 'not_for_this_protocol amountUnit'],
    [{ ...v1, secret: 'a|b' }, 'secret_malformed secret'],
    [{ ...v1, secret: '' }, 'secret_malformed secret'],
    [{ ...v1, ...live, secret: 'short' }, 'secret_too_short secret'],
    [{ returnUrl: 'shop.example' }, 'url_malformed returnUrl'],
    [{ returnUrl: 'javascript:alert(1)' }, 'url_malformed returnUrl'],
    [{ returnUrl: 'https://user:pass@shop.example/' }, 'url_malformed returnUrl'],
    [{ notifyUrl: 'https://shop.example/#top' }, 'url_malformed notifyUrl'],
    [{ notifyUrl: `https://shop.example/${'x'.repeat(2048)}` }, 'url_malformed notifyUrl'],
    ...[
      ...[
        'https://.shop.example/',
        'https://shop..example/',
        'https://./',
        'https://shop.example../',
        'https://..',
      ],
      ...[
        'https:///shop.example/',
        'https://*.shop.example/',
        'https://shop!.example/',
        'https://shop.example:0/',
      ],
      ...[
        'https://@shop.example/',
        'https://:@shop.example/',
        'https://shop.example/#',
        'https:shop.example',
      ],
      ...['https://shop.example/a\0b', 'https://shop.example/\ud800', 'https://shop.example/a\u200bb'],
      ...['https://shop.example/\u202eb', 'https://shop.example\\@evil.example/', 'https://shop.example/a b'],
      ...[
        `https://${'a'.repeat(64)}.example/`,
        `https://${'a.'.repeat(127)}example/`,
        'https://[::1',
        '//shop.example/',
      ],
      ...['https://1.2.3.4.5/', 'https://shop.example:65536/', 'https://', 'http://?x'],
    ].flatMap((url): [Partial<NewSite>, string][] => [
      [{ notifyUrl: url }, 'url_malformed notifyUrl'],
      [{ returnUrl: url }, 'url_malformed returnUrl'],
    ]),
    [{ returnHosts: ['a..b.example'] }, 'return_hosts_malformed returnHosts'],
    [{ returnHosts: ['.example'] }, 'return_hosts_malformed returnHosts'],
    [{ returnHosts: ['*..example.vn'] }, 'return_hosts_malformed returnHosts'],
    [{ ...live, notifyUrl: 'http://shop.example/' }, 'url_not_https notifyUrl'],
    [{ ...live, notifyUrl: 'https://localhost/' }, 'url_not_public notifyUrl'],
    [{ ...live, notifyUrl: 'https://localhost./' }, 'url_not_public notifyUrl'],
    [{ ...live, notifyUrl: 'https://127.0.0.1./' }, 'url_not_public notifyUrl'],
    [{ ...live, notifyUrl: 'https://[::ffff:127.0.0.1]/' }, 'url_not_public notifyUrl'],
    [{ ...live, notifyUrl: 'https://169.254.169.254/latest' }, 'url_not_public notifyUrl'],
    [{ ...live, returnUrl: 'https://10.1.2.3/' }, 'url_not_public returnUrl'],
    [{ ...v1, resultCodes: { '24': 'a|b' } }, 'result_codes_malformed resultCodes'],
    [{ ...v1, resultCodes: { '24': '' } }, 'result_codes_malformed resultCodes'],
    [{ ...v1, resultCodes: { '98': 'X' } }, 'result_codes_malformed resultCodes'],
    [{ ...v1, resultCodes: { '24': '00' } }, 'result_codes_malformed resultCodes'],
    [{ ...v1, resultCodes: { '24': 'X', '51': 'X' } }, 'result_codes_malformed resultCodes'],
    [{ resultCodes: { '24': 'X' } }, 'not_for_this_protocol resultCodes'],
    [{ resultAmount: 'dong' }, 'not_for_this_protocol resultAmount'],
    [
      { ...v1, resultNames: 'prefixed', notifyUrl: 'https://shop.example/?Vipay_x=1' },
      'url_holds_result_name notifyUrl',
    ],
    [
      { resultNames: 'prefixed', returnUrl: 'https://shop.example/?vipay_status=1' },
      'url_holds_result_name returnUrl',
    ],
    [{ amountMinDong: 0n }, 'amount_bounds_malformed amountMaxDong'],
    [{ amountMinDong: 10n, amountMaxDong: 9n }, 'amount_bounds_malformed amountMaxDong'],
    [{ amountMaxDong: 10_000_000_000_000n }, 'amount_bounds_malformed amountMaxDong'],
    [{ fee: { ratePpm: 1_000_001n } }, 'fee_malformed fee'],
    [{ fee: { minDong: 2n, maxDong: 1n } }, 'fee_malformed fee'],
    [{ fee: { vatRatePpm: -1n } }, 'fee_malformed fee'],
  ];
  for (const [input, expected] of cases) assert.equal(await errorOf(input), expected);
});

test('loopback callbacks are fine in the sandbox, and public https in live', async () => {
  const sandbox = await make({
    notifyUrl: 'http://127.0.0.1:8081/ipn',
    returnUrl: 'http://localhost:8081/back?a=1',
  });
  assert.equal(sandbox.site.notifyUrl, 'http://127.0.0.1:8081/ipn');
  const live = await make({ environment: 'live', notifyUrl: 'https://shop.example/ipn' });
  assert.equal(live.site.notifyUrl, 'https://shop.example/ipn');
});

test('suspending, switching off and changing a site are seen at once and taken back', async () => {
  const { site } = await make();
  const code = site.merchantSite;
  await suspendSite(context, testActor, code);
  assert.equal((await findSite(db, code))?.active, false);
  await activateSite(context, testActor, code);
  await updateSite(context, testActor, code, { protocolEnabled: false });
  assert.deepEqual(await findSite(db, code), { ...site, protocolEnabled: false });
  await updateSite(context, testActor, code, { protocolEnabled: true });

  const changed = await updateSite(context, testActor, code, {
    name: 'Sen Đá 2',
    notifyUrl: 'https://shop.example/ipn',
  });
  assert.ok(changed.ok);
  assert.deepEqual(changed.site, { ...site, name: 'Sen Đá 2', notifyUrl: 'https://shop.example/ipn' });
  const cleared = await updateSite(context, testActor, code, { notifyUrl: '' });
  assert.equal(cleared.ok && cleared.site.notifyUrl, null);
  const refused = await updateSite(context, testActor, code, { notifyUrl: 'ftp://shop.example' });
  assert.equal(refused.ok ? '' : refused.error.code, 'url_malformed');
  const unknown = await suspendSite(context, testActor, 'nobody');
  assert.equal(unknown.ok ? '' : unknown.error.code, 'site_not_found');
});

test("a suspended merchant's site is not active, though nobody suspended the site", async () => {
  const { site } = await make({ merchantName: 'Suspended business' });
  await sql`update merchants set status = 'suspended' where id = ${site.merchantId}`.execute(owner);
  assert.equal((await activateSite(context, testActor, site.merchantSite)).ok, true);
  assert.equal((await findSite(db, site.merchantSite))?.active, false);
});

test('sites are listed in pages by code, of one environment or of both', async () => {
  const codes: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = await listSites(db, { environment: 'sandbox', limit: 4, ...(after ? { after } : {}) });
    codes.push(...page.map((site) => site.merchantSite));
    after = page.at(-1)?.merchantSite;
    if (page.length < 4) break;
  }
  assert.deepEqual(codes, [...new Set(codes)].sort());
  const all = await listSites(db, { limit: 500 });
  assert.ok(all.length > codes.length && all.some((site) => site.environment === 'live'));
});
