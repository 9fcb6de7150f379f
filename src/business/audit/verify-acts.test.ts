import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import pg from 'pg';
import { createTestContext, type TestContext } from '../../../tests/support/context.ts';
import { inTransaction } from '../../ground/database/index.ts';
import { createLogger } from '../../ground/log/index.ts';
import { createKeyRing } from '../../ground/secrets/index.ts';
import { listActs, recordAct, runAuditVerification, sealAudit, verifyActs } from './index.ts';

let context: TestContext = await createTestContext();
after(() => context.drop());
let isFresh = true;

/** Each test damages its log, so each has a database of its own. */
beforeEach(async () => {
  if (!isFresh) {
    await context.drop();
    context = await createTestContext();
  }
  isFresh = false;
});

async function act(subject: string): Promise<void> {
  await inTransaction(context.db, (tx) =>
    recordAct(tx, context, {
      by: { kind: 'command_line', systemUser: 'minh' },
      ...{ act: 'site.suspended', subject, environment: 'sandbox' },
      ...{ before: { status: 'active', count: 5 }, after: { status: 'suspended' }, reason: 'asked' },
    }),
  );
}

/** The owner's hand with the triggers taken away, as only somebody with that login can. */
async function forge(...statements: string[]): Promise<void> {
  const owner = new pg.Client({ connectionString: context.ownerUrl });
  await owner.connect();
  try {
    for (const table of ['audit_log', 'audit_checkpoints'])
      await owner.query(`alter table ${table} disable trigger user`);
    for (const statement of statements) await owner.query(statement);
    for (const table of ['audit_log', 'audit_checkpoints'])
      await owner.query(`alter table ${table} enable trigger user`);
  } finally {
    await owner.end();
  }
}

const findFaults = async (options: Parameters<typeof verifyActs>[1] = {}) => {
  const { faults, faultCount } = await verifyActs(context, options);
  assert.equal(faultCount, faults.length);
  return faults.map(({ fault, number }) => `${fault} ${number}`);
};
const copied = `id, happened_at, environment, actor_kind, actor_id, actor_via, act, subject_kind, subject_id, before, after,
  reason, trace_id, seal`;

test('an untouched log is right, whatever rolled back between its acts; each run seals what is new', async () => {
  assert.deepEqual(await findFaults(), []);
  await act('one');
  await assert.rejects(
    inTransaction(context.db, async (tx) => {
      const by = { kind: 'job', job: 'x' } as const;
      await recordAct(tx, context, { by, act: 'site.suspended', subject: 'x', environment: null });
      throw new Error('rolled back');
    }),
  );
  await act('two');
  const first = await verifyActs(context);
  assert.deepEqual([first.faultCount, first.acts, first.end.checkpointNo], [0, 2, 1n]);
  await act('three');
  const second = await verifyActs(context);
  assert.deepEqual([second.faultCount, second.acts, second.end.checkpointNo], [0, 3, 2n]);
  const third = await verifyActs(context);
  assert.deepEqual(third.end, second.end, 'nothing new, no new checkpoint');
});

test('an act that was changed, removed or inserted among sealed ones is named', async () => {
  for (const subject of ['one', 'two', 'three', 'four']) await act(subject);
  await assert.doesNotReject(verifyActs(context));
  await act('five');
  await verifyActs(context);
  await forge(
    `update audit_log set actor_id = 'somebody' where act_no = 2`,
    'delete from audit_log where act_no = 3',
    `insert into audit_log (act_no, ${copied}) overriding system value
       select 0, ${copied.replace('id,', 'gen_random_uuid(),')} from audit_log where act_no = 1`,
  );
  const { faults, faultCount } = await verifyActs(context);
  assert.equal(faultCount, 3);
  assert.deepEqual(
    faults.map(({ fault, number }) => `${fault} ${number}`),
    ['act_inserted 0', 'act_changed 2', 'act_removed 3'],
  );
  assert.match(faults[1]?.detail ?? '', /site\.suspended of site two by command_line somebody/);
});

