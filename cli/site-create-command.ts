// `vipay site create`: a merchant site with everything its client needs.

import type { Command } from 'commander';
import { createSite, type NewSite, type Protocol } from '../src/business/merchants/index.ts';
import type { FeeSchedule } from '../src/ground/money/index.ts';
import type { Environment } from '../src/ground/terms.ts';
import { ask } from './ask.ts';
import {
  amount,
  choice,
  declare,
  environmentOption,
  percent,
  readSecret,
  refuseLiveInDemo,
  text,
} from './command.ts';
import type { Gateway } from './gateway.ts';
import type { Answer } from './print.ts';
import {
  given,
  type ResultOptions,
  readKeyFile,
  readList,
  readResultOptions,
  refusal,
  resultOptions,
} from './site-settings.ts';
import { describeAgreement, showCredentials } from './site-text.ts';

export function addSiteCreateCommand(site: Command): void {
  declare<CreateOptions>(site, {
    usage: 'create',
    description: 'Make a merchant site and print everything its client needs; secrets are shown this once',
    options: createOptions(),
    notes: createNotes,
    examples: [
      'npx vipay site create --name "Cửa hàng Sen Đá" --protocol rest --notify-url http://localhost:8081/ipn',
      'npx vipay site create --name "Lạc Việt" --protocol classic-v1 --merchant-site lacviet_7134 --access-code 3685 --secret -',
      'npx vipay site create --name "Bảo hiểm" --protocol classic-v2 --merchant-public-key merchant.xml --json',
      'npx vipay site create --name "Sen Đá" --protocol rest --environment live --fee-percent 1.1 --vat-percent 10 \\\n      --notify-url https://senda.vn/ipn --return-url https://senda.vn/ket-qua',
    ],
    run: makeSite,
  });
}

type CreateOptions = ResultOptions & {
  name?: string;
  json?: true;
  protocol: Protocol;
  environment: Environment;
  merchantName?: string;
  merchantId?: string;
  merchantSite?: string;
  accessCode?: string;
  secret?: string;
  merchantPublicKey?: string;
  returnUrl?: string;
  notifyUrl?: string;
  returnSchemes?: string;
  returnHosts?: string;
  amountUnit?: 'hundredths' | 'dong';
  amountMin?: bigint;
  amountMax?: bigint;
  creditAccount: 'suspense' | 'collection';
  feePercent?: bigint;
  feeFixed?: bigint;
  feeMin?: bigint;
  feeMax?: bigint;
  vatPercent?: bigint;
};

function createOptions() {
  return [
    text(
      '--name <name>',
      "shown to buyers at the checkout (asked for at a terminal; else the merchant's name or the code)",
    ),
    choice('--protocol <protocol>', 'how orders come in', [
      'classic-v1',
      'classic-v2',
      'rest',
    ]).makeOptionMandatory(),
    environmentOption(),
    text(
      '--merchant-name <name>',
      "the business; an existing one of this name is taken (default: the site's name)",
    ),
    text('--merchant-id <id>', 'the business, by the id that "site show" prints'),
    text('--merchant-site <code>', "the site's code (default: made from the name)"),
    text('--access-code <code>', 'second, non-secret code (default: random)'),
    text(
      '--secret <text>',
      'classic-v1: the secret a merchant brings (default: random); - reads it from standard input',
    ),
    text(
      '--merchant-public-key <file>',
      "classic-v2: the merchant's RSA public key as PEM, XML or JWK (default: a pair is made)",
    ),
    text('--return-url <url>', 'where buyers go back'),
    text('--notify-url <url>', 'where results are sent, server to server'),
    text(
      '--return-schemes <list>',
      "schemes of the merchant's own apps that buyers go back to, such as myshop",
    ),
    text(
      '--return-hosts <list>',
      'the only hosts buyers go back to, such as shop.vn,*.shop.vn (default: any)',
    ),
    choice('--amount-unit <unit>', 'classic: what total_amount counts (default: hundredths)', [
      'hundredths',
      'dong',
    ]),
    ...resultOptions(),
    amount('--amount-min <dong>', 'least amount of an order'),
    amount('--amount-max <dong>', 'greatest amount of an order'),
    choice(
      '--credit-account <account>',
      'which account payments are credited to',
      ['suspense', 'collection'],
      'suspense',
    ),
    percent('--fee-percent <percent>', 'fee, per cent of the amount'),
    amount('--fee-fixed <dong>', 'fee, fixed part', 0),
    amount('--fee-min <dong>', 'least fee of a payment', 0),
    amount('--fee-max <dong>', 'greatest fee of a payment', 0),
    percent('--vat-percent <percent>', 'VAT on top of the fee, per cent of the fee'),
  ];
}

const createNotes = `A merchant who brings years-old classic settings keeps code, access code and, if wished, secret
(--merchant-site, --access-code, --secret): only the host changes in their client. Live sites need https URLs.`;

async function makeSite(gateway: Gateway, _args: string[], options: CreateOptions): Promise<Answer> {
  refuseLiveInDemo(gateway, options.environment);
  const fee: Partial<FeeSchedule> = given({
    ratePpm: options.feePercent,
    fixedDong: options.feeFixed,
    minDong: options.feeMin,
    maxDong: options.feeMax,
    vatRatePpm: options.vatPercent,
  });
  const input: NewSite = {
    environment: options.environment,
    protocol: options.protocol,
    name: options.name ?? (await chooseName(options)),
    creditAccountKind: options.creditAccount === 'collection' ? 'merchant_collection' : 'merchant_suspense',
    fee,
    ...given({
      merchantName: options.merchantName,
      merchantId: options.merchantId,
      merchantSite: options.merchantSite,
      accessCode: options.accessCode,
      returnUrl: options.returnUrl,
      notifyUrl: options.notifyUrl,
      returnSchemes: readList(options.returnSchemes),
      returnHosts: readList(options.returnHosts),
      amountUnit: options.amountUnit,
      amountMinDong: options.amountMin,
      amountMaxDong: options.amountMax,
      secret: options.secret === undefined ? undefined : readSecret(options.secret, '--secret'),
    }),
    ...readResultOptions(options),
    ...readKeyFile(options.merchantPublicKey),
  };
  const made = await createSite(gateway.context, gateway.by, input);
  if (!made.ok) throw refusal(made.error, input.merchantSite ?? '');
  return {
    json: { ...made.credentials, ...describeAgreement(made.site) },
    text: showCredentials(made.credentials, {}),
  };
}

/** The value that a person types, else the known value of the merchant. It is never a reason to refuse. */
async function chooseName({ merchantName, merchantSite, json }: CreateOptions): Promise<string> {
  const known = merchantName ?? merchantSite ?? 'My shop';
  if (json || !process.stdin.isTTY || !process.stderr.isTTY) return known;
  return ask("The site's name, as buyers see it", known, { input: process.stdin, output: process.stderr });
}
