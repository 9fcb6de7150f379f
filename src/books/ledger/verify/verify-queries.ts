// All SQL by which the ledger is verified. Each statement reads a bounded stretch in a snapshot of its own,
// so that none holds back vacuum or posting for longer than a moment. Once a horizon has passed, no row up to
// it changes and none is added. So several statements over the same stretch agree without a common snapshot.

import { type RawBuilder, sql } from 'kysely';
import type { DbOrTx } from '../../../ground/database/index.ts';
import type { Environment } from '../../../ground/terms.ts';
import type { AccountKind } from '../account.ts';
import type { Transfer } from '../transfer.ts';
import { type TransferRule, transferRules } from '../transfer-rules.ts';
import { chunkRowsMax, type SealedCheckpoint } from './checkpoint.ts';
import type { LedgerFault, LedgerFaultName } from './fault.ts';

/** Where the journal ends now, and the transaction id below which all must have ended before that is final. */
export async function readHorizon(db: DbOrTx): Promise<{ journalNo: bigint; xid: string }> {
  const { rows } = await sql<{ journalNo: bigint; xid: string }>`
    select journal_no as "journalNo", xid from ledger_horizon()`.execute(db);
  if (!rows[0]) throw new Error('the journal has no horizon');
  return rows[0];
}

/** The next rows to seal after `from`: how many, at most 10.000, and where they end; null: none. */
export async function selectNextStretch(
  db: DbOrTx,
  from: bigint,
  horizon: bigint,
): Promise<{ rowCount: number; uptoJournalNo: bigint } | null> {
  const { rows } = await sql<{ rowCount: number; uptoJournalNo: bigint | null }>`
    select count(*)::int as "rowCount", max(journal_no) as "uptoJournalNo" from (
      select journal_no from transfers where journal_no > ${from} and journal_no <= ${horizon}
      order by journal_no limit ${chunkRowsMax}) stretch`.execute(db);
  const [row] = rows;
  return row && row.uptoJournalNo !== null ? { ...row, uptoJournalNo: row.uptoJournalNo } : null;
}

/**
 * SHA-256 over the rows of a stretch, every column, in their order. Times as seconds since 1970, whatever the
 * session's time zone; the reference, the only free text, comes last and with its length.
 */
export async function hashRows(
  db: DbOrTx,
  from: bigint,
  upto: bigint,
): Promise<{ rowCount: number; rowsHash: Buffer }> {
  const { rows } = await sql<{ rowCount: number; rowsHash: Buffer }>`
    select count(*)::int as "rowCount", sha256(convert_to(coalesce(string_agg(
      format('%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s', journal_no, id, environment, kind,
        debit_account_id, credit_account_id, amount_dong, fee_account_id, fee_dong, vat_account_id, vat_dong,
        linked_transfer_id, extract(epoch from happened_at), extract(epoch from recorded_at),
        length(reference), reference),
      E'\n' order by journal_no), ''), 'UTF8')) as "rowsHash"
    from transfers where journal_no > ${from} and journal_no <= ${upto}`.execute(db);
  if (!rows[0]) throw new Error('a hash has no row');
  return rows[0];
}

/** Rows of the journal, by their place in it or by their ids. */
export type JournalRows = { from: bigint; upto: bigint } | { ids: string[] };

/** As a condition on `transfers t`. */
export function whereRows(given: JournalRows): RawBuilder<unknown> {
  return 'ids' in given
    ? sql`t.id = any(${given.ids}::uuid[])`
    : sql`t.journal_no > ${given.from} and t.journal_no <= ${given.upto}`;
}

