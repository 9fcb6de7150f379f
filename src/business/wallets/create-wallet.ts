// A new wallet with its ledger account; topping it up once the bank has confirmed the money.

import { uuidv7 } from 'uuidv7';
import {
  getSystemAccountId,
  openAccount,
  openSystemAccounts,
  postSealedTransfers,
  type TransferRefusal,
} from '../../books/ledger/index.ts';
import type { Context } from '../../ground/context.ts';
import { inTransaction } from '../../ground/database/index.ts';
import type { Environment, Locale } from '../../ground/terms.ts';
import { nameProblem } from '../../ground/text/index.ts';
import { type Actor, recordAct } from '../audit/index.ts';
import { checkNewPin, isPhone, type PinFault, type Wallet, type WalletStatus } from './wallet.ts';
import { findWalletByPhone, insertWallet } from './wallet-queries.ts';

export type NewWallet = {
  environment: Environment;
  /** National form, 0 and nine digits. */
  phone: string;
  holderName: string;
  pin: string;
  identified?: boolean;
  status?: WalletStatus;
  locale?: Locale;
  birthday?: string;
  limitPerPaymentDong?: bigint;
  limitDailyDong?: bigint;
  limitMonthlyDong?: bigint;
};

export type CreateWalletError =
  | 'phone_malformed'
  | 'holder_name_malformed'
  | 'wallet_already_exists'
  | PinFault;

export async function createWallet(
  context: Context,
  by: Actor,
  input: NewWallet,
): Promise<{ ok: true; wallet: Wallet } | { ok: false; error: CreateWalletError }> {
  const holderName = input.holderName.trim();
  if (!isPhone(input.phone)) return { ok: false, error: 'phone_malformed' };
  if (nameProblem(holderName) !== null) return { ok: false, error: 'holder_name_malformed' };
  const pinFault = checkNewPin(input.pin, input.birthday ?? null);
  if (pinFault !== null) return { ok: false, error: pinFault };

  const pinHash = await context.pinHasher.hash(input.pin);
  const now = context.clock.now();
  return inTransaction(context.db, async (tx) => {
    const existing = await findWalletByPhone(tx, input.environment, input.phone);
    if (existing) return { ok: false, error: 'wallet_already_exists' };
    await openSystemAccounts(tx, input.environment, now);
    const id = uuidv7();
    const wallet: Wallet = {
      id,
      environment: input.environment,
      phone: input.phone,
      holderName,
      status: input.status ?? 'active',
      identified: input.identified ?? false,
      accountId: await openAccount(tx, { environment: input.environment, kind: 'wallet', owner: id, now }),
      locale: input.locale ?? 'vi',
      limitPerPaymentDong: input.limitPerPaymentDong ?? null,
      limitDailyDong: input.limitDailyDong ?? null,
      limitMonthlyDong: input.limitMonthlyDong ?? null,
      otpLockedUntil: null,
      createdAt: now,
    };
    // When two are made at the same moment for one phone, the constraint accepts one. The account of the
    // other must not stay.
    if (!(await insertWallet(tx, { ...wallet, pinHash })))
      throw new Error('wallet_already_exists: made at the same moment');
    const { environment, phone, status, identified } = wallet;
    const limits = {
      limit_per_payment_dong: wallet.limitPerPaymentDong,
      limit_daily_dong: wallet.limitDailyDong,
      limit_monthly_dong: wallet.limitMonthlyDong,
    };
    const after = { phone, status, identified, ...limits };
    await recordAct(tx, context, { by, act: 'wallet.created', subject: id, environment, after });
    return { ok: true, wallet };
  });
}

/**
 * Credits a wallet with money that arrived in the guarantee account. `transferId` (a uuidv7 made by the caller)
 * is the idempotency key: the same one again changes nothing, and is no act.
 */
export async function topUpWallet(
  context: Context,
  by: Actor,
  input: {
    environment: Environment;
    phone: string;
    amountDong: bigint;
    transferId: string;
    reference?: string;
  },
): Promise<{ ok: true; repeated: boolean } | { ok: false; error: 'wallet_not_found' | TransferRefusal }> {
  return inTransaction(context.db, async (tx) => {
    const wallet = await findWalletByPhone(tx, input.environment, input.phone);
    if (!wallet) return { ok: false, error: 'wallet_not_found' };
    const [result] = await postSealedTransfers(context, tx, [
      {
        id: input.transferId,
        environment: input.environment,
        kind: 'top_up',
        debitAccountId: await getSystemAccountId(tx, input.environment, 'bank_guarantee'),
        creditAccountId: wallet.accountId,
        amountDong: input.amountDong,
        fee: null,
        linkedTransferId: null,
        reference: input.reference ?? 'top-up',
        happenedAt: context.clock.now(),
      },
    ]);
    if (!result) throw new Error('the ledger answered nothing for a top-up');
    if (result.ok && !result.repeated) {
      const { environment, amountDong, transferId, reference = null } = input;
      const after = { amount_dong: amountDong, transfer_id: transferId, reference };
      await recordAct(tx, context, { by, act: 'wallet.topped_up', subject: wallet.id, environment, after });
    }
    return result.ok ? result : { ok: false, error: result.refusal };
  });
}
