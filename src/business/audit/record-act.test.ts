import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { uuidv7 } from 'uuidv7';
import { testActor } from '../../../tests/support/actor.ts';
import { createTestContext, givenSite, givenWallet, testPin } from '../../../tests/support/context.ts';
import { inTransaction } from '../../ground/database/index.ts';
import { withTrace } from '../../ground/log/index.ts';
import {
  activateSite,
  createSite,
  type Protocol,
  rotateSiteKey,
  suspendSite,
  updateSite,
} from '../merchants/index.ts';
import { topUpWallet, unlockWallet } from '../wallets/index.ts';
import { type Actor, listActs, type NewAct, recordAct, verifyActs } from './index.ts';

const context = await createTestContext();
after(() => context.drop());

const minh: Actor = { kind: 'command_line', systemUser: 'minh' };
const anAct: NewAct = { by: minh, act: 'site.suspended', subject: 'shop', environment: 'sandbox' };

const record = (act: Partial<NewAct> = {}) =>
  inTransaction(context.db, (tx) => recordAct(tx, context, { ...anAct, ...act }));
const countActs = async () =>
  Number((await context.db.pool.query('select count(*) from audit_log')).rows[0]?.count);
const findNewest = async () => {
  const [newest] = await listActs(context.db, { limit: 1 });
  assert.ok(newest);
  return newest;
};

test('a row says who, what, on what, before and after, why, when and under which trace id', async () => {
  const { site } = await givenSite(context);
  await withTrace('trace-1', () => suspendSite(context, minh, site.merchantSite, '  court order 12/2026 '));
  const { actNo, id, ...told } = await findNewest();
  assert.deepEqual(told, {
    happenedAt: context.clock.now(),
    environment: 'sandbox',
    actor: { kind: 'command_line', id: 'minh', via: null },
    act: 'site.suspended',
    subject: { kind: 'site', id: site.merchantSite },
    before: { status: 'active' },
    after: { status: 'suspended' },
    reason: 'court order 12/2026',
    traceId: 'trace-1',
  });
  assert.equal(typeof actNo, 'bigint');
  assert.match(id, /^[0-9a-f-]{36}$/);
});

test('each kind of actor is kept with how it proved who it is', async () => {
  const actors: [Actor, string, string | null][] = [
    [{ kind: 'person', personId: 'p1', sessionId: 's1' }, 'p1', 's1'],
    [{ kind: 'site_key', merchantSite: 'shop', keyId: 'k1' }, 'shop', 'k1'],
    [{ kind: 'buyer', sessionId: 's2' }, 's2', null],
    [{ kind: 'command_line', systemUser: 'root (sudo: minh)' }, 'root (sudo: minh)', null],
    [{ kind: 'job', job: 'seed_sandbox' }, 'seed_sandbox', null],
  ];
  for (const [by, id, via] of actors) {
    await record({ by });
    assert.deepEqual((await findNewest()).actor, { kind: by.kind, id, via });
  }
});

test('an act that is rolled back leaves no row', async () => {
  const before = await countActs();
  await assert.rejects(
    inTransaction(context.db, async (tx) => {
      await recordAct(tx, context, anAct);
      throw new Error('stopped');
    }),
    /stopped/,
  );
  const taken = await createSite(context, minh, {
    environment: 'sandbox',
    protocol: 'rest',
    name: 'Một',
    merchantSite: 'audit_taken',
  });
  assert.ok(taken.ok);
  const refused = await createSite(context, minh, {
    environment: 'sandbox',
    protocol: 'rest',
    name: 'Hai',
    merchantSite: 'audit_taken',
  });
  assert.ok(!refused.ok);
  assert.ok(!(await suspendSite(context, minh, 'nobody')).ok);
  assert.ok(!(await updateSite(context, minh, 'audit_taken', { notifyUrl: 'ftp://x.example' })).ok);
  assert.ok(!(await unlockWallet(context, minh, { environment: 'sandbox', phone: '0911111111' })).ok);
  assert.equal(await countActs(), before + 1, 'the one site that was made');
});

