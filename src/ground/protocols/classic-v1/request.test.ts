import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { freeTextProblem, referenceProblem } from '../../text/index.ts';
import type { Decoded } from '../order-words.ts';
import { hashV1Values } from './hash.ts';
import { buildV1RequestQuery, parseV1Query, v1Names, verifyV1Order } from './index.ts';

const secret = 'xxxxxx';
const site = {
  merchantSite: 'lacviet_7134',
  accessCode: '3685',
  secrets: [secret],
  amountUnit: 'hundredths' as const,
};

/** The worked example of the protocol page. */
const example =
  'merch_txn_ref=1619416692633&order_no=ORDER_1&merchant_site=lacviet_7134&total_amount=100000000&methods=&access_code=3685&return_url=https://shop.example/ketqua/&order_desc=motadonhang&version=1.0&Branch_code=00001&Client_ip=127.0.0.1&secure_hash=2b9bb7c44856b198b0e6eade7399b7b7152e1ca9f21f1f30018c4cae9a7754f5';

const required = {
  merchant_site: 'lacviet_7134',
  access_code: '3685',
  merch_txn_ref: 'R1',
  order_no: 'O1',
  total_amount: '20000000',
  return_url: 'https://shop.example/r',
  version: '1.0',
};

function decode(
  rawQuery: string,
  at: typeof site | (Omit<typeof site, 'amountUnit'> & { amountUnit: 'dong' }) = site,
): Decoded {
  const parsed = parseV1Query(rawQuery);
  return parsed.ok ? verifyV1Order(parsed, at) : parsed;
}

const sign = (fields: Record<string, string>): Decoded => decode(buildV1RequestQuery(fields, secret));

function codeOf(decoded: Decoded): string {
  return decoded.ok ? 'ok' : decoded.fault.code;
}

/** What a buyer must never be able to change. */
function pinned(decoded: Decoded): unknown {
  assert.ok(decoded.ok);
  const { merchantSite, merchTxnRef, orderNo, amountDong, returnUrl, cancelUrl } = decoded.order;
  return { merchantSite, merchTxnRef, orderNo, amountDong, returnUrl, cancelUrl };
}

/** A query with the values raw, percent-encoded only as a browser does it with a typed address. */
function asBrowserSends(fields: Record<string, string>, key = secret): string {
  const all = { ...fields, secure_hash: hashV1Values(Object.entries(fields), key) };
  const text = Object.entries(all)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  return new URL(`http://localhost/?${text}`).search.slice(1);
}

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

test('every one-byte substitution in a signed query is refused or reads as the identical order', () => {
  const encoded = buildV1RequestQuery(
    { ...required, order_desc: 'Thanh toán 1+1', return_url: 'https://shop.example/r?a=%2F', methods: '' },
    secret,
  );
  for (const [query, sameMin] of [
    [example, 0],
    [encoded, 10],
  ] as const) {
    const original = decode(query);
    assert.ok(original.ok);
    let refused = 0;
    let same = 0;
    for (let at = 0; at < query.length; at++) {
      for (let byte = 0; byte < 256; byte++) {
        if (byte === query.charCodeAt(at)) continue;
        const decoded = decode(query.slice(0, at) + String.fromCharCode(byte) + query.slice(at + 1));
        if (!decoded.ok) {
          refused++;
        } else {
          assert.deepEqual(decoded, original, `byte ${byte} at ${at}`);
          same++;
        }
      }
    }
    assert.equal(refused + same, query.length * 255);
    assert.ok(refused > 0);
    assert.ok(same >= sameMin, `${same} identical`);
  }
});

/** All ascending choices of `size` names out of the sorted list. */
function* choose(names: readonly string[], size: number): Generator<string[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let at = 0; at + size <= names.length; at++) {
    const [first] = names.slice(at, at + 1);
    for (const others of choose(names.slice(at + 1), size - 1)) yield [first ?? '', ...others];
  }
}

const hashedNames = [...v1Names].filter((name) => name !== 'secure_hash').sort();
const optionalNames = hashedNames.filter((name) => !(name in required));

/** Every set of names a query may have; with a name of `required` left out it is 03, which saves the most. */
function* chooseWithRequired(size: number): Generator<string[]> {
  const requiredOnes = Object.keys(required);
  for (const others of choose(optionalNames, size - requiredOnes.length))
    yield [...others, ...requiredOnes].sort();
}

/** Gives the hashed values, in their order, to every set of names; returns how many of them were orders. */
function tryEveryRenaming(
  values: readonly string[],
  secureHash: string,
  expected: unknown,
  sets: Iterable<string[]> = chooseWithRequired(values.length),
): number {
  let accepted = 0;
  for (const names of sets) {
    const query = names.map((name, at) => `${name}=${encodeURIComponent(values[at] ?? '')}`).join('&');
    const decoded = decode(`${query}&secure_hash=${secureHash}`);
    if (!decoded.ok) continue;
    accepted++;
    assert.deepEqual(pinned(decoded), expected, names.join());
  }
  return accepted;
}

