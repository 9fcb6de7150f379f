// Settings of a site on the command line: how they are read, and how a refusal of the merchants module is told.

import type { MerchantError } from '../src/business/merchants/index.ts';
import { choice, readInput, text } from './command.ts';
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
  resultAmount: '--result-amount',
  resultCodes: '--result-codes',
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

export type ResultOptions = {
  resultNames?: 'plain' | 'prefixed';
  resultAmount?: 'dong' | 'as-received';
  resultCodes?: string;
};

/** How the results of a site are told. Prefixed names are for receivers that cannot take the last of two (decision 0005). */
export function resultOptions() {
  return [
    choice(
      '--result-names <names>',
      "plain: as the protocol says; prefixed: the result's parameters as vipay_…, never mixed up with the URL's own",
      ['plain', 'prefixed'],
    ),
    choice(
      '--result-amount <unit>',
      'classic: what total_amount of a result counts (default: dong for v2, as-received for v1)',
      ['dong', 'as-received'],
    ),
    text(
      '--result-codes <pairs>',
      'classic: your own words for response codes, such as 24=PAY-0028; "": none',
    ),
  ];
}

export function readResultOptions(options: ResultOptions) {
  const { resultNames, resultAmount, resultCodes } = options;
  return given({
    resultNames,
    resultAmount: resultAmount === 'as-received' ? ('as_received' as const) : resultAmount,
    resultCodes: resultCodes === undefined ? undefined : readPairs(resultCodes),
  });
}

/** "24=PAY-0028, 00=OK" → pairs; a part without = keeps an empty word, which the rules refuse by name. */
function readPairs(text: string): Record<string, string> {
  const parts = text.split(',').flatMap((part) => part.trim() || []);
  return Object.fromEntries(
    parts.map((part) => {
      const [code = '', ...word] = part.split('=');
      return [code.trim(), word.join('=').trim()];
    }),
  );
}

export function readKeyFile(path: string | undefined): { merchantPublicKey?: string } {
  return path === undefined ? {} : { merchantPublicKey: readInput(path, '--merchant-public-key') };
}

/** The object without the members that were not given. */
export function given<T extends object>(members: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [Name in keyof T]?: Exclude<T[Name], undefined>;
  };
}
