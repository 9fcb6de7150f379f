// What somebody rewrites who holds a login of the database, or the owner's: checkpoints, seals, kept sums, the journal
// itself. Verification finds it all the same.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uuidv7 } from 'uuidv7';
import { givenWallet, type TestContext } from '../../../tests/support/context.ts';
import {
  asOwner,
  assertFound,
  between,
  found,
  verify,
  withBooks,
} from '../../../tests/support/verified-books.ts';
import {
  getSystemAccountId,
  postSealedTransfers,
  postTransfers,
  type SystemAccountKind,
  type Transfer,
} from '../../books/ledger/index.ts';
import { inTransaction } from '../../ground/database/index.ts';
import { createKeyRing } from '../../ground/secrets/index.ts';
import { verifyLedger } from './index.ts';

test('a checkpoint that was changed, or removed, is found by every verification', () =>
  withBooks(async ({ context }) => {
    await verify(context);
    await givenWallet(context);
    await verify(context);
    await asOwner(context, 'create table kept as select * from ledger_checkpoints');
    for (const tampering of [
      'update ledger_checkpoints set chain_hash = sha256(chain_hash) where checkpoint_no = 1',
      'update ledger_checkpoints set row_count = row_count + 1 where checkpoint_no = 1',
      'delete from ledger_checkpoints where checkpoint_no = 1',
      'delete from ledger_checkpoints where checkpoint_no = 2',
    ]) {
      await asOwner(context, tampering);
      assertFound(await verify(context), 'checkpoint_tampered');
      await asOwner(context, 'delete from ledger_checkpoints');
      await asOwner(context, 'insert into ledger_checkpoints select * from kept');
    }
  }));

test('kept sums that were changed, with the balance they explain, are found by every verification', () =>
  withBooks(async ({ context, an, binh }) => {
    await verify(context);
    for (const table of [
      'accounts set balance_dong = balance_dong',
      'ledger_sealed_sums set sum_dong = sum_dong',
    ]) {
      const id = table.startsWith('accounts') ? 'id' : 'account_id';
      await asOwner(
        context,
        `update ${table} + case ${id} when '${an.accountId}' then -9 else 9 end where ${id} in ('${an.accountId}', '${binh.accountId}')`,
      );
    }
    for (let run = 0; run < 2; run += 1) {
      assertFound(
        await verify(context),
        'sealed_sums_tampered',
        `balance_differs_from_journal ${an.accountId}`,
        `balance_differs_from_journal ${binh.accountId}`,
      );
    }
  }));

test('history and checkpoints rewritten together do not fit the seal, for want of the key', () =>
  withBooks(async ({ context, paymentId }) => {
    await verify(context);
    await asOwner(context, 'update transfers set reference = reference || $2 where id = $1', [
      paymentId,
      '!',
    ]);
    // All that a thief of the database can do: verify with another key.
    await asOwner(context, 'delete from ledger_checkpoints');
    await asOwner(context, 'delete from ledger_verifications');
    await asOwner(context, 'delete from ledger_sealed_sums');
    const keyRing = createKeyRing([{ id: 'k1', bytes: Buffer.alloc(32, 9) }]);
    await verifyLedger({ ...context, keyRing }, { rest: 0 });
    assertFound(await verify(context), 'checkpoint_tampered 1');
  }));

test('the running role can neither write nor change checkpoints, sums and outcomes', () =>
  withBooks(async ({ context }) => {
    await verify(context);
    for (const statement of [
      'update ledger_checkpoints set row_count = 9',
      'delete from ledger_checkpoints',
      'insert into ledger_checkpoints select * from ledger_checkpoints',
      'update ledger_sealed_sums set sum_dong = 9',
      'delete from ledger_sealed_sums',
      `insert into ledger_sealed_sums values (gen_random_uuid(), 9)`,
      'update ledger_verifications set fault_count = 0',
      'delete from ledger_verifications',
      'truncate ledger_checkpoints',
    ]) {
      await assert.rejects(context.db.pool.query(statement), /permission denied/, statement);
    }
    await assert.rejects(
      context.db.pool.query(`select ledger_seal(9, 6, 7, 1, '', '{}', now(), '')`),
      /checkpoint_does_not_follow/,
    );
  }));

/** What a thief with a login posts: through the ledger's own function, so that balances and journal fit. */
const postAsThief = (context: TestContext, transfer: Transfer) =>
  inTransaction(context.db, (tx) => postTransfers(tx, [transfer]));

test('money minted through the ledger itself is found, for want of the seal: a top-up, an adjustment', () =>
  withBooks(async ({ context, an, binh, paymentId }) => {
    assert.deepEqual((await verify(context)).faults, []);
    const guarantee = await getSystemAccountId(context.db, 'sandbox', 'bank_guarantee');
    const minted = { ...between(context, an, binh), kind: 'top_up' as const, debitAccountId: guarantee };
    const moved = { ...between(context, an, binh), linkedTransferId: paymentId };
    await postAsThief(context, minted);
    await postAsThief(context, moved);
    const seal = (transferId: string, bytes: Buffer) =>
      context.db.pool.query('insert into transfer_seals (transfer_id, seal) values ($1, $2)', [
        transferId,
        bytes,
      ]);
    const { rows } = await context.db.pool.query<{ seal: Buffer }>('select seal from transfer_seals limit 1');
    await seal(minted.id, rows[0]?.seal ?? Buffer.alloc(32));
    for (const options of [{}, {}, { full: true }]) {
      assert.deepEqual(
        found(await verify(context, options)),
        [`transfer_not_sealed ${minted.id}`, `transfer_not_sealed ${moved.id}`].sort(),
      );
    }
  }));

