// The REST API of orders, /v3. The API key is checked before the body is read. `orders` decides whether the
// order may be placed. A repeated request gets the stored answer.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { MerchantSite } from '../../business/merchants/index.ts';
import {
  draftOrder,
  findOrder,
  findOrderByReference,
  insertingOrder,
  type Order,
  parseOrderId,
  placeOrder,
  toOrderJson,
} from '../../business/orders/index.ts';
import { cancelOrderIn, type EndedOrder, logEnded } from '../../business/payments/index.ts';
import type { Context } from '../../ground/context.ts';
import { encodeProblem, ProblemError } from '../../ground/http/index.ts';
import { type ReceivedOrder, splitRawQuery } from '../../ground/protocols/index.ts';
import { rawQueryOf } from './classic-entrance.ts';
import {
  answerInOneStatement,
  answerOnce,
  type Given,
  type IdempotentRequest,
  type Worked,
} from './idempotency.ts';
import { logPlaced } from './log-orders.ts';
import { registerOpenApi } from './openapi.ts';
import { noteRefusal } from './refusals.ts';
import { authenticate, siteOf } from './rest-authentication.ts';
import { readJsonBodies } from './rest-body.ts';
import { restDocs } from './rest-docs.ts';
import { answerList, expireIfDue } from './rest-lists.ts';
import { toOrderProblem, toReceivedOrder } from './rest-order.ts';
import {
  emptyBody,
  idempotencyHeaders,
  type NewOrder,
  newOrderSchema,
  noQuery,
  orderListQuery,
  orderParams,
} from './rest-schemas.ts';

export function registerRest(app: FastifyInstance, context: Context): void {
  app.register(async (scope) => {
    await registerOpenApi(scope, context);
    scope.register(async (api) => registerOrderRoutes(api, context));
  });
}

function registerOrderRoutes(scope: FastifyInstance, context: Context): void {
  readJsonBodies(scope);
  scope.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store');
    const how = request.routeOptions.config.looksAtKeyAgain ? 'from memory' : 'now';
    const { site, keyId } = await authenticate(context, request, how);
    request.site = site;
    request.keyId = keyId;
  });
  const api = scope.withTypeProvider<ZodTypeProvider>();

  api.post(
    '/v3/orders',
    {
      schema: { ...restDocs.create, headers: idempotencyHeaders, querystring: noQuery, body: newOrderSchema },
      config: { looksAtKeyAgain: true },
    },
    async (request, reply) => {
      const placed = await placeNewOrder(context, request, toReceivedOrder(siteOf(request), request.body));
      return sendAnswer(reply, placed ?? (await placeKnownOrder(context, request)));
    },
  );

  api.get('/v3/orders', { schema: { ...restDocs.list, querystring: orderListQuery } }, async (request) => {
    // The framework leaves bytes that are no UTF-8 as they are written, and %ff would be a reference.
    const query = splitRawQuery(rawQueryOf(request.raw.url ?? ''));
    if (!query.ok) throw new ProblemError('malformed-request', { detail: query.detail });
    return answerList(context, siteOf(request), request.query);
  });

  api.get(
    '/v3/orders/:order_id',
    { schema: { ...restDocs.read, params: orderParams, querystring: noQuery } },
    async (request) => {
      const order = await getOwnOrder(context, siteOf(request), request.params.order_id);
      return toOrderJson(context, await expireIfDue(context, order));
    },
  );

  api.post(
    '/v3/orders/:order_id/cancel',
    {
      schema: {
        ...restDocs.cancel,
        headers: idempotencyHeaders,
        params: orderParams,
        querystring: noQuery,
        body: emptyBody,
      },
    },
    async (request, reply) => {
      const site = siteOf(request);
      const order = await getOwnOrder(context, site, request.params.order_id);
      let cancelled: Order | null = null;
      const answer = await answerOnce(context, idempotentRequest(site, request), async (tx) => {
        const ended = await cancelOrderIn(tx, context, order.id);
        cancelled = ended.ok ? ended.order : null;
        return answerCancel(context, request, order, ended);
      });
      if (cancelled !== null) logEnded(context, cancelled);
      return sendAnswer(reply, answer);
    },
  );
}

/**
 * The usual case, a new and valid order, in one statement. Null, with nothing stored, in every other case.
 */
