import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  errorKinds,
  sampleCode,
  sampleConfirm,
  sampleFrame,
  samplePages,
  sampleRefusal,
  sampleResult,
  sampleSignIn,
  withLongWords,
} from './sample-views.ts';
import { refusalCodes } from './view-models.ts';

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

// Where the system's font has no weight between, Linux takes another family's for it: labels in slab serifs.
test('text is plain or bold, and nothing between', () => {
  for (const [name, page] of everyPage()) {
    const weights = new Set(page.match(/font-weight:[^;}]+/g));
    assert.deepEqual([...weights].sort(), ['font-weight:400', 'font-weight:700'], name);
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
    const seen = page.replace(/<details class="other">[\s\S]*?<\/details>/, '');
    assert.ok((seen.match(/class="button next"/g)?.length ?? 0) <= 1, name);
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

test('every page of an order names the shop in its title', () => {
  const ofNoOrder = /^(?:error-|fault|expired-app)/;
  for (const [name, page] of everyPage()) {
    if (!ofNoOrder.test(name)) assert.match(page, /<title>[^<]+ – Cửa hàng [^<]+ – viPay<\/title>/, name);
  }
});

test('beside the amount stands the shop with its domain, and until when to pay, without scripts', () => {
  const vi = bodyOf(sampleSignIn(sampleFrame('vi')));
  assert.match(vi, /<bdi>Cửa hàng Sen Đá<\/bdi><\/strong> <span class="muted"><bdi>senda\.example<\/bdi>/);
  assert.match(
    vi,
    /Thanh toán trước 14:05\u00a0\(GMT\+7\)<span data-left="900">, còn <span>15<\/span> phút<\/span>/,
  );
  const frame = sampleFrame('en');
  const until = (seconds: number) => {
    const order = {
      ...frame.order,
      shopDomain: null,
      expiresAt: new Date(frame.now.getTime() + seconds * 1000),
    };
    return bodyOf(sampleSignIn({ ...frame, order }));
  };
  assert.match(until(59), /Pay before 13:51\u00a0\(GMT\+7\), less than 1 min left/);
  assert.match(until(60), /, <span>1<\/span> min left/);
  assert.match(until(7200), /\(GMT\+7\), 2 hours left/);
  assert.match(until(30 * 86_400), /\(GMT\+7\), 30 days left/);
  assert.doesNotMatch(until(60), /senda\.example/);
});

test('a long description is folded behind its first lines, a short one stands as it is', () => {
  const frame = sampleFrame('vi');
  assert.match(sampleSignIn(frame), /<p><bdi>Chậu sen đá nâu và đất trồng<\/bdi><\/p>/);
  const long = sampleSignIn(withLongWords(frame));
  assert.match(long, /<details class="words"><summary><span><bdi>Chậu sen/);
});

test('what ends an order asks first, unless nothing else can be done', () => {
  const frame = sampleFrame('vi');
  const asked = /<details class="end"><summary>[\s\S]*?\/(cancel|give-up)"[\s\S]*?<\/details>/;
  for (const page of [sampleSignIn(frame), sampleConfirm(frame), sampleCode(frame)])
    assert.equal(asked.exec(page)?.[1], 'cancel');
  assert.equal(asked.exec(sampleRefusal(frame, '51'))?.[1], 'give-up');
  const only = sampleRefusal(frame, '04');
  assert.doesNotMatch(only, asked);
  assert.match(only, /Quay về cửa hàng sẽ kết thúc đơn hàng này mà không thanh toán/);
});

test('a lock that outlasts the order promises no try before the order ends', () => {
  for (const code of ['10', '12', '13', '75', '79'] as const) {
    const frame = sampleFrame('vi');
    const { expiresAt } = frame.order;
    const later = bodyOf(sampleRefusal(frame, code, { retryAt: new Date(expiresAt.getTime() + 60_000) }));
    assert.match(later, /từ 14:06\u00a0\(GMT\+7\), sau khi đơn hàng hết hạn/, code);
    assert.doesNotMatch(later, /Bạn có thể thử lại|thử lại\.|hoặc chờ|action="[^"]*\/retry"/, code);
    const sooner = bodyOf(sampleRefusal(frame, code, { retryAt: new Date(expiresAt.getTime() - 60_000) }));
    assert.match(sooner, /Bạn có thể thử lại từ 14:04\u00a0\(GMT\+7\)/, code);
    assert.match(sooner, /action="[^"]*\/retry"/, code);
    assert.doesNotMatch(sooner, /sau khi đơn hàng hết hạn/, code);
  }
});

test('while one wallet has to wait, another one comes first', () => {
  const frame = sampleFrame('vi');
  const actions = (page: string) => formsOf(page).map((form) => form.action);
  const soon = new Date(frame.now.getTime() + 60_000);
  assert.deepEqual(actions(sampleRefusal(frame, '13', { retryAt: soon })), ['sign-out', 'retry', 'give-up']);
  assert.deepEqual(actions(sampleRefusal(frame, '13', { retryAt: null })), ['retry', 'sign-out', 'give-up']);
  assert.deepEqual(actions(sampleRefusal(frame, '13', { retryAt: frame.now })), [
    'retry',
    'sign-out',
    'give-up',
  ]);
});

test('no page is a dead end: each error leads on, without scripts where it can', () => {
  const pages = samplePages('vi', true);
  for (const kind of ['form_refused', 'cookies_missing'])
    assert.match(
      pages[`error-${kind}`] ?? '',
      /class="button next" href="\/checkout\/\w+">Mở lại trang thanh toán</,
    );
  for (const kind of ['server_error', 'unavailable', 'too_many_requests'])
    assert.match(pages[`error-${kind}`] ?? '', /class="button next" href="">Tải lại trang</);
  for (const kind of errorKinds) {
    const page = bodyOf(pages[`error-${kind}`] ?? '');
    assert.match(page, /class="button next"|data-back/, kind);
    assert.match(page, /href="tel:19001234">1900 1234<\/a>, <a href="mailto:hotro@vi\.example">/, kind);
  }
  assert.match(samplePages('vi')['error-not_found'] ?? '', /class="button next" href="\/">Về trang bắt đầu</);
});

test('who runs the gateway and how to reach them stands on every page', () => {
  for (const locale of locales) {
    for (const [name, page] of Object.entries(samplePages(locale, true))) {
      const foot = /<footer[\s\S]*<\/footer>/.exec(page)?.[0] ?? '';
      assert.match(foot, /<strong><bdi>Ví An Bình<\/bdi><\/strong>/, name);
      assert.match(foot, /hotro@vi\.example/, name);
    }
  }
});

test('the tries left for the PIN are told where they are known, and with a wrong PIN alone', () => {
  const frame = sampleFrame('vi');
  const wrong = { phone: '0900000001', error: 'credentials' } as const;
  assert.match(sampleSignIn(frame, { ...wrong, attemptsLeft: 2 }), /Bạn còn 2 lần nhập/);
  assert.match(sampleSignIn(sampleFrame('en'), { ...wrong, attemptsLeft: 1 }), /You have 1 try left/);
  assert.match(sampleSignIn(frame, wrong), /Nhập sai nhiều lần, đăng nhập sẽ tạm khóa/);
  assert.doesNotMatch(
    sampleSignIn(frame, { phone: '1', error: 'phone_malformed', attemptsLeft: 2 }),
    /lần nhập/,
  );
});

test('fields take what people paste: nothing is cut before the server has read it', () => {
  const frame = sampleFrame('vi');
  for (const page of [sampleSignIn(frame), sampleCode(frame)]) {
    for (const [, input = ''] of page.matchAll(/<input( id=[^>]*)>/g)) {
      assert.match(input, /maxlength="64"/);
    }
  }
  assert.match(sampleCode(frame), /inputmode="numeric" autocomplete="one-time-code"/);
  assert.match(
    sampleSignIn(frame),
    /name="pin" type="password" inputmode="numeric" autocomplete="current-password"/,
  );
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
  assert.match(sampleConfirm(frame), /class="button next"[^>]*>Thanh toán 200\.000\u00a0₫</);
  assert.match(sampleCode(frame), /class="button next"[^>]*>Thanh toán 200\.000\u00a0₫</);
  assert.doesNotMatch(sampleConfirm(frame, { sendsCode: true }), /class="button next"[^>]*>[^<]*200/);
});

test('every refusal says that no money was taken', () => {
  for (const code of refusalCodes) {
    assert.match(sampleRefusal(sampleFrame('vi'), code), /Bạn chưa bị trừ tiền/);
    assert.match(sampleRefusal(sampleFrame('en'), code), /You have not been charged/);
  }
});

test('a limit says which one, what is left and when it starts again', () => {
  const page = samplePages('vi')['refusal-65-daily'] ?? '';
  assert.match(page, /Hạn mức trong ngày<\/dt><dd><bdi>50\.000\u00a0₫/);
  assert.match(page, /Hạn mức còn lại<\/dt><dd><bdi>12\.000\u00a0₫/);
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
