// The words of the REST API: what a request may hold and what an answer holds. One description serves the
// validation, the types and the OpenAPI document. Text only; amounts are decimal text of whole dong.

import { z } from 'zod';
import { problems } from '../../ground/http/index.ts';
import { responseCodes } from '../../ground/protocols/index.ts';
import { checkReturnUrl, returnUrlLengthMax } from '../../ground/protocols/rest/index.ts';
import {
  freeTextBytesMax,
  freeTextCharactersMax,
  freeTextProblem,
  referenceBytesMax,
  referencePattern,
  referenceProblem,
} from '../../ground/text/index.ts';

const codes = Object.keys(responseCodes).sort() as [string, ...string[]];

/** The problem a rule of ours finds in a text, as the schema's. */
function refuseBy(problemOf: (text: string) => string | null) {
  return (text: string, issues: z.core.$RefinementCtx<string>): void => {
    const message = problemOf(text);
    if (message !== null) issues.addIssue({ code: 'custom', message });
  };
}

/**
 * Patterns and lengths in `meta` are for readers of the OpenAPI document; our own rules judge requests. A
 * length there counts code points, and a text never has more of them than bytes.
 */
const referenceMeta = { pattern: referencePattern.source, minLength: 1, maxLength: referenceBytesMax };

/** The same references as in the classic dialects. */
const reference = z.string().superRefine(refuseBy(referenceProblem)).meta(referenceMeta);
const amount = z.string().regex(/^[1-9][0-9]{0,12}$/, 'must be text of 1 to 13 digits, whole dong, not zero');
const instant = z.iso.datetime().meta({ examples: ['2026-11-23T05:00:00.000Z'] });
const amountMeta = { description: 'Whole dong, as decimal text.', examples: ['200000'] };

/** scheme://…, without spaces and backslashes. */
const addressMeta = {
  pattern: '^[A-Za-z][A-Za-z0-9+.-]*://[^\\s\\\\]*$',
  minLength: 5,
  maxLength: returnUrlLengthMax,
};

function returnAddress(field: 'return_url' | 'cancel_url') {
  return z.string().superRefine((url, issues) => {
    const fault = checkReturnUrl(url, { field });
    if (fault) issues.addIssue({ code: 'custom', message: fault.detail.replace(`${field}: `, '') });
  });
}

export const newOrderSchema = z
  .strictObject({
    merch_txn_ref: reference.meta({
      description:
        'Your reference of this order. It belongs to one order of your site for ever. 1 to 255 printable characters, without |.',
      examples: ['DH-2026-000123'],
    }),
    order_no: reference.meta({
      description: 'Your order number; may come again under another reference.',
      examples: ['DH000123'],
    }),
    amount: amount.meta(amountMeta),
    currency: z
      .literal('VND')
      .optional()
      .meta({ description: 'Default: VND.', examples: ['VND'] }),
    description: z
      .string()
      .min(1)
      .superRefine(refuseBy(freeTextProblem))
      .meta({
        description: `Shown to the buyer on one line, without invisible characters; returned unchanged. At most ${freeTextCharactersMax} characters as a person counts them (8192 bytes). Not the NUL character.`,
        pattern: '^[^\\u0000]*$',
        maxLength: freeTextBytesMax,
        examples: ['Sen đá và chậu gốm'],
      }),
    return_url: returnAddress('return_url').meta({
      description:
        "Where the buyer's browser goes back; https; in the sandbox http too; an app's own scheme (myshop://…) when the site lists it; a host the site lists, when it lists any. At most 2048 characters. Its own query stays as it is, before the result's parameters.",
      examples: ['https://shop.example/ket-qua'],
      ...addressMeta,
    }),
    cancel_url: returnAddress('cancel_url')
      .meta(addressMeta)
      .nullable()
      .optional()
      .meta({
        description: 'Where the browser goes after a cancel; default: return_url.',
        examples: ['https://shop.example/gio-hang'],
      }),
    locale: z
      .enum(['vi', 'en'])
      .optional()
      .meta({ description: 'Language of the checkout; default vi.', examples: ['vi'] }),
    expires_in_seconds: z
      .int()
      .min(300)
      .max(2_592_000)
      .optional()
      .meta({ description: 'How long the order can be paid; default 900.', examples: [900] }),
  })
  .meta({ id: 'NewOrder', description: 'An order to be paid.' });

export type NewOrder = z.infer<typeof newOrderSchema>;

const orderId = z
  .string()
  .meta({ pattern: '^ord_[0-9a-f]{32}$', examples: ['ord_01939f2b7c4e7d3a9b1c2d3e4f506172'] });

const orderStatus = z.enum(['open', 'paid', 'failed', 'cancelled', 'expired']);