test('without its row the act is not done: a log that cannot be written to stops it', async () => {
  const { site } = await givenSite(context);
  await context.owner.pool.query(`
    create function audit_down() returns trigger language plpgsql as $$ begin raise exception 'log is down'; end $$;
    create trigger audit_down before insert on audit_log for each row execute function audit_down()`);
  try {
    await assert.rejects(suspendSite(context, minh, site.merchantSite), /log is down/);
  } finally {
    await context.owner.pool.query('drop function audit_down cascade');
  }
  const { rows } = await context.db.pool.query('select status from merchant_sites where merchant_site = $1', [
    site.merchantSite,
  ]);
  assert.equal(rows[0]?.status, 'active');
});

test('neither the running role nor the owner changes the log', async () => {
  await record();
  await verifyActs(context);
  for (const table of ['audit_log', 'audit_checkpoints']) {
    const column = table === 'audit_log' ? 'act_no' : 'checkpoint_no';
    const statements = [
      `update ${table} set seal = seal`,
      `delete from ${table} where ${column} > 0`,
      `truncate ${table}`,
    ];
    for (const statement of statements) {
      await assert.rejects(context.db.pool.query(statement), { code: '42501' }, statement);
      await assert.rejects(context.owner.pool.query(statement), /history_is_append_only/, statement);
    }
  }
  const chosen = context.db.pool.query(
    `insert into audit_log (act_no, id, happened_at, actor_kind, actor_id, act, subject_kind, subject_id, seal)
     overriding system value
     values (1, gen_random_uuid(), now(), 'job', 'x', 'x', 'x', 'x', sha256('x'))`,
  );
  await assert.rejects(chosen, { code: '42501' }, 'a number is drawn, never chosen');
});

test('no row of any act holds a secret of what was made, nor a holder', async () => {
  const secrets: string[] = [testPin, 'Nguyễn Thị An'];
  const keep = (credentials: object) => {
    for (const [name, value] of Object.entries(credentials))
      if (/secret|private|api_key/.test(name)) secrets.push(String(value));
  };
  for (const protocol of ['classic-v1', 'classic-v2', 'rest'] satisfies Protocol[]) {
    const { site, credentials } = await givenSite(context, {
      protocol,
      notifyUrl: 'https://shop.example/ipn?token=sesame',
    });
    keep(credentials);
    const code = site.merchantSite;
    const rotated = await rotateSiteKey(context, minh, code, { overlapSeconds: 60 });
    assert.ok(rotated.ok);
    keep(rotated.credentials);
    await updateSite(context, minh, code, { returnUrl: 'https://shop.example/back?session=sesame' });
    await suspendSite(context, minh, code);
    await activateSite(context, minh, code);
  }
  const wallet = await givenWallet(context);
  await unlockWallet(context, minh, {
    ...{ environment: 'sandbox', phone: wallet.phone },
    reason: `called from ${wallet.phone}`,
  });
  secrets.push('sesame', wallet.phone);
  assert.ok(secrets.length >= 12, `${secrets.length} secrets`);
  const { rows } = await context.owner.pool.query<{ row: string }>('select l::text as row from audit_log l');
  assert.ok(rows.length > 15);
  for (const { row } of rows)
    for (const secret of secrets) assert.ok(!row.includes(secret), `${secret.slice(0, 12)}… in ${row}`);
});

