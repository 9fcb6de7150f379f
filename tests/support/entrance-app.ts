// A gateway with its entrances only, on a database of its own: a clock that can be set, sites of every dialect,
// and signed requests as their merchants would send them.

import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { createSite, type NewSite, type SiteCredentials } from '../../src/business/merchants/index.ts';
import { errorPage } from '../../src/edges/checkout/pages/index.ts';
import { registerEntrances } from '../../src/edges/entrances/index.ts';
import type { Context } from '../../src/ground/context.ts';
import { createServer } from '../../src/ground/http/index.ts';
import { createLogger } from '../../src/ground/log/index.ts';
import { buildV1RequestQuery } from '../../src/ground/protocols/classic-v1/index.ts';
import { sealV2Request, toV2Fields } from '../../src/ground/protocols/classic-v2/index.ts';
import { createKeyRing, createPinHasher } from '../../src/ground/secrets/index.ts';
import { testActor } from './actor.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';

export type EntranceApp = {
  app: FastifyInstance;
  context: Context & Pick<TestDatabase, 'owner'>;
  /** The clock stands here; assign to move it. */
  time: { now: Date };
  createSite(input: Partial<NewSite> & Pick<NewSite, 'protocol' | 'merchantSite'>): Promise<SiteCredentials>;
  /** Rows of every table that an order or a payment could have touched. */
  countRows(): Promise<Record<string, number>>;
  close(): Promise<void>;
};

export async function startEntranceApp(
  options: { max?: number; log?: Context['log'] } = {},
): Promise<EntranceApp> {
  const { db, owner, drop } = await createTestDatabase(options);
  const time = { now: new Date('2026-11-23T05:00:00.000Z') };
  const keyRing = createKeyRing([{ id: 'k1', bytes: Buffer.alloc(32, 7) }]);
  const context: EntranceApp['context'] = {
    db,
    owner,
    clock: { now: () => time.now },
    keyRing,
    pinHasher: createPinHasher(keyRing, { memoryKib: 8, passes: 1, parallelism: 1 }),
    log: options.log ?? createLogger('silent'),
    publicUrl: 'http://pay.test',
  };
  const app = createServer({ context, errorPage });
  registerEntrances(app, context);
  await app.ready();
  return {
    app,
    context,
    time,
    async createSite(input) {
      const made = await createSite(context, testActor, {
        environment: 'sandbox',
        name: 'Cửa hàng thử',
        ...input,
      });
      if (!made.ok) throw new Error(JSON.stringify(made.error));
      return made.credentials;
    },
    async countRows() {
      const tables = ['orders', 'payments', 'transfers', 'notifications', 'idempotency_keys', 'messages'];
      const counts = tables.map((table) => `(select count(*)::int from ${table}) as ${table}`);
      const { rows } = await db.pool.query(`select ${counts.join(', ')}`);
      return rows[0];
    },
    async close() {
      await app.close();
      await drop();
    },
  };
}

/** The fields of a good v1 order; `undefined` leaves a field out. */
export function v1Fields(site: SiteCredentials, changes: Record<string, string | undefined> = {}) {
  const fields: Record<string, string | undefined> = {
    version: '1.0',
    merchant_site: site.merchant_site,
    access_code: site.access_code,
    merch_txn_ref: 'REF-1',
    order_no: 'ORDER-1',
    total_amount: '20000000',
    currency: 'VND',
    locale: 'vn',
    return_url: 'https://shop.example/ket-qua?id=1',
    order_desc: 'Sen đá và chậu gốm',
    ...changes,
  };
  const given = Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(given);
}

export function v1Url(site: SiteCredentials, fields: Record<string, string> = v1Fields(site)): string {
  return `/vipay/ecommerce?${buildV1RequestQuery(fields, site.secret ?? '')}`;
}

/** Of the same order as v2; a text is sealed as it is. */
export function v2Url(
  site: SiteCredentials,
  plaintext: string | Record<string, string> = v1Fields(site, { version: '2.0' }),
): string {
  const sealed = sealV2Request(plaintext, {
    merchantSite: site.merchant_site,
    gatewayPublicKey: createPublicKey(site.gateway_public_key_pem ?? ''),
    merchantPrivateKey: createPrivateKey(site.merchant_private_key_pem ?? ''),
  });
  const query = toV2Fields(sealed).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `/vipay_v2/initpay?${query.join('&')}`;
}

export const newOrder = {
  merch_txn_ref: 'REF-1',
  order_no: 'ORDER-1',
  amount: '200000',
  description: 'Sen đá và chậu gốm',
  return_url: 'https://shop.example/ket-qua?id=1',
};

/** POST with everything a good request has; `headers: { name: undefined }` leaves one out. */
export function post(
  app: FastifyInstance,
  url: string,
  request: {
    apiKey?: string | undefined;
    key?: string;
    body?: unknown;
    headers?: Record<string, string | undefined>;
  },
): Promise<LightMyRequestResponse> {
  const headers: Record<string, string | undefined> = {
    authorization: request.apiKey === undefined ? undefined : `Bearer ${request.apiKey}`,
    'idempotency-key': request.key ?? 'key-1',
    'content-type': 'application/json',
    ...request.headers,
  };
  const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const { body } = request;
  const payload = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body ?? newOrder);
  return app.inject({ method: 'POST', url, headers: Object.fromEntries(given), payload });
}

/** The code a refusal names: from a problem's body, or from the page. */
export function codeOf(response: LightMyRequestResponse): string | null {
  if (String(response.headers['content-type']).startsWith('application/problem+json'))
    return response.json().code;
  return /<dd>(?:<bdi>)?([0-9]{2}) – /.exec(response.body)?.[1] ?? null;
}