/** Answers may gain fields; a client must not stumble over one it does not know. */
export const orderSchema = z
  .looseObject({
    id: orderId,
    merchant_site: z.string().meta({ pattern: '^[A-Za-z0-9_.-]{1,50}$', examples: ['shop_rest'] }),
    environment: z.enum(['sandbox', 'live']).meta({ examples: ['sandbox'] }),
    merch_txn_ref: z.string().meta({ ...referenceMeta, examples: ['DH-2026-000123'] }),
    order_no: z.string().meta({ ...referenceMeta, examples: ['DH000123'] }),
    amount: amount.meta(amountMeta),
    currency: z.literal('VND'),
    description: z
      .string()
      .meta({ minLength: 1, maxLength: freeTextBytesMax, examples: ['Sen đá và chậu gốm'] }),
    status: orderStatus.meta({
      description: 'open until the one final result; that result never changes.',
      examples: ['open'],
    }),
    response_code: z
      .enum(codes)
      .nullable()
      .meta({ description: 'null while open.', examples: [null] }),
    message: z
      .string()
      .nullable()
      .meta({ description: "The code's text in the order's language.", examples: [null] }),
    transaction_no: z
      .string()
      .meta({ pattern: '^[0-9]{1,19}$' })
      .nullable()
      .meta({ description: "The gateway's number of the payment.", examples: [null] }),
    payment_id: z
      .string()
      .meta({ pattern: '^pay_[0-9a-f]{32}$' })
      .nullable()
      .meta({
        description: 'The payment that the result speaks of; null when there was none.',
        examples: [null],
      }),
    paid_at: instant.nullable().meta({ examples: [null] }),
    final_at: instant.nullable().meta({ examples: [null] }),
    return_url: z.string().meta({ ...addressMeta, examples: ['https://shop.example/ket-qua'] }),
    cancel_url: z
      .string()
      .meta(addressMeta)
      .nullable()
      .meta({ examples: ['https://shop.example/gio-hang'] }),
    locale: z.enum(['vi', 'en']).meta({ examples: ['vi'] }),
    created_at: instant,
    expires_at: instant.meta({ examples: ['2026-11-23T05:15:00.000Z'] }),
    checkout_url: z.string().meta({
      format: 'uri',
      description: "Send the buyer's browser here, and nobody else: it proves that it came from your shop.",
      examples: [
        'https://pay.example/checkout/AZOfK3xOfTqbHC0-T1BhcmFtZXRlcnMgYXJlIGZha2U?arrival=AAAAAAAAAAAAAAAAAAAAAA',
      ],
    }),
  })
  .meta({ id: 'Order', description: 'An order and its result.' });

export const orderListSchema = z
  .looseObject({
    data: z.array(orderSchema),
    has_more: z
      .boolean()
      .meta({ description: 'Whether another page comes after this one.', examples: [false] }),
    next: orderId
      .nullable()
      .meta({ description: 'The next page: send it as after. null on the last page.', examples: [null] }),
  })
  .meta({ id: 'OrderList', description: 'A page of orders, the newest first.' });

export const orderEventSchema = z
  .looseObject({
    type: z
      .enum(['order.paid', 'order.failed', 'order.cancelled', 'order.expired'])
      .meta({ examples: ['order.paid'] }),
    timestamp: instant,
    data: orderSchema,
  })
  .meta({ id: 'OrderEvent', description: 'The body of a webhook.' });

export const problemSchema = z
  .looseObject({
    type: z.string().meta({
      format: 'uri',
      description: 'Names the problem; opens its explanation.',
      examples: ['https://pay.example/docs/problems/malformed-request'],
    }),
    title: z.string().meta({ examples: [problems['malformed-request'].title] }),
    status: z.int().meta({ minimum: 400, maximum: 599, description: 'The HTTP status.', examples: [400] }),
    detail: z.string().meta({ examples: ['amount: must be text of 1 to 13 digits, whole dong, not zero'] }),
    code: z.enum(codes).meta({ description: 'The response code.', examples: ['03'] }),
    trace_id: z.string().meta({
      pattern: '^[0-9a-f]{16}$',
      description: 'Quote it when you ask us.',
      examples: ['4bf92f3577b34da6'],
    }),
    errors: z
      .array(z.object({ field: z.string(), detail: z.string() }))
      .optional()
      .meta({
        examples: [[{ field: 'amount', detail: 'must be text of 1 to 13 digits, whole dong, not zero' }]],
      }),
    order: orderSchema.optional().meta({ description: 'With order-already-final: the order as it is.' }),
  })
  .meta({ id: 'Problem', description: 'Why the request was refused (RFC 9457).' });

/** Scope: your site and the path. Kept 30 days. */
export const idempotencyHeaders = z.object({
  'idempotency-key': z
    .string('required')
    .regex(/^[\x21-\x7e]{1,255}$/, '1 to 255 visible ASCII characters')
    .meta({
      description: 'Yours, new for each request you mean, the same for each try of it. Kept 30 days.',
      examples: ['DH-2026-000123-1'],
    }),
});

export const orderParams = z.object({ order_id: orderId });

export const orderListLimits = { fallback: 20, max: 100 };

/** Text, as queries are; `rest-lists.ts` reads the numbers and times. */
export const orderListQuery = z
  .strictObject({
    merch_txn_ref: reference.optional().meta({
      ...referenceMeta,
      description: 'The one order with this reference; comes alone.',
      examples: ['DH-2026-000123'],
    }),
    status: orderStatus.optional().meta({
      description:
        'Only orders of this status. A page may then be short, or empty, and has_more still be true.',
      examples: ['paid'],
    }),
    created_from: instant.optional().meta({ description: 'Placed at this moment or later.' }),
    created_to: instant.optional().meta({ description: 'Placed before this moment.' }),
    limit: z
      .string()
      .regex(/^(?:[1-9][0-9]?|100)$/, `a whole number from 1 to ${orderListLimits.max}`)
      .optional()
      .meta({ description: `How many at most; default ${orderListLimits.fallback}.`, examples: ['50'] }),
    after: orderId.optional().meta({ description: 'next of the page before.' }),
  })
  .superRefine(({ merch_txn_ref: wanted, ...others }, issues) => {
    if (wanted === undefined || Object.values(others).every((value) => value === undefined)) return;
    issues.addIssue({
      code: 'custom',
      path: ['merch_txn_ref'],
      message: 'comes alone, without other filters',
    });
  });

export type OrderListQuery = z.infer<typeof orderListQuery>;

export const noQuery = z.strictObject({});
/** Cancelling says nothing; an empty object, or no body at all. */
export const emptyBody = z.strictObject({}).nullish();
