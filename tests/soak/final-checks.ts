// The end of a soak: everything comes to rest, and then the database, the merchants and whoever was told something
// must say the same.

import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { testSecretKey } from '../support/context.ts';
import { findViolations } from '../support/find-violations.ts';
import { addJobs, isExplained } from './faults.ts';
import type { Clerk } from './shop-clerk.ts';
import type { SoakStage } from './soak-stage.ts';
import { afterLived } from './stillness.ts';
import { tellUnrest } from './tell-unrest.ts';

const restWithinMs = 90_000;
const askEveryMs = 500;
/** Longer than jobs that nobody works on stay locked. */
const lockedSecondsMax = 20;

type Left = { open: number; pending: number; stuck: number };

/** Waits until every order's time is over and every result is delivered; the jobs are called, not waited for. */
export async function comeToRest(stage: SoakStage): Promise<string[]> {
  stage.merchant.mood = 'well';
  let isLate = false;
  const waiting = afterLived(restWithinMs, () => {
    isLate = true;
  });
  let left: Left = { open: -1, pending: -1, stuck: -1 };
  const isAtRest = () => left.open === 0 && left.pending === 0 && left.stuck === 0;
  while (!isLate && !isAtRest()) {
    await delay(askEveryMs);
    left = await hurry(stage).catch((error: unknown) => {
      if (isExplained(error)) return left;
      throw error;
    });
  }
  waiting.stop();
  if (isAtRest()) return [];
  return [
    `at the end ${left.open} orders are still open, ${left.pending} results not delivered, ${left.stuck} jobs locked for long`,
    ...(await tellUnrest(stage)),
  ];
}

async function hurry({ context }: SoakStage): Promise<Left> {
  await addJobs(context);
  // As an operator sends again what waits for its hour; a claim that a dead process held is free again.
  await context.owner.pool.query(
    `update notifications set next_attempt_at = $1
     where status = 'pending' and next_attempt_at > $1 and (leased_until is null or leased_until < $1 or leased_until > $2)`,
    [context.clock.now(), new Date(Date.now() + 31_000)],
  );
  const { rows } = await context.owner.pool.query<Left>(
    `select (select count(*)::int from orders where status = 'open') as open,
      (select count(*)::int from notifications where status = 'pending') as pending,
      (select count(*)::int from graphile_worker._private_jobs
       where locked_at < clock_timestamp() - make_interval(secs => $1)) as stuck`,
    [lockedSecondsMax],
  );
  const [left] = rows;
  if (left === undefined) throw new Error('no answer');
  return left;
}

/** What is true of the whole when it is at rest; each finding is one sentence. */
export async function findEverythingWrong(stage: SoakStage, clerk: Clerk): Promise<string[]> {
  const { context, merchant } = stage;
  return [
    ...(await findViolations(context.db)),
    ...(await findContradictions(stage, clerk)),
    ...clerk.violations,
    ...merchant.violations,
    ...(await verifyByCommand(stage)),
  ];
}

type OrderRow = {
  merch_txn_ref: string;
  status: string;
  response_code: string | null;
  amount_dong: string;
  merchant_site: string;
};

/** Every order of the journal is there; its merchant heard its result, and nobody was ever told another one. */
async function findContradictions({ context, merchant }: SoakStage, clerk: Clerk): Promise<string[]> {
  const { rows } = await context.owner.pool.query<OrderRow>(
    'select merch_txn_ref, status, response_code, amount_dong::text, merchant_site from orders',
  );
  const wrong: string[] = [];
  const stored = new Map(rows.map((row) => [row.merch_txn_ref, row]));
  for (const { reference, told } of clerk.journal.values()) {
    const order = stored.get(reference);
    if (order === undefined) wrong.push(`${reference} was taken in and is not there`);
    else if ([...told].some((state) => state !== order.status))
      wrong.push(`${reference} is ${order.status}; somebody was told ${[...told].join(' and ')}`);
  }
  for (const row of rows) {
    const expected = `${row.response_code} ${row.amount_dong}`;
    const heard = [...(merchant.heardOf.get(row.merch_txn_ref) ?? [])].join(' and ');
    if (heard !== expected)
      wrong.push(
        `${row.merch_txn_ref} (${row.merchant_site}): the merchant heard "${heard}", not "${expected}"`,
      );
  }
  return wrong;
}

/** `vipay ledger verify`, the whole, as an operator runs it. */
async function verifyByCommand({ servers, gateways: [first] }: SoakStage): Promise<string[]> {
  const cli = resolve(import.meta.dirname, '../../cli/vipay.mjs');
  const { PATH } = process.env;
  const env = {
    PATH,
    DATABASE_URL: servers.primary().url,
    VIPAY_SECRET_KEY: testSecretKey,
    VIPAY_PUBLIC_URL: `http://localhost:${first.port}`,
  };
  const { promise, resolve: done } = Promise.withResolvers<string[]>();
  execFile(
    process.execPath,
    [cli, 'ledger', 'verify', '--full', '--no-rest'],
    { env },
    (error, stdout, stderr) => done(error === null ? [] : [`vipay ledger verify: ${stdout}${stderr}`]),
  );
  return promise;
}
