// Who asks: the site whose API key the request carries. Settled before the body is read.

import type { FastifyRequest } from 'fastify';
import { findSiteByApiKey, type MerchantSite } from '../../business/merchants/index.ts';
import type { Context } from '../../ground/context.ts';
import { ProblemError } from '../../ground/http/index.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose API key this request carries; null before that is known, and elsewhere than under /v3. */
    site: MerchantSite | null;
  }
}

const bearer = /^Bearer +(\S+)$/i;

/** Throws `unauthorized` or `protocol-disabled`; a suspended site passes, since it may still read and cancel. */
export async function authenticate(context: Context, request: FastifyRequest): Promise<MerchantSite> {
  const apiKey = bearer.exec(request.headers.authorization ?? '')?.[1];
  const site = apiKey === undefined ? null : await findSiteByApiKey(context, apiKey);
  if (site === null) {
    const error = apiKey === undefined ? '' : ', error="invalid_token"';
    throw new ProblemError('unauthorized', {
      detail: 'Authorization: send "Bearer" and a valid API key of the site',
      headers: { 'www-authenticate': `Bearer realm="vipay"${error}` },
    });
  }
  if (site.protocol !== 'rest' || !site.protocolEnabled) throw new ProblemError('protocol-disabled');
  return site;
}

/** For routes behind `authenticate`. */
export function siteOf(request: FastifyRequest): MerchantSite {
  if (request.site === null) throw new Error('a route of the API ran without its site');
  return request.site;
}
