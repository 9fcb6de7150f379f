// All SQL of the ledger.

import { type RawBuilder, sql } from 'kysely';
import type { Columns, DbOrTx, Tx } from '../../ground/database/index.ts';
import type { Environment } from '../../ground/terms.ts';
import type { Account, AccountKind } from './account.ts';
import type { Transfer } from './transfer.ts';

/** Account ids as they are, or the SQL of a uuid[] that finds them. */
export type AccountIds = string[] | RawBuilder<string[]>;

/** Locks `locked` in the order everybody takes (wallets first, then by id), and reads those and `read`. */
export async function readAccounts(
  tx: Tx,
  locked: string[],
  read: AccountIds,
): Promise<Map<string, Account>> {
  const { rows } = await sql<Account>`
    select id, environment, kind, owner, balance_dong as "balanceDong", status
    from ledger_read_accounts(${locked}::uuid[], ${read}::uuid[])`.execute(tx);
  return new Map(rows.map((row) => [row.id, row]));
}

export async function findTransfers(db: DbOrTx, ids: string[]): Promise<Map<string, Transfer>> {
  type Row = Omit<Transfer, 'fee'> & {
    feeAccountId: string | null;
    feeDong: bigint;
    vatAccountId: string | null;
    vatDong: bigint;
  };
  const { rows } = await sql<Row>`
    select id, environment, kind, debit_account_id as "debitAccountId", credit_account_id as "creditAccountId",
      amount_dong as "amountDong", fee_account_id as "feeAccountId", fee_dong as "feeDong",
      vat_account_id as "vatAccountId", vat_dong as "vatDong", linked_transfer_id as "linkedTransferId",
      reference, happened_at as "happenedAt"
    from ledger_find_transfers(${ids}::uuid[])`.execute(db);
  return new Map(
    rows.map(({ feeAccountId, feeDong, vatAccountId, vatDong, ...row }) => [
      row.id,
      {
        ...row,
        fee:
          feeAccountId === null || vatAccountId === null
            ? null
            : { feeAccountId, feeDong, vatAccountId, vatDong },
      },
    ]),
  );
}

/** Writes the journal rows, and one balance update per account, whatever the number of transfers. */
export async function insertTransfers(tx: Tx, transfers: Transfer[]): Promise<void> {
  await sql`select ${postingOf(transfers)}`.execute(tx);
}

/** The gateway's seals of transfers that it has just posted. */
export async function insertTransferSeals(
  tx: Tx,
  seals: readonly { transferId: string; seal: Buffer }[],
): Promise<void> {
  await sql`
    insert into transfer_seals (transfer_id, seal)
    select * from unnest(${seals.map(({ transferId }) => transferId)}::uuid[], ${seals.map(({ seal }) => seal)}::bytea[])`.execute(
    tx,
  );
}

/** The same as a value of a select list. */
export function postingOf(transfers: Transfer[]): RawBuilder<unknown> {
  return sql`ledger_post(${columnsOf(transfers)})`;
}

/** The same. Returns false and writes nothing when the accounts or ids have changed since the decision. */
export async function tryInsertTransfers(tx: Tx, transfers: Transfer[]): Promise<boolean> {
  const { rows } = await sql<{ written: boolean }>`
    select ledger_try_post(${columnsOf(transfers)}) as written`.execute(tx);
  return rows[0]?.written === true;
}

function columnsOf(transfers: Transfer[]): RawBuilder<unknown> {
  const column = <T>(read: (transfer: Transfer) => T): T[] => transfers.map(read);
  return sql`
      ${column((transfer) => transfer.id)}::uuid[],
      ${column((transfer) => transfer.environment)}::text[],
      ${column((transfer) => transfer.kind)}::text[],
      ${column((transfer) => transfer.debitAccountId)}::uuid[],
      ${column((transfer) => transfer.creditAccountId)}::uuid[],
      ${column((transfer) => String(transfer.amountDong))}::bigint[],
      ${column((transfer) => transfer.fee?.feeAccountId ?? null)}::uuid[],
      ${column((transfer) => String(transfer.fee?.feeDong ?? 0n))}::bigint[],
      ${column((transfer) => transfer.fee?.vatAccountId ?? null)}::uuid[],
      ${column((transfer) => String(transfer.fee?.vatDong ?? 0n))}::bigint[],
      ${column((transfer) => transfer.linkedTransferId)}::uuid[],
      ${column((transfer) => transfer.reference)}::text[],
      ${column((transfer) => transfer.happenedAt.toISOString())}::timestamptz[]`;
}

export async function insertAccount(
  tx: DbOrTx,
  account: { id: string; environment: Environment; kind: AccountKind; owner: string; now: Date },
): Promise<void> {
  await sql`
    insert into accounts (id, environment, kind, owner, created_at)
    values (${account.id}, ${account.environment}, ${account.kind}, ${account.owner}, ${account.now})
    on conflict (environment, kind, owner) do nothing`.execute(tx);
}