test('each kind of transfer joins the accounts of its kind, and names the transfer it belongs to', () =>
  withBooks(async ({ context, an, binh, paymentId }) => {
    const account = (kind: SystemAccountKind) => getSystemAccountId(context.db, 'sandbox', kind);
    const [guarantee, fees] = [await account('bank_guarantee'), await account('fees')];
    const clearing = await account('bank_clearing');
    const site = await context.db.pool.query<{ id: string }>(
      'select credit_account_id as id from merchant_sites',
    );
    const suspense = site.rows[0]?.id ?? '';
    const sealed = async (changes: Partial<Transfer>) => {
      const transfer = { ...between(context, an, binh), ...changes };
      const [result] = await inTransaction(context.db, (tx) => postSealedTransfers(context, tx, [transfer]));
      assert.deepEqual(result, { ok: true, repeated: false }, transfer.kind);
      return transfer.id;
    };
    const right = [
      await sealed({ kind: 'withdrawal', creditAccountId: clearing }),
      await sealed({ kind: 'refund', debitAccountId: suspense, linkedTransferId: paymentId }),
      await sealed({ linkedTransferId: paymentId }),
    ];
    const sent = right[0] ?? null;
    await sealed({
      kind: 'withdrawal',
      debitAccountId: clearing,
      creditAccountId: guarantee,
      amountDong: 1n,
      linkedTransferId: sent,
    });
    assert.deepEqual(found(await verify(context)), []);

    const wrongAccounts = [
      await sealed({ kind: 'top_up' }),
      await sealed({ kind: 'withdrawal', creditAccountId: guarantee }),
      await sealed({ kind: 'refund', debitAccountId: an.accountId, linkedTransferId: paymentId }),
      await sealed({ kind: 'sweep', debitAccountId: suspense, creditAccountId: an.accountId }),
      await sealed({ kind: 'collection_payout', debitAccountId: suspense, creditAccountId: clearing }),
      await sealed({ kind: 'vat_payment', debitAccountId: fees, creditAccountId: clearing }),
      await sealed({ kind: 'settlement', debitAccountId: suspense, creditAccountId: clearing }),
      // A fee of what is no payment, and one that goes to a holder.
      await sealed({
        linkedTransferId: paymentId,
        fee: { feeAccountId: fees, feeDong: 1n, vatAccountId: fees, vatDong: 0n },
      }),
    ];
    const notLinked = [
      await sealed({}),
      await sealed({ linkedTransferId: uuidv7() }),
      await sealed({ kind: 'refund', debitAccountId: suspense }),
      await sealed({ kind: 'refund', debitAccountId: suspense, linkedTransferId: sent }),
      await sealed({
        kind: 'withdrawal',
        debitAccountId: clearing,
        creditAccountId: an.accountId,
        amountDong: 1n,
      }),
    ];
    assert.deepEqual(
      found(await verify(context)),
      [
        ...wrongAccounts.map((id) => `transfer_of_wrong_accounts ${id}`),
        ...notLinked.map((id) => `transfer_not_linked ${id}`),
      ].sort(),
    );
  }));

test('behind a forged checkpoint, or a forged outcome, everything is read all the same', () =>
  withBooks(async ({ context, an, binh }) => {
    await verify(context);
    const minted = { ...between(context, an, binh), id: uuidv7(), linkedTransferId: null };
    await postAsThief(context, minted);
    await context.db.pool.query(
      `select ledger_seal(2, 6, (select max(journal_no) + 1000000 from transfers), 1, '\\x00', '{}', now(), '\\x00')`,
    );
    const late = { ...between(context, an, binh), id: uuidv7() };
    await postAsThief(context, late);
    for (let run = 0; run < 2; run += 1) {
      const verification = await verify(context);
      assertFound(
        verification,
        'checkpoint_tampered 2',
        `transfer_not_sealed ${minted.id}`,
        `transfer_not_sealed ${late.id}`,
      );
      assert.equal(verification.rows.journal, 8);
    }
  }));

test('a forged outcome, of books never verified, hides no payment', () =>
  withBooks(async ({ context, paymentId }) => {
    await asOwner(context, `update payments set status = 'cancelled' where id = $1`, [paymentId]);
    await context.db.pool.query(
      `insert into ledger_verifications (id, started_at, ended_at, mode, fault_count, faults, payments_upto, orders_upto,
         checkpoint_no, sums_hash, seal)
       values ($1, now(), now(), 'full', 0, '[]', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 0,
         sha256(''), '\\x00')`,
      [uuidv7()],
    );
    const verification = await verify(context);
    assertFound(verification, 'checkpoint_tampered', `transfer_without_paid_payment ${paymentId}`);
    assert.equal(verification.rows.payments, 4);
  }));
