import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  asBrowserSends,
  codeOf,
  decode,
  example,
  required,
  secret,
  sign,
  site,
} from '../../../../tests/support/v1-requests.ts';
import { hashV1Values } from './hash.ts';
import { buildV1RequestQuery } from './index.ts';

test('the worked example of the page is an order of 1.000.000 dong', () => {
  const decoded = decode(example);
  assert.ok(decoded.ok);
  assert.equal(decoded.order.amountDong, 1_000_000n);
  assert.equal(decoded.order.merchTxnRef, '1619416692633');
  assert.equal(decoded.order.orderNo, 'ORDER_1');
  assert.equal(decoded.order.returnUrl, 'https://shop.example/ketqua/');
  assert.equal(decoded.order.cancelUrl, null);
  assert.equal(decoded.order.description, 'motadonhang');
  assert.equal(decoded.order.locale, 'vi');
  assert.equal(decoded.order.received.branch_code, '00001');
  assert.equal(decoded.order.received.client_ip, '127.0.0.1');
  assert.equal('secure_hash' in decoded.order.received, false);
});

test('a site that counts whole dong is read in dong', () => {
  const decoded = decode(example, { ...site, amountUnit: 'dong' });
  assert.ok(decoded.ok);
  assert.equal(decoded.order.amountDong, 100_000_000n);
});

test('parameters in any order are the same order', () => {
  const shuffled = example.split('&').reverse().join('&');
  assert.deepEqual(decode(shuffled), decode(example));
});

test('Vietnamese text sent raw through a browser, with a bare percent sign, is read as typed', () => {
  const fields = { ...required, order_desc: 'Giảm 10% hôm nay, 5%% thôi', locale: 'vn' };
  const query = asBrowserSends(fields);
  assert.match(query, /10%%20h/);
  const decoded = decode(query);
  assert.ok(decoded.ok);
  assert.equal(decoded.order.description, 'Giảm 10% hôm nay, 5%% thôi');
});

test('form encoding, where a space is a plus, is read', () => {
  const fields = { ...required, order_desc: 'Thanh toán đơn hàng 1+1', locale: 'en' };
  const all = { ...fields, secure_hash: hashV1Values(Object.entries(fields), secret) };
  const query = new URLSearchParams(all).toString();
  assert.match(query, /Thanh\+to/);
  const decoded = decode(query);
  assert.ok(decoded.ok);
  assert.equal(decoded.order.description, 'Thanh toán đơn hàng 1+1');
  assert.equal(decoded.order.locale, 'en');
});

test('a raw plus is taken literally when the hash says so', () => {
  const decoded = decode(asBrowserSends({ ...required, order_desc: 'ao 1+1' }));
  assert.ok(decoded.ok);
  assert.equal(decoded.order.description, 'ao 1+1');
});

test('either secret fits while one is being replaced, and none fits without', () => {
  const rotating = { ...site, secrets: ['new secret', secret] };
  assert.equal(codeOf(decode(example, rotating)), 'ok');
  assert.equal(codeOf(decode(asBrowserSends(required, 'new secret'), rotating)), 'ok');
  assert.equal(codeOf(decode(example, { ...site, secrets: ['new secret'] })), '97');
  assert.equal(codeOf(decode(example, { ...site, secrets: [] })), '97');
});

test('structure is refused with 03 before anything else', () => {
  const refused = {
    unknown: `${example}&campaign=mail`,
    'nearly a tracker': `${example}&utm=mail`,
    'capital of another name': example.replace('order_no', 'Order_no'),
    repeated: `${example}&methods=`,
    'repeated in another case': `${example}&branch_code=00001`,
    'repeated in another case, before': `branch_code=00001&${example}`,
    missing: example.replace(/&version=1.0/, ''),
    'no hash': example.replace(/&secure_hash=.*/, ''),
    'not UTF-8': example.replace('motadonhang', 'a%E1b'),
    'overlong UTF-8': example.replace('motadonhang', '%C0%AF'),
    'a surrogate': example.replace('motadonhang', '%ED%A0%80'),
    'a name that is not UTF-8': `${example}&%FF=1`,
    'a character beyond a byte': example.replace('motadonhang', 'ệ'),
    'a site code with NUL': example.replace('lacviet_7134', 'lac%00'),
    'too long': `${example}&order_info=${'a'.repeat(20_000)}`,
    empty: '',
  };
  for (const [why, query] of Object.entries(refused)) assert.equal(codeOf(decode(query)), '03', why);
});

