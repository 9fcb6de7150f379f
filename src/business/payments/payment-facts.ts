// Reads what a payment is decided by, outside any lock: for what the buyer is shown before the posting decides.

import { readBalance } from '../../books/ledger/index.ts';
import type { Context } from '../../ground/context.ts';
import type { DbOrTx } from '../../ground/database/index.ts';
import { findSite, type MerchantSite } from '../merchants/index.ts';
import type { Order } from '../orders/index.ts';
import { readPolicies } from '../policies/index.ts';
import { findWallet, readWalletTotals, type Wallet } from '../wallets/index.ts';
import type { PaymentFacts as DecidedBy } from './decide-payment.ts';

/** What a payment is decided by, with the whole of what was read. */
export type PaymentFacts = DecidedBy & { order: Order; site: MerchantSite; wallet: Wallet };

export async function getSiteOfOrder(db: DbOrTx, order: Order): Promise<MerchantSite> {
  const site = await findSite(db, order.merchantSite);
  if (!site) throw new Error(`site ${order.merchantSite} of order ${order.publicId} does not exist`);
  return site;
}

export async function readPaymentFacts(
  context: Context,
  db: DbOrTx,
  order: Order,
  walletId: string,
): Promise<PaymentFacts> {
  const now = context.clock.now();
  const wallet = await findWallet(db, walletId);
  if (!wallet) throw new Error(`wallet ${walletId} does not exist`);
  return {
    now,
    order,
    site: await getSiteOfOrder(db, order),
    wallet,
    totals: await readWalletTotals(db, walletId, now),
    balanceDong: await readBalance(db, wallet.accountId),
    policies: await readPolicies(db, now),
    ignoreOtpLock: false,
  };
}