export async function findAccount(
  db: DbOrTx,
  environment: Environment,
  kind: AccountKind,
  owner: string,
): Promise<Account | null> {
  const { rows } = await sql<Account>`
    select id, environment, kind, owner, balance_dong as "balanceDong", status
    from accounts where environment = ${environment} and kind = ${kind} and owner = ${owner}`.execute(db);
  return rows[0] ?? null;
}

export type FeeAccounts = { feeAccountId: string; vatAccountId: string };

/** For each environment that has both accounts. */
export async function findFeeAccounts(db: DbOrTx): Promise<Map<Environment, FeeAccounts>> {
  const { rows } = await sql<FeeAccounts & { environment: Environment }>`
    select f.environment, f.id as "feeAccountId", v.id as "vatAccountId"
    from accounts f join accounts v on v.environment = f.environment and v.kind = 'vat_payable' and v.owner = ''
    where f.environment in ('sandbox', 'live') and f.kind = 'fees' and f.owner = ''`.execute(db);
  return new Map(rows.map(({ environment, ...accounts }) => [environment, accounts]));
}

/** For a query that joins `accounts` to the row the account belongs to. */
export const balanceColumns: Columns<{ balanceDong: bigint }> = { balanceDong: 'balance_dong' };

export async function findBalance(db: DbOrTx, accountId: string): Promise<bigint | null> {
  const { rows } = await sql<{ balanceDong: bigint }>`
    select balance_dong as "balanceDong" from accounts where id = ${accountId}`.execute(db);
  return rows[0]?.balanceDong ?? null;
}

export type LedgerEntry = {
  transferId: string;
  kind: string;
  journalNo: bigint;
  lineNo: number;
  changeDong: bigint;
  happenedAt: Date;
};

/** The place of a line in its account's history. */
export type EntryCursor = { journalNo: bigint; lineNo: number };

/**
 * Lines in the order of the journal, up to and with the row `upto`. Each side of a transfer is found through its
 * index; fees and VAT, which nearly every payment has, through the journal's own order.
 */
export async function selectEntries(
  db: DbOrTx,
  accountId: string,
  page: { after: EntryCursor | null; upto: bigint; limit: number },
): Promise<LedgerEntry[]> {
  const { journalNo, lineNo } = page.after ?? { journalNo: 0n, lineNo: 0 };
  const rowsWhere = (condition: RawBuilder<unknown>) => sql`
    (select * from transfers where ${condition} and journal_no >= ${journalNo} and journal_no <= ${page.upto}
      order by journal_no limit ${page.limit} + 1)`;
  const { rows } = await sql<LedgerEntry>`
    with account as materialized (select id, kind in ('fees', 'vat_payable') as takes_fees from accounts where id = ${accountId}),
    found as materialized (
      select * from ${rowsWhere(sql`debit_account_id = ${accountId}`)} debited
      union
      select * from ${rowsWhere(sql`credit_account_id = ${accountId}`)} credited
      union
      select f.* from account a cross join lateral
        ${rowsWhere(sql`a.takes_fees and (fee_account_id = ${accountId} or vat_account_id = ${accountId})`)} f)
    select t.id as "transferId", t.kind, t.journal_no as "journalNo", l.line_no as "lineNo",
      l.change_dong as "changeDong", t.happened_at as "happenedAt"
    from found t cross join lateral (values
      (1, t.debit_account_id, -t.amount_dong), (2, t.credit_account_id, t.amount_dong),
      (3, t.credit_account_id, -t.fee_dong), (4, t.fee_account_id, t.fee_dong),
      (5, t.credit_account_id, -t.vat_dong), (6, t.vat_account_id, t.vat_dong)) l (line_no, account_id, change_dong)
    where l.account_id = ${accountId} and l.change_dong <> 0
      and (t.journal_no, l.line_no) > (${journalNo}, ${lineNo}::int)
    order by t.journal_no, l.line_no limit ${page.limit}`.execute(db);
  return rows;
}

export type BooksRow = {
  environment: Environment;
  accounts: bigint;
  sumDong: bigint;
  wrong: bigint;
  uncovered: bigint;
};

/** Per environment: the sum of all balances, how many balances differ from their journal, and by how much wallets exceed the guarantee. */
export async function selectBooks(db: DbOrTx): Promise<BooksRow[]> {
  const { rows } = await sql<BooksRow>`
    select a.environment, count(*) as accounts, sum(a.balance_dong)::bigint as "sumDong",
      count(*) filter (where a.balance_dong <> coalesce(j.total_dong, 0)) as wrong,
      greatest(0, coalesce(sum(a.balance_dong) filter (where a.kind = 'wallet'), 0)
        + coalesce(sum(a.balance_dong) filter (where a.kind = 'bank_guarantee'), 0))::bigint as uncovered
    from accounts a
    left join (select account_id, sum(change_dong) as total_dong from ledger_entries group by account_id) j on j.account_id = a.id
    group by a.environment order by a.environment`.execute(db);
  return rows;
}
