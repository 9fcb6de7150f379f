import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  refusalCodes,
  sampleCode,
  sampleConfirm,
  sampleFrame,
  samplePages,
  sampleRefusal,
  sampleResult,
  sampleSignIn,
} from './sample-views.ts';

const locales = ['vi', 'en'] as const;

function everyPage(): [string, string][] {
  return locales.flatMap((locale) =>
    [false, true].flatMap((live) =>
      Object.entries(samplePages(locale, live)).map(([name, page]): [string, string] => [
        `${name} ${locale}`,
        page,
      ]),
    ),
  );
}

/** The pages without style and script, as a reader meets them. */
function bodyOf(page: string): string {
  return page.replace(/<(style|script)[\s\S]*?<\/\1>/g, '');
}

test('every page fits one initial congestion window, uncompressed and with room for headers', () => {
  for (const [name, page] of everyPage()) {
    assert.ok(Buffer.byteLength(page) < 12 * 1024, `${name}: ${Buffer.byteLength(page)}`);
  }
});

test('no page names another host or loads anything', () => {
  for (const [name, page] of everyPage()) {
    assert.doesNotMatch(page, /https?:|@import|url\(|\ssrc=/i, name);
    assert.doesNotMatch(page, /\s(style|on\w+)="/i, name);
  }
});

test('no page shows an empty element, a missing word or a leaked value', () => {
  for (const [name, page] of everyPage()) {
    const body = bodyOf(page);
    assert.doesNotMatch(body, /<(p|h1|h2|dt|dd|label|button|a|strong|summary|bdi|span)[^>]*>\s*<\/\1>/, name);
    assert.doesNotMatch(body, /undefined|null|\[object|NaN|=>/, name);
  }
});

test('every page has one heading, one main action at most, and its language', () => {
  for (const [name, page] of everyPage()) {
    assert.equal(page.match(/<h1/g)?.length, 1, name);
    assert.ok((page.match(/class="button next"/g)?.length ?? 0) <= 1, name);
    assert.match(page, new RegExp(`<html lang="${name.slice(-2)}">`), name);
  }
});

test('every label names a field that exists, and every description an element that exists', () => {
  for (const [name, page] of everyPage()) {
    for (const [, id] of page.matchAll(/<label for="(\w+)"/g))
      assert.match(page, new RegExp(`<input[^>]* id="${id}"`), name);
    for (const [, ids = ''] of page.matchAll(/aria-describedby="([^"]*)"/g)) {
      for (const id of ids.split(' ')) assert.match(page, new RegExp(` id="${id}"`), `${name}: ${id}`);
    }
  }
});

type Form = { action: string; fields: string[] };

function formsOf(page: string): Form[] {
  return [...page.matchAll(/<form[^>]* action="([^"]*)">([\s\S]*?)<\/form>/g)].map(
    ([, action = '', inner = '']) => ({
      action: action.replace(/^.*\//, ''),
      fields: [...inner.matchAll(/ name="(\w+)"/g)].map(([, name = '']) => name).sort(),
    }),
  );
}

test('each page posts what its routes expect', () => {
  for (const locale of locales) {
    const frame = sampleFrame(locale);
    const token = ['form_token'];
    const payment = ['form_token', 'payment_id'];
    assert.deepEqual(formsOf(sampleSignIn(frame)), [
      { action: 'sign-in', fields: ['form_token', 'phone', 'pin'] },
      { action: 'cancel', fields: token },
    ]);
    assert.deepEqual(formsOf(sampleConfirm(frame)), [
      { action: 'confirm', fields: payment },
      { action: 'sign-out', fields: token },
      { action: 'cancel', fields: token },
    ]);
    assert.deepEqual(formsOf(sampleCode(frame)), [
      { action: 'code', fields: ['form_token', 'otp', 'payment_id'] },
      { action: 'resend', fields: payment },
      { action: 'cancel', fields: token },
    ]);
    assert.deepEqual(
      formsOf(sampleCode(frame, { resendFrom: null })).map((form) => form.action),
      ['code', 'cancel'],
    );
    for (const code of refusalCodes) {
      const forms = formsOf(sampleRefusal(frame, code));
      assert.equal(forms.at(-1)?.action, 'give-up', code);
      assert.ok(
        forms.every((form) => form.fields.join() === 'form_token'),
        code,
      );
    }
  }
});

test("a hostile shop's words are shown as text", () => {
  const hostile = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>";
  const frame = sampleFrame('vi');
  const order = { ...frame.order, shopName: hostile, description: hostile, orderNo: hostile };
  const changed = { ...frame, order, formToken: hostile, checkoutPath: `/checkout/${hostile}` };
  const pages = [
    sampleSignIn(changed, { phone: hostile }),
    sampleConfirm(changed, { holderName: hostile, phone: hostile, paymentId: hostile }),
    sampleCode(changed, { inboxPath: hostile }),
    sampleRefusal(changed, '99', { traceId: hostile }),
    sampleResult(changed, { transactionNo: hostile }),
  ];
  for (const page of pages) {
    assert.doesNotMatch(bodyOf(page), /<script|<img|onerror='|alert\(1\)<\/s/);
    assert.match(page, /&lt;script&gt;/);
  }
});

test("words that turn the reading direction cannot turn ours: merchants' text is isolated", () => {
  const frame = sampleFrame('vi');
  const shopName = 'Shop\u202E₫ 000.1';
  assert.ok(
    sampleSignIn({ ...frame, order: { ...frame.order, shopName } }).includes(`<bdi>${shopName}</bdi>`),
  );
});

test('an error keeps the phone, never the PIN, and is tied to its fields', () => {
  const page = sampleSignIn(sampleFrame('vi'), { phone: '0900000001', error: 'credentials' });
  assert.match(page, /role="alert" id="alert"/);
  assert.match(page, /name="phone"[^>]* value="0900000001" aria-invalid="true" aria-describedby="alert"/);
  assert.match(page, /name="pin"[^>]* aria-invalid="true" aria-describedby="alert"/);
  assert.doesNotMatch(page, /name="pin"[^>]* value=/);
});

test('the whole phone number and name are on no page but where the buyer typed them', () => {
  const frame = sampleFrame('vi', true);
  for (const page of [sampleConfirm(frame), sampleCode(frame)]) {
    assert.doesNotMatch(page, /0900000001|Nguyễn/);
    assert.match(page, /09••\u00a0•••\u00a0001/);
  }
});

test('the button that moves money says how much', () => {
  const frame = sampleFrame('vi');
  assert.match(sampleConfirm(frame), /class="button next"[^>]*>Xác nhận thanh toán 200\.000\u00a0₫</);
  assert.match(sampleCode(frame), /class="button next"[^>]*>Thanh toán 200\.000\u00a0₫</);
  assert.doesNotMatch(sampleConfirm(frame, { sendsCode: true }), /class="button next"[^>]*>[^<]*200/);
});

test('every refusal says that no money was taken', () => {
  for (const code of refusalCodes) {
    assert.match(sampleRefusal(sampleFrame('vi'), code), /Chưa có khoản tiền nào bị trừ/);
    assert.match(sampleRefusal(sampleFrame('en'), code), /No money has been taken/);
  }
});

test('a limit says which one, what is left and when it starts again', () => {
  const page = samplePages('vi')['refusal-65-daily'] ?? '';
  assert.match(page, /Hạn mức trong ngày<\/dt><dd><bdi>50\.000\u00a0₫/);
  assert.match(page, /Còn dùng được<\/dt><dd><bdi>12\.000\u00a0₫/);
  assert.match(page, /00:00 ngày 24\/11\/2026\u00a0\(GMT\+7\)/);
});

test("the shop's own bounds offer no other wallet, for none would help", () => {
  const page = samplePages('vi')['refusal-61-site'] ?? '';
  assert.deepEqual(
    formsOf(page).map((form) => form.action),
    ['give-up'],
  );
});

test('only a party to the payment sees the way back and the transaction number', () => {
  const frame = sampleFrame('vi');
  const returnHref = 'https://shop.example/return?a=1&b="2"';
  assert.match(
    sampleResult(frame, { returnHref }),
    /href="https:\/\/shop\.example\/return\?a=1&amp;b=%222%22"/,
  );
  const stranger = sampleResult(frame, { returnHref, isParty: false });
  assert.doesNotMatch(stranger, /shop\.example|2611230000042|SD-20261123/);
  assert.match(stranger, /Đã thanh toán/);
});

test('a return address that would run in our page gets no link', () => {
  const page = sampleResult(sampleFrame('vi'), { returnHref: 'javascript:alert(1)' });
  assert.doesNotMatch(bodyOf(page), /javascript:/);
});

test('the seconds until the return are on the page only while it returns by itself', () => {
  assert.match(sampleResult(sampleFrame('en')), /Going back to the shop in <span data-return="5">5<\/span>/);
  assert.doesNotMatch(sampleResult(sampleFrame('en'), { returnAfterSeconds: null }), /stay=1&amp;lang=en/);
});

test('live pages carry no sandbox ribbon and no inbox link', () => {
  for (const page of Object.values(samplePages('vi', true))) assert.doesNotMatch(page, /sandbox/i);
});

test('a live sign-in page never shows a test wallet', () => {
  assert.match(sampleSignIn(sampleFrame('vi')), /Ví thử nghiệm: 0900000001, PIN\u00a0246810/);
  assert.doesNotMatch(sampleSignIn(sampleFrame('vi', true)), /246810/);
});

test('a retry is offered only when it can come before the order ends', () => {
  const frame = sampleFrame('vi');
  const actions = (page: string) => formsOf(page).map((form) => form.action);
  const later = new Date(frame.order.expiresAt.getTime());
  const sooner = new Date(later.getTime() - 1);
  assert.deepEqual(actions(sampleRefusal(frame, '79', { retryAt: sooner })), [
    'sign-out',
    'retry',
    'give-up',
  ]);
  assert.deepEqual(actions(sampleRefusal(frame, '79', { retryAt: later })), ['sign-out', 'give-up']);
  const limit = { kind: 'daily', limitDong: 1n, leftDong: 0n, resetsAt: later } as const;
  assert.deepEqual(actions(sampleRefusal(frame, '65', { limit })), ['sign-out', 'give-up']);
});

test('a stranger with the address is offered no button that would end the order', () => {
  const frame = { ...sampleFrame('vi'), mayEnd: false };
  for (const page of [sampleSignIn(frame), sampleRefusal(frame, '79')]) {
    assert.doesNotMatch(page, /\/(?:cancel|give-up)"/);
    assert.match(page, /<form /);
  }
});
