// Who asks: the site whose API key the request carries. Settled before the body is read.

import type { FastifyRequest } from 'fastify';
import {
  findSiteByApiKey,
  type KeyHolder,
  type MerchantSite,
  recallSiteByApiKey,
} from '../../business/merchants/index.ts';
import type { Context } from '../../ground/context.ts';
import { ProblemError } from '../../ground/http/index.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The site whose API key this request carries; null before it is known, and outside /v3. */
    site: MerchantSite | null;
    /** The id of that key. */
    keyId: string | null;
  }
  interface FastifyContextConfig {
    /** The route's writing statement reads the key and the site again: who asks may be settled from memory. */
    looksAtKeyAgain?: boolean;
  }
}

const bearer = /^Bearer +(\S+)$/i;

/**
 * Throws `unauthorized` or `protocol-disabled`; a suspended site passes, since it may still read and cancel. `from
 * memory` is for a route that looks at the key and the site again where it writes.
 */
export async function authenticate(
  context: Context,
  request: FastifyRequest,
  how: 'now' | 'from memory' = 'now',
): Promise<KeyHolder> {
  const apiKey = bearer.exec(request.headers.authorization ?? '')?.[1];
  const find = how === 'now' ? findSiteByApiKey : recallSiteByApiKey;
  const holder = apiKey === undefined ? null : await find(context, apiKey);
  if (holder === null) {
    const error = apiKey === undefined ? '' : ', error="invalid_token"';
    throw new ProblemError('unauthorized', {
      detail: 'Authorization: send "Bearer" and a valid API key of the site',
      headers: { 'www-authenticate': `Bearer realm="vipay"${error}` },
    });
  }
  if (holder.site.protocol !== 'rest' || !holder.site.protocolEnabled) {
    throw new ProblemError('protocol-disabled');
  }
  return holder;
}

/** For routes behind `authenticate`. */
export function siteOf(request: FastifyRequest): MerchantSite {
  if (request.site === null) throw new Error('a route of the API ran without its site');
  return request.site;
}
