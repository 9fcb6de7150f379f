// The OpenAPI 3.1 document at /v3/openapi.json, made from the schemas that validate the requests.

import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { Context } from '../../ground/context.ts';
import { isApiPath } from '../../ground/http/index.ts';
import { orderEventSchema } from './rest-schemas.ts';

export const openApiPath = '/v3/openapi.json';

type Json = { [name: string]: unknown };
type Operation = {
  operationId: string;
  parameters?: { name: string; in: string }[];
  requestBody?: Json;
  responses: Record<string, Json>;
};

const about = `Orders of an e-wallet payment gateway: create one, send the buyer to \`checkout_url\`, hear the result by webhook.

Amounts are decimal text of whole dong. Times are RFC 3339 in UTC. Every answer has \`X-Trace-Id\`.
Every POST needs an \`Idempotency-Key\`: the same key and body get the same answer again (\`Idempotency-Replayed: true\`) for 30 days.
Errors are problem details (RFC 9457) with the gateway's response code.`;

const replayed = {
  'Idempotency-Replayed': {
    description: '`true` when this answer was given before.',
    schema: { type: 'string', enum: ['true'] },
  },
};
const traced = {
  'X-Trace-Id': {
    description: 'Quote it when you ask us.',
    schema: { type: 'string', pattern: '^[0-9a-f]{16}$' },
  },
};
const retryAfter = { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer', minimum: 1 } } };
const challenge = { 'WWW-Authenticate': { description: 'Bearer.', schema: { type: 'string' } } };

/** One for each end of an order, each under a name of its own: code made from the document has a function for each. */
const webhook = (operationId: string, summary: string) => ({
  post: {
    operationId,
    summary,
    description:
      'Sent to the notify URL of the site until it answers 2xx, over 3 days. Signed after Standard Webhooks: `v1,` and base64 of HMAC-SHA256 over `webhook-id.webhook-timestamp.body` with the bytes of the webhook secret. The id stays the same over all attempts.',
    security: [],
    parameters: [
      webhookHeader(
        'webhook-id',
        'The same over all attempts.',
        '^ntf_[0-9a-f]{32}$',
        'ntf_01939f2b7c4e7d3a9b1c2d3e4f506172',
      ),
      webhookHeader(
        'webhook-timestamp',
        'Unix seconds of this attempt; refuse what is older than 5 minutes.',
        '^[0-9]{10,11}$',
        '1795410000',
      ),
      webhookHeader(
        'webhook-signature',
        'One or more signatures, separated by a space.',
        '^v1,[A-Za-z0-9+/]+=*( v1,[A-Za-z0-9+/]+=*)*$',
        'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
      ),
    ],
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: { $ref: `#/components/schemas/${orderEventSchema.meta()?.id}` } },
      },
    },
    responses: {
      '2XX': { description: 'Taken; delivery ends.' },
      default: { description: 'Tried again later.' },
    },
  },
});

/** Must be awaited before the routes of the API are registered on the same instance. */
export async function registerOpenApi(
  app: FastifyInstance,
  context: Pick<Context, 'publicUrl'>,
): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'viPay',
        version: '3.0.0',
        description: about,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: context.publicUrl }],
      tags: [{ name: 'orders', description: 'Orders and their results' }],
      components: {
        securitySchemes: {
          apiKey: {
            type: 'http',
            scheme: 'bearer',
            description: 'The secret key of the site: sk_sandbox_… or sk_live_….',
          },
        },
      },
      webhooks: {
        'order.paid': webhook('receiveOrderPaid', 'An order is paid'),
        'order.failed': webhook('receiveOrderFailed', 'An order has failed: it was refused, and given up'),
        'order.cancelled': webhook('receiveOrderCancelled', 'An order is cancelled'),
        'order.expired': webhook('receiveOrderExpired', 'An order was not paid in time'),
      },
    } as never,
    transform: (route) =>
      isApiPath(route.url) ? jsonSchemaTransform(route) : { schema: { hide: true }, url: route.url },
    transformObject: (document) => finish(jsonSchemaTransformObject(document) as Json) as never,
  });
  let text: string | null = null;
  app.get(openApiPath, { schema: { hide: true } as object }, async (_request, reply) => {
    text ??= JSON.stringify(app.swagger(), null, 2);
    return reply
      .headers({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'max-age=300' })
      .send(text);
  });
}

function webhookHeader(name: string, description: string, pattern: string, example: string) {
  return { name, in: 'header', required: true, description, schema: { type: 'string', pattern }, example };
}

/** Keeps the components that are spoken of, under their plain names, and adds the headers of the answers. */
function finish(document: Json): Json {
  const components = document.components as Json & { schemas: Json };
  const schemas = { ...components.schemas };
  const spoken = new Set<string>();
  const follow = (value: unknown): void => {
    for (const [, name = ''] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (spoken.has(name)) continue;
      spoken.add(name);
      follow(schemas[name] ?? {});
    }
  };
  follow([document.paths, document.webhooks]);
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => spoken.has(name)));
  let text = JSON.stringify({ ...document, components: { ...components, schemas: kept } });
  for (const name of spoken) {
    const plain = name.replace(/Input$/, '');
    if (plain === name || spoken.has(plain)) continue;
    text = text
      .replaceAll(`"#/components/schemas/${name}"`, `"#/components/schemas/${plain}"`)
      .replace(`"${name}":`, `"${plain}":`);
  }
  const finished = JSON.parse(text) as Json;
  const operations = Object.values(finished.paths as Record<string, Record<string, Operation>>);
  for (const [method, operation] of operations.flatMap(Object.entries<Operation>)) {
    addHeaders(method, operation);
    spellHeaders(operation);
    if (operation.operationId === 'cancelOrder') {
      operation.requestBody = {
        required: false,
        content: { 'application/json': { schema: { type: 'object', additionalProperties: false } } },
      };
    }
  }
  return finished;
}

/** As the documents write them; Node, and so the schemas that validate, has them in lower case. */
function spellHeaders({ parameters = [] }: Operation): void {
  for (const parameter of parameters) {
    if (parameter.in === 'header')
      parameter.name = parameter.name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
  }
}

function addHeaders(method: string, operation: Operation): void {
  for (const [status, response] of Object.entries(operation.responses)) {
    response.headers = {
      ...traced,
      ...(method === 'post' && /^(?:20.|400|409)$/.test(status) ? replayed : {}),
      ...(status === '409' || status === '503' ? retryAfter : {}),
      ...(status === '401' ? challenge : {}),
    };
  }
}
