// From an order's result to the request that tells the merchant, in the dialect the order came in.

import type { Context } from '../../ground/context.ts';
import { buildV1NotificationUrl } from '../../ground/protocols/classic-v1/index.ts';
import { buildV2NotificationUrl } from '../../ground/protocols/classic-v2/index.ts';
import { encodeOrderEvent, webhookHeaders } from '../../ground/protocols/rest/index.ts';
import {
  type MerchantSite,
  recallV1Secrets,
  recallV2Keys,
  recallWebhookSecrets,
} from '../merchants/index.ts';
import { checkoutUrl, type Order, toFinalResult, toOrderJson } from '../orders/index.ts';
import { formatNotificationId } from './notification.ts';

export type MerchantRequest = {
  method: 'GET' | 'POST';
  url: string;
  headers: Record<string, string>;
  body: string | null;
};

const commonHeaders = { 'user-agent': 'viPay', accept: 'application/json' };

/**
 * A REST event carries a signature by every valid secret. A classic result has room for one: while keys are
 * being replaced, attempts take turns, newest key first, so that a merchant who holds either key understands
 * one of the first attempts.
 */
export async function encodeNotification(
  context: Context,
  notification: { id: string; attempts: number },
  order: Order,
  site: MerchantSite & { notifyUrl: string },
): Promise<MerchantRequest> {
  const result = toFinalResult(order);
  const turn = Math.max(notification.attempts - 1, 0);
  const { amountUnit, resultNames, resultAmount, resultCodes } = site;
  const told = { amountUnit, resultNames, resultAmount, resultCodes };
  switch (order.protocol) {
    case 'classic-v1': {
      const { item: secret } = takeTurn(await recallV1Secrets(context, site), turn);
      const url = buildV1NotificationUrl(result, site.notifyUrl, { secret, ...told });
      return { method: 'GET', url, headers: commonHeaders, body: null };
    }
    case 'classic-v2': {
      const { gatewayPrivateKeys, merchantPublicKeys } = await recallV2Keys(context, site);
      const gateway = takeTurn(gatewayPrivateKeys, turn);
      const merchant = takeTurn(merchantPublicKeys, gateway.rest);
      const keys = { gatewayPrivateKey: gateway.item, merchantPublicKey: merchant.item };
      const url = buildV2NotificationUrl(result, site.notifyUrl, { ...keys, ...told });
      return { method: 'GET', url, headers: commonHeaders, body: null };
    }
    case 'rest': {
      const secrets = await recallWebhookSecrets(context, site);
      // Without the arrival mark, because merchants keep events in logs and send no browser to the checkout
      // by them.
      const event = {
        ...toOrderJson(context, order),
        status: result.status,
        checkout_url: checkoutUrl(context, order),
      };
      const body = encodeOrderEvent(event, result.finalAt);
      const id = formatNotificationId(notification.id);
      const headers = { ...commonHeaders, ...webhookHeaders(secrets, id, context.clock.now(), body) };
      return { method: 'POST', url: site.notifyUrl, headers, body };
    }
  }
}

/** The item whose turn it is, and the number of whole rounds before, as the turn of the next list. */
function takeTurn<T>(items: readonly T[], turn: number): { item: T; rest: number } {
  const item = items[turn % items.length];
  if (item === undefined) throw new Error('the site has no valid key');
  return { item, rest: Math.floor(turn / items.length) };
}
