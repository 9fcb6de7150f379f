import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { sql } from 'kysely';
import { createTestDatabase } from '../../../tests/support/database.ts';
import { type ClaimLimits, claimDue, claimStatement, releaseClaims } from './notification-queries.ts';

const { db, owner, drop } = await createTestDatabase();
after(drop);

const now = new Date('2026-03-02T03:00:00Z');
const limits: ClaimLimits = {
  now,
  leasedUntil: new Date(now.getTime() + 30_000),
  limit: 256,
  perSiteMax: 4,
  suspectLimit: 128,
  suspects: [],
  rooms: new Map(),
};

beforeEach(() => sql`delete from notifications`.execute(owner));

async function addPending(merchantSite: string, count: number, dueAgoMs = 1_000) {
  await sql`
    insert into notifications (id, order_id, merchant_site, environment, status, next_attempt_at, created_at)
    select gen_random_uuid(), gen_random_uuid(), ${merchantSite}, 'sandbox', 'pending',
      ${new Date(now.getTime() - dueAgoMs)}::timestamptz + g * interval '1 microsecond', ${now}
    from generate_series(1, ${count}::int) g`.execute(db);
}

async function claimCounts(more: Partial<ClaimLimits> = {}): Promise<Record<string, number>> {
  const claimed = await claimDue(db, { ...limits, ...more });
  const counts: Record<string, number> = {};
  for (const { merchantSite } of claimed) counts[merchantSite] = (counts[merchantSite] ?? 0) + 1;
  return counts;
}

test('a claim takes at most its share of each site, however old and many the rows of one are', async () => {
  await addPending('a', 500, 3_600_000);
  await addPending('b', 3);
  await addPending('c', 1);
  assert.deepEqual(await claimCounts(), { a: 4, b: 3, c: 1 });
  assert.deepEqual(await claimCounts({ rooms: new Map([['a', 0]]) }), {}, 'a leased row is not due');
});

test('with fewer places than due rows, the first of every site comes before the second of any', async () => {
  for (const site of ['a', 'b', 'c']) await addPending(site, 10);
  assert.deepEqual(await claimCounts({ limit: 4 }).then((counts) => Object.values(counts).sort()), [1, 1, 2]);
});

test('sites with less room get less, suspects together get no more than their part', async () => {
  for (const site of ['a', 'b', 'c', 'd']) await addPending(site, 10);
  const rooms = new Map([
    ['a', 2],
    ['b', 0],
    ['c', 1],
    ['d', 1],
  ]);
  assert.deepEqual(await claimCounts({ rooms, suspects: ['c', 'd'], suspectLimit: 1 }), { a: 2, c: 1 });
});

test('what is not due yet is left, and a lease that ended is due again', async () => {
  await addPending('a', 1, -1);
  assert.deepEqual(await claimCounts(), {});
  const later = new Date(now.getTime() + 1_000);
  const leasedUntil = new Date(later.getTime() + 30_000);
  assert.deepEqual(await claimCounts({ now: later, leasedUntil }), { a: 1 });
  assert.deepEqual(await claimCounts({ now: new Date(leasedUntil.getTime() - 1), leasedUntil }), {});
  assert.deepEqual(
    await claimCounts({ now: leasedUntil, leasedUntil: new Date(leasedUntil.getTime() + 1) }),
    { a: 1 },
  );
});

test('claims at the same moment never take the same row', async () => {
  for (let site = 0; site < 20; site += 1) await addPending(`site${site}`, 20);
  const claims = await Promise.all(Array.from({ length: 5 }, () => claimDue(db, limits)));
  const ids = claims.flat().map((claimed) => claimed.id);
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(ids.length >= 80);
});

test('a claim for some sites leaves the others; what it takes comes oldest first', async () => {
  for (const site of ['a', 'b', 'c']) await addPending(site, 5);
  assert.deepEqual(await claimCounts({ sites: ['a', 'c', 'unknown'] }), { a: 4, c: 4 });
  const claimed = await claimDue(db, { ...limits, perSiteMax: 100, sites: ['a', 'b'] });
  const due = claimed.map(({ dueAt }) => dueAt.getTime());
  assert.deepEqual(
    due,
    due.toSorted((a, b) => a - b),
  );
  assert.equal(claimed.length, 6);
});

test('claims that are given back are due as they were, and no attempt is counted', async () => {
  await addPending('a', 4);
  const claimed = await claimDue(db, limits);
  await releaseClaims(db, claimed);
  const again = await claimDue(db, limits);
  const facts = (each: { id: string; attempts: number; dueAt: Date }) => [each.id, each.attempts, each.dueAt];
  assert.deepEqual(again.map(facts).sort(), claimed.map(facts).sort());
  // Held by another lease meanwhile: left alone.
  await releaseClaims(db, [{ ...(again[0] as (typeof again)[0]), leasedUntil: now }]);
  assert.deepEqual(await claimCounts(), {});
});

test('a claim does not wait for the disk, and what follows on its connection does', async () => {
  await addPending('a', 1);
  const setting = sql<{ setting: string }>`select current_setting('synchronous_commit') as setting`;
  const inClaim = await db.transaction().execute(async (tx) => {
    await claimDue(tx, limits);
    return (await setting.execute(tx)).rows[0]?.setting;
  });
  assert.equal(inClaim, 'off');
  const settings = await Promise.all(Array.from({ length: 20 }, () => setting.execute(db)));
  assert.deepEqual([...new Set(settings.map(({ rows }) => rows[0]?.setting))], ['on']);
});

test('100.000 waiting rows of one site are not read to claim for the others', async () => {
  await addPending('busy', 100_000, 3_600_000);
  for (let site = 0; site < 200; site += 1) await addPending(`site${site}`, 5);
  await owner.pool.query('vacuum analyze notifications');
  const { rows } = await sql<{ 'QUERY PLAN': string }>`
    explain (analyze, costs off) ${claimStatement(limits)}`.execute(db);
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  assert.doesNotMatch(plan, /Seq Scan/, plan);
  const mostRows = Math.max(
    ...Array.from(plan.matchAll(/actual time=\S+ rows=(\d+)/g), (match) => Number(match[1])),
  );
  assert.ok(mostRows <= 1_000, `a step of the plan read ${mostRows} rows\n${plan}`);
  assert.doesNotMatch(plan, /Rows Removed by Filter: \d{3}/, plan);
});
