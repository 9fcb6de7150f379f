// An order comes in: verified by its dialect, stored once for its reference, for ever.

import { uuidv7 } from 'uuidv7';
import type { Context } from '../../ground/context.ts';
import type { Tx } from '../../ground/database/index.ts';
import { computeFee, feeExceedsAmount } from '../../ground/money/index.ts';
import { contentDigest, type OrderFault, type ReceivedOrder } from '../../ground/protocols/index.ts';
import { findReturnAddressFault, type MerchantSite } from '../merchants/index.ts';
import { type Policies, readPolicies, recallPolicies } from '../policies/index.ts';
import type { Order } from './order.ts';
import {
  findContentHash,
  findOrderByReference,
  insertOrder,
  type NewOrder,
  toOrder,
} from './order-queries.ts';

export type PlacedOrder = { ok: true; order: Order; created: boolean } | { ok: false; fault: OrderFault };

/**
 * Stores the order, or finds it: the same content under a known reference is the same order (`created` false),
 * whatever its state; other content is 94. Refuses 04 (site), 03 (amount bounds, fee above amount, lifetime,
 * return addresses that the site may not use).
 */
export async function placeOrder(
  context: Context,
  tx: Tx,
  site: MerchantSite,
  received: ReceivedOrder,
): Promise<PlacedOrder> {
  const known = await findOrderByReference(tx, site.merchantSite, received.merchTxnRef);
  if (known) return compareWithKnown(tx, known, received);

  const drafted = await draftOrder(context, site, received, tx);
  if (!drafted.ok) return drafted;
  if (await insertOrder(tx, drafted.row)) return { ok: true, order: drafted.order, created: true };
  // Another request stored the same reference at the same moment. The insert waited for its commit, so this
  // read sees it.
  const twin = await findOrderByReference(tx, site.merchantSite, received.merchTxnRef);
  if (twin) return compareWithKnown(tx, twin, received);
  return { ok: false, fault: { code: '04', detail: 'the merchant or the site is suspended' } };
}

export type DraftedOrder =
  | {
      ok: true;
      /** The order as it will be after it is stored. */
      order: Order;
      row: NewOrder;
    }
  | { ok: false; fault: OrderFault };

/**
 * The order that would be stored under a new reference, or the refusal. `site` and the rules may be seconds
 * old. The caller stores the order with insertingOrder, which checks again whether the site may take orders.
 */
export async function draftOrder(
  context: Context,
  site: MerchantSite,
  received: ReceivedOrder,
  tx?: Tx,
): Promise<DraftedOrder> {
  const now = context.clock.now();
  const policies = await recallPolicies(context, now, tx);
  const fault = findOrderFault(site, received, policies);
  if (fault !== null) return { ok: false, fault };

  const lifetimeSeconds = received.expiresInSeconds ?? Number(policies['order.valid_seconds']);
  const row: NewOrder = {
    id: uuidv7(),
    environment: site.environment,
    merchantSite: site.merchantSite,
    protocol: site.protocol,
    merchTxnRef: received.merchTxnRef,
    orderNo: received.orderNo,
    amountDong: received.amountDong,
    description: received.description,
    returnUrl: received.returnUrl,
    cancelUrl: received.cancelUrl,
    locale: received.locale,
    received: received.received,
    createdAt: now,
    expiresAt: new Date(now.getTime() + lifetimeSeconds * 1000),
    contentHash: hashContent(received),
  };
  const { contentHash: _, ...fields } = row;
  const open = {
    status: 'open',
    responseCode: null,
    resultPaymentId: null,
    transactionNo: null,
    finalAt: null,
  } as const;
  return { ok: true, row, order: toOrder({ ...fields, ...open }) };
}

function hashContent(received: ReceivedOrder): Buffer {
  return Buffer.from(contentDigest(received.received), 'hex');
}

async function compareWithKnown(tx: Tx, known: Order, received: ReceivedOrder): Promise<PlacedOrder> {
  const knownHash = await findContentHash(tx, known.id);
  if (knownHash?.equals(hashContent(received)) && (await hasSameLifetime(tx, known, received)))
    return { ok: true, order: known, created: false };
  return {
    ok: false,
    fault: {
      code: '94',
      detail: `merch_txn_ref ${known.merchTxnRef} belongs to an order with another content`,
    },
  };
}

/** When the request names no lifetime, it means the default at the time when the known order came. */
async function hasSameLifetime(tx: Tx, known: Order, received: ReceivedOrder): Promise<boolean> {
  const asked = received.expiresInSeconds;
  if (asked === null && known.received.expires_in_seconds === undefined) return true;
  const lifetime = asked ?? Number((await readPolicies(tx, known.createdAt))['order.valid_seconds']);
  return known.expiresAt.getTime() - known.createdAt.getTime() === lifetime * 1000;
}

function findOrderFault(site: MerchantSite, received: ReceivedOrder, policies: Policies): OrderFault | null {
  if (!site.active) return { code: '04', detail: 'the merchant or the site is suspended' };
  if (received.amountDong < site.amountMinDong || received.amountDong > site.amountMaxDong) {
    return {
      code: '03',
      detail: `the amount is outside the site's bounds (${site.amountMinDong} to ${site.amountMaxDong} dong)`,
    };
  }
  if (feeExceedsAmount(computeFee(site.fee, received.amountDong), received.amountDong)) {
    return { code: '03', detail: 'the fee and its VAT exceed the amount' };
  }
  const lifetime = received.expiresInSeconds;
  const [least, most] = [policies['order.valid_min_seconds'], policies['order.valid_max_seconds']];
  if (lifetime !== null && (lifetime < least || lifetime > most)) {
    return { code: '03', detail: `expires_in_seconds: not between ${least} and ${most}` };
  }
  return (
    findReturnAddressFault(site, 'return_url', received.returnUrl) ??
    (received.cancelUrl === null ? null : findReturnAddressFault(site, 'cancel_url', received.cancelUrl))
  );
}
