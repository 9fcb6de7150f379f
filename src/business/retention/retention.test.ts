import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import pg from 'pg';
import { createTestContext, givenOrder, givenSite, givenWallet } from '../../../tests/support/context.ts';
import { createLogger } from '../../ground/log/index.ts';
import { trimTables } from './index.ts';
import { retentionSubjects, trimStatement } from './retention-queries.ts';

const lines: string[] = [];
const plain = await createTestContext();
const context = { ...plain, log: createLogger('error', { write: (line) => void lines.push(line) }) };
const { site } = await givenSite(context, { notifyUrl: 'http://127.0.0.1:9/webhook' });
const wallet = await givenWallet(context);
const order = await givenOrder(context, site);
const owner = new pg.Client({ connectionString: context.ownerUrl });
await owner.connect();
after(async () => {
  await owner.end();
  await plain.drop();
});

const day = 86_400_000;
const at = (daysAgo: number) => new Date(context.clock.now().getTime() - daysAgo * day);
const count = async (from: string) =>
  Number((await owner.query<{ count: string }>(`select count(*) from ${from}`)).rows[0]?.count);

/** `count` rows of a table, this many days old; `columns` are SQL, of which $1 is the moment and n the number. */
async function given(
  table: string,
  columns: Record<string, string>,
  daysAgo: number,
  rows = 1,
): Promise<void> {
  await owner.query(
    `insert into ${table} (${Object.keys(columns).join(', ')})
     select ${Object.values(columns).join(', ')} from generate_series(1, ${rows}) n, (select $1::timestamptz) t (at)`,
    [at(daysAgo)],
  );
}

const refusal = {
  trace_id: "'tr_' || gen_random_uuid()",
  received_at: "t.at + n * interval '1 millisecond'",
  entry_point: "'v1'",
  method: "'GET'",
  remote_address: "'203.0.113.9'",
  code: "'97'",
  detail: "''",
  received: "'{}'",
};
const message = (environment: string, status: string) => ({
  id: 'gen_random_uuid()',
  environment: `'${environment}'`,
  channel: "'sms'",
  recipient: "'0900000001'",
  purpose: "'otp'",
  body_sealed: "'\\x00'",
  status: `'${status}'`,
  created_at: 't.at',
});
const session = {
  id: 'gen_random_uuid()',
  token_hash: 'sha256(gen_random_uuid()::text::bytea)',
  browser_hash: "'\\x00'",
  order_id: `'${order.id}'::uuid`,
  wallet_id: `'${wallet.id}'::uuid`,
  signed_in_at: 't.at',
  expires_at: 't.at',
};

test('each table is trimmed to its rule, and what is younger stays', async () => {
  await given('refused_requests', refusal, 31, 3);
  await given('refused_requests', refusal, 29, 2);
  const answer = {
    merchant_site: `'${site.merchantSite}'`,
    path: "'/'",
    idempotency_key: 'gen_random_uuid()::text',
    body_hash: "'\\x00'",
    response_status: '200',
    response_body: "''",
    created_at: 't.at',
  };
  await given('idempotency_keys', answer, 31);
  await given('idempotency_keys', answer, 29);
  const counter = {
    scope: "'address'",
    subject: 'gen_random_uuid()::text',
    attempts: '1',
    window_ends_at: 't.at',
  };
  await given('attempt_counters', counter, 0.01);
  await given('attempt_counters', { ...counter, locked_until: "t.at + interval '1 day'" }, 0.01);
  await given('checkout_sessions', session, 31);
  await given('checkout_sessions', session, 29);
  await given('messages', message('sandbox', 'delivered'), 91);
  await given('messages', message('live', 'delivered'), 91);
  await given('messages', message('sandbox', 'delivered'), 8);
  await given('messages', message('sandbox', 'delivered'), 6);
  await given('messages', message('live', 'delivered'), 0.001);
  await given('messages', message('live', 'queued'), 1.01);
  await given('messages', message('live', 'queued'), 0.9);
  await owner.query(
    `insert into notifications (id, order_id, merchant_site, environment, status, next_attempt_at, created_at)
     values ('00000000-0000-7000-8000-000000000001', gen_random_uuid(), 'x', 'sandbox', 'delivered', null, now()),
       ('00000000-0000-7000-8000-000000000002', gen_random_uuid(), 'x', 'sandbox', 'pending', now(), now())`,
  );
  const attempt = (notification: number) => ({
    id: 'gen_random_uuid()',
    notification_id: `'00000000-0000-7000-8000-00000000000${notification}'::uuid`,
    attempt_no: 'n',
    started_at: 't.at',
    duration_ms: '1',
    method: "'GET'",
    url: "''",
    request_headers: "'{}'",
    outcome: "'delivered'",
  });
  await given('notification_attempts', attempt(1), 91);
  await given('notification_attempts', attempt(1), 89);
  await given('notification_attempts', attempt(2), 91);

  const trimmed = await trimTables(context);
  assert.deepEqual(trimmed, {
    refused_requests: 3,
    idempotency_keys: 1,
    attempt_counters: 1,
    checkout_sessions: 1,
    messages: 2,
    'messages.body_live': 2,
    'messages.body_sandbox': 1,
    notification_attempts: 1,
    failed_jobs: 0,
  });
  assert.equal(await count('refused_requests'), 2);
  assert.equal(
    await count("messages where environment = 'live' and status = 'failed' and body_sealed is null"),
    1,
  );
  assert.equal(
    await count("messages where environment = 'live' and status = 'queued' and body_sealed is not null"),
    1,
  );
  assert.equal(await count('notification_attempts'), 2);
  assert.deepEqual(new Set(Object.values(await trimTables(context))), new Set([0]));
});