test('a wrong access code is 02 before the signature, a wrong signature 97 before the formats', () => {
  assert.equal(codeOf(decode(example.replace('access_code=3685', 'access_code=3686'))), '02');
  assert.equal(codeOf(decode(example.replace('total_amount=100000000', 'total_amount=-1'))), '97');
  assert.equal(codeOf(decode(example.replace(/(secure_hash=)(.*)/, (_, n, h) => n + h.toUpperCase()))), '97');
  assert.equal(codeOf(decode(example.replace(/secure_hash=.*/, 'secure_hash='))), '97');
});

test('formats of a proven request are refused with 03, naming the field', () => {
  const wrong: [field: string, value: string][] = [
    ['total_amount', '0'],
    ['total_amount', '-100'],
    ['total_amount', '+100'],
    ['total_amount', '0100'],
    ['total_amount', '150'],
    ['total_amount', '100.00'],
    ['total_amount', '10000000000000'],
    ['total_amount', ''],
    ['total_amount', '１００'],
    ['version', '2.0'],
    ['locale', 'vi'],
    ['currency', 'USD'],
    ['account_type', 'ATM'],
    ['merch_txn_ref', 'a\n'],
    ['merch_txn_ref', ' '],
    ['merch_txn_ref', 'a'.repeat(256)],
    ['merch_txn_ref', 'lacviet_7134'],
    ['order_no', 'a|b'],
    ['order_no', 'a\u200b'],
    ['order_desc', 'a|b'],
    ['order_desc', 'a\u0000b'],
    ['order_desc', 'a'.repeat(501)],
    ['order_desc', 'lacviet_7134'],
    ['client_ip', '::1|::2'],
    ['client_ip', 'https://shop.example/'],
    ['branch_code', 'app://c'],
    ['shipping_fee', '1.5'],
    ['return_url', 'shop.example'],
    ['return_url', 'javascript://x/%0aalert(1)'],
    ['cancel_url', 'https://u:p@shop.example/'],
  ];
  for (const [field, value] of wrong) {
    const decoded = sign({ ...required, [field]: value });
    assert.equal(codeOf(decoded), '03', `${field}=${value}`);
    assert.ok(!decoded.ok && decoded.fault.detail.startsWith(`${field}:`), `${field}=${value}`);
  }
});

test('the words of real merchants are taken and kept to the letter', () => {
  const basket = Array.from({ length: 12 }, (_, at) => `HD${2_026_000 + at}`).join(';');
  const decomposed = 'ệ'.normalize('NFD').repeat(500);
  for (const [name, value] of Object.entries({
    order_no: basket,
    merch_txn_ref: 'đơn hàng số 5; lần 2 =1+1 <b>',
    order_desc: 'Sen đá\r\n2 chậu\t\u200eSKU 9\u200f',
    order_info: decomposed,
    branch_code: 'CN Hà Nội – 2',
    methods: 'VV ATM/VISA',
  })) {
    for (const encode of [
      (fields: Record<string, string>) => buildV1RequestQuery(fields, secret),
      (fields: Record<string, string>) =>
        new URLSearchParams({
          ...fields,
          secure_hash: hashV1Values(Object.entries(fields), secret),
        }).toString(),
    ]) {
      const decoded = decode(encode({ ...required, [name]: value }));
      assert.ok(decoded.ok, `${name}: ${decoded.ok ? '' : decoded.fault.detail}`);
      assert.equal(decoded.order.received[name], value);
    }
  }
});