/** Rows whose accounts do not exist or are of another environment. */
export async function selectFaultyRows(db: DbOrTx, given: JournalRows): Promise<LedgerFault[]> {
  const { rows } = await sql<{
    id: string;
    environment: Environment;
    fault: LedgerFaultName;
    accounts: string;
  }>`
    select t.id, t.environment,
      case when bool_or(a.id is null) then 'account_missing' else 'transfer_crosses_environments' end as fault,
      string_agg(l.account_id::text, ', ' order by l.account_id) as accounts
    from transfers t
    cross join lateral (values (t.debit_account_id), (t.credit_account_id), (t.fee_account_id), (t.vat_account_id))
      as l (account_id)
    left join accounts a on a.id = l.account_id
    where ${whereRows(given)} and l.account_id is not null and (a.id is null or a.environment <> t.environment)
    group by t.id, t.environment`.execute(db);
  return rows.map(({ id, environment, fault, accounts }) => ({
    fault,
    environment,
    subject: id,
    detail: `transfer ${id} of the ${environment} ledger, account ${accounts}`,
  }));
}

/** Rows whose kind does not join their accounts, or that do not name the transfer they belong to (transferRules). */
export async function selectUnruly(db: DbOrTx, given: JournalRows): Promise<LedgerFault[]> {
  const column = (read: (rule: TransferRule) => string) => sql`${transferRules.map(read)}::text[]`;
  const { rows } = await sql<{
    id: string;
    environment: Environment;
    fault: LedgerFaultName;
    more: string;
  }>`
    with rules (kind, debit, credit, linked_to) as materialized (
      select * from unnest(${column((rule) => rule.kind)}, ${column((rule) => rule.debit)},
        ${column((rule) => rule.credit)}, ${column((rule) => rule.linkedTo.join(' '))}))
    select id, environment, fault, more from (
      select t.id, t.environment,
        case
          when t.kind <> 'adjustment' and r.kind is null or t.fee_dong <> 0 and f.kind is distinct from 'fees'
            or t.vat_dong <> 0 and v.kind is distinct from 'vat_payable'
            or t.kind <> 'payment' and (t.fee_dong <> 0 or t.vat_dong <> 0)
            then 'transfer_of_wrong_accounts'
          when (t.kind = 'adjustment' or r.linked_to <> '') and (l.id is null or l.id = t.id or l.environment <> t.environment
            or t.kind <> 'adjustment' and l.kind <> all (string_to_array(r.linked_to, ' ')))
            then 'transfer_not_linked'
        end as fault,
        t.kind || ' from ' || d.kind || ' to ' || c.kind
          || case when t.fee_dong + t.vat_dong <> 0 then ', fee to ' || coalesce(f.kind, 'none') || ', VAT to ' || coalesce(v.kind, 'none') else '' end
          || coalesce(', linked to a ' || l.kind, ', linked to none') as more
      from transfers t
      join accounts d on d.id = t.debit_account_id
      join accounts c on c.id = t.credit_account_id
      left join accounts f on f.id = t.fee_account_id
      left join accounts v on v.id = t.vat_account_id
      left join transfers l on l.id = t.linked_transfer_id
      left join rules r on r.kind = t.kind and r.debit = d.kind and r.credit = c.kind
      where ${whereRows(given)}) judged
    where fault is not null`.execute(db);
  return rows.map(({ id, environment, fault, more }) => ({
    fault,
    environment,
    subject: id,
    detail: `transfer ${id}: ${more}`,
  }));
}

/** Rows that no order explains, with their seals; not those from before there were seals. */
export async function listUnexplained(
  db: DbOrTx,
  given: JournalRows,
): Promise<(Transfer & { seal: Buffer | null })[]> {
  const { rows } = await sql<Omit<Transfer, 'fee'> & { seal: Buffer | null }>`
    select t.id, t.environment, t.kind, t.debit_account_id as "debitAccountId", t.credit_account_id as "creditAccountId",
      t.amount_dong as "amountDong", t.linked_transfer_id as "linkedTransferId", t.reference,
      t.happened_at as "happenedAt", s.seal
    from transfers t left join transfer_seals s on s.transfer_id = t.id
    where ${whereRows(given)} and t.kind <> 'payment'
      and t.journal_no > (select coalesce(max(journal_no), 0) from transfer_seals_begin)`.execute(db);
  return rows.map((row) => ({ ...row, fee: null }));
}

