// The database as a thief with a login meets it: a login that was given nothing, the same after each mistake an
// administrator could make, and the running role's own. Each attack is refused, and the books stay as they were.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { uuidv7 } from 'uuidv7';
import { checkBooks, getSystemAccountId, readBalance } from '../../src/books/ledger/index.ts';
import type { MerchantSite } from '../../src/business/merchants/index.ts';
import { createSite } from '../../src/business/merchants/index.ts';
import { confirmPayment } from '../../src/business/payments/index.ts';
import type { Wallet } from '../../src/business/wallets/index.ts';
import { migrate } from '../../src/ground/database/index.ts';
import { testActor } from '../support/actor.ts';
import {
  createContextOn,
  givenOrder,
  givenPayment,
  givenSite,
  givenWallet,
  type TestContext,
} from '../support/context.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const stranger = `vipay_stranger_${process.pid}`;
const password = randomBytes(16).toString('hex');

let database: TestDatabase;
let context: TestContext;
let site: MerchantSite;
let otherSite: MerchantSite;
let victim: Wallet;
let thief: Wallet;
let guarantee: string;
let paymentId: string;
let openOrderId: string;
let openPaymentId: string;

before(async () => {
  database = await createTestDatabase();
  await migrate({ ownerUrl: database.ownerUrl, appUrl: database.url });
  context = createContextOn(database);
  ({ site } = await givenSite(context, { notifyUrl: 'http://127.0.0.1:9/webhook' }));
  const made = await createSite(context, testActor, {
    environment: 'sandbox',
    protocol: 'rest',
    name: 'Tiệm khác',
  });
  assert.ok(made.ok);
  otherSite = made.site;
  victim = await givenWallet(context);
  thief = await givenWallet(context);
  guarantee = await getSystemAccountId(context.db, 'sandbox', 'bank_guarantee');
  const start = async () => {
    const order = await givenOrder(context, site);
    const payment = await givenPayment(context, { order, wallet: victim });
    return { orderId: order.id, paymentId: payment.id };
  };
  ({ paymentId } = await start());
  assert.equal(await confirmPayment(context, paymentId), 'paid');
  ({ orderId: openOrderId, paymentId: openPaymentId } = await start());
  await asAdmin(`create role ${stranger} login password '${password}'`);
});
after(async () => {
  await database.drop();
  await asAdmin(`drop role if exists ${stranger}`);
});

async function asAdmin(statement: string): Promise<void> {
  // In the server's own database: this one may be gone.
  const admin = new pg.Client({ connectionString: database.adminUrl.replace(/\/[^/]*$/, '/postgres') });
  await admin.connect();
  await admin.query(statement).finally(() => admin.end());
}

async function asStranger<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const address = new URL(database.url);
  address.username = stranger;
  address.password = password;
  const client = new pg.Client({ connectionString: address.href });
  await client.connect();
  return work(client).finally(() => client.end());
}

const asOwner = (statement: string) => database.owner.pool.query(statement);

const posting = (name: 'ledger_post' | 'ledger_try_post', from: string, to: string, dong: number) =>
  `select public.${name}(array[gen_random_uuid()], '{sandbox}', '{top_up}', array['${from}'::uuid], array['${to}'::uuid],
     '{${dong}}', array[null::uuid], '{0}', array[null::uuid], '{0}', array[null::uuid], '{x}', array[now()])`;

/** Nobody without rights may do any of this, whoever they pretend to be. */
const forNobody = () => [
  posting('ledger_post', guarantee, thief.accountId, 1_000_000),
  posting('ledger_try_post', guarantee, thief.accountId, 1_000_000),
  posting('ledger_post', victim.accountId, thief.accountId, 1_000_000),
  `select public.ledger_seal(1, 0, 9000000, 1, '\\x00', '{}', now(), '\\x00')`,
  `select * from public.ledger_read_accounts(array['${victim.accountId}'::uuid], '{}')`,
  `select public.posting_apply(now(), current_date, current_date, array['${openPaymentId}'::uuid], array['${openOrderId}'::uuid],
     '{1}', '{A}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')`,
  `select public.wallets_rehash_pin('${victim.id}', 'x', 'y')`,
  'select * from public.wallets',
  'select * from public.transfers',
  'select * from public.ledger_entries',
  'select * from public.schema_migrations',
  'select * from public.transfers_journal_no_seq',
  `select nextval('public.payments_transaction_no_seq')`,
  `select setval('public.transfers_journal_no_seq', 1)`,
  `insert into public.policies values ('limit.daily_dong', now(), 9000000000, 'x')`,
  `update public.accounts set balance_dong = 1`,
  'create table public.mine (n int)',
  `create function public.mine() returns int language sql as 'select 1'`,
  'create schema mine',
  'create temporary table accounts (id uuid)',
  `select graphile_worker.add_job('verify_ledger')`,
  'select * from graphile_worker.jobs',
  'set role vipay_app',
  'set role vipay_owner',
  'set session authorization vipay_app',
  'set session_replication_role = replica',
];