test('every column of a sealed act is covered', async () => {
  const changes: Record<string, string> = {
    id: 'gen_random_uuid()',
    happened_at: "happened_at + interval '1 microsecond'",
    environment: "'live'",
    actor_kind: "'job'",
    actor_id: "'other'",
    actor_via: null as never,
    act: "'site.activated'",
    subject_kind: "'wallet'",
    subject_id: "'other'",
    before: `'{"status": "active", "count": 5}'`,
    after: 'null',
    reason: 'null',
    trace_id: "'t'",
    seal: "sha256('x')",
  };
  for (const subject of Object.keys(changes)) await act(subject);
  await verifyActs(context);
  const { rows } = await context.db.pool.query<{ name: string }>(
    `select column_name as name from information_schema.columns where table_name = 'audit_log' and column_name <> 'act_no'`,
  );
  assert.deepEqual(rows.map(({ name }) => name).sort(), Object.keys(changes).sort());
  const names = Object.keys(changes).filter((name) => changes[name] !== null);
  for (const name of names)
    await forge(`update audit_log set ${name} = ${changes[name]} where subject_id = '${name}'`);
  await forge(`update audit_log set actor_kind = 'person', actor_via = 's' where subject_id = 'actor_via'`);
  const wrong = await findFaults();
  assert.equal(wrong.length, Object.keys(changes).length, wrong.join());
  assert.ok(wrong.every((fault) => fault.startsWith('act_changed')));
});

test('an act that somebody with the running role’s login writes is found at once, sealed or not', async () => {
  await act('one');
  // With another's seal, and with an id of its own: the one row that there is proves nothing for a second.
  await context.db.pool.query(`
    insert into audit_log (${copied})
    select ${copied.replace('id,', 'gen_random_uuid(),')} from audit_log where subject_id = 'one'`);
  assert.deepEqual(await findFaults(), ['act_not_sealed 2']);
  await act('two');
  assert.deepEqual(
    await findFaults(),
    ['act_not_sealed 2'],
    'it is sealed meanwhile, and is told all the same',
  );
  await forge(`update audit_log set reason = 'none' where act_no = 3`);
  assert.deepEqual(await findFaults(), ['act_not_sealed 2', 'act_changed 3']);
});

test('an act that was changed before any checkpoint is found by its own seal', async () => {
  await act('one');
  await forge(`update audit_log set subject_id = 'other'`);
  assert.deepEqual(await findFaults(), ['act_not_sealed 1']);
});

test('checkpoints that were changed, removed or forged are named, and nothing is put on them', async () => {
  for (const subject of ['one', 'two', 'three']) {
    await act(subject);
    await verifyActs(context);
  }
  await forge(
    "update audit_checkpoints set sealed_at = sealed_at + interval '1 second' where checkpoint_no = 1",
  );
  assert.deepEqual(await findFaults(), ['checkpoint_changed 1']);
  await forge(
    `update audit_checkpoints set sealed_at = sealed_at - interval '1 second' where checkpoint_no = 1`,
  );
  assert.deepEqual(await findFaults(), []);

  await forge(
    'create table kept as select * from audit_checkpoints where checkpoint_no = 2',
    'delete from audit_checkpoints where checkpoint_no = 2',
  );
  await act('four');
  const { sealing, faults } = await verifyActs(context);
  assert.equal(sealing, 'broken');
  assert.deepEqual(
    faults.map(({ fault, number }) => `${fault} ${number}`),
    ['checkpoint_removed 3'],
  );
  await forge('insert into audit_checkpoints select * from kept', 'drop table kept');
  assert.deepEqual(await findFaults(), []);

  // The running role may add a checkpoint, and cannot seal it.
  await context.db.pool.query(`
    insert into audit_checkpoints (checkpoint_no, from_act_no, upto_act_no, act_nos, act_hashes, chain_hash, sealed_at, seal)
    select 5, upto_act_no, 99, '{99}', array[chain_hash], chain_hash, sealed_at, seal
    from audit_checkpoints where checkpoint_no = 4`);
  assert.deepEqual(await findFaults(), ['checkpoint_changed 5']);
  const lines: string[] = [];
  await sealAudit({ ...context, log: createLogger('info', { write: (line) => void lines.push(line) }) });
  await act('five');
  await sealAudit({ ...context, log: createLogger('info', { write: (line) => void lines.push(line) }) });
  assert.match(lines.join(), /audit\.not_sealed/);
});

