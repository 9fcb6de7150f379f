// A plain model of the ledger in memory, the random movements both are given, and accounts for one run of them.

import fc from 'fast-check';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import {
  type AccountKind,
  getSystemAccountId,
  openAccount,
  readBalance,
  type SystemAccountKind,
  type Transfer,
  type TransferKind,
  type TransferResult,
} from '../../src/books/ledger/index.ts';
import type { Context } from '../../src/ground/context.ts';
import type { Environment } from '../../src/ground/terms.ts';

type ModelAccount = { environment: Environment; kind: AccountKind; status: 'open' | 'closed'; dong: bigint };
export type Model = { accounts: Map<string, ModelAccount>; journal: Map<string, Transfer> };

const sideOf: Partial<Record<AccountKind, 'any' | 'debit'>> = {
  bank_clearing: 'any',
  bank_guarantee: 'debit',
  bank_collection: 'debit',
  bank_operating: 'debit',
};

/** All that makes two transfers of one id the same. */
function contentOf({ happenedAt, id, fee, ...content }: Transfer): unknown {
  return { ...content, feeDong: fee?.feeDong ?? 0n, vatDong: fee?.vatDong ?? 0n };
}

/** What the ledger answers, in as few words as possible. */
export function postToModel(model: Model, transfer: Transfer): TransferResult {
  const refuse = (refusal: Extract<TransferResult, { ok: false }>['refusal']) =>
    ({ ok: false, refusal }) as const;
  const known = model.journal.get(transfer.id);
  if (known) {
    const isSame = fc.stringify(contentOf(known)) === fc.stringify(contentOf(transfer));
    return isSame ? { ok: true, repeated: true } : refuse('transfer_id_reused');
  }
  const { amountDong, debitAccountId, creditAccountId } = transfer;
  const fee = transfer.fee ?? { feeAccountId: null, feeDong: 0n, vatAccountId: null, vatDong: 0n };
  if (amountDong <= 0n) return refuse('amount_not_positive');
  if (amountDong >= 10_000_000_000_000n) return refuse('amount_above_maximum');
  if (debitAccountId === creditAccountId) return refuse('accounts_are_the_same');
  if (fee.feeDong < 0n || fee.vatDong < 0n || fee.feeDong + fee.vatDong > amountDong)
    return refuse('fee_above_amount');
  const moved: [string | null, bigint][] = [
    [debitAccountId, -amountDong],
    [creditAccountId, amountDong - fee.feeDong - fee.vatDong],
    [fee.feeAccountId, fee.feeDong],
    [fee.vatAccountId, fee.vatDong],
  ];
  const changes = moved.flatMap(([id, dong]) => (id === null ? [] : [{ id, dong }]));
  const touched = changes.map(({ id }) => model.accounts.get(id));
  if (touched.includes(undefined)) return refuse('account_not_found');
  if (touched.some((account) => account?.environment !== transfer.environment))
    return refuse('account_in_other_environment');
  if (touched.some((account) => account?.status === 'closed')) return refuse('account_closed');
  const after = structuredClone(model.accounts);
  for (const { id, dong } of changes) (after.get(id) as ModelAccount).dong += dong;
  const isOnItsSide = ({ kind, dong }: ModelAccount) =>
    sideOf[kind] === 'any' || (sideOf[kind] === 'debit' ? dong <= 0n : dong >= 0n);
  if (!changes.every(({ id }) => isOnItsSide(after.get(id) as ModelAccount)))
    return refuse('balance_insufficient');
  model.accounts = after;
  model.journal.set(transfer.id, transfer);
  return { ok: true, repeated: false };
}

/** Names of accounts, as the generated movements use them; each run has owned accounts of its own. */
const owned = {
  wallet1: 'wallet',
  wallet2: 'wallet',
  wallet3: 'wallet',
  walletClosed: 'wallet',
  suspense1: 'merchant_suspense',
  suspense2: 'merchant_suspense',
  suspenseClosed: 'merchant_suspense',
  collection: 'merchant_collection',
  payable: 'merchant_payable',
} as const;
const systems = [
  'bank_guarantee',
  'bank_collection',
  'bank_operating',
  'bank_clearing',
  'unidentified_receipts',
  'fees',
  'vat_payable',
] as const satisfies readonly SystemAccountKind[];
export type AccountName = keyof typeof owned | (typeof systems)[number] | 'walletLive' | 'missing';
const names = [...(Object.keys(owned) as AccountName[]), ...systems, 'walletLive', 'missing'] as const;

/** Who moves to whom, where the movement is what its kind says. */
export const routes: Record<TransferKind, [AccountName[], AccountName[]]> = {
  top_up: [['bank_guarantee'], ['wallet1', 'wallet2', 'wallet3', 'walletClosed']],
  withdrawal: [['wallet1', 'wallet2'], ['bank_guarantee']],
  payment: [
    ['wallet1', 'wallet2', 'wallet3', 'walletClosed'],
    ['suspense1', 'suspense2', 'suspenseClosed', 'collection', 'bank_operating'],
  ],
  refund: [
    ['suspense1', 'suspense2', 'collection'],
    ['wallet1', 'wallet2'],
  ],
  fee_return: [['fees', 'vat_payable'], ['suspense1']],
  sweep: [['bank_collection', 'bank_guarantee'], ['bank_operating']],
  collection_payout: [['collection'], ['bank_collection']],
  session_net: [['suspense1', 'suspense2'], ['payable']],
  settlement: [['payable'], ['bank_clearing']],
  vat_payment: [['vat_payable'], ['bank_operating']],
  unidentified_receipt: [['bank_collection'], ['unidentified_receipts']],
  adjustment: [
    ['bank_clearing', 'fees'],
    ['suspense2', 'bank_operating', 'bank_clearing'],
  ],
};

