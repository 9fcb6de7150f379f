// Every field of every entrance, wrong in every way: the documented code, a status that fits it, no row anywhere,
// and never a fault of ours. The tables say what is expected; the loops below them only send.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { LightMyRequestResponse } from 'fastify';
import type { SiteCredentials } from '../../src/business/merchants/index.ts';
import {
  codeOf,
  type EntranceApp,
  newOrder,
  post,
  startEntranceApp,
  v1Fields,
  v1Url,
  v2Url,
} from '../support/entrance-app.ts';

const nul = '\u0000';

/** Wrong values of the classic fields, and the code each is refused with (v1 signed by the right secret). */
const classicWrong: Record<string, [value: string | undefined, v1: string, v2: string][]> = {
  version: [
    [undefined, '03', '03'],
    ['', '03', '03'],
    ['3.0', '03', '03'],
    ['1', '03', '03'],
    [`1.0${nul}`, '03', '03'],
  ],
  merchant_site: [
    [undefined, '03', '02'],
    ['', '03', '03'],
    ['nobody', '02', '03'],
    ['OTHER', '02', '03'],
    ["' or 1=1 --", '03', '03'],
    ['a'.repeat(65), '03', '03'],
    [nul, '03', '03'],
  ],
  access_code: [
    [undefined, '03', '03'],
    ['', '02', '02'],
    ['wrong', '02', '02'],
    ['a'.repeat(5000), '02', '02'],
    [nul, '02', '02'],
  ],
  merch_txn_ref: [
    [undefined, '03', '03'],
    ['', '03', '03'],
    ['a'.repeat(256), '03', '03'],
    [' ', '03', '03'],
    ['a\t', '03', '03'],
    ['\u202ea', '03', '03'],
    ['a|b', '03', '03'],
    [`a${nul}`, '03', '03'],
  ],
  order_no: [
    [undefined, '03', '03'],
    ['', '03', '03'],
    ['a'.repeat(256), '03', '03'],
    ['a\n', '03', '03'],
    ['a\u2028', '03', '03'],
    ['|', '03', '03'],
  ],
  total_amount: [
    [undefined, '03', '03'],
    ['', '03', '03'],
    ['0', '03', '03'],
    ['-100', '03', '03'],
    ['+100', '03', '03'],
    ['100.00', '03', '03'],
    ['1e5', '03', '03'],
    ['101', '03', '03'],
    ['0100', '03', '03'],
    ['10000000000000', '03', '03'],
    ['１００', '03', '03'],
    ['NaN', '03', '03'],
  ],
  return_url: [
    [undefined, '03', '03'],
    ['', '03', '03'],
    ['javascript:alert(1)', '03', '03'],
    ['javascript://x/%0aalert(1)', '03', '03'],
    ['data:text/html,x', '03', '03'],
    ['//shop.example', '03', '03'],
    ['https://user:pass@shop.example', '03', '03'],
    ['https://shop.example/\r\nset-cookie: a=b', '03', '03'],
    [`https://shop.example/${'a'.repeat(2048)}`, '03', '03'],
  ],
  cancel_url: [
    ['javascript:alert(1)', '03', '03'],
    ['not a url', '03', '03'],
    [`https://shop.example/${nul}`, '03', '03'],
  ],
  locale: [
    ['fr', '03', '03'],
    ['VN', '03', '03'],
    ['vn,en', '03', '03'],
  ],
  currency: [
    ['USD', '03', '03'],
    ['vnd', '03', '03'],
  ],
  account_type: [['XX', '03', '03']],
  methods: [['a'.repeat(501), '03', '03']],
  branch_code: [[nul, '03', '03']],
  order_desc: [
    ['a'.repeat(501), '03', '03'],
    [nul, '03', '03'],
  ],
  order_info: [
    ['ệ'.normalize('NFD').repeat(501), '03', '03'],
    [`\u0007${nul}`, '03', '03'],
  ],
  shipping_fee: [
    ['-1', '03', '03'],
    ['1.5', '03', '03'],
    ['x', '03', '03'],
  ],
  tax_fee: [
    ['-1', '03', '03'],
    ['99999999999999', '03', '03'],
  ],
};