async function assertRefused(
  client: Pick<pg.Client, 'query'>,
  attacks: string[],
  codes: RegExp,
): Promise<void> {
  for (const attack of attacks) {
    await assert.rejects(
      client.query(attack),
      (error: { code?: string; message?: string }) => {
        assert.match(`${error.code} ${error.message}`, codes, attack);
        return true;
      },
      attack,
    );
  }
}

async function assertUnmoved(work: () => Promise<void>): Promise<void> {
  const state = async () => ({
    victim: await readBalance(context.db, victim.accountId),
    thief: await readBalance(context.db, thief.accountId),
    transfers: (await context.db.pool.query('select count(*) from transfers')).rows,
    checkpoints: (await context.db.pool.query('select count(*) from ledger_checkpoints')).rows,
    orders: (await context.db.pool.query('select id, status, amount_dong from orders order by id')).rows,
    payments: (await context.db.pool.query('select id, status, fee_dong from payments order by id')).rows,
    wallets: (await context.db.pool.query('select * from wallets order by id')).rows,
    sites: (await context.db.pool.query('select * from merchant_sites order by 1')).rows,
    policies: (await context.db.pool.query('select count(*) from policies')).rows,
  });
  const former = await state();
  await work();
  assert.deepEqual(await state(), former);
  assert.deepEqual(await checkBooks(context.db), []);
}

test('a login that was given nothing does not get in', async () => {
  await assert.rejects(
    asStranger(async () => undefined),
    { code: '42501', message: /permission denied for database/ },
  );
});

test('a login that was let in by mistake sees nothing and does nothing', () =>
  assertUnmoved(async () => {
    await asOwner(`grant connect on database ${new URL(database.url).pathname.slice(1)} to ${stranger}`);
    await asStranger((client) => assertRefused(client, forNobody(), /^42501 /));
  }));

test('a login that may look into the schema still does nothing', () =>
  assertUnmoved(async () => {
    await asOwner(`grant usage on schema public, graphile_worker to ${stranger}`);
    await asStranger((client) => assertRefused(client, forNobody(), /^42501 /));
  }));

test('functions given to it by mistake ask who calls, and what acts as the caller has no rights', () =>
  assertUnmoved(async () => {
    await asOwner(`grant execute on all functions in schema public to ${stranger}, public`);
    await asOwner(`grant select on transfers, accounts to ${stranger}`);
    await asStranger(async (client) => {
      const functions = forNobody().filter((attack) =>
        /from public\.ledger_read|^select public\./.test(attack),
      );
      assert.equal(functions.length, 7);
      await assertRefused(client, functions, /^42501 (caller_not_allowed|permission denied)/);
      await assert.rejects(
        client.query(posting('ledger_post', guarantee, thief.accountId, 5)),
        /caller_not_allowed/,
      );
      await assert.rejects(
        client.query(`select ledger_seal(1, 0, 9, 1, '', '{}', now(), '')`),
        /caller_not_allowed/,
      );
    });
    await migrate({ ownerUrl: database.ownerUrl, appUrl: database.url });
    await asOwner(`revoke all on all functions in schema public from ${stranger}`);
  }));