test('what is more than a batch goes in several, and a run ends in time', async () => {
  await given('checkout_sessions', session, 40, 105);
  assert.equal((await trimTables(context, { batchRows: 10, runMs: 0 })).checkout_sessions, 0);
  assert.equal((await trimTables(context, { batchRows: 10 })).checkout_sessions, 105);
});

test('only the newest refused requests are kept, by the rule that is in force', async () => {
  await given('refused_requests', refusal, 1, 50);
  await owner.query(
    `insert into retention_rules (subject, valid_from, kept_seconds, rows_max, source) values
       ('refused_requests', $1, 2592000, 20, 'test'), ('refused_requests', $2, 2592000, 5, 'test: not yet')`,
    [at(0.5), at(-1)],
  );
  await trimTables(context, { batchRows: 7 });
  assert.equal(await count('refused_requests'), 20);
});

test('a table that cannot be trimmed is told, and the others are trimmed all the same', async () => {
  await given('checkout_sessions', session, 40);
  await owner.query(`
    create function refuse_to_go() returns trigger language plpgsql as $$ begin raise exception 'stays'; end $$;
    create trigger refuse_to_go before delete on refused_requests for each row execute function refuse_to_go()`);
  try {
    await given('refused_requests', refusal, 40);
    const trimmed = await trimTables(context);
    assert.deepEqual([trimmed.refused_requests, trimmed.checkout_sessions], [0, 1]);
    assert.match(lines.splice(0).join(), /retention\.failed.*refused_requests/);
  } finally {
    await owner.query('drop function refuse_to_go cascade');
  }
});

test('every statement finds its rows through an index', async () => {
  const { runMigrations } = await import('graphile-worker');
  await runMigrations({ connectionString: context.ownerUrl });
  for (const subject of retentionSubjects) {
    const { sql, parameters } = trimStatement(subject, at(1), 10).compile(context.db);
    await owner.query('begin; set local enable_seqscan = off; set local enable_bitmapscan = off');
    const { rows } = await owner.query<Record<string, string>>(`explain ${sql}`, parameters as unknown[]);
    await owner.query('rollback');
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    // The queue's own table is small, and has no index by age.
    if (subject !== 'failed_jobs') assert.doesNotMatch(plan, /Seq Scan on /, `${subject}\n${plan}`);
  }
});

test('the page of retention names every table, and every subject with its rule', async () => {
  const page = readFileSync('docs/operating/retention.md', 'utf8');
  const told = [...page.matchAll(/^\| `([a-z_.]+)` \|/gm)].map(([, name = '']) => name);
  const { rows: tables } = await owner.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`,
  );
  const missing = tables.map(({ name }) => name).filter((name) => !told.includes(name));
  assert.deepEqual(missing, [], 'docs/operating/retention.md does not say how long these are kept');
  const known = new Set<string>([...tables.map(({ name }) => name), ...retentionSubjects, 'jobs']);
  assert.deepEqual(
    told.filter((name) => !known.has(name)),
    [],
    'there is no such table',
  );
  const { rows: rules } = await owner.query<{ subject: string; days: number }>(
    `select subject, (kept_seconds / 86400)::int as days from retention_rules where source not like 'test%'`,
  );
  assert.deepEqual(new Set(rules.map(({ subject }) => subject)), new Set<string>(retentionSubjects));
  for (const { subject, days } of rules) {
    if (days > 0)
      assert.match(
        page,
        new RegExp(`^\\| \`${subject.replace('.', '\\.')}\` \\|.*\\b${days} day`, 'm'),
        subject,
      );
  }
});