export async function insertCheckpoint(db: DbOrTx, checkpoint: SealedCheckpoint): Promise<void> {
  await sql`
    select ledger_seal(${checkpoint.checkpointNo}, ${checkpoint.fromJournalNo}, ${checkpoint.uptoJournalNo},
      ${checkpoint.rowCount}, ${checkpoint.chainHash}, ${checkpoint.faultyTransfers}::uuid[],
      ${checkpoint.sealedAt}, ${checkpoint.seal})`.execute(db);
}

/** In their order, at most `limit`. */
export async function listCheckpoints(db: DbOrTx, after: bigint, limit: number): Promise<SealedCheckpoint[]> {
  const { rows } = await sql<SealedCheckpoint>`
    select checkpoint_no as "checkpointNo", from_journal_no as "fromJournalNo", upto_journal_no as "uptoJournalNo",
      row_count as "rowCount", chain_hash as "chainHash", faulty_transfers::text[] as "faultyTransfers",
      sealed_at as "sealedAt", seal
    from ledger_checkpoints where checkpoint_no > ${after} order by checkpoint_no limit ${limit}`.execute(db);
  return rows;
}

/**
 * The table with the sums up to the newest checkpoint: stored from run to run, or added up anew by this run.
 */
export type SumsTable = 'kept' | 'anew';

const sumsTables = { kept: sql`ledger_sealed_sums`, anew: sql`ledger_sums_anew` };

/** A table of this connection, for the sums that a full verification adds up from the first row on. */
export async function createSumsAnew(db: DbOrTx): Promise<void> {
  await sql`
    create temporary table ledger_sums_anew (account_id uuid primary key, sum_dong bigint not null)
    with (fillfactor = 50)`.execute(db);
}

export async function dropSumsAnew(db: DbOrTx): Promise<void> {
  await sql`drop table if exists ledger_sums_anew`.execute(db);
}

export async function addToSumsAnew(db: DbOrTx, from: bigint, upto: bigint): Promise<void> {
  await sql`
    insert into ledger_sums_anew as s (account_id, sum_dong)
    select account_id, sum(change_dong) from ledger_entries
    where journal_no > ${from} and journal_no <= ${upto} and account_id is not null
    group by account_id order by account_id
    on conflict (account_id) do update set sum_dong = s.sum_dong + excluded.sum_dong`.execute(db);
}

export type ComparedAccounts = {
  count: number;
  lastId: string | null;
  /** The accounts with a fault; sums as decimal text. */
  wrong: {
    id: string;
    environment: Environment;
    kind: AccountKind;
    owner: string;
    balanceDong: string;
    journalDong: string;
    onItsSide: boolean;
  }[];
};

/**
 * Up to `limit` accounts after `after`: each balance beside the sum up to `sealedUpto`, the end of the newest
 * checkpoint, and the lines after it. One statement has one snapshot, so it sees both the row and the
 * balances of a posting, or neither. The lines are added up in one aggregate and not joined, because the
 * planner cannot know how many are new.
 */
export async function compareAccounts(
  db: DbOrTx,
  page: { sums: SumsTable; sealedUpto: bigint; after: string; limit: number },
): Promise<ComparedAccounts> {
  const { rows } = await sql<ComparedAccounts>`
    with page as materialized (
      select id, environment, kind, owner, balance_dong from accounts
      where id > ${page.after}::uuid order by id limit ${page.limit}),
    compared as (
      select id, max(environment) as environment, max(kind) as kind, max(owner) as owner,
        max(balance_dong) as balance_dong, sum(line_dong) as journal_dong
      from (
        select id, environment, kind, owner, balance_dong, 0::bigint as line_dong from page
        union all
        select p.id, null, null, null, null, s.sum_dong from page p
          join ${sumsTables[page.sums]} s on s.account_id = p.id
        union all
        select account_id, null, null, null, null, change_dong from ledger_entries
          where journal_no > ${page.sealedUpto}
      ) line (id, environment, kind, owner, balance_dong, line_dong)
      group by id having max(environment) is not null),
    judged as (
      select *, case when kind in ('bank_guarantee', 'bank_collection', 'bank_operating') then balance_dong <= 0
        else kind = 'bank_clearing' or balance_dong >= 0 end as on_its_side
      from compared)
    select count(*)::int as count, max(id::text collate "C") as "lastId",
      coalesce(json_agg(json_build_object('id', id, 'environment', environment, 'kind', kind, 'owner', owner,
        'balanceDong', balance_dong::text, 'journalDong', journal_dong::text, 'onItsSide', on_its_side) order by id)
        filter (where balance_dong <> journal_dong or not on_its_side), '[]') as wrong
    from judged`.execute(db);
  return rows[0] ?? { count: 0, lastId: null, wrong: [] };
}

