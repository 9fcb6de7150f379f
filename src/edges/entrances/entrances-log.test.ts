// What the log says of merchants' requests: one line for each order and each refusal, under the trace id of its answer.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import {
  type EntranceApp,
  newOrder,
  post,
  startEntranceApp,
  v1Url,
} from '../../../tests/support/entrance-app.ts';
import type { SiteCredentials } from '../../business/merchants/index.ts';
import { createLogger } from '../../ground/log/index.ts';

let at: EntranceApp;
let rest: SiteCredentials;
let classic: SiteCredentials;
let lines: Record<string, unknown>[] = [];

before(async () => {
  const log = createLogger('info', { write: (line: string) => void lines.push(JSON.parse(line)) });
  at = await startEntranceApp({ log });
  rest = await at.createSite({ protocol: 'rest', merchantSite: 'log_rest' });
  classic = await at.createSite({ protocol: 'classic-v1', merchantSite: 'log_v1' });
});
beforeEach(() => {
  lines = [];
});
after(() => at.close());

const told = () =>
  lines.map(({ event, traceId, code, merchantSite }) => ({ event, traceId, code, merchantSite }));

test('an order by REST has one line, its repetition none, its cancel one', async () => {
  const send = () => post(at.app, '/v3/orders', { apiKey: rest.api_key, key: 'log-1', body: newOrder });
  const made = await send();
  const traceId = made.headers['x-trace-id'];
  await send();
  const placed = { event: 'order.placed', traceId, code: undefined, merchantSite: 'log_rest' };
  assert.deepEqual(told(), [placed]);
  assert.equal(lines[0]?.orderId, made.json().id);
  lines = [];
  const ended = await post(at.app, `/v3/orders/${made.json().id}/cancel`, {
    apiKey: rest.api_key,
    key: 'log-2',
    body: '{}',
  });
  assert.deepEqual(told(), [
    { event: 'order.ended', traceId: ended.headers['x-trace-id'], code: '24', merchantSite: 'log_rest' },
  ]);
});

test('refusals have one line each: a wrong key, a wrong field, another order under a known reference', async () => {
  const send = (apiKey: string | undefined, key: string, change: object) =>
    post(at.app, '/v3/orders', {
      apiKey,
      key,
      body: { ...newOrder, merch_txn_ref: 'LOG-3', ...change },
    });
  const answers = [
    await send('vpk_wrong', 'log-3', {}),
    await send(rest.api_key, 'log-4', { amount: 'abc' }),
    await send(rest.api_key, 'log-5', {}),
    await send(rest.api_key, 'log-6', { amount: '300000' }),
  ];
  assert.deepEqual(
    told().map(({ event, traceId, code }) => [event, traceId, code]),
    [
      ['request.refused', answers[0]?.headers['x-trace-id'], '02'],
      ['request.refused', answers[1]?.headers['x-trace-id'], '03'],
      ['order.placed', answers[2]?.headers['x-trace-id'], undefined],
      ['order.refused', answers[3]?.headers['x-trace-id'], '94'],
    ],
  );
});

test('a classic order has one line, and so has a forged one', async () => {
  const good = await at.app.inject({ url: v1Url(classic) });
  assert.equal(good.statusCode, 302);
  const forged = await at.app.inject({ url: v1Url(classic).replace('20000000', '30000000') });
  assert.deepEqual(
    told().map(({ event, traceId, code }) => [event, traceId, code]),
    [
      ['order.placed', good.headers['x-trace-id'], undefined],
      ['order.refused', forged.headers['x-trace-id'], '97'],
    ],
  );
});
