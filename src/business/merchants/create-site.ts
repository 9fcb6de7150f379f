// Makes a merchant site: its merchant when new, its accounts, its keys. The secrets are in the answer, once.

import { type KeyObject, randomInt } from 'node:crypto';
import { uuidv7 } from 'uuidv7';
import { openAccount, openSystemAccounts } from '../../books/ledger/index.ts';
import { inTransaction, type Tx } from '../../ground/database/index.ts';
import { amountDongMax } from '../../ground/money/index.ts';
import { importRsaKey } from '../../ground/protocols/keys/index.ts';
import { type Actor, recordAct } from '../audit/index.ts';
import { type MerchantError, merchantError } from './merchant-errors.ts';
import { findMerchant, findSite, insertMerchant, insertSite, lockMerchantName } from './merchant-queries.ts';
import { recordSettings } from './recorded-site.ts';
import { readReturnHosts, readReturnSchemes } from './return-address.ts';
import {
  keyKindsOf,
  type MerchantSite,
  type NewSite,
  type SiteContext,
  type SiteCredentials,
} from './site.ts';
import { toCredentials } from './site-credentials.ts';
import { type PreparedKey, prepareKey, storeKey } from './site-keys.ts';
import { checkNewSite, toCodeWords } from './site-rules.ts';

export type CreateSiteResult =
  | { ok: true; site: MerchantSite; credentials: SiteCredentials }
  | { ok: false; error: MerchantError };

const codeAttemptsMax = 5;

/**
 * Refuses in this order: settings, the brought key, the merchant, the code. It generates the values that are
 * left out: the code from the name, the access code, the secret, the key pairs.
 */
export async function createSite(context: SiteContext, by: Actor, input: NewSite): Promise<CreateSiteResult> {
  const fault = checkNewSite(input);
  if (fault) return { ok: false, error: fault };
  const imported = readMerchantPublicKey(input.merchantPublicKey);
  if (!imported.ok) return imported;

  // Before the transaction: making an RSA pair takes a good part of a second.
  const brought = { secret: input.secret, merchantPublicKey: imported.key };
  const keys = await Promise.all(
    keyKindsOf[input.protocol].map((kind) => prepareKey(kind, input.environment, brought)),
  );

  for (let attempt = 1; ; attempt += 1) {
    const code = input.merchantSite ?? generateCode(input.name);
    const written = await writeSite(context, by, input, code, keys);
    if (written.ok) {
      const told = Object.assign({}, ...keys.map((key) => key.told));
      return { ...written, credentials: { ...toCredentials(context.publicUrl, written.site), ...told } };
    }
    const isTaken = written.error.code === 'merchant_site_taken';
    if (!isTaken || input.merchantSite !== undefined || attempt === codeAttemptsMax) return written;
  }
}

type WriteResult = { ok: true; site: MerchantSite } | { ok: false; error: MerchantError };

async function writeSite(
  context: SiteContext,
  by: Actor,
  input: NewSite,
  code: string,
  keys: PreparedKey[],
): Promise<WriteResult> {
  const now = context.clock.now();
  const { environment } = input;
  try {
    return await inTransaction(context.db, async (tx): Promise<WriteResult> => {
      const merchantId = await findOrMakeMerchant(tx, input, now);
      if (merchantId === null) return { ok: false, error: merchantError('merchant_not_found', 'merchantId') };
      await openSystemAccounts(tx, environment, now);
      const accounts = {
        merchant_suspense: await openAccount(tx, {
          environment,
          kind: 'merchant_suspense',
          owner: code,
          now,
        }),
        merchant_collection: await openAccount(tx, {
          environment,
          kind: 'merchant_collection',
          owner: code,
          now,
        }),
      };
      const creditAccountKind = input.creditAccountKind ?? 'merchant_suspense';
      const isNew = await insertSite(tx, {
        merchantSite: code,
        merchantId,
        environment,
        name: input.name.normalize('NFC').trim(),
        protocol: input.protocol,
        accessCode: input.accessCode ?? String(randomInt(10_000_000, 100_000_000)),
        amountUnit: input.amountUnit ?? (input.protocol === 'rest' ? 'dong' : 'hundredths'),
        resultNames: input.resultNames ?? 'plain',
        resultAmount: input.resultAmount ?? (input.protocol === 'classic-v2' ? 'dong' : 'as_received'),
        resultCodes: input.resultCodes ?? {},
        returnUrl: input.returnUrl ?? null,
        notifyUrl: input.notifyUrl ?? null,
        returnSchemes: readReturnSchemes(input.returnSchemes ?? []) ?? [],
        returnHosts: readReturnHosts(input.returnHosts ?? []) ?? [],
        creditAccountKind,
        creditAccountId: accounts[creditAccountKind],
        amountMinDong: input.amountMinDong ?? 1n,
        amountMaxDong: input.amountMaxDong ?? amountDongMax,
        fee: { ratePpm: 0n, fixedDong: 0n, minDong: 0n, maxDong: null, vatRatePpm: 0n, ...input.fee },
        createdAt: now,
      });
      if (!isNew) throw new CodeTaken();
      for (const key of keys)
        await storeKey(tx, context.keyRing, key, { merchantSite: code, environment, now });
      const site = await findSite(tx, code);
      if (site === null) throw new Error(`site ${code} was not written`);
      const after = { ...recordSettings(site), kinds: keys.map(({ kind }) => kind) };
      await recordAct(tx, context, { by, act: 'site.created', subject: code, environment, after });
      return { ok: true, site };
    });
  } catch (error) {
    if (error instanceof CodeTaken)
      return { ok: false, error: merchantError('merchant_site_taken', 'merchantSite') };
    throw error;
  }
}

/** Thrown to take back the merchant and the accounts that were made for a code that is taken. */
class CodeTaken extends Error {}

/** Null when the named id does not exist in the environment. */
async function findOrMakeMerchant(tx: Tx, input: NewSite, now: Date): Promise<string | null> {
  const { environment, merchantId } = input;
  if (merchantId !== undefined) return (await findMerchant(tx, environment, merchantId))?.id ?? null;
  const name = (input.merchantName ?? input.name).normalize('NFC').trim();
  const existing = await lockMerchantName(tx, environment, name);
  if (existing) return existing.id;
  const id = uuidv7();
  await insertMerchant(tx, { id, environment, name, now });
  return id;
}

/** Reads the public key a merchant brings; `key` is undefined when none was brought. */
export function readMerchantPublicKey(
  text: string | undefined,
): { ok: true; key: KeyObject | undefined } | { ok: false; error: MerchantError } {
  if (text === undefined) return { ok: true, key: undefined };
  const imported = importRsaKey(text);
  if (!imported.ok) {
    return {
      ok: false,
      error: merchantError('merchant_public_key_malformed', 'merchantPublicKey', imported.problem),
    };
  }
  if (imported.kind === 'private') {
    return { ok: false, error: merchantError('merchant_key_is_private', 'merchantPublicKey') };
  }
  return { ok: true, key: imported.key };
}

function generateCode(name: string): string {
  return [toCodeWords(name) || 'site', String(randomInt(1000, 1_000_000)).padStart(4, '0')].join('_');
}
