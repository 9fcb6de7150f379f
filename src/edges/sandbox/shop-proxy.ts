// /shop and everything under it leads to the demo shop: bytes in, bytes out. The shop sees what a merchant behind
// a proxy sees, and no cookie of the gateway.

import type { IncomingHttpHeaders } from 'node:http';
import httpProxy from '@fastify/http-proxy';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { chooseLocale, pageHeaders } from '../../ground/pages/index.ts';
import { shopAwayPage } from './shop-away-page.ts';

export const shopPath = '/shop';

/** Longer than the shop itself waits for the gateway, so that its own answer is the one that is seen. */
const answerWithinMs = 15_000;
const retryAfterSeconds = 3;

/** `shopUrl` is asked for every request: the port changes when the shop is started again. */
export function registerShopProxy(app: FastifyInstance, shopUrl: () => string | null): void {
  app.register(async (scope) => {
    // The server's own parsers would consume a form; without any, the proxy's take every body as a stream.
    scope.removeAllContentTypeParsers();
    await scope.register(httpProxy, {
      prefix: shopPath,
      rewritePrefix: shopPath,
      upstream: '',
      httpMethods: ['GET', 'HEAD', 'POST'],
      disableRequestLogging: true,
      // Addresses of orders are many and seen once.
      disableCache: true,
      destroyAgent: true,
      internalRewriteLocationHeader: false,
      undici: {
        connect: { timeout: 2_000 },
        headersTimeout: answerWithinMs,
        bodyTimeout: answerWithinMs,
      },
      preHandler: (request, reply, done) => {
        if (shopUrl() === null) answerShopAway(request, reply, 503);
        else done();
      },
      replyOptions: {
        getUpstream: () => shopUrl() ?? 'http://127.0.0.1:9',
        // A buyer or a notification comes again by itself. The proxy must not place an order twice.
        retryDelay: () => null,
        rewriteRequestHeaders: (request, headers) => toShopHeaders(request, headers as IncomingHttpHeaders),
        rewriteHeaders: (headers) => without(headers as IncomingHttpHeaders, notForBuyers),
        onError: (reply) => answerShopAway(reply.request as FastifyRequest, reply as FastifyReply, 502),
      },
    });
  });
}

/** Of one connection only (RFC 9110, section 7.6.1), or the gateway's own business. */
const notForShop = [
  'cookie',
  'authorization',
  'forwarded',
  'connection',
  'keep-alive',
  'expect',
  'upgrade',
  'te',
  'proxy-connection',
];
const notForBuyers = ['set-cookie', 'connection', 'keep-alive'];

function toShopHeaders(
  request: Pick<FastifyRequest, 'ip' | 'host' | 'protocol' | 'method'>,
  headers: IncomingHttpHeaders,
): IncomingHttpHeaders {
  // A body of GET is not passed on, so its length must not be either.
  const bodiless = request.method === 'POST' ? [] : ['content-length', 'content-type'];
  return {
    ...without(headers, [...notForShop, ...bodiless]),
    'x-forwarded-for': request.ip,
    'x-forwarded-host': request.host,
    'x-forwarded-proto': request.protocol,
  };
}

function without(headers: IncomingHttpHeaders, names: string[]): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}

function answerShopAway(request: FastifyRequest, reply: FastifyReply, status: 502 | 503): void {
  const { lang } = (request.query ?? {}) as { lang?: unknown };
  const locale = chooseLocale(lang, request.headers['accept-language']);
  // A GET can be repeated; a request with a body cannot.
  const reloads = request.method !== 'POST';
  // The unread rest of a body must not hold the connection.
  if (!request.raw.complete) reply.header('connection', 'close');
  const page = shopAwayPage({ locale, reloads });
  reply
    .code(status)
    .headers(pageHeaders(page, reloads ? { afterSeconds: retryAfterSeconds } : null))
    .header('retry-after', String(retryAfterSeconds))
    .send(page.encode());
}