/** Wrong values of each field of POST /v3/orders; all 400 and 03. */
const restWrong: Record<string, unknown[]> = {
  merch_txn_ref: [undefined, null, '', 1, true, ' ', 'a|b', 'a'.repeat(256), nul, 'a\u200b', '\ud800'],
  order_no: [undefined, null, '', 1, 'a\n', '\u2029', 'a'.repeat(256), nul],
  amount: [
    undefined,
    null,
    '',
    1,
    200000,
    '0',
    '-1',
    '+1',
    '01',
    '1.0',
    '1e3',
    ' 1',
    '１',
    '10000000000000',
    'NaN',
  ],
  currency: [null, '', 'USD', 'vnd', 704],
  description: [undefined, null, '', 1, 'a'.repeat(501), nul, `a${'\u0301'.repeat(5000)}`, '\ud800'],
  return_url: [
    ...[
      undefined,
      null,
      '',
      1,
      'x',
      '/path',
      '//host',
      'javascript:alert(1)',
      'data:text/html,x',
      'file:///etc/passwd',
    ],
    ...['https://a:b@shop.example', `https://x/${'a'.repeat(2048)}`],
    ...['https://shop.example/\r\nx: y', 'https://shop.example/ a', '\ud800'],
  ],
  cancel_url: ['', 1, 'x', 'javascript:alert(1)'],
  locale: [null, '', 'vn', 'fr', 1],
  expires_in_seconds: [null, '900', 0, -1, 299, 2_592_001, 900.5, 1e300],
  unknown_field: ['x'],
  constructor: ['x'],
  merchant_site: ['shop_other'],
  environment: ['live'],
};

