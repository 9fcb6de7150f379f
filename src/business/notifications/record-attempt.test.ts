import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { uuidv7 } from 'uuidv7';
import { createTestDatabase } from '../../../tests/support/database.ts';
import {
  addNotification,
  addSite,
  createManualClock,
  createNotificationContext,
  getNotification,
} from '../../../tests/support/notification-fixtures.ts';
import { createStatementCounter } from '../../../tests/support/statement-counter.ts';
import { claimDue, type EndedAttempt, listAttempts } from './notification-queries.ts';
import { recordAttempt } from './record-attempt.ts';

const { db, drop } = await createTestDatabase();
after(drop);
const clock = createManualClock();
const context = createNotificationContext(db, clock);
const site = await addSite(context, { notifyUrl: 'https://shop.example/hook' });

/** Claims as many new ones; each has ended well. */
async function endedAttempts(count: number): Promise<EndedAttempt[]> {
  for (let each = 0; each < count; each += 1) await addNotification(context, site);
  const now = clock.now();
  const none = { suspects: [], suspectLimit: 0, rooms: new Map<string, number>() };
  const leasedUntil = new Date(now.getTime() + 30_000);
  const claimed = await claimDue(db, { now, leasedUntil, limit: count, perSiteMax: count, ...none });
  assert.equal(claimed.length, count);
  return claimed.map((each) => ({ claimed: each, attempt: attemptAt(now), next: delivered, endedAt: now }));
}

const delivered = { status: 'delivered', nextAttemptAt: null } as const;

const attemptAt = (startedAt: Date): EndedAttempt['attempt'] => ({
  id: uuidv7(),
  startedAt,
  durationMs: 12,
  method: 'POST',
  url: 'https://shop.example/hook?a="b",{c}',
  requestHeaders: { accept: 'a "quoted", {braced} \\ text' },
  requestBody: 'NULL',
  responseStatus: 204,
  responseBody: null,
  outcome: 'delivered',
  kind: 'confirmed',
  detail: null,
});

const statusOf = async (ended: EndedAttempt) => {
  const { rows } = await sql<{ orderId: string }>`
    select order_id as "orderId" from notifications where id = ${ended.claimed.id}`.execute(db);
  return (await getNotification(context, rows[0]?.orderId ?? '')).status;
};

test('attempts that end together are one statement, and each is written as it was', async () => {
  const ended = await endedAttempts(20);
  let written: boolean[] = [];
  const { statements, texts } = await createStatementCounter(db).count(async () => {
    written = await Promise.all(ended.map((each) => recordAttempt(db, each)));
  });
  assert.equal(statements, 1, texts.join('\n'));
  assert.deepEqual(
    written,
    ended.map(() => true),
  );
  for (const each of ended) {
    const [logged] = await listAttempts(db, each.claimed.id);
    assert.deepEqual(logged, { ...each.attempt, notificationId: each.claimed.id, attemptNo: 1 });
    assert.equal(await statusOf(each), 'delivered');
  }
});

test('an attempt that the database refuses fails alone; a lost lease is only logged', async () => {
  const [first, second, third] = (await endedAttempts(3)) as [EndedAttempt, EndedAttempt, EndedAttempt];
  const refused = { ...second, attempt: { ...second.attempt, outcome: 'unheard_of' as never } };
  const lost = { ...third, claimed: { ...third.claimed, leasedUntil: clock.now() } };
  const results = await Promise.allSettled([first, refused, lost].map((each) => recordAttempt(db, each)));
  assert.deepEqual(
    results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason.code)),
    [true, '23514', false],
  );
  assert.equal(await statusOf(first), 'delivered');
  assert.equal(await statusOf(second), 'pending');
  assert.equal(await statusOf(third), 'pending');
  assert.equal((await listAttempts(db, third.claimed.id)).length, 1);
});

test('two attempts of one result that end together are numbered in the order of their beginning', async () => {
  const [late] = (await endedAttempts(1)) as [EndedAttempt];
  const started = new Date(clock.now().getTime() - 31_000);
  const early: EndedAttempt = {
    ...late,
    claimed: { ...late.claimed, leasedUntil: started },
    attempt: { ...attemptAt(started), outcome: 'timed_out', kind: 'answer_slow' },
  };
  assert.deepEqual(await Promise.all([late, early].map((each) => recordAttempt(db, each))), [true, false]);
  assert.deepEqual(
    (await listAttempts(db, late.claimed.id)).map(({ attemptNo, outcome }) => [attemptNo, outcome]),
    [
      [1, 'timed_out'],
      [2, 'delivered'],
    ],
  );
});