/** A hash over up to `limit` of the kept sums after `after`, and those among them that have no account. */
export async function hashSums(
  db: DbOrTx,
  after: string,
  limit: number,
): Promise<{ lastId: string | null; sumsHash: Buffer; unknown: string[] }> {
  const { rows } = await sql<{ lastId: string | null; sumsHash: Buffer; unknown: string[] }>`
    with page as materialized (
      select account_id, sum_dong from ledger_sealed_sums
      where account_id > ${after}::uuid order by account_id limit ${limit})
    select max(p.account_id::text collate "C") as "lastId",
      sha256(convert_to(coalesce(string_agg(p.account_id || '|' || p.sum_dong, E'\n' order by p.account_id), ''), 'UTF8')) as "sumsHash",
      coalesce(array_agg(p.account_id::text) filter (where a.id is null), '{}') as unknown
    from page p left join accounts a on a.id = p.account_id`.execute(db);
  if (!rows[0]) throw new Error('a hash has no row');
  return rows[0];
}

/** Accounts of which the kept sum and the one added up anew differ; at most `limit` after `after`. */
export async function listDifferingSums(
  db: DbOrTx,
  after: string,
  limit: number,
): Promise<{ count: number; lastId: string | null; wrong: string[] }> {
  const { rows } = await sql<{ count: number; lastId: string | null; wrong: string[] }>`
    with ids as materialized (
      (select account_id from ledger_sealed_sums where account_id > ${after}::uuid order by account_id limit ${limit})
      union
      (select account_id from ledger_sums_anew where account_id > ${after}::uuid order by account_id limit ${limit})),
    page as materialized (select account_id from ids order by account_id limit ${limit})
    select count(*)::int as count, max(p.account_id::text collate "C") as "lastId",
      coalesce(array_agg(p.account_id::text order by p.account_id)
        filter (where k.sum_dong is distinct from n.sum_dong), '{}') as wrong
    from page p
    left join ledger_sealed_sums k on k.account_id = p.account_id
    left join ledger_sums_anew n on n.account_id = p.account_id`.execute(db);
  return rows[0] ?? { count: 0, lastId: null, wrong: [] };
}

export type EnvironmentSums = { environment: Environment; sumDong: string; uncoveredDong: string };

/**
 * Per environment the sum of all balances, and by how much the wallets exceed the guarantee. The sum is only
 * true of one moment. So this is the one statement that reads a whole table, and it reads accounts alone.
 */
export async function selectEnvironmentSums(db: DbOrTx): Promise<EnvironmentSums[]> {
  const { rows } = await sql<EnvironmentSums>`
    select environment, sum(balance_dong)::text as "sumDong",
      greatest(0, coalesce(sum(balance_dong) filter (where kind in ('wallet', 'bank_guarantee')), 0))::text as "uncoveredDong"
    from accounts group by environment order by environment`.execute(db);
  return rows;
}

/** Estimates for the progress bar. */
export async function estimateRows(db: DbOrTx): Promise<Record<string, number>> {
  const { rows } = await sql<{ name: string; rows: number }>`
    select relname as name, greatest(reltuples, 0)::float8 as rows from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r'`.execute(db);
  return Object.fromEntries(rows.map((row) => [row.name, row.rows]));
}
