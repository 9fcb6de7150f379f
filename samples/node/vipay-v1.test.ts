import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { resultNames } from './classic-fields.ts';
import { buildV1PaymentUrl, hashV1, verifyV1Result } from './vipay-v1.ts';

const site = {
  merchantSite: 'lacviet_7134',
  accessCode: '3685',
  secret: 'xxxxxx',
  gatewayUrl: 'http://localhost:8080',
};
const order = {
  merchTxnRef: 'SD1',
  orderNo: 'DH1',
  amountDong: 45_000n,
  description: 'Mua Sen đá nâu & chậu',
  returnUrl: 'http://localhost:8080/shop/return/v1',
  locale: 'vi' as const,
};
const result: Record<string, string> = {
  merchant_site: 'lacviet_7134',
  version: '1.0',
  locale: 'vn',
  merch_txn_ref: 'SD1',
  order_no: 'DH1',
  total_amount: '4500000',
  currency: 'VND',
  transaction_no: '2611230001',
  response_code: '00',
  message: 'Giao dịch thành công',
  pay_date: '20261123102030',
};

/** Signs as the gateway does, written apart from the code under test. */
function signed(fields: Record<string, string>): string {
  const values = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = ['xxxxxx', ...values.map(([, value]) => value)].join('|');
  const secure_hash = createHash('sha256').update(text).digest('hex');
  return new URLSearchParams({ ...fields, secure_hash }).toString();
}

test("the protocol's worked example has the hash we compute", () => {
  const query =
    'merch_txn_ref=1619416692633&order_no=ORDER_1&merchant_site=lacviet_7134&total_amount=100000000&methods=&access_code=3685&return_url=https://shop.example/ketqua/&order_desc=motadonhang&version=1.0&Branch_code=00001&Client_ip=127.0.0.1';
  const hash = hashV1('xxxxxx', Object.fromEntries(new URLSearchParams(query)));
  assert.equal(hash, '2b9bb7c44856b198b0e6eade7399b7b7152e1ca9f21f1f30018c4cae9a7754f5');
});

test('a payment URL carries the amount in hundredths and a hash over all its decoded values', () => {
  const url = new URL(buildV1PaymentUrl(site, order));
  assert.equal(url.origin + url.pathname, 'http://localhost:8080/vipay/ecommerce');
  const { secure_hash, ...fields } = Object.fromEntries(url.searchParams);
  assert.equal(fields.total_amount, '4500000');
  assert.equal(fields.order_desc, 'Mua Sen đá nâu & chậu');
  assert.equal(new URLSearchParams(signed(fields)).get('secure_hash'), secure_hash);
});

test('a site set up for plain dong sends plain dong', () => {
  const url = new URL(buildV1PaymentUrl({ ...site, amountUnit: 'dong' }, order));
  assert.equal(url.searchParams.get('total_amount'), '45000');
});

test('a value that holds a bar is never signed', () => {
  assert.throws(() => buildV1PaymentUrl(site, { ...order, description: 'a|b' }), /order_desc/);
});

test('a signed result is believed, and read in dong', () => {
  const read = verifyV1Result(site, signed(result));
  assert.equal(read?.amountDong, 45_000n);
  assert.equal(read?.responseCode, '00');
  assert.equal(read?.transactionNo, '2611230001');
  assert.equal(read?.message, 'Giao dịch thành công');
});

test("the return URL's own parameters neither break nor join the signature", () => {
  assert.ok(verifyV1Result(site, `lang=en&a=1&${signed(result)}`));
});

test('raw Vietnamese in the address, as a browser or a careless proxy leaves it, is believed', () => {
  const query = decodeURIComponent(signed(result).replaceAll('+', '%20'));
  assert.ok(query.includes('Giao dịch thành công'));
  assert.ok(verifyV1Result(site, query));
});

test('a failed result without a transaction number and date is believed as a failure', () => {
  const { transaction_no, pay_date, ...rest } = result;
  const read = verifyV1Result(site, signed({ ...rest, response_code: '24' }));
  assert.equal(read?.responseCode, '24');
  assert.equal(read?.transactionNo, null);
});

test('a change of any one field, or of the hash, is not believed', () => {
  for (const name of [...Object.keys(result), 'secure_hash']) {
    const query = new URLSearchParams(signed(result));
    query.set(name, `${query.get(name)}0`);
    assert.equal(verifyV1Result(site, query.toString()), null, name);
  }
  assert.equal(verifyV1Result(site, ''), null);
  assert.equal(verifyV1Result(site, new URLSearchParams(result).toString()), null);
  assert.equal(verifyV1Result(site, `${signed(result)}&response_code=24`), null, "behind the gateway's own");
  assert.equal(verifyV1Result({ ...site, secret: 'yyyyyy' }, signed(result)), null);
  assert.equal(verifyV1Result({ ...site, merchantSite: 'another' }, signed(result)), null);
});

test("your address's own parameters stand before the gateway's and change nothing; or the gateway's are prefixed", () => {
  const own = 'version=3&locale=vi_VN&response_code=24&secure_hash=x';
  const read = verifyV1Result(site, `${own}&${signed(result)}`);
  assert.deepEqual(read, verifyV1Result(site, signed(result)));
  const prefixed = signed(result).replace(/(^|&)/g, '$1vipay_');
  const prefixedSite = { ...site, resultPrefix: 'vipay_' };
  assert.deepEqual(verifyV1Result(prefixedSite, `${prefixed}&${own}`), read);
  assert.equal(verifyV1Result(prefixedSite, signed(result)), null);
});

test('no renaming of the values of a signed request, or of a failed result, makes a paid result', () => {
  const request = Object.fromEntries(new URL(buildV1PaymentUrl(site, order)).searchParams);
  const hostile = { ...request, shipping_fee: '00', tax_fee: '00', methods: '' };
  const failed = { ...result, response_code: '24', pay_date: '', transaction_no: '00' };
  const names = [...resultNames].sort();
  for (const source of [request, hostile, failed]) {
    const { secure_hash: _, ...fields } = source as Record<string, string>;
    const values = Object.keys(fields)
      .sort()
      .map((name) => fields[name] ?? '');
    const secure_hash = hashV1(site.secret, fields);
    for (const chosen of choose(names, values.length)) {
      const renamed = Object.fromEntries(chosen.map((name, index) => [name, values[index] ?? '']));
      const read = verifyV1Result(site, new URLSearchParams({ ...renamed, secure_hash }).toString());
      assert.notEqual(read?.responseCode, '00');
    }
  }
});

/** Every way to take `count` of the names in their order. */
function choose(names: string[], count: number): string[][] {
  if (count === 0) return [[]];
  return names.flatMap((name, index) =>
    choose(names.slice(index + 1), count - 1).map((rest) => [name, ...rest]),
  );
}
