// The program itself with a log that nobody reads: the pipe under standard output is full. Requests are answered all the
// same, and what is said at an ordered stop is there when somebody reads again.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createTestContext, givenSite, testSecretKey } from '../support/context.ts';
import { createDataDir, findFreePort, startGatewayProcess } from '../support/gateway-process.ts';

const context = await createTestContext();
after(() => context.drop());

/** A line each, of some 300 bytes: more than a pipe and the reader's own buffer hold. */
const ordersMax = 1_200;
const atATime = 12;
const answersWithinMs = 20_000;

const countTold = (output: string) => output.match(/"order\.placed"/g)?.length ?? 0;

test('nobody reads the log: orders are taken on, and the last lines before the stop are there when it is read', async () => {
  const { credentials } = await givenSite(context, { protocol: 'rest' });
  const { dataDir, remove } = createDataDir();
  const port = await findFreePort();
  const gateway = startGatewayProcess({
    dataDir,
    port,
    env: {
      DATABASE_URL: context.url,
      VIPAY_MIGRATION_DATABASE_URL: context.ownerUrl,
      VIPAY_DEMO: '0',
      VIPAY_PUBLIC_URL: `http://localhost:${port}`,
      VIPAY_SECRET_KEY: testSecretKey,
      VIPAY_TRUSTED_PROXIES: '127.0.0.1',
    },
  });
  const place = async (number: number) => {
    const answer = await fetch(`${gateway.url}/v3/orders`, {
      method: 'POST',
      signal: AbortSignal.timeout(answersWithinMs),
      headers: {
        authorization: `Bearer ${credentials.api_key}`,
        'idempotency-key': `unread-${number}`,
        'content-type': 'application/json',
        'x-forwarded-for': `10.1.${number >> 8}.${number & 255}`,
      },
      body: JSON.stringify({
        merch_txn_ref: `UNREAD-${number}`,
        order_no: `UNREAD-${number}`,
        amount: '20000',
        description: 'Sen đá',
        return_url: 'https://shop.example/',
      }),
    });
    await answer.arrayBuffer();
    return answer.status;
  };
  try {
    await gateway.ready();
    gateway.child.stdout?.pause();
    let next = 0;
    const statuses = new Map<number, number>();
    const lane = async () => {
      while (next < ordersMax) {
        next += 1;
        const status = await place(next);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: atATime }, lane));
    assert.deepEqual([...statuses], [[201, ordersMax]]);
    assert.ok(countTold(gateway.output()) < ordersMax, 'the pipe was not full');

    const ended = gateway.end('SIGTERM');
    gateway.child.stdout?.resume();
    assert.equal(await ended, 0);
    assert.equal(countTold(gateway.output()), ordersMax);
  } finally {
    gateway.child.stdout?.resume();
    await gateway.end('SIGKILL');
    remove();
  }
});
