// What `vipay doctor` says of results: those on their way to merchants, those that merchants do not take, and orders
// that could not be ended.

import { type LateSite, listAlarms, readBacklog } from '../src/business/notifications/index.ts';
import { readOverdueOrders } from '../src/business/payments/index.ts';
import type { Database } from '../src/ground/database/index.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { moment } from './print.ts';

const overdueMs = 10 * 60_000;
const countMax = 10_000;
const sitesShownMax = 20;

export async function checkResults(db: Database): Promise<Finding[]> {
  const now = new Date();
  const backlog = await readBacklog(db, now, countMax);
  const late = await listAlarms(db, sitesShownMax + 1);
  return [
    tellBacklog(backlog, now),
    ...(backlog.exhausted > 0
      ? [
          warn(
            'notifications',
            `${tellCount(backlog.exhausted)} were given up.`,
            'See "vipay notification list --status exhausted", then resend.',
          ),
        ]
      : []),
    ...late.slice(0, sitesShownMax).map(tellLateSite),
    ...(late.length > sitesShownMax
      ? [
          warn(
            'notifications',
            'More sites do not take their results.',
            'See the log: notification.not_taken.',
          ),
        ]
      : []),
    ...(await checkOrders(db, now)),
  ];
}

function tellBacklog({ pending, oldestDue }: Awaited<ReturnType<typeof readBacklog>>, now: Date): Finding {
  return oldestDue !== null && now.getTime() - oldestDue.getTime() > overdueMs
    ? warn(
        'notifications',
        `The oldest has been due since ${moment(oldestDue)}.`,
        'Does a gateway with VIPAY_ROLE work or both run?',
      )
    : ok('notifications', `${tellCount(pending)} on their way, none overdue.`);
}

function tellLateSite({ merchantSite, since, waiting, outcome, detail }: LateSite): Finding {
  return warn(
    'notifications',
    `${merchantSite} has not taken ${waiting === 1 ? '1 result' : `${waiting} results`} since ${moment(since)}: ${detail ?? outcome}.`,
    `Tell the merchant; every request and answer: "vipay notification list --site ${merchantSite} --status pending", then "vipay notification show".`,
  );
}

async function checkOrders(db: Database, now: Date): Promise<Finding[]> {
  const { setAside, oldestPassed } = await readOverdueOrders(db, now);
  const isBehind = oldestPassed !== null && now.getTime() - oldestPassed.getTime() > overdueMs;
  return [
    ...(setAside > 0
      ? [
          fail(
            'orders',
            `${tellCount(setAside)} are past their time and cannot be ended.`,
            'The log names them and the fault: order.expiry_set_aside. They are tried again by themselves.',
          ),
        ]
      : []),
    isBehind
      ? warn(
          'orders',
          `An order has been past its time since ${moment(oldestPassed)}.`,
          'Does a gateway with VIPAY_ROLE work or both run?',
        )
      : ok('orders', 'Those past their time are ended.'),
  ];
}

function tellCount(count: number): string {
  return count >= countMax ? `${countMax} or more` : String(count);
}
