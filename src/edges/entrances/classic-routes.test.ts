import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { testActor } from '../../../tests/support/actor.ts';
import {
  codeOf,
  type EntranceApp,
  startEntranceApp,
  v1Fields,
  v1Url,
  v2Url,
} from '../../../tests/support/entrance-app.ts';
import { type SiteCredentials, suspendSite, updateSite } from '../../business/merchants/index.ts';
import { isArrivalMark, parseCheckoutToken } from '../../business/orders/index.ts';
import { findRefusedRequest } from '../../business/requests/index.ts';

describe('classic orders by redirect', () => {
  let at: EntranceApp;
  let v1: SiteCredentials;
  let v2: SiteCredentials;
  before(async () => {
    at = await startEntranceApp();
    [v1, v2] = await Promise.all([
      at.createSite({ protocol: 'classic-v1', merchantSite: 'shop_v1' }),
      at.createSite({ protocol: 'classic-v2', merchantSite: 'shop_v2' }),
    ]);
  });
  after(() => at.close());

  /** Follows a redirect to the order it opens. */
  async function openedOrder(location: string) {
    const url = new URL(location);
    const orderId = parseCheckoutToken(at.context, url.pathname.replace('/checkout/', ''));
    assert.ok(orderId);
    assert.ok(isArrivalMark(at.context, orderId, url.searchParams.get('arrival') ?? ''));
    const { rows } = await sql<{ id: string; reference: string; amount: bigint; description: string }>`
      select id, merch_txn_ref as reference, amount_dong as amount, description from orders
      where id = ${orderId}`.execute(at.context.db);
    return rows[0];
  }

  test('a v1 order is stored and its buyer sent to the checkout; the same again opens the same one', async () => {
    const fields = v1Fields(v1, { merch_txn_ref: 'V1-A' });
    const first = await at.app.inject({ url: v1Url(v1, fields) });
    assert.equal(first.statusCode, 302);
    assert.equal(first.headers['cache-control'], 'no-store');
    const order = await openedOrder(String(first.headers.location));
    assert.deepEqual(
      [order?.reference, order?.amount, order?.description],
      ['V1-A', 200_000n, 'Sen đá và chậu gốm'],
    );
    const again = await at.app.inject({
      url: v1Url(v1, { ...fields, locale: 'en', Client_ip: '203.0.113.9' }),
    });
    assert.equal(again.headers.location, first.headers.location);
  });

  test('a v2 order is stored and its buyer sent to the checkout', async () => {
    const answer = await at.app.inject({
      url: v2Url(v2, v1Fields(v2, { version: '2.0', merch_txn_ref: 'V2-A' })),
    });
    assert.equal(answer.statusCode, 302, answer.body);
    assert.equal((await openedOrder(String(answer.headers.location)))?.reference, 'V2-A');
  });

  test('a query as a browser sends it raw, with a bare %, is read as it was signed', async () => {
    await at.app.listen({ port: 0, host: '127.0.0.1' });
    const fields = v1Fields(v1, { merch_txn_ref: 'V1-RAW', order_desc: 'Giảm 50% {cho} chị^Lê`\\~' });
    const hash = new URLSearchParams(v1Url(v1, fields).split('?')[1]).get('secure_hash');
    const raw = Object.entries({ ...fields, secure_hash: String(hash) }).map(
      ([name, value]) => `${name}=${value}`,
    );
    // What a browser's address bar encodes, and nothing else (the query set of the URL standard).
    const encoded = raw
      .join('&')
      .replaceAll(/[^\x21\x24-\x3b\x3d\x3f-\x7e]/g, (char) =>
        char === '%' ? '%' : encodeURIComponent(char),
      );
    const answer = await new Promise<string>((resolve) => {
      const socket = connect((at.app.server.address() as { port: number }).port, '127.0.0.1');
      socket.write(`GET /vipay/ecommerce?${encoded} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
      });
      socket.on('close', () => resolve(text));
    });
    const location = /^location: (\S+)/im.exec(answer)?.[1];
    assert.ok(location, answer.slice(0, 500));
    assert.equal((await openedOrder(location))?.description, fields.order_desc);
  });

  test('a fault is a page that names its code and trace id, and a line in the log of refused requests', async () => {
    const fields = v1Fields(v1, { merch_txn_ref: 'V1-FORGED', locale: 'en' });
    const answer = await at.app.inject({ url: v1Url(v1, fields).replace('20000000', '10000000') });
    assert.equal(answer.statusCode, 400);
    assert.equal(codeOf(answer), '97');
    assert.match(answer.body, /<html lang="en">/);
    const traceId = String(answer.headers['x-trace-id']);
    assert.ok(answer.body.includes(traceId));
    const line = await findRefusedRequest(at.context.db, traceId);
    assert.equal(line?.code, '97');
    assert.equal(line?.merchantSite, 'shop_v1');
    assert.equal(line?.entryPoint, '/vipay/ecommerce');
    assert.equal(line?.received.total_amount, '10000000');
    assert.doesNotMatch(JSON.stringify(line?.received), /[0-9a-f]{64}/);
  });

  test('a hash made by a wrong habit: the page says what it says to anybody, the log says which habit', async () => {
    const url = v1Url(v1, v1Fields(v1, { merch_txn_ref: 'V1-NEAR' }));
    const near = await at.app.inject({
      url: url.replace(/[0-9a-f]{64}$/, (hash) => hash.toUpperCase()),
    });
    const far = await at.app.inject({ url: url.replace(/[0-9a-f]{64}$/, '0'.repeat(64)) });
    const idOf = (answer: typeof near) => String(answer.headers['x-trace-id']);
    // But for its trace id, one page is the other.
    const told = (answer: typeof near) => answer.body.replaceAll(idOf(answer), '');
    assert.equal(told(near), told(far));
    const [nearLine, farLine] = await Promise.all(
      [near, far].map((answer) => findRefusedRequest(at.context.db, idOf(answer))),
    );
    assert.match(nearLine?.detail ?? '', /the hash would fit if it were written in lower case$/);
    assert.doesNotMatch(farLine?.detail ?? '', /would fit/);
  });

  test('the words of real merchants pay in every dialect: long, with semicolons, line breaks and trackers', async () => {
    const basket = Array.from({ length: 15 }, (_, at) => `HD${2_026_000 + at}`).join(';');
    const description = `Sen đá\r\n2 chậu\t\u200eSKU\u200f${'ệ'.normalize('NFD').repeat(300)}`;
    const words = { order_no: basket, order_desc: description, Client_ip: '113.22.1.5:50211' };
    const urls = [
      `${v1Url(v1, v1Fields(v1, { ...words, merch_txn_ref: 'HD;1' }))}&utm_source=zalo&zarsrc=30&fbclid=x`,
      `${v2Url(v2, v1Fields(v2, { ...words, version: '2.0', merch_txn_ref: 'HD;1' }))}&gclid=1`,
    ];
    for (const url of urls) {
      const answer = await at.app.inject({ url });
      assert.equal(answer.statusCode, 302, answer.body);
      const order = await openedOrder(String(answer.headers.location));
      assert.deepEqual([order?.reference, order?.description], ['HD;1', description]);
    }
    const { rows } = await sql<{ orderNo: string; clientIp: string }>`
      select order_no as "orderNo", received->>'client_ip' as "clientIp" from orders
      where merch_txn_ref = 'HD;1'`.execute(at.context.db);
    const kept = { orderNo: basket, clientIp: '113.22.1.5:50211' };
    assert.deepEqual(rows, [kept, kept]);
  });

  test("a shop's own address is taken whatever its names; where results are prefixed, not with such a prefix", async () => {
    const own = 'https://shop.example/?key=wc_order_1&version=3&message=a&data=b&signature=c&secure_hash=d';
    const prefixed = 'https://shop.example/?vipay_data=1';
    const send = (merch_txn_ref: string, return_url: string) =>
      Promise.all([
        at.app.inject({ url: v1Url(v1, v1Fields(v1, { merch_txn_ref, return_url })) }),
        at.app.inject({ url: v2Url(v2, v1Fields(v2, { version: '2.0', merch_txn_ref, return_url })) }),
      ]);
    for (const answer of [...(await send('OWN-1', own)), ...(await send('OWN-2', prefixed))]) {
      assert.equal(answer.statusCode, 302, answer.body);
    }
    for (const site of [v1, v2]) {
      const changed = await updateSite(at.context, testActor, site.merchant_site, {
        resultNames: 'prefixed',
      });
      assert.ok(changed.ok && changed.site.resultNames === 'prefixed');
    }
    for (const answer of await send('OWN-3', own)) assert.equal(answer.statusCode, 302, answer.body);
    for (const answer of await send('OWN-4', prefixed)) assert.equal(codeOf(answer), '03');
    for (const site of [v1, v2])
      await updateSite(at.context, testActor, site.merchant_site, { resultNames: 'plain' });
  });

  test('other content under a known reference is 94', async () => {
    const fields = v1Fields(v1, { merch_txn_ref: 'V1-TWICE' });
    assert.equal((await at.app.inject({ url: v1Url(v1, fields) })).statusCode, 302);
    const other = await at.app.inject({ url: v1Url(v1, { ...fields, total_amount: '30000000' }) });
    assert.deepEqual([other.statusCode, codeOf(other)], [400, '94']);
  });

  test('under a known reference a default that is said is the same as one that is not, in both dialects', async () => {
    const returnUrl = v1Fields(v1).return_url;
    const said = {
      currency: 'VND',
      account_type: 'VV',
      shipping_fee: '0',
      tax_fee: '0',
      cancel_url: returnUrl,
    };
    for (const [name, value] of Object.entries(said)) {
      for (const [first, second] of [
        [undefined, value],
        [value, undefined],
      ]) {
        const fields = (content: string | undefined) => ({
          merch_txn_ref: `D-${name}-${first}`.slice(0, 40),
          [name]: content,
        });
        for (const urlOf of [
          (content: string | undefined) => v1Url(v1, v1Fields(v1, fields(content))),
          (content: string | undefined) => v2Url(v2, v1Fields(v2, { version: '2.0', ...fields(content) })),
        ]) {
          const made = await at.app.inject({ url: urlOf(first) });
          const again = await at.app.inject({ url: urlOf(second) });
          assert.deepEqual([made.statusCode, again.statusCode], [302, 302], name);
          assert.equal(again.headers.location, made.headers.location);
        }
      }
    }
  });

  test('a site of another dialect, or none, is 02 and a suspended one 04 with status 403', async () => {
    for (const code of ['shop_v2', 'nobody']) {
      const answer = await at.app.inject({ url: v1Url(v1, v1Fields(v1, { merchant_site: code })) });
      assert.deepEqual([answer.statusCode, codeOf(answer)], [400, '02'], code);
    }
    const off = await at.createSite({ protocol: 'classic-v1', merchantSite: 'shop_off' });
    await sql`update merchant_sites set protocol_enabled = false where merchant_site = 'shop_off'`.execute(
      at.context.owner,
    );
    assert.equal(codeOf(await at.app.inject({ url: v1Url(off) })), '02');
    const asleep = await at.createSite({ protocol: 'classic-v1', merchantSite: 'shop_asleep' });
    await suspendSite(at.context, testActor, 'shop_asleep');
    const answer = await at.app.inject({ url: v1Url(asleep) });
    assert.deepEqual([answer.statusCode, codeOf(answer)], [403, '04']);
  });

  test('while the database is away the buyer is told 75, and a program when to ask again', async () => {
    const { clock } = at.context;
    at.context.clock = {
      now() {
        throw Object.assign(new Error('terminating connection'), { code: '57P01' });
      },
    };
    const away = await at.app.inject({ url: v1Url(v1, v1Fields(v1, { merch_txn_ref: 'V1-AWAY' })) });
    at.context.clock = clock;
    assert.deepEqual([away.statusCode, away.headers['retry-after']], [503, '5']);
  });

  test('only GET places an order: HEAD, POST and PUT are 405', async () => {
    for (const method of ['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'] as const) {
      const answer = await at.app.inject({
        method,
        url: v1Url(v1, v1Fields(v1, { merch_txn_ref: 'V1-HEAD' })),
      });
      assert.equal(answer.statusCode, 405, method);
      assert.equal(answer.headers.allow, 'GET');
    }
    const { rows } = await sql`select 1 from orders where merch_txn_ref = 'V1-HEAD'`.execute(at.context.db);
    assert.equal(rows.length, 0);
  });

  test('a query longer than 16 KiB is 414 with code 03', async () => {
    const answer = await at.app.inject({ url: `/vipay/ecommerce?order_desc=${'a'.repeat(16_400)}` });
    assert.deepEqual([answer.statusCode, codeOf(answer)], [414, '03']);
  });
});