const valuesInOrder = (fields: Record<string, string>): string[] =>
  Object.entries(fields)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, value]) => value);

test('no renaming that keeps the hash of the worked example changes its amount, references or URLs', () => {
  const fields = Object.fromEntries(new URLSearchParams(example));
  const { secure_hash: secureHash = '', ...hashed } = fields;
  const values = valuesInOrder(hashed);
  // Here without any shortcut: all 167,960 sets of eleven names.
  const everySet = choose(hashedNames, values.length);
  const accepted = tryEveryRenaming(values, secureHash, pinned(decode(example)), everySet);
  assert.ok(accepted > 1, 'some harmless renaming exists, so the search does search');
});

test('no renaming of hostile values changes amount, references or URLs', () => {
  const text = fc.constantFrom<string[]>(
    '',
    '3685',
    'VV',
    'vn',
    'VND',
    'R1',
    '100',
    '1.0',
    'https://evil.example/',
    '::1',
  );
  const hostile = fc.record(
    {
      order_desc: text,
      order_info: text,
      methods: fc.constantFrom('', 'VV', '3685', '100', 'https://evil.example/'),
      branch_code: fc.constantFrom('', '00100', '3685', 'VV', 'lacviet_7134'),
      Client_ip: fc.constantFrom('', '::1', '3685', '100', 'unknown'),
      client_ip: fc.constantFrom('', '::1', '3685', '100', 'unknown'),
      account_type: fc.constantFrom('', 'VV'),
      locale: fc.constantFrom('', 'vn'),
      currency: fc.constantFrom('', 'VND'),
      cancel_url: fc.constantFrom('', 'app://c', 'https://shop.example/c'),
      shipping_fee: fc.constantFrom('', '0', '100'),
      tax_fee: fc.constantFrom('', '0', '100'),
      merch_txn_ref: fc.constantFrom(
        'R1',
        '3685',
        'VV',
        'vn',
        '100',
        'lacviet_7134',
        'https://evil.example/',
      ),
      order_no: fc.constantFrom('O1', '3685', 'lacviet_7134', '100', '1.0', 'https://evil.example/'),
    },
    { requiredKeys: ['merch_txn_ref', 'order_no'] },
  );
  let accepted = 0;
  fc.assert(
    fc.property(hostile, (chosen) => {
      const fields = { ...required, ...chosen };
      // What the merchant meant, whether or not that spelling itself is accepted.
      const meant = {
        ...(pinned(sign(required)) as object),
        merchTxnRef: fields.merch_txn_ref,
        orderNo: fields.order_no,
        cancelUrl: chosen.cancel_url || null,
      };
      const secureHash = hashV1Values(Object.entries(fields), secret);
      accepted += tryEveryRenaming(valuesInOrder(fields), secureHash, meant);
    }),
    {
      numRuns: 60,
      seed: 20261123,
      examples: [[{ merch_txn_ref: 'R1', order_no: 'O1', order_desc: 'lacviet_7134' }]],
    },
  );
  assert.ok(accepted > 50);
});

test('a description that holds separators cannot be split into another order', () => {
  const part = fc.constantFrom(
    'x',
    '',
    'lacviet_7134',
    '3685',
    'R2',
    'VV',
    'O2',
    '100',
    'https://evil.example/',
    '1.0',
    'vn',
    '::1',
  );
  // What the merchant meant, though its own spelling is refused.
  const meant = pinned(sign(required));
  const extras = fc.record(
    { Branch_code: fc.constant('00001'), account_type: fc.constant('VV'), locale: fc.constant('vn') },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(part, { minLength: 2, maxLength: 8 }), extras, (parts, extra) => {
      const fields = { ...required, ...extra, order_desc: parts.join('|') };
      assert.equal(codeOf(sign(fields)), '03');
      const values = valuesInOrder(fields).join('|').split('|');
      tryEveryRenaming(values, hashV1Values(Object.entries(fields), secret), meant);
    }),
    { numRuns: 40, seed: 20261123, examples: [[['x', 'lacviet_7134'], {}]] },
  );
});

test('what a merchant signs is what is read, for any text', () => {
  const reference = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
    .map((end) => `r${end}`)
    .filter((value) => referenceProblem(value) === null);
  const description = fc
    .oneof(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.string({ unit: 'binary', maxLength: 60 }))
    .filter((value) => !value.includes('|') && freeTextProblem(value) === null);
  fc.assert(
    fc.property(reference, reference, description, fc.bigInt(1n, 99_999_999_999n), (ref, no, desc, dong) => {
      const fields = {
        ...required,
        merch_txn_ref: ref,
        order_no: no,
        order_desc: desc,
        total_amount: String(dong * 100n),
      };
      const decoded = sign(fields);
      assert.ok(decoded.ok);
      assert.equal(decoded.order.amountDong, dong);
      assert.deepEqual(decoded.order.received, fields);
    }),
    { numRuns: 300, seed: 20261123 },
  );
});
