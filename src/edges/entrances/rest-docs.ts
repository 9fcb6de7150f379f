// What the OpenAPI document says about each operation beside its schemas: summaries, answers, examples.

import type { z } from 'zod';
import { type ProblemSlug, problems } from '../../ground/http/index.ts';
import { orderListSchema, orderSchema, problemSchema } from './rest-schemas.ts';

const everyRefusal = [
  'malformed-request',
  'unauthorized',
  'protocol-disabled',
  'internal-error',
  'unavailable',
] as const;
const postRefusals = [
  'request-in-flight',
  'idempotency-key-reused',
  'request-too-large',
  'unsupported-media-type',
] as const;

export const restDocs = {
  create: {
    operationId: 'createOrder',
    tags: ['orders'],
    summary: 'Create an order',
    description:
      'Places an order and answers where to send the buyer. The same reference with the same content is the same order, whatever the key (200).',
    security: [{ apiKey: [] }],
    response: {
      201: jsonAnswer('The order was placed.', orderSchema),
      200: jsonAnswer('The order was there already, with the same content.', orderSchema),
      ...refusals([
        ...everyRefusal,
        ...postRefusals,
        'order-refused',
        'site-suspended',
        'duplicate-reference',
      ]),
    },
  },
  list: {
    operationId: 'listOrders',
    tags: ['orders'],
    summary: 'List orders, or find one by your reference',
    description:
      'The orders of your site, the newest first, in pages: while has_more is true, ask again with after set to next. With merch_txn_ref: at most one order; an empty list when the site never used this reference.',
    security: [{ apiKey: [] }],
    response: { 200: jsonAnswer('A page of orders.', orderListSchema), ...refusals(everyRefusal) },
  },
  read: {
    operationId: 'getOrder',
    tags: ['orders'],
    summary: 'Read an order',
    description: 'The way to a result whose webhook did not arrive.',
    security: [{ apiKey: [] }],
    response: {
      200: jsonAnswer('The order.', orderSchema),
      ...refusals([...everyRefusal, 'order-not-found']),
    },
  },
  cancel: {
    operationId: 'cancelOrder',
    tags: ['orders'],
    summary: 'Cancel an open order',
    description:
      'An order that is cancelled already is answered with 200. One with another result keeps it: 409, with the order and its own code.',
    security: [{ apiKey: [] }],
    response: {
      200: jsonAnswer('The cancelled order.', orderSchema),
      ...refusals([...everyRefusal, ...postRefusals, 'order-not-found', 'order-already-final']),
    },
  },
};

function jsonAnswer(description: string, schema: z.ZodType) {
  return { description, content: { 'application/json': { schema } } };
}

/** One entry for each status, naming the problems and codes that come with it. */
function refusals(slugs: readonly ProblemSlug[]) {
  const statuses = [...new Set(slugs.map((slug) => problems[slug].status))].sort((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => {
      const named = slugs.filter((slug) => problems[slug].status === status);
      const description = named
        .map((slug) => `${problems[slug].title} (\`${slug}\`, code ${codeText(slug)})`)
        .join('; ');
      return [
        status,
        {
          description: `${description}.`,
          content: { 'application/problem+json': { schema: problemSchema } },
        },
      ];
    }),
  );
}

function codeText(slug: ProblemSlug): string {
  return slug === 'order-already-final' ? "the order's own" : problems[slug].code;
}