describe('hostile requests at the entrances', () => {
  let at: EntranceApp;
  let v1: SiteCredentials;
  let v2: SiteCredentials;
  let rest: SiteCredentials;
  let restOther: SiteCredentials;
  let otherOrderId: string;
  let before_: Record<string, number>;

  before(async () => {
    at = await startEntranceApp();
    [v1, v2, rest, restOther] = await Promise.all([
      at.createSite({ protocol: 'classic-v1', merchantSite: 'site_v1' }),
      at.createSite({ protocol: 'classic-v2', merchantSite: 'site_v2' }),
      at.createSite({ protocol: 'rest', merchantSite: 'site_rest' }),
      at.createSite({ protocol: 'rest', merchantSite: 'site_other' }),
    ]);
    await at.createSite({ protocol: 'classic-v1', merchantSite: 'OTHER' });
    const made = await post(at.app, '/v3/orders', { apiKey: restOther.api_key, key: 'theirs' });
    assert.equal(made.statusCode, 201);
    otherOrderId = made.json().id;
    before_ = await at.countRows();
  });
  after(() => at.close());

  /** The documented code, a 4xx of one of `statuses`, a trace id, nothing of ours told. */
  function assertRefused(
    answer: LightMyRequestResponse,
    code: string | null,
    statuses: number[],
    what: string,
  ) {
    assert.ok(
      statuses.includes(answer.statusCode),
      `${what}: ${answer.statusCode} ${answer.body.slice(0, 300)}`,
    );
    if (code !== null) assert.equal(codeOf(answer), code, `${what}: ${answer.body.slice(0, 600)}`);
    assert.match(String(answer.headers['x-trace-id']), /^[0-9a-f]{16}$/, what);
    assert.equal(answer.headers.location, undefined, what);
    assert.doesNotMatch(answer.body, /node:internal|node_modules|select |insert |<script>alert/, what);
  }
  const unchanged = async () => assert.deepEqual(await at.countRows(), before_);

  test('v1: every field, wrong in every way and rightly signed', async () => {
    for (const [name, cases] of Object.entries(classicWrong)) {
      for (const [value, code] of cases) {
        const answer = await at.app.inject({ url: v1Url(v1, v1Fields(v1, { [name]: value })) });
        assertRefused(answer, code, [400], `v1 ${name}=${JSON.stringify(value)}`);
      }
    }
    await unchanged();
  });

  test('v1: unknown, repeated and differently written names, a forged or missing hash, a foreign secret', async () => {
    const good = v1Fields(v1);
    const signed = v1Url(v1, good);
    const cases: [what: string, url: string, code: string, status?: number][] = [
      ['unknown name', v1Url(v1, { ...good, extra: '1' }), '03'],
      ['upper case', v1Url(v1, { ...good, Locale: 'vn' }), '03'],
      ['__proto__', `${signed}&__proto__=1`, '03'],
      ['separator in a value', v1Url(v1, { ...good, order_desc: 'a|b' }), '03'],
      ['no hash', signed.replace(/&secure_hash=.*/, ''), '03'],
      ['empty hash', signed.replace(/secure_hash=.*/, 'secure_hash='), '97'],
      ['forged hash', signed.replace(/secure_hash=.{64}/, `secure_hash=${'0'.repeat(64)}`), '97'],
      ['long hash', `${signed}0`, '97'],
      ['foreign secret', v1Url({ ...v1, secret: 'another' }, good), '97'],
      ['not UTF-8', `${signed}&order_info=%ff%fe`, '03'],
      ['no query', '/vipay/ecommerce', '03'],
      ['huge', `${signed}&order_info=${'a'.repeat(17_000)}`, '03', 414],
      ['many parameters', `/vipay/ecommerce?${'a=1&'.repeat(3000)}`, '03'],
      ['a v2 query', v2Url(v2).replace('/vipay_v2/initpay', '/vipay/ecommerce'), '03'],
    ];
    for (const name of [...Object.keys(good), 'secure_hash']) {
      cases.push([`${name} repeated`, `${signed}&${name}=${encodeURIComponent(good[name] ?? 'x')}`, '03']);
      cases.push([`${name} repeated in capitals`, `${signed}&${name.toUpperCase()}=x`, '03']);
    }
    for (const [what, url, code, status] of cases) {
      assertRefused(await at.app.inject({ url }), code, [status ?? 400], `v1 ${what}`);
    }
    await unchanged();
  });

  test('v2: every field inside the sealed order, wrong in every way', async () => {
    for (const [name, cases] of Object.entries(classicWrong)) {
      for (const [value, , code] of cases) {
        // In v2 the site is named outside; inside it may be left out, but not be another.
        if (name === 'merchant_site' && (value === undefined || value === '')) continue;
        const fields = v1Fields(v2, { version: '2.0', [name]: value });
        const answer = await at.app.inject({ url: v2Url(v2, fields) });
        assertRefused(answer, code, [400], `v2 ${name}=${JSON.stringify(value)}`);
      }
    }
    const texts = [
      '',
      '[]',
      'null',
      '{',
      '"x"',
      '{"version":"2.0","Version":"1.0"}',
      '{"total_amount":{"a":1}}',
    ];
    for (const text of texts) {
      assertRefused(await at.app.inject({ url: v2Url(v2, text) }), '03', [400], `v2 plaintext ${text}`);
    }
    await unchanged();
  });

  test('v2: every parameter missing, empty, repeated, too long, mangled or of another site', async () => {
    const url = v2Url(v2);
    const query = new URLSearchParams(url.split('?')[1]);
    const send = (changed: URLSearchParams | string) =>
      at.app.inject({ url: `/vipay_v2/initpay?${changed}` });
    for (const name of ['merchant_site', 'data', 'key', 'secure_hash']) {
      const without = new URLSearchParams(query);
      without.delete(name);
      assertRefused(await send(without), '03', [400], `v2 without ${name}`);
      assertRefused(await send(`${query}&${name}=x`), '03', [400], `v2 ${name} twice`);
      assertRefused(
        await send(`${query}&${name.toUpperCase()}=x`),
        '03',
        [400],
        `v2 ${name} twice in capitals`,
      );
      const isSite = name === 'merchant_site';
      for (const value of ['', 'AAAA', '****', 'a'.repeat(10_000), nul, '%ff']) {
        const changed = new URLSearchParams(query);
        changed.set(name, value);
        const code = !isSite ? '97' : value === 'AAAA' ? '02' : '03';
        assertRefused(await send(changed), code, [400], `v2 ${name}=${JSON.stringify(value.slice(0, 10))}`);
      }
    }
    const foreign = new URLSearchParams(query);
    foreign.set('merchant_site', 'site_v1');
    assertRefused(await send(foreign), '02', [400], 'v2 of a v1 site');
    assertRefused(await send(''), '03', [400], 'v2 without a query');
    await unchanged();
  });

  test('both classic entrances take GET only, with or without a huge body', async () => {
    for (const url of [v1Url(v1), v2Url(v2)]) {
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const) {
        const answer = await at.app.inject({
          method,
          url,
          ...(method === 'POST' ? { payload: 'a'.repeat(200_000) } : {}),
        });
        assert.ok([405, 413, 415].includes(answer.statusCode), `${method} ${answer.statusCode}`);
      }
    }
    await unchanged();
  });

  test('REST: every field of a new order, wrong in every way, is 400 with code 03 and names the field', async () => {
    for (const [name, values] of Object.entries(restWrong)) {
      for (const value of values) {
        const body: Record<string, unknown> = { ...newOrder, [name]: value };
        if (value === undefined) delete body[name];
        const answer = await post(at.app, '/v3/orders', { apiKey: rest.api_key, body });
        const what = `${name}=${JSON.stringify(value)?.slice(0, 60)}`;
        assertRefused(answer, '03', [400], what);
        assert.equal(answer.json().errors?.[0]?.field, name, `${what}: ${answer.body}`);
      }
      for (const value of [{ a: 1 }, ['x'], [[]]]) {
        const answer = await post(at.app, '/v3/orders', {
          apiKey: rest.api_key,
          body: { ...newOrder, [name]: value },
        });
        assertRefused(answer, '03', [400], `${name} nested`);
      }
      const twice = JSON.stringify({ ...newOrder, [name]: 'x' }).replace(
        /\}$/,
        `,${JSON.stringify(name)}:"x"}`,
      );
      assertRefused(
        await post(at.app, '/v3/orders', { apiKey: rest.api_key, body: twice }),
        '03',
        [400],
        `${name} twice`,
      );
    }
    await unchanged();
  });

  test('REST: bodies that are none, headers missing or forged, foreign keys, wrong methods and addresses', async () => {
    const apiKey = rest.api_key;
    const forged = `${apiKey?.slice(0, -1)}${apiKey?.endsWith('A') ? 'B' : 'A'}`;
    const body = JSON.stringify(newOrder);
    const latin1 = Buffer.from(body.replace('Sen', 'Sén'), 'latin1');
    type Case = [
      what: string,
      status: number,
      code: string,
      request: Parameters<typeof post>[2],
      url?: string,
    ];
    const cases: Case[] = [
      ['no key', 401, '02', { apiKey: undefined }],
      ['forged key', 401, '02', { apiKey: forged }],
      ['live key', 401, '02', { apiKey: apiKey?.replace('sandbox', 'live') }],
      ['key of another kind', 401, '02', { apiKey: restOther.webhook_secret }],
      ['basic', 401, '02', { headers: { authorization: 'Basic eDp5' } }],
      ['empty bearer', 401, '02', { headers: { authorization: 'Bearer ' } }],
      ['injection', 401, '02', { apiKey: "' or 1=1 --" }],
      ['no idempotency key', 400, '03', { apiKey, headers: { 'idempotency-key': undefined } }],
      ['empty idempotency key', 400, '03', { apiKey, headers: { 'idempotency-key': '' } }],
      ['idempotency key with a space', 400, '03', { apiKey, key: 'a b' }],
      ['idempotency key too long', 400, '03', { apiKey, key: 'a'.repeat(256) }],
      ['idempotency key not ASCII', 400, '03', { apiKey, key: 'é' }],
      ['no JSON', 400, '03', { apiKey, body: '{' }],
      ['empty', 400, '03', { apiKey, body: '' }],
      ['array', 400, '03', { apiKey, body: '[]' }],
      ['null', 400, '03', { apiKey, body: 'null' }],
      ['text', 400, '03', { apiKey, body: '"x"' }],
      ['deep', 400, '03', { apiKey, body: '['.repeat(60_000) }],
      ['__proto__', 400, '03', { apiKey, body: body.replace('{', '{"__proto__":"x",') }],
      ['not UTF-8', 400, '03', { apiKey, body: latin1 }],
      ['UTF-16', 400, '03', { apiKey, body: Buffer.from(body, 'utf16le') }],
      [
        'a form',
        415,
        '03',
        { apiKey, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=1' },
      ],
      ['plain text', 415, '03', { apiKey, headers: { 'content-type': 'text/plain' } }],
      ['XML', 415, '03', { apiKey, headers: { 'content-type': 'application/xml' }, body: '<a/>' }],
      ['broken content type', 415, '03', { apiKey, headers: { 'content-type': ';' } }],
      ['huge', 413, '03', { apiKey, body: { ...newOrder, description: 'a'.repeat(70_000) } }],
      ['a query', 400, '03', { apiKey }, '/v3/orders?x=1'],
      ["cancel another site's order", 404, '01', { apiKey, body: '{}' }, `/v3/orders/${otherOrderId}/cancel`],
      ['cancel nothing', 404, '01', { apiKey, body: '{}' }, '/v3/orders/ord_x/cancel'],
      ['cancel with fields', 400, '03', { apiKey, body: { x: 1 } }, `/v3/orders/${otherOrderId}/cancel`],
      ['no such address', 404, '03', { apiKey }, '/v3/refunds'],
      ['no such method', 405, '03', { apiKey }, `/v3/orders/${otherOrderId}`],
      ['trailing slash', 404, '03', { apiKey }, '/v3/orders/'],
    ];
    for (const [what, status, code, request, url] of cases) {
      const answer = await post(at.app, url ?? '/v3/orders', request);
      assertRefused(answer, code, [status], what);
      if (status === 401) assert.match(String(answer.headers['www-authenticate']), /^Bearer realm=/, what);
      if (status === 405) assert.equal(answer.headers.allow, 'GET, HEAD', what);
    }
    await unchanged();
  });

  test('REST: reading with every wrong id and reference', async () => {
    const get = (url: string, apiKey = rest.api_key) =>
      at.app.inject({ url, headers: { authorization: `Bearer ${apiKey}` } });
    const cases: [url: string, status: number, code: string][] = [
      [`/v3/orders/${otherOrderId}`, 404, '01'],
      [`/v3/orders/${otherOrderId.toUpperCase()}`, 404, '01'],
      [`/v3/orders/${otherOrderId.replace('ord_', 'pay_')}`, 404, '01'],
      ['/v3/orders/%00', 404, '01'],
      ['/v3/orders/%FF', 400, '03'],
      ['/v3/orders/..%2f..%2fetc', 404, '01'],
      [`/v3/orders/${'a'.repeat(1000)}`, 404, '01'],
      [`/v3/orders/${'a'.repeat(2000)}`, 414, '03'],
      [`/v3/orders?after=${otherOrderId}`, 400, '03'],
      ['/v3/orders?after[]=x', 400, '03'],
      ['/v3/orders?limit=%00', 400, '03'],
      ['/v3/orders?status=', 400, '03'],
      ['/v3/orders?merch_txn_ref=', 400, '03'],
      ['/v3/orders?merch_txn_ref=a&merch_txn_ref=b', 400, '03'],
      ['/v3/orders?merch_txn_ref[]=a', 400, '03'],
      ['/v3/orders?merch_txn_ref=%00', 400, '03'],
      ['/v3/orders?merch_txn_ref=%ff', 400, '03'],
      ['/v3/orders?merch_txn_ref=%20', 400, '03'],
      [`/v3/orders?merch_txn_ref=${'a'.repeat(9000)}`, 400, '03'],
      ['/v3/orders?merch_txn_ref=a&x=1', 400, '03'],
      ['/v3/orders?__proto__=1', 400, '03'],
    ];
    for (const [url, status, code] of cases) assertRefused(await get(url), code, [status], url.slice(0, 80));
    assert.deepEqual((await get('/v3/orders?merch_txn_ref=REF-1')).json(), {
      data: [],
      has_more: false,
      next: null,
    });
    assertRefused(await get('/v3/orders?merch_txn_ref=REF-1', 'sk_sandbox_x'), '02', [401], 'forged key');
    await unchanged();
  });

  test('after all that, good requests are taken', async () => {
    assert.equal((await at.app.inject({ url: v1Url(v1) })).statusCode, 302);
    assert.equal((await at.app.inject({ url: v2Url(v2) })).statusCode, 302);
    assert.equal((await post(at.app, '/v3/orders', { apiKey: rest.api_key })).statusCode, 201);
  });
});
