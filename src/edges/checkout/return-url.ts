// Where the browser goes back to, with the order's result signed in the words of its dialect.

import {
  recallSite,
  recallV1Secrets,
  recallV2Keys,
  recallWebhookSecrets,
} from '../../business/merchants/index.ts';
import { type Order, toFinalResult } from '../../business/orders/index.ts';
import type { Context } from '../../ground/context.ts';
import { buildV1ReturnUrl } from '../../ground/protocols/classic-v1/index.ts';
import { buildV2ReturnUrl } from '../../ground/protocols/classic-v2/index.ts';
import { buildRestReturnUrl } from '../../ground/protocols/rest/index.ts';

/** Null when the site has no valid key left to sign with: then there is nothing the shop could believe. */
export async function buildReturnUrl(context: Context, order: Order): Promise<string | null> {
  const result = toFinalResult(order);
  const urls = { returnUrl: order.returnUrl, cancelUrl: order.cancelUrl };
  const site = await recallSite(context, order.merchantSite);
  if (!site) throw new Error(`site ${order.merchantSite} does not exist`);
  const { amountUnit, resultNames, resultAmount, resultCodes } = site;
  const told = { amountUnit, resultNames, resultAmount, resultCodes };
  switch (order.protocol) {
    case 'classic-v1': {
      const [secret] = await recallV1Secrets(context, site);
      return secret === undefined ? null : buildV1ReturnUrl(result, urls, { secret, ...told });
    }
    case 'classic-v2': {
      const keys = await recallV2Keys(context, site);
      const [gatewayPrivateKey] = keys.gatewayPrivateKeys;
      const [merchantPublicKey] = keys.merchantPublicKeys;
      if (!gatewayPrivateKey || !merchantPublicKey) return null;
      return buildV2ReturnUrl(result, urls, {
        gatewayPrivateKey,
        merchantPublicKey,
        ...told,
      });
    }
    case 'rest': {
      const [secret] = await recallWebhookSecrets(context, site);
      return secret === undefined
        ? null
        : buildRestReturnUrl(result, urls, { secret, now: context.clock.now(), resultNames });
    }
  }
}
