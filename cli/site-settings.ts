// Settings of a site on the command line: how they are read, and how a refusal of the merchants module is told.

import type { MerchantError } from '../src/business/merchants/index.ts';
import { choice, readInput } from './command.ts';
import { CliFault, notFound } from './faults.ts';

/** The option that a setting at fault was given by. */
const optionNames: Record<string, string> = {
  merchantSite: '--merchant-site',
  accessCode: '--access-code',
  name: '--name',
  merchantName: '--merchant-name',
  merchantId: '--merchant-id',
  secret: '--secret',
  merchantPublicKey: '--merchant-public-key',
  amountUnit: '--amount-unit',
  resultNames: '--result-names',
  returnUrl: '--return-url',
  notifyUrl: '--notify-url',
  returnSchemes: '--return-schemes',
  returnHosts: '--return-hosts',
  amountMaxDong: '--amount-min, --amount-max',
  fee: 'the fee',
  overlapSeconds: '--overlap-hours',
  kinds: '--only',
};

export function refusal(error: MerchantError, code: string): CliFault {
  if (error.code === 'site_not_found') return notFound('site', code, '"vipay site list" shows all of them.');
  return new CliFault(error.code, `${optionNames[error.field] ?? error.field}: ${error.message}`);
}

/** "a, b" → ["a", "b"]; "" → []. */
export function readList(given: string | undefined): string[] | undefined {
  return given?.split(',').flatMap((item) => item.trim() || []);
}

/** For a receiver that cannot take the last of two parameters of one name (decision 0005). */
export function resultNamesOption() {
  return choice(
    '--result-names <names>',
    "plain: as the protocol says; prefixed: the result's parameters as vipay_…, never mixed up with the URL's own",
    ['plain', 'prefixed'],
  );
}

export function readKeyFile(path: string | undefined): { merchantPublicKey?: string } {
  return path === undefined ? {} : { merchantPublicKey: readInput(path, '--merchant-public-key') };
}

/** Without the members that were not given. */
export function given<T extends object>(members: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [Name in keyof T]?: Exclude<T[Name], undefined>;
  };
}
