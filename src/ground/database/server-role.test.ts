// The primary becomes a standby under open connections, and another server the primary: two real servers that copy each
// other, behind a proxy.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { createContextOn, givenSite, givenWallet, type TestContext } from '../../../tests/support/context.ts';
import { createDataDir, findFreePort, startGatewayProcess } from '../../../tests/support/gateway-process.ts';
import { givenPayments, postByPin } from '../../../tests/support/posting-fixtures.ts';
import { type ReplicatedServers, startReplicatedServers } from '../../../tests/support/replicated-servers.ts';
import { createApp } from '../../app.ts';
import { type DatabaseWatch, openDatabase, watchDatabase } from './index.ts';

let servers: ReplicatedServers;
let context: TestContext;
let watch: DatabaseWatch;
let app: FastifyInstance;

before(async () => {
  servers = await startReplicatedServers();
  const { url } = servers;
  const db = openDatabase(url, { max: 10, purpose: 'page' });
  const { ownerUrl } = servers.first();
  context = createContextOn({ db, owner: db, url, ownerUrl, drop: () => db.destroy() });
  watch = watchDatabase(url, { everyMs: 500 });
  app = createApp(context, { sandbox: null, watch });
});
after(async () => {
  await app.close();
  await watch.stop();
  await context.drop();
  await servers.remove();
});

const readyz = async () => (await app.inject('/readyz')).json();

test('a start against a standby ends with one sentence', async () => {
  const { dataDir, remove } = createDataDir();
  const gateway = startGatewayProcess({
    dataDir,
    port: await findFreePort(),
    env: {
      DATABASE_URL: servers.second().url,
      VIPAY_DEMO: '1',
      VIPAY_MIGRATION_DATABASE_URL: servers.second().ownerUrl,
    },
  });
  assert.equal(await gateway.end(), 1);
  assert.match(
    gateway.output(),
    /This server is a standby: it only reads\. Point DATABASE_URL at the primary/,
  );
  assert.equal(gateway.output().trim().split('\n').length, 1, gateway.output());
  remove();
});

test('orders and payments go on within 5 s of the new primary, without a restart; until then nobody is told a lie', async () => {
  const { site, credentials } = await givenSite(context, { protocol: 'rest' });
  const wallet = await givenWallet(context, { balanceDong: 1_000_000n });
  const ready = await givenPayments(
    context,
    site,
    Array.from({ length: 4 }, () => ({ wallet, amountDong: 20_000n })),
  );
  const place = async (reference: string) => {
    const answer = await app.inject({
      method: 'POST',
      url: '/v3/orders',
      headers: {
        authorization: `Bearer ${credentials.api_key}`,
        'idempotency-key': reference,
        'content-type': 'application/json',
      },
      payload: JSON.stringify({
        merch_txn_ref: reference,
        order_no: reference,
        amount: '20000',
        description: 'Sen đá',
        return_url: 'https://shop.example/',
      }),
    });
    return answer.statusCode;
  };
  const placeTen = (name: string) =>
    Promise.all(Array.from({ length: 10 }, (_, index) => place(`${name}-${index}`)));

  assert.deepEqual(new Set(await placeTen('before')), new Set([201]));
  assert.deepEqual(await readyz(), { status: 'ready' });

  await servers.failOver();
  // The proxy still leads to the server of before, a standby now: it answers every read.
  servers.proxy.target(servers.first().port);
  assert.deepEqual(new Set(await placeTen('between')), new Set([503]));
  assert.deepEqual(await postByPin(context, ready.slice(0, 2)), ['busy', 'busy']);
  assert.deepEqual(await readyz(), { status: 'not_ready', reason: 'database_read_only' });

  servers.proxy.target(servers.second().port);
  const since = performance.now();
  let seen = await placeTen('after');
  while (seen.some((status) => status !== 201) && performance.now() - since < 5_000) {
    assert.ok(
      seen.every((status) => status === 201 || status === 503 || status === 200),
      seen.join(),
    );
    await delay(100);
    seen = await placeTen(`after-${Math.round(performance.now())}`);
  }
  assert.deepEqual(new Set(seen), new Set([201]));
  assert.deepEqual(await readyz(), { status: 'ready' });
  assert.deepEqual(await postByPin(context, ready), ['paid', 'paid', 'paid', 'paid']);
});
