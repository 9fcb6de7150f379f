import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { createTestContext, type TestContext } from '../../../tests/support/context.ts';
import { type MessagePurpose, queueMail, sendMessage } from '../../business/messages/index.ts';
import { createServer } from '../../ground/http/index.ts';
import type { Environment } from '../../ground/terms.ts';
import { errorPage } from '../checkout/pages/index.ts';
import { findCode } from './inbox-page.ts';
import { registerSandbox } from './index.ts';

let context: TestContext;
let app: FastifyInstance;

const otpText =
  'viPay: 482913 là mã OTP để thanh toán 5.200.000 ₫ cho Sen <b>Đá</b> 123456. Mã có hiệu lực 2 phút.';

before(async () => {
  context = await createTestContext();
  app = createServer({ context, errorPage });
  registerSandbox(app, context, { shopUrl: () => null });
  await app.ready();
});

after(async () => {
  await app.close();
  await context.drop();
});

async function send(
  recipientPhone: string,
  purpose: MessagePurpose,
  text: string,
  environment: Environment = 'sandbox',
) {
  context.clock.advance(1);
  await sendMessage(context.db, context, { environment, recipientPhone, purpose, text });
}

test('an empty inbox says what will arrive, and reloads', async () => {
  const page = await app.inject('/sandbox/inbox');
  assert.equal(page.statusCode, 200);
  assert.match(page.body, /Chưa có tin nhắn nào\./);
  assert.equal(page.headers.refresh, '3');
  assert.deepEqual((await app.inject('/sandbox/inbox.json')).json(), { data: [] });
});

test('messages come newest first, of the sandbox alone, with the code read out', async () => {
  await send('0900000001', 'otp', otpText);
  await send('0900000002', 'pin_locked', 'viPay: Đăng nhập bằng PIN bị khóa đến 10:30 (GMT+7).');
  await send('0900000001', 'otp', otpText, 'live');
  const { data } = (await app.inject('/sandbox/inbox.json')).json();
  assert.equal(data.length, 2);
  const [newest, first] = data;
  assert.deepEqual(Object.keys(first), ['id', 'phone', 'purpose', 'text', 'code', 'created_at']);
  assert.deepEqual([newest.phone, newest.purpose, newest.code], ['0900000002', 'pin_locked', null]);
  assert.deepEqual(
    [first.phone, first.purpose, first.code, first.text],
    ['0900000001', 'otp', '482913', otpText],
  );
  assert.equal(first.created_at, '2026-11-23T03:00:01.000Z');

  const negotiated = await app.inject({ url: '/sandbox/inbox', headers: { accept: 'application/json' } });
  assert.deepEqual(negotiated.json(), { data });
  const browser = { accept: 'text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8' };
  assert.match(
    String((await app.inject({ url: '/sandbox/inbox', headers: browser })).headers['content-type']),
    /^text\/html/,
  );
});

test('the page shows the code by itself and the text escaped, with its time', async () => {
  const { body } = await app.inject('/sandbox/inbox');
  assert.match(body, /<code>482913<\/code>/);
  assert.match(body, /cho Sen &lt;b&gt;Đá&lt;\/b&gt;/);
  assert.match(body, /10:00:01 23\/11\/2026/);
  assert.ok(body.indexOf('0900000002</span>') < body.indexOf('0900000001</span>'));
});

for (const typed of [
  '0900000001',
  '+84900000001',
  '%2B84900000001',
  '84900000001',
  '0900.000.001',
  '090 000 0001',
]) {
  test(`the filter understands ${typed}`, async () => {
    const url = `/sandbox/inbox.json?phone=${typed.replaceAll(' ', '%20')}`;
    const { data } = (await app.inject(url)).json();
    assert.deepEqual(
      data.map((message: { phone: string }) => message.phone),
      ['0900000001'],
    );
  });
}

for (const query of ['phone=abc', 'phone=123', 'phone=0900000001&phone=0900000002', 'phone=%3Cb%3E']) {
  test(`a number that is none is said so: ${query}`, async () => {
    const json = await app.inject(`/sandbox/inbox.json?${query}`);
    assert.equal(json.statusCode, 400);
    assert.match(String(json.headers['content-type']), /^application\/problem\+json/);
    const problem = json.json();
    assert.equal(problem.code, '03');
    assert.equal(problem.errors[0].field, 'phone');

    const page = await app.inject(`/sandbox/inbox?${query}&lang=en`);
    assert.equal(page.statusCode, 400);
    assert.match(page.body, /This is not a phone number\./);
    assert.equal(page.headers.refresh, undefined);
    assert.doesNotMatch(page.body, /482913|<b>/);
  });
}

test('an empty filter shows everything', async () => {
  assert.equal((await app.inject('/sandbox/inbox.json?phone=')).json().data.length, 2);
});