async function placeNewOrder(
  context: Context,
  request: FastifyRequest,
  received: ReceivedOrder,
): Promise<Given | null> {
  const site = siteOf(request);
  const drafted = await draftOrder(context, site, received);
  if (!drafted.ok) return null;
  const answer = { status: 201, body: encodeOrder(context, drafted.order) };
  const storing = insertingOrder(drafted.row, request.keyId);
  const given = await answerInOneStatement(context, idempotentRequest(site, request), { storing, answer });
  if (given !== null && !given.replayed) logPlaced(context, drafted.order);
  return given;
}

/**
 * The other cases: a known reference, a fault of the order, a site or a key that has changed since it was
 * read.
 */
async function placeKnownOrder(
  context: Context,
  request: FastifyRequest<{ Body: NewOrder }>,
): Promise<Given> {
  const { site } = await authenticate(context, request);
  const received = toReceivedOrder(site, request.body);
  await expireKnownOrder(context, site, received.merchTxnRef);
  let created: Order | null = null;
  const answer = await answerOnce(context, idempotentRequest(site, request), async (tx) => {
    const placed = await placeOrder(context, tx, site, received);
    if (!placed.ok) return refuse(context, request, toOrderProblem(placed.fault));
    created = placed.created ? placed.order : null;
    return { status: placed.created ? 201 : 200, body: encodeOrder(context, placed.order) };
  });
  if (created !== null) logPlaced(context, created);
  return answer;
}

/** Another site's order and one that never was look alike. */
async function getOwnOrder(context: Context, site: MerchantSite, publicId: string): Promise<Order> {
  const id = parseOrderId(publicId);
  const order = id === null ? null : await findOrder(context.db, id);
  if (order === null || order.merchantSite !== site.merchantSite) {
    throw new ProblemError('order-not-found', { detail: 'this site has no such order' });
  }
  return order;
}

/** Before a known reference is answered; not inside its transaction, because expiring has a commit of its own. */
async function expireKnownOrder(context: Context, site: MerchantSite, merchTxnRef: string): Promise<void> {
  const known = await findOrderByReference(context.db, site.merchantSite, merchTxnRef);
  if (known) await expireIfDue(context, known);
}

function idempotentRequest(site: MerchantSite, request: FastifyRequest): IdempotentRequest {
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string') throw new Error('the Idempotency-Key passed its schema and is missing');
  const path = (request.raw.url ?? '').split('?', 1)[0] ?? '';
  return { merchantSite: site.merchantSite, path, idempotencyKey: key, body: request.body };
}

function answerCancel(context: Context, request: FastifyRequest, order: Order, ended: EndedOrder): Worked {
  if (ended.ok) return { status: 200, body: encodeOrder(context, ended.order) };
  if (ended.error === 'order_not_found') throw new Error(`order ${order.publicId} vanished`);
  // Already cancelled, by anybody: the request has what it asked for.
  if (ended.order.status === 'cancelled') return { status: 200, body: encodeOrder(context, ended.order) };
  const problem = new ProblemError('order-already-final', {
    detail: `the order is ${ended.order.status} and stays so`,
    ...(ended.order.responseCode === null ? {} : { code: ended.order.responseCode }),
    members: { order: toOrderJson(context, ended.order) },
  });
  return refuse(context, request, problem);
}

function encodeOrder(context: Context, order: Order): string {
  return JSON.stringify(toOrderJson(context, order));
}

/** A refusal as an answer that can be stored; a suspended site's may be another one tomorrow. */
function refuse(context: Context, request: FastifyRequest, problem: ProblemError): Worked {
  noteRefusal(request, { code: problem.code, detail: problem.message });
  const body = encodeProblem(problem, { publicUrl: context.publicUrl, traceId: request.id });
  return { status: problem.status, body, passing: problem.slug === 'site-suspended' };
}

/** Text, so that a replay is the first answer byte for byte (its trace id included). */
function sendAnswer(reply: FastifyReply, answer: Given): FastifyReply {
  if (answer.replayed) reply.header('idempotency-replayed', 'true');
  const type =
    answer.status < 400 ? 'application/json; charset=utf-8' : 'application/problem+json; charset=utf-8';
  return reply.code(answer.status).header('content-type', type).send(answer.body);
}
