// GET /vipay/ecommerce: an order of the classic v1 dialect, hashed with the site's secret.

import type { FastifyInstance } from 'fastify';
import { findV1Secrets } from '../../business/merchants/index.ts';
import type { Context } from '../../ground/context.ts';
import { parseV1Query, verifyV1Order } from '../../ground/protocols/classic-v1/index.ts';
import { type ReadQuery, registerClassicEntrance } from './classic-entrance.ts';

export const classicV1Path = '/vipay/ecommerce';

export function registerClassicV1(app: FastifyInstance, context: Context): void {
  const read = (rawQuery: string): ReadQuery => {
    const parsed = parseV1Query(rawQuery);
    if (!parsed.ok) return parsed;
    return {
      ok: true,
      merchantSite: parsed.merchantSite,
      open: async (site) => verifyV1Order(parsed, { ...site, secrets: await findV1Secrets(context, site) }),
    };
  };
  registerClassicEntrance(app, context, { url: classicV1Path, protocol: 'classic-v1', read });
}