test("with the running role's login nobody changes fees, amounts, accounts, limits, PINs, rules, history or rights", () =>
  assertUnmoved(async () => {
    const denied = [
      // who is paid, and what it costs
      `update merchant_sites set credit_account_id = '${otherSite.creditAccountId}' where merchant_site = '${site.merchantSite}'`,
      `update merchant_sites set credit_account_kind = 'merchant_collection'`,
      'update merchant_sites set fee_rate_ppm = 0',
      'update merchant_sites set fee_fixed_dong = 0, vat_rate_ppm = 0',
      'update merchant_sites set amount_max_dong = 1',
      `update merchant_sites set environment = 'live'`,
      `update merchant_sites set access_code = 'x'`,
      `update merchants set status = 'suspended'`,
      'delete from merchant_sites',
      // orders and payments
      `update orders set amount_dong = 1 where id = '${openOrderId}'`,
      `update orders set merchant_site = '${otherSite.merchantSite}' where id = '${openOrderId}'`,
      `update orders set return_url = 'https://evil.example/' where id = '${openOrderId}'`,
      `update orders set expires_at = now() where id = '${openOrderId}'`,
      `insert into orders (id, environment, merchant_site, protocol, merch_txn_ref, order_no, amount_dong, description, return_url,
         locale, received, content_hash, status, response_code, created_at, expires_at, final_at)
       select gen_random_uuid(), environment, merchant_site, protocol, 'forged', order_no, amount_dong, description, return_url,
         locale, received, content_hash, 'paid', '00', created_at, expires_at, created_at from orders limit 1`,
      'delete from orders',
      `update payments set amount_dong = 1 where id = '${openPaymentId}'`,
      `update payments set fee_dong = 0, vat_dong = 0 where id = '${openPaymentId}'`,
      `update payments set credit_account_id = '${thief.accountId}' where id = '${openPaymentId}'`,
      `update payments set wallet_id = '${thief.id}' where id = '${openPaymentId}'`,
      'delete from payments',
      `update confirmations set spent_at = null`,
      `update notifications set order_id = gen_random_uuid()`,
      'delete from notifications',
      // wallets
      `update wallets set pin_hash = (select pin_hash from wallets where id = '${thief.id}') where id = '${victim.id}'`,
      `update wallets set account_id = '${victim.accountId}' where id = '${thief.id}'`,
      `update wallets set status = 'active', identified = true`,
      'update wallets set limit_daily_dong = null, limit_monthly_dong = null',
      'update wallets set paid_day_dong = 0, paid_month_dong = 0',
      `update wallets set phone = '0999999999' where id = '${victim.id}'`,
      'delete from wallets',
      // rules and keys
      `insert into policies values ('limit.daily_dong', now(), 9000000000, 'x')`,
      'update policies set value = 9000000000',
      'delete from policies',
      `update site_keys set environment = 'live'`,
      `update site_keys set merchant_site = '${otherSite.merchantSite}'`,
      `update site_keys set secret_hash = '\\x00'`,
      'delete from site_keys',
      // the books
      'insert into transfers select * from transfers limit 1',
      'update transfers set amount_dong = 1',
      'delete from transfers',
      'truncate transfers',
      `update accounts set balance_dong = 5 where id = '${thief.accountId}'`,
      `update accounts set status = 'closed' where id = '${victim.accountId}'`,
      `insert into accounts (id, environment, kind, owner, balance_dong, created_at) values (gen_random_uuid(), 'sandbox', 'wallet', 'x', 5, now())`,
      'insert into ledger_checkpoints select * from ledger_checkpoints',
      'delete from ledger_checkpoints',
      'update ledger_sealed_sums set sum_dong = 9',
      'update ledger_verifications set fault_count = 0',
      'delete from ledger_verifications',
      `select setval('transfers_journal_no_seq', 1)`,
      `select nextval('transfers_journal_no_seq')`,
      `select setval('payments_transaction_no_seq', 1)`,
      // the house
      'update schema_migrations set checksum = name',
      'create table public.mine (n int)',
      `create function public.mine() returns int language sql as 'select 1'`,
      'create operator public.= (leftarg = bigint, rightarg = bigint, function = int8ne)',
      'create schema mine',
      'alter table accounts disable trigger all',
      'alter function ledger_post security invoker',
      'drop trigger transfers_append_only on transfers',
      'set role vipay_owner',
      'set session_replication_role = replica',
      `alter role vipay_app superuser`,
      'create role mine',
      `update pg_class set relacl = null where relname = 'transfers'`,
      `update graphile_worker.migrations set ts = now()`,
    ];
    await assertRefused(context.db.pool, denied, /^42501 /);
    // Granting what one may not give is a warning, and gives nothing.
    await context.db.pool.query('grant execute on function ledger_post to public');
    const { rows } = await context.db.pool.query(
      `select count(*)::int as given from pg_proc p where p.proname = 'ledger_post' and has_function_privilege('public', p.oid, 'execute')`,
    );
    assert.deepEqual(rows, [{ given: 0 }]);
  }));

test('what the running role must be able to add, it adds with its own account, amount and environment alone', () =>
  assertUnmoved(async () => {
    const copied = (columns: string, table: string, where: string, changes: Record<string, string>) =>
      `insert into ${table} (${columns}) select ${columns
        .split(', ')
        .map((column) => changes[column] ?? column)
        .join(', ')} from ${table} where ${where}`;
    const wallet =
      'id, environment, phone, holder_name, status, identified, account_id, pin_hash, pin_changed_at, created_at';
    const payment =
      'id, order_id, environment, wallet_id, status, amount_dong, fee_dong, vat_dong, credit_account_id, confirmation_class, created_at';
    const shop =
      'merchant_site, merchant_id, environment, name, protocol, access_code, credit_account_kind, credit_account_id, created_at';
    const key = 'id, merchant_site, environment, kind, created_at';
    const id = 'gen_random_uuid()';
    const open = `id = '${openPaymentId}'`;
    await assertRefused(
      context.db.pool,
      [
        // A second wallet over the victim's money.
        copied(wallet, 'wallets', `id = '${thief.id}'`, {
          id,
          phone: `'0988888888'`,
          account_id: `'${victim.accountId}'`,
        }),
        copied(wallet, 'wallets', `id = '${thief.id}'`, {
          id,
          phone: `'0988888888'`,
          account_id: `'${guarantee}'`,
        }),
        // A site whose money goes elsewhere.
        copied(shop, 'merchant_sites', `merchant_site = '${site.merchantSite}'`, { merchant_site: `'mine'` }),
        copied(shop, 'merchant_sites', `merchant_site = '${site.merchantSite}'`, {
          merchant_site: `'mine'`,
          credit_account_id: `'${thief.accountId}'`,
        }),
        // A payment that pays somebody else, or less.
        copied(payment, 'payments', open, { id, credit_account_id: `'${thief.accountId}'` }),
        copied(payment, 'payments', open, { id, credit_account_id: `'${otherSite.creditAccountId}'` }),
        copied(payment, 'payments', open, { id, amount_dong: '1', fee_dong: '0', vat_dong: '0' }),
        copied(payment, 'payments', open, { id, environment: `'live'` }),
        // A key of another environment.
        copied(key, 'site_keys', `merchant_site = '${site.merchantSite}'`, { id, environment: `'live'` }),
      ],
      /^235\d\d /,
    );
  }));