test('whatever a proxy left in client_ip, the order is taken; 64 characters of it are kept', () => {
  for (const [sent, kept] of [
    ['113.22.1.5:50211', '113.22.1.5:50211'],
    ['unknown', 'unknown'],
    ['10.0.0.1,, 999.1.1.1 ', '10.0.0.1,, 999.1.1.1'],
    ['x\u0000y\n', 'xy'],
    ['1'.repeat(300), `${'1'.repeat(63)}…`],
  ] as const) {
    const decoded = sign({ ...required, Client_ip: sent });
    assert.ok(decoded.ok, sent);
    assert.equal(decoded.order.received.client_ip, kept);
  }
});

test("parameters of browsers' trackers are left out, wherever they stand; the hash covers the rest", () => {
  const original = decode(example);
  for (const query of [
    `${example}&utm_source=mail&utm_medium=a%20b&fbclid=IwAR0&gclid=1&zarsrc=30&_ga=2.1&_gl=1*a`,
    `fbclid=x&${example}&fbclid=y&UTM_Source=z`,
    example.replace('&secure_hash', '&_GA=1&secure_hash'),
  ]) {
    assert.deepEqual(decode(query), original, query);
  }
  assert.equal(codeOf(decode(`${example.replace('ORDER_1', 'ORDER_2')}&utm_source=mail`)), '97');
});

test('a hash made by a known wrong habit is 97 like any other; what it is goes to the log alone', () => {
  const fields = { ...required, order_desc: 'ao 1+1', methods: '', Branch_code: '00001', account_type: 'VV' };
  const entries = Object.entries(fields);
  const sorted = entries.sort(([a], [b]) => (a < b ? -1 : 1));
  const byNoCase = [...entries].sort(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
  // merchant_site stands before merch_txn_ref where the underscore is passed over.
  const plain = (name: string): string => name.replaceAll('_', '').toLowerCase();
  const byCulture = [...entries].sort(([a], [b]) => (plain(a) < plain(b) ? -1 : 1));
  const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
  const join = (pairs: string[][]): string => [secret, ...pairs.map(([, value]) => value)].join('|');
  const right = sha(join(sorted));
  const near: [secureHash: string, finding: RegExp][] = [
    [right.toUpperCase(), /in lower case$/],
    [sha(join(byNoCase)), /capitals first/],
    [sha(join(byCulture)), /not by the rules of a language/],
    [sha(join([...sorted].reverse())), /not taken as sent/],
    [sha(join(sorted.filter(([, value]) => value !== ''))), /empty values/],
    [sha(`${join(sorted)}|${secret}`.slice(secret.length + 1)), /secret came first/],
    [sha(join(sorted).replace(secret, `${secret}\n`)), /line break/],
  ];
  for (const [secureHash, finding] of near) {
    const query = [...sorted].reverse().map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    const decoded = decode(`${query.join('&')}&secure_hash=${secureHash}`);
    assert.ok(!decoded.ok);
    const { finding: found, ...answered } = decoded.fault;
    assert.match(found ?? '', finding);
    assert.deepEqual(answered, { code: '97', detail: 'secure_hash: does not fit the values received' });
  }
  const stranger = decode(example.replace(/secure_hash=.*/, `secure_hash=${'0'.repeat(64)}`));
  assert.ok(!stranger.ok && stranger.fault.finding === undefined);
});

test('the largest amount is thirteen digits', () => {
  const decoded = sign({ ...required, total_amount: '9999999999900' });
  assert.ok(decoded.ok);
  assert.equal(decoded.order.amountDong, 99_999_999_999n);
});

test('every optional field may be given, or sent empty', () => {
  const optional = {
    cancel_url: 'https://shop.example/c?x=1#top',
    locale: 'en',
    account_type: 'VV',
    methods: 'VV,ATM',
    branch_code: '00001',
    client_ip: '2001:db8::1, 10.0.0.1',
    order_desc: 'a description',
    order_info: 'info',
    shipping_fee: '0',
    tax_fee: '1000',
    currency: 'VND',
  };
  const full = sign({ ...required, ...optional });
  assert.ok(full.ok);
  assert.equal(full.order.cancelUrl, optional.cancel_url);
  const blank = sign({ ...required, ...Object.fromEntries(Object.keys(optional).map((name) => [name, ''])) });
  assert.ok(blank.ok);
  assert.equal(blank.order.cancelUrl, null);
  assert.equal(blank.order.description, '');
});
