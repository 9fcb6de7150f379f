// GET /vipay_v2/initpay: an order of the classic v2 dialect, encrypted and signed with RSA keys.

import type { FastifyInstance } from 'fastify';
import { findV2Keys } from '../../business/merchants/index.ts';
import type { Context } from '../../ground/context.ts';
import { openV2Request, parseV2Query } from '../../ground/protocols/classic-v2/index.ts';
import { type ReadQuery, registerClassicEntrance } from './classic-entrance.ts';

export const classicV2Path = '/vipay_v2/initpay';

export function registerClassicV2(app: FastifyInstance, context: Context): void {
  const read = (rawQuery: string): ReadQuery => {
    const parsed = parseV2Query(rawQuery);
    if (!parsed.ok) return parsed;
    return {
      ok: true,
      merchantSite: parsed.parameters.merchantSite,
      open: async (site) => {
        const opened = openV2Request(parsed.parameters, await findV2Keys(context, site), site);
        if (opened.ok && opened.warnings.length > 0) {
          // The order is accepted, because the signature protects it. The merchant should still be told.
          context.log.info(
            { merchantSite: site.merchantSite, warnings: opened.warnings },
            'classic v2 order with warnings',
          );
        }
        return opened;
      },
    };
  };
  registerClassicEntrance(app, context, { url: classicV2Path, protocol: 'classic-v2', read });
}