test('a PIN hash is replaced by a stronger one of the same wallet alone', () =>
  assertUnmoved(async () => {
    const { rows } = await context.db.pool.query<{ id: string; hash: string }>(
      'select id, pin_hash as hash from wallets',
    );
    const hashOf = (wallet: Wallet) => rows.find((row) => row.id === wallet.id)?.hash ?? '';
    const rehash = (hash: string) =>
      context.db.pool.query('select wallets_rehash_pin($1, $2, $3)', [victim.id, hashOf(victim), hash]);
    await assert.rejects(rehash(hashOf(thief)), /pin_hash_not_stronger/);
    await assert.rejects(rehash(hashOf(victim).replace(/m=\d+/, 'm=8')), /pin_hash_not_stronger/);
    await assert.rejects(rehash('$argon2id$open'), /pin_hash_not_stronger/);
    // The thief's own wallet was hashed again lately, the victim's was not.
    const stronger = hashOf(thief).replace(/m=\d+/, 'm=9999');
    await asOwner(`update wallets set pin_hash = '${stronger}' where id = '${thief.id}'`);
    await assert.rejects(rehash(stronger), /pin_hash_of_another_wallet/);
    await asOwner(
      `alter table wallets disable trigger user; update wallets set pin_hash = '${hashOf(thief)}' where id = '${thief.id}'; alter table wallets enable trigger user`,
    );
  }));

test("a session's own tables, functions and path do not lead the owner's functions astray", () =>
  assertUnmoved(async () => {
    const client = await context.db.pool.connect();
    try {
      await client.query(`create temporary table accounts as select * from public.accounts`);
      await client.query(`create temporary table transfers as select * from public.transfers`);
      await client.query(
        `update pg_temp.accounts set balance_dong = 9000000000 where id = '${thief.accountId}'`,
      );
      await client.query('create temporary table orders as select * from public.orders');
      await client.query(
        `create function pg_temp.array_position(anycompatiblearray, anycompatible) returns int language sql as 'select 1'`,
      );
      await client.query('set search_path = pg_temp, public, pg_catalog');
      // Ten times what the thief has, which only the temporary table says is there.
      await assert.rejects(
        client.query(
          `select public.ledger_post(array[gen_random_uuid()], '{sandbox}', '{adjustment}', array['${thief.accountId}'::uuid],
             array['${victim.accountId}'::uuid], '{100000000}', array[null::uuid], '{0}', array[null::uuid], '{0}', array[null::uuid], '{x}', array[now()])`,
        ),
        { code: '40001' },
      );
      const { rows } = await client.query<{ balance: bigint }>(
        `select balance_dong as balance from public.ledger_read_accounts('{}', array['${thief.accountId}'::uuid])`,
      );
      assert.equal(rows[0]?.balance, 10_000_000n);
    } finally {
      client.release(true);
    }
  }));

test('a total does not shrink, and no payment is posted as another', () =>
  assertUnmoved(async () => {
    const apply = (wallets: string, changes: string) =>
      context.db.pool.query(
        `select posting_apply(now(), current_date, current_date, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '${wallets}', '${changes}', '{}')`,
      );
    await assert.rejects(apply(`{${victim.id}}`, '{-200000}'), /posting_total_not_growing/);
    await assert.rejects(apply(`{${victim.id}}`, '{0}'), /posting_total_not_growing/);
    await assert.rejects(
      context.db.pool.query(
        `select posting_apply(now(), current_date, current_date, array['${uuidv7()}'::uuid], array['${openOrderId}'::uuid], '{1}', '{A}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')`,
      ),
      /posting_payment_not_under_way/,
    );
  }));
