// `vipay wallet …`: test wallets of the sandbox, and a look at any wallet.

import type { Command } from 'commander';
import { uuidv7 } from 'uuidv7';
import { readBalance } from '../src/books/ledger/index.ts';
import {
  type CreateWalletError,
  createWallet,
  findWalletByPhone,
  listWallets,
  parsePhone,
  readWalletTotals,
  topUpWallet,
  unlockWallet,
  type Wallet,
  type WalletStatus,
} from '../src/business/wallets/index.ts';
import type { Context } from '../src/ground/context.ts';
import type { Environment } from '../src/ground/terms.ts';
import {
  amount,
  choice,
  declare,
  environmentOption,
  group,
  readAmount,
  readReason,
  readSecret,
  reasonOption,
  refuseLiveInDemo,
  text,
  whole,
} from './command.ts';
import { CliFault, notFound } from './faults.ts';
import type { Gateway } from './gateway.ts';
import { type Answer, dong, fields, moment, table, yesOrNo } from './print.ts';

export function addWalletCommands(program: Command): void {
  const wallet = group(program, 'wallet', 'Wallets: make test wallets, put money in, look');

  declare<CreateOptions>(wallet, {
    usage: 'create',
    description: 'Make a wallet',
    options: [
      text('--phone <number>', 'mobile number, 0 and nine digits').makeOptionMandatory(),
      text('--name <name>', "the holder's name").makeOptionMandatory(),
      text(
        '--pin <digits>',
        'sign-in PIN, 6 to 12 digits; - reads it from standard input',
      ).makeOptionMandatory(),
      environmentOption(),
      text('--identified', 'the holder has been identified (needed to pay)'),
      choice('--status <status>', 'first status', ['active', 'inactive', 'locked'], 'active'),
      amount('--balance <dong>', 'sandbox only: money to begin with'),
      amount('--limit-per-payment <dong>', "the holder's own limit, below the policy's"),
      amount('--limit-daily <dong>', "the holder's own limit of a day"),
      amount('--limit-monthly <dong>', "the holder's own limit of a month"),
    ],
    examples: [
      'npx vipay wallet create --phone 0900000009 --name "Nguyễn Văn Thử" --pin 246810 --identified --balance 5000000',
      'npx vipay wallet create --phone 0900000010 --name "Trần Thị Khóa" --pin 246810 --status locked',
    ],
    run: makeWallet,
  });

  declare<{ environment: Environment; bankReference?: string; transferId?: string }>(wallet, {
    usage: 'top-up <phone> <dong>',
    description: 'Credit a wallet with money that has arrived in the guarantee account',
    options: [
      environmentOption(),
      text('--bank-reference <text>', "live: the bank's reference of the confirmed receipt (required)"),
      text('--transfer-id <uuid>', 'idempotency key: the same one again moves nothing (default: a new one)'),
    ],
    examples: ['npx vipay wallet top-up 0900000001 500000'],
    run: (gateway, [phone = '', given = ''], options) => {
      refuseLiveInDemo(gateway, options.environment);
      return topUp(gateway, readPhone(phone), readArgument(given), options);
    },
  });

  declare<{ environment: Environment }>(wallet, {
    usage: 'show <phone>',
    description: 'Show a wallet: balance, limits, what it paid today and this month',
    options: [environmentOption()],
    examples: ['npx vipay wallet show 0900000001', 'npx vipay wallet show 0900000001 --json'],
    run: async ({ context }, [phone = ''], { environment }) => {
      const found = await findWalletByPhone(context.db, environment, readPhone(phone));
      if (found === null)
        throw notFound('wallet', phone, `Look at "vipay wallet list --environment ${environment}".`);
      return showWallet(context, found);
    },
  });

  declare<{ environment: Environment; reason?: string }>(wallet, {
    usage: 'unlock <phone>',
    description:
      'End the locks that wrong PINs and wrong codes have set; make sure first that the holder asks for it',
    options: [environmentOption(), reasonOption()],
    examples: [
      'npx vipay wallet unlock 0900000001 --environment live --reason "called back, identity proved"',
    ],
    run: async ({ context, by }, [given = ''], { environment, ...why }) => {
      const phone = readPhone(given);
      const unlocked = await unlockWallet(context, by, { environment, phone, ...readReason(why) });
      if (!unlocked.ok)
        throw notFound('wallet', phone, `Look at "vipay wallet list --environment ${environment}".`);
      return { json: { phone, environment, unlocked: true }, text: `${phone} may sign in and pay again.` };
    },
  });

  declare<{ environment: Environment; limit: number }>(wallet, {
    usage: 'list',
    description: 'List wallets by phone number',
    options: [
      environmentOption(),
      whole('--limit <n>', 'at most so many', { from: 1, to: 500, fallback: 50 }),
    ],
    examples: ['npx vipay wallet list'],
    run: async ({ context }, _args, { environment, limit }) => {
      const found = await listWallets(context.db, environment, limit);
      const rows = await Promise.all(
        found.map(async (item) => ({ item, balanceDong: await readBalance(context.db, item.accountId) })),
      );
      return {
        json: rows.map(({ item, balanceDong }) => describe(item, balanceDong)),
        text:
          rows.length === 0
            ? `There are no wallets in ${environment} yet: "vipay wallet create" makes one.`
            : table(
                ['PHONE', 'NAME', 'STATUS', 'IDENTIFIED', 'BALANCE'],
                rows.map(({ item, balanceDong }) => [
                  item.phone,
                  item.holderName,
                  item.status,
                  yesOrNo(item.identified),
                  dong(balanceDong),
                ]),
                ['BALANCE'],
              ),
      };
    },
  });
}