test('a paused inbox stands still and keeps its filter in every link', async () => {
  const page = await app.inject('/sandbox/inbox?phone=0900000001&live=0');
  assert.equal(page.headers.refresh, undefined);
  assert.match(page.body, /value="0900000001"/);
  assert.match(page.body, /href="\/sandbox\/inbox\?lang=en&amp;phone=0900000001&amp;live=0"/);
  assert.match(page.body, /href="\/sandbox\/inbox\?lang=vi&amp;phone=0900000001"/);
  assert.match(
    (await app.inject('/sandbox/inbox?phone=0900000001')).body,
    /Chỉ hiện tin nhắn của 0900000001\./,
  );
});

test('only a code message holds a code', () => {
  assert.equal(findCode({ purpose: 'otp_locked', text: 'số 123456' }), null);
  assert.equal(findCode({ purpose: 'otp', text: 'viPay: 000042 is your code' }), '000042');
  assert.equal(findCode({ purpose: 'otp', text: 'no code 1234567' }), null);
});

for (const [lang, heading] of [
  ['vi', 'Thử trọn một lần thanh toán'],
  ['en', 'Try one payment, end to end'],
] as const) {
  test(`the start page has the tour, every address and no secret (${lang})`, async () => {
    const page = await app.inject(`/?lang=${lang}`);
    assert.equal(page.statusCode, 200);
    assert.match(page.body, new RegExp(`<html lang="${lang}">[\\s\\S]*<h1>${heading}</h1>`));
    const hrefs = [...page.body.matchAll(/href="([^"]+)"/g)].map(([, href]) => href?.split('?')[0]);
    for (const href of [
      '/shop/',
      '/sandbox/inbox',
      '/sandbox/inbox.json',
      '/v3/openapi.json',
      '/healthz',
      '/readyz',
    ]) {
      assert.ok(hrefs.includes(href), href);
    }
    for (const text of [
      '0900000001',
      '0900000006',
      '246810',
      'shop_v1',
      'shop_v2',
      'shop_rest',
      'npx vipay doctor',
    ]) {
      assert.ok(page.body.includes(text), text);
    }
    assert.doesNotMatch(page.body, /<script|https?:\/\/(?!localhost:8080)|sk_sandbox_\w/);
    assert.ok(Buffer.byteLength(page.body) < 16_384, `${Buffer.byteLength(page.body)} bytes`);
  });
}

test("the curl example keeps the shell's line breaks", async () => {
  const { body } = await app.inject('/');
  assert.match(body, /curl http:\/\/localhost:8080\/v3\/orders \\\n {2}-H &quot;Authorization/);
});

test('a mail shows subject, text and a link that leads to this gateway; as JSON it is found by its address', async () => {
  context.clock.advance(1);
  const validUntil = new Date('2026-11-23T12:00:00+07:00');
  const link = `${context.publicUrl}/portal/join?a=1&b=<x>#t"o'ken`.replace(/[<>"']/g, encodeURIComponent);
  const values = {
    inviterName: '<script>alert(1)</script>',
    merchantName: 'Sen <b>Đá</b> evil.example',
    link,
    validUntil,
  };
  const to = 'an@shop.example.vn';
  const queued = await queueMail(context.db, context, {
    to,
    template: 'invitation',
    values,
    locale: 'vi',
    environment: 'sandbox',
  });
  assert.ok(queued.ok);

  const { body } = await app.inject('/sandbox/inbox?lang=vi');
  assert.match(body, /<h2><bdi>Bạn được mời tham gia một đối tác trên viPay<\/bdi><\/h2>/);
  assert.match(body, /an@shop\.example\.vn/);
  assert.match(body, /href="\/portal\/join\?a=1&amp;b=%3Cx%3E#t%22o/);
  assert.doesNotMatch(body, /<script>alert|<b>Đá|evil\.example/);

  const { data } = (
    await app.inject(`/sandbox/inbox.json?mail=${encodeURIComponent('an@SHOP.example.vn')}`)
  ).json();
  assert.equal(data.length, 1);
  assert.deepEqual(Object.keys(data[0]), ['id', 'mail', 'subject', 'purpose', 'text', 'code', 'created_at']);
  assert.deepEqual([data[0].mail, data[0].purpose, data[0].code], [to, 'invitation', null]);
  for (const query of ['mail=x', 'mail=a@b.vn&mail=c@d.vn', 'mail=a@b.vn,c@d.vn', 'mail=%0d%0a']) {
    const refused = await app.inject(`/sandbox/inbox.json?${query}`);
    assert.equal(refused.statusCode, 400, query);
    assert.equal(refused.json().errors[0].field, 'mail');
  }
});