test('hostile values stay data: huge ones are cut, controls and formulas are kept as they are', async () => {
  const hostile = "=cmd|'/C calc'!A0\u001b[31m\u202e\0\ud800 \"</script>";
  const stays = "=cmd|'/C calc'!A0\u001b[31m\u202e\ufffd\ufffd \"</script>";
  const deep = JSON.parse(`${'{"a":'.repeat(50)}1${'}'.repeat(50)}`) as object;
  await record({
    by: { kind: 'person', personId: hostile, sessionId: hostile.repeat(1_000) },
    subject: hostile,
    reason: hostile + 'x'.repeat(1_000_000),
    before: {
      [hostile]: hostile,
      __proto__: null,
      deep,
      huge: 'ộ'.repeat(100_000),
      many: Array.from({ length: 100_000 }, (_, at) => at),
      number: 12_345_678_901_234_567_890n,
      bytes: Buffer.from('secret bytes'),
      at: new Date(Number.NaN),
      nothing: undefined,
      does: () => 1,
    },
    after: { newPin: '246810', nested: { api_key: 'sk_x', ok: true }, phone: '0912345678' },
  });
  const told = await findNewest();
  assert.equal(told.actor.id, stays);
  assert.equal(told.subject.id, stays);
  assert.equal(told.actor.via?.length, 200);
  assert.equal(told.reason?.length, 1_000);
  assert.equal(told.before?.[stays], stays);
  assert.equal(told.before?.number, '12345678901234567890');
  assert.equal(told.before?.at, null);
  assert.deepEqual(
    Object.keys(told.before ?? {}).sort(),
    [stays, 'at', 'bytes', 'deep', 'huge', 'many', 'number'].sort(),
  );
  assert.equal(told.before?.bytes, '[left out]');
  assert.ok(JSON.stringify(told.before).length < 16_384);
  assert.doesNotMatch(JSON.stringify([told.before, told.after]), /246810|sk_x|0912345678|secret bytes/);
  await record({
    after: { rows: Array.from({ length: 90 }, () => ({ a: 'x'.repeat(2_000), b: 'y'.repeat(2_000) })) },
  });
  await record({
    after: Object.fromEntries(
      Array.from({ length: 90 }, (_, at) => [`${at}`, Array(90).fill('\u0001'.repeat(2_000))]),
    ),
  });
  assert.ok(JSON.stringify((await findNewest()).after).length <= 16_384);
  assert.equal((await verifyActs(context)).faultCount, 0, 'as it was sealed, it is read back');
});

test('acts of many at the same moment are all there, one row each, in one order', async () => {
  const { site } = await givenSite(context);
  const before = await countActs();
  const flips = Array.from({ length: 40 }, (_, at) =>
    (at % 2 ? suspendSite : activateSite)(context, { kind: 'job', job: `racer ${at}` }, site.merchantSite),
  );
  for (const done of await Promise.all(flips)) assert.ok(done.ok);
  assert.equal(await countActs(), before + 40);
  const told = await listActs(context.db, { limit: 40, subject: site.merchantSite });
  // Each act found what the one before it had left.
  const inOrder = told.toReversed();
  for (const [at, act] of inOrder.entries()) if (at > 0) assert.deepEqual(act.before, inOrder[at - 1]?.after);
});

test('a top-up that was booked before is no act', async () => {
  const wallet = await givenWallet(context, { balanceDong: 0n });
  const before = await countActs();
  const topUp = {
    environment: 'sandbox' as const,
    phone: wallet.phone,
    amountDong: 1_000n,
    transferId: uuidv7(),
    reference: 'FT123',
  };
  assert.deepEqual(await topUpWallet(context, minh, topUp), { ok: true, repeated: false });
  assert.deepEqual(await topUpWallet(context, minh, topUp), { ok: true, repeated: true });
  assert.equal(await countActs(), before + 1);
  assert.deepEqual((await findNewest()).after, {
    amount_dong: '1000',
    transfer_id: topUp.transferId,
    reference: 'FT123',
  });
});

test('the log is listed by actor, act, subject, environment and time, in pages without gaps', async () => {
  const subject = `paged_${process.pid}`;
  for (let at = 0; at < 7; at += 1) {
    context.clock.advance(3_600);
    await record({
      subject,
      by: at % 2 ? minh : testActor,
      act: at % 3 ? 'site.activated' : 'site.suspended',
    });
  }
  const all = await listActs(context.db, { limit: 500, subject });
  assert.equal(all.length, 7);
  const paged = [];
  for (let before: bigint | undefined; ; ) {
    const page = await listActs(context.db, {
      limit: 3,
      subject,
      ...(before === undefined ? {} : { before }),
    });
    paged.push(...page);
    before = page.at(-1)?.actNo;
    if (page.length < 3) break;
  }
  assert.deepEqual(paged, all);
  const count = async (filter: Omit<Parameters<typeof listActs>[1], 'limit'>) =>
    (await listActs(context.db, { limit: 500, subject, ...filter })).length;
  assert.equal(await count({ actor: 'minh' }), 3);
  assert.equal(await count({ actorKind: 'job' }), 4);
  assert.equal(await count({ act: 'site.suspended' }), 3);
  assert.equal(await count({ environment: 'live' }), 0);
  const newest = context.clock.now();
  assert.equal(await count({ from: newest }), 1);
  assert.equal(await count({ to: newest }), 6);
});