export type Movement = {
  slot: number;
  kind: TransferKind;
  from: AccountName;
  to: AccountName;
  amountDong: bigint;
  fee: { feeDong: bigint; vatDong: bigint } | null;
  environment: Environment;
};

const amount = fc.oneof(
  { weight: 12, arbitrary: fc.bigInt({ min: 1n, max: 600n }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(0n, -1n, -(2n ** 63n), 9_999_999_999_999n, 10_000_000_000_000n, 2n ** 63n),
  },
);
const fee = fc.record({
  feeDong: fc.oneof({ weight: 8, arbitrary: fc.bigInt(0n, 20n) }, fc.constantFrom(-1n, 10_000n, 2n ** 64n)),
  vatDong: fc.oneof({ weight: 8, arbitrary: fc.bigInt(0n, 2n) }, fc.constantFrom(-1n, 10_000n)),
});
export const movement: fc.Arbitrary<Movement> = fc
  .constantFrom(...(Object.keys(routes) as TransferKind[]), 'top_up', 'top_up', 'payment', 'payment')
  .chain((kind) =>
    fc.record({
      // Few ids, so that some come again: with the same content, or another.
      slot: fc.nat(60),
      kind: fc.constant(kind),
      from: fc.oneof(
        { weight: 10, arbitrary: fc.constantFrom(...routes[kind][0]) },
        fc.constantFrom(...names),
      ),
      to: fc.oneof({ weight: 10, arbitrary: fc.constantFrom(...routes[kind][1]) }, fc.constantFrom(...names)),
      amountDong: amount,
      fee: kind === 'payment' ? fee : fc.option(fee, { freq: 10 }),
      environment: fc.oneof(
        { weight: 15, arbitrary: fc.constant<Environment>('sandbox') },
        fc.constant<Environment>('live'),
      ),
    }),
  );
/** Some movements are asked for twice, as callers do. */
export const batch = fc
  .tuple(fc.array(movement, { minLength: 1, maxLength: 9 }), fc.option(fc.nat(8)))
  .map(([movements, again]) =>
    again === null ? movements : [...movements, ...movements.slice(again, again + 1)],
  );

/** Accounts of this run alone, with what stands on the environment's own. */
export async function givenLedger(
  context: Context,
  owner: pg.Pool,
): Promise<{ model: Model; ids: Map<AccountName, string> }> {
  const ids = new Map<AccountName, string>([['missing', uuidv7()]]);
  const accounts: Model['accounts'] = new Map();
  const now = context.clock.now();
  const open = async (name: AccountName, kind: AccountKind, environment: Environment) => {
    const id = await openAccount(context.db, { environment, kind, owner: uuidv7(), now });
    const isClosed = name.endsWith('Closed');
    if (isClosed) await owner.query(`update accounts set status = 'closed' where id = $1`, [id]);
    ids.set(name, id);
    accounts.set(id, { environment, kind, status: isClosed ? 'closed' : 'open', dong: 0n });
  };
  for (const [name, kind] of Object.entries(owned)) await open(name as AccountName, kind, 'sandbox');
  await open('walletLive', 'wallet', 'live');
  for (const kind of systems) {
    const id = await getSystemAccountId(context.db, 'sandbox', kind);
    ids.set(kind, id);
    const dong = await readBalance(context.db, id);
    accounts.set(id, { environment: 'sandbox', kind, status: 'open', dong });
  }
  return { model: { accounts, journal: new Map() }, ids };
}

/** Movements by their names as transfers; equal slots are equal ids. */
export function createTranslator(
  context: Context,
  ids: Map<AccountName, string>,
): (movement: Movement) => Transfer {
  const slots = new Map<number, string>();
  const idOf = (name: AccountName) => ids.get(name) ?? '';
  return ({ slot, from, to, fee, ...movement }) => {
    const id = slots.get(slot) ?? uuidv7();
    slots.set(slot, id);
    return {
      ...movement,
      id,
      debitAccountId: idOf(from),
      creditAccountId: idOf(to),
      fee: fee && { feeAccountId: idOf('fees'), vatAccountId: idOf('vat_payable'), ...fee },
      linkedTransferId: null,
      reference: 'model',
      happenedAt: context.clock.now(),
    };
  };
}

export async function readBalances(context: Context, model: Model): Promise<Map<string, bigint>> {
  const { rows } = await context.db.pool.query<{ id: string; dong: bigint }>(
    'select id, balance_dong as dong from accounts where id = any($1)',
    [[...model.accounts.keys()]],
  );
  return new Map(rows.map(({ id, dong }) => [id, dong]));
}

export const balancesOf = (model: Model) => new Map([...model.accounts].map(([id, { dong }]) => [id, dong]));