type CreateOptions = {
  phone: string;
  name: string;
  pin: string;
  environment: Environment;
  identified?: true;
  status: WalletStatus;
  balance?: bigint;
  limitPerPayment?: bigint;
  limitDaily?: bigint;
  limitMonthly?: bigint;
};

const createErrors: Record<CreateWalletError, string> = {
  phone_malformed: 'A phone number is 0 and nine digits.',
  holder_name_malformed: 'A name has 1 to 100 characters.',
  wallet_already_exists: 'This phone number already has a wallet in this environment.',
  pin_not_6_to_12_digits: 'A PIN has 6 to 12 digits.',
  pin_too_simple: 'The PIN is too simple: no runs such as 123456, no repeats.',
  pin_is_birthday: "The PIN is the holder's birthday: choose another.",
};

async function makeWallet(gateway: Gateway, _args: string[], options: CreateOptions): Promise<Answer> {
  const { environment, balance } = options;
  const { context, by } = gateway;
  refuseLiveInDemo(gateway, environment);
  if (environment === 'live' && balance !== undefined) {
    throw new CliFault(
      'balance_sandbox_only',
      '--balance is for the sandbox; live money comes by "vipay wallet top-up" with the bank\'s reference.',
    );
  }
  const phone = readPhone(options.phone);
  const made = await createWallet(context, by, {
    environment,
    phone,
    holderName: options.name.normalize('NFC'),
    pin: readSecret(options.pin, '--pin'),
    identified: options.identified === true,
    status: options.status,
    ...(options.limitPerPayment === undefined ? {} : { limitPerPaymentDong: options.limitPerPayment }),
    ...(options.limitDaily === undefined ? {} : { limitDailyDong: options.limitDaily }),
    ...(options.limitMonthly === undefined ? {} : { limitMonthlyDong: options.limitMonthly }),
  });
  if (!made.ok) throw new CliFault(made.error, createErrors[made.error]);
  if (balance !== undefined) await topUp(gateway, phone, balance, { environment });
  return showWallet(context, made.wallet);
}

async function topUp(
  { context, by }: Gateway,
  phone: string,
  amountDong: bigint,
  options: { environment: Environment; bankReference?: string; transferId?: string },
): Promise<Answer> {
  const { environment, bankReference } = options;
  if (environment === 'live' && !bankReference?.trim()) {
    throw new CliFault(
      'bank_reference_missing',
      "A live top-up needs --bank-reference, the bank's reference of the receipt it books.",
      2,
    );
  }
  const transferId = options.transferId ?? uuidv7();
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(transferId)) {
    throw new CliFault('transfer_id_malformed', '--transfer-id is a version 7 UUID in lower case.', 2);
  }
  const reference = bankReference === undefined ? {} : { reference: bankReference };
  const done = await topUpWallet(context, by, { environment, phone, amountDong, transferId, ...reference });
  if (!done.ok && done.error === 'wallet_not_found') {
    throw notFound('wallet', phone, `Look at "vipay wallet list --environment ${environment}".`);
  }
  if (!done.ok)
    throw new CliFault(done.error, `The ledger refused the top-up (${done.error}); nothing was moved.`);
  const wallet = await findWalletByPhone(context.db, environment, phone);
  const balanceDong = wallet === null ? 0n : await readBalance(context.db, wallet.accountId);
  return {
    json: {
      phone,
      environment,
      amount: amountDong,
      transfer_id: transferId,
      repeated: done.repeated,
      balance: balanceDong,
    },
    text: done.repeated
      ? `Transfer ${transferId} had been booked before; the balance is ${dong(balanceDong)}.`
      : `Credited ${dong(amountDong)} to ${phone}; the balance is ${dong(balanceDong)}. (transfer ${transferId})`,
  };
}

async function showWallet(context: Context, wallet: Wallet): Promise<Answer> {
  const balanceDong = await readBalance(context.db, wallet.accountId);
  const totals = await readWalletTotals(context.db, wallet.id, context.clock.now());
  const limit = (own: bigint | null) => (own === null ? "the policy's" : dong(own));
  return {
    json: { ...describe(wallet, balanceDong), paid_today: totals.dayDong, paid_this_month: totals.monthDong },
    text: [
      `${wallet.holderName.normalize('NFC')}, ${wallet.phone} (${wallet.environment})`,
      fields([
        ['balance', dong(balanceDong)],
        ['status', wallet.status],
        ['identified', yesOrNo(wallet.identified)],
        ['limit of a payment', limit(wallet.limitPerPaymentDong)],
        ['limit of a day', `${limit(wallet.limitDailyDong)}, paid today ${dong(totals.dayDong)}`],
        ['limit of a month', `${limit(wallet.limitMonthlyDong)}, paid this month ${dong(totals.monthDong)}`],
        ['codes locked until', moment(wallet.otpLockedUntil)],
        ['made at', moment(wallet.createdAt)],
      ]),
    ].join('\n'),
  };
}

function describe(wallet: Wallet, balanceDong: bigint) {
  return {
    wallet_id: wallet.id,
    environment: wallet.environment,
    phone: wallet.phone,
    holder_name: wallet.holderName,
    status: wallet.status,
    identified: wallet.identified,
    balance: balanceDong,
    limit_per_payment: wallet.limitPerPaymentDong,
    limit_daily: wallet.limitDailyDong,
    limit_monthly: wallet.limitMonthlyDong,
    created_at: wallet.createdAt,
  };
}

function readPhone(given: string): string {
  const phone = parsePhone(given);
  if (phone === null)
    throw new CliFault(
      'phone_malformed',
      `${JSON.stringify(given)} is no phone number: give 0 and nine digits.`,
      2,
    );
  return phone;
}

function readArgument(given: string): bigint {
  try {
    return readAmount(given);
  } catch (error) {
    throw new CliFault('amount_malformed', (error as Error).message, 2);
  }
}