test('a newest part that was cut off is found by whoever kept the end of the chain', async () => {
  await act('one');
  await verifyActs(context);
  await act('two');
  const { end } = await verifyActs(context);
  const known = { checkpointNo: end.checkpointNo, chainHash: end.chainHash.toString('hex') };
  assert.deepEqual(await findFaults({ known }), []);
  await forge(
    'delete from audit_checkpoints where checkpoint_no = 2',
    'delete from audit_log where act_no = 2',
  );
  assert.deepEqual(await findFaults(), [], 'the rest is whole');
  assert.deepEqual(await findFaults({ known }), ['checkpoint_removed 2']);
  await act('another two');
  assert.deepEqual(await findFaults({ known }), ['checkpoint_removed 2']);
});

test('an act that commits late, with an earlier number, is in a checkpoint and lost to none', async () => {
  const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>();
  const { promise: isWritten, resolve: written } = Promise.withResolvers<void>();
  const late = inTransaction(context.db, async (tx) => {
    const by = { kind: 'job', job: 'late' } as const;
    await recordAct(tx, context, { by, act: 'site.suspended', subject: 'late', environment: 'sandbox' });
    written();
    await mayCommit;
  });
  await isWritten;
  await act('early');
  const meanwhile = await verifyActs(context, { sealMs: 50 });
  assert.deepEqual([meanwhile.sealing, meanwhile.end.checkpointNo, meanwhile.faultCount], ['busy', 0n, 0]);
  const sealing = verifyActs(context);
  commit();
  await late;
  const { end, faultCount } = await sealing;
  assert.deepEqual([end.checkpointNo, end.uptoActNo, faultCount], [1n, 2n, 0]);
  const { rows } = await context.db.pool.query('select act_nos::text as nos from audit_checkpoints');
  assert.equal(rows[0]?.nos, '{1,2}');
});

test('processes that seal beside each other, while others act, make one whole chain', async () => {
  const acting = Array.from({ length: 60 }, (_, at) => act(`s${at}`));
  const sealing = Array.from({ length: 6 }, () => sealAudit(context));
  await Promise.all([...acting, ...sealing]);
  const { faultCount, acts } = await verifyActs(context);
  assert.deepEqual([faultCount, acts], [0, 60]);
  const { rows } = await context.db.pool.query(
    'select count(distinct n)::int as acts, count(*)::int as entries from audit_checkpoints, unnest(act_nos) n',
  );
  assert.deepEqual(rows[0], { acts: 60, entries: 60 });
});

test('a log of more than a checkpoint holds is sealed in several, and read as a whole', async () => {
  await act('first');
  await context.owner.pool.query(`
    insert into audit_log (${copied})
    select ${copied.replace('id,', 'gen_random_uuid(),')} from audit_log, generate_series(1, 1200)`);
  const { acts, end, faultCount } = await verifyActs(context);
  assert.deepEqual([acts, end.checkpointNo, end.uptoActNo, faultCount], [1_201, 3n, 1_201n, 1_200]);
  assert.equal((await verifyActs(context)).faults.length, 1_000);
  assert.equal((await listActs(context.db, { limit: 10_000 })).length, 500);
});

test('a key that is turned leaves the chain whole while the former one is on the ring', async () => {
  await act('one');
  await verifyActs(context);
  const former = { id: 'k1', bytes: Buffer.alloc(32, 7) };
  const turned = { ...context, keyRing: createKeyRing([{ id: 'k2', bytes: Buffer.alloc(32, 8) }, former]) };
  assert.equal((await verifyActs(turned)).faultCount, 0);
  const lost = { ...context, keyRing: createKeyRing([{ id: 'k2', bytes: Buffer.alloc(32, 8) }]) };
  assert.equal((await verifyActs(lost)).faults[0]?.fault, 'checkpoint_changed');
});

test('every night the log says where the chain ends, or what is wrong', async () => {
  const lines: string[] = [];
  const told = { ...context, log: createLogger('info', { write: (line) => void lines.push(line) }) };
  await act('one');
  await runAuditVerification(told);
  assert.match(lines.splice(0).join(), /"event":"audit\.verified".*"chain":"1:[0-9a-f]{64}"/);
  await forge(`update audit_log set reason = 'other'`);
  await runAuditVerification(told);
  assert.match(lines.join(), /"level":"error".*"event":"audit\.wrong".*act_changed: act 1 /);
});
