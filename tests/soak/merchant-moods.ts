// The merchants' server of a soak: it hears of results and, by its mood, answers well, slowly, wrongly, or not at all.
// It keeps what was heard of each reference, after checking the signature.

import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { openV2Result } from '../../src/ground/protocols/classic-v2/index.ts';
import { readHeard } from '../kills/merchant-books.ts';
import { type HeardRequest, startMerchantEndpoint } from '../support/merchant-endpoint.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import type { Shop } from './shop-clerk.ts';

export type Mood = 'well' | 'slowly' | 'wrongly' | 'down' | 'mixed';

export type MoodyMerchant = {
  url: string;
  mood: Mood;
  /** `00 2500`: response code and dong, of each reference. */
  heardOf: Map<string, Set<string>>;
  /** How many requests were heard, repetitions too. */
  heard: number;
  violations: string[];
  /** Must be called before the first result comes. */
  believe(shops: readonly Shop[]): void;
  close(): Promise<void>;
};

const slowMs = 1_500;

export async function startMoodyMerchant(random: SeededRandom): Promise<MoodyMerchant> {
  const heardOf = new Map<string, Set<string>>();
  const violations: string[] = [];
  let shops: readonly Shop[] = [];

  const answer = (response: ServerResponse, request: HeardRequest) => {
    endpoint.heard.length = 0;
    const mood =
      merchant.mood === 'mixed' ? random.pick(['well', 'slowly', 'wrongly', 'down'] as const) : merchant.mood;
    // As if it had never come.
    if (mood === 'down') return response.destroy();
    merchant.heard += 1;
    const read = readResult(request, shops);
    if (!read.ok) violations.push(read.fault);
    else {
      const { merchTxnRef, responseCode, amountDong } = read.result;
      heardOf.set(merchTxnRef, (heardOf.get(merchTxnRef) ?? new Set()).add(`${responseCode} ${amountDong}`));
    }
    if (mood === 'wrongly') return answerWrongly(response, random);
    const answerWell = () => {
      response.setHeader('content-type', 'application/json').end('{"RspCode":"00","Message":"ok"}');
    };
    if (mood === 'slowly') setTimeout(answerWell, slowMs);
    else answerWell();
  };
  const endpoint = await startMerchantEndpoint(answer);
  const merchant: MoodyMerchant = {
    url: endpoint.url,
    mood: 'well',
    heardOf,
    heard: 0,
    violations,
    believe: (given) => {
      shops = given;
    },
    close: endpoint.close,
  };
  return merchant;
}

function answerWrongly(response: ServerResponse, random: SeededRandom): void {
  const [status, body] = random.pick([
    [500, 'Internal Server Error'],
    [404, '<html>not here</html>'],
    [302, ''],
    [503, '{"RspCode":"99"}'],
  ] as const);
  response.writeHead(status, { 'content-type': 'application/json' }).end(body);
}

function readResult(request: HeardRequest, shops: readonly Shop[]): ReturnType<typeof readHeard> {
  const query = request.url.slice(request.url.indexOf('?') + 1);
  const isV2 = request.method === 'GET' && new URLSearchParams(query).has('data');
  const protocol = request.method === 'POST' ? 'rest' : isV2 ? 'classic-v2' : 'classic-v1';
  const shop = shops.find(({ site }) => site.protocol === protocol);
  if (shop === undefined) return { ok: false, fault: `a result for nobody: ${request.url}` };
  if (!isV2) return readHeard(request, shop.credentials);
  const opened = openV2Result(query, {
    merchantPrivateKeys: [createPrivateKey(shop.credentials.merchant_private_key_pem ?? '')],
    gatewayPublicKeys: [createPublicKey(shop.credentials.gateway_public_key_pem ?? '')],
  });
  if (!opened.ok) return { ok: false, fault: `a v2 result with a fault: ${opened.detail}` };
  const { merch_txn_ref: merchTxnRef, response_code: responseCode, total_amount: total } = opened.fields;
  return { ok: true, result: { merchTxnRef, responseCode, amountDong: BigInt(total) } };
}
