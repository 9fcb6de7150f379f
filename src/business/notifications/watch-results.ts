// Tells people of results that a merchant does not take: after the first hour, and every hour again. The
// merchant's server may be away, answer 5xx or object (01, 04, 97). In each case the buyer has paid and the
// shop does not know.

import type { Context } from '../../ground/context.ts';
import { inTransaction } from '../../ground/database/index.ts';
import { logEvent } from '../../ground/log/index.ts';
import { type LateSite, listLateSites, replaceAlarms } from './alarm-queries.ts';

/** From when on a result is late, and how often it is told. */
const lateMs = 60 * 60_000;
/** The most sites that are told of; those that have waited longest come first. */
const sitesMax = 1_000;

/** Run by the minute. Returns the sites that are late now. */
export async function watchResults(context: Pick<Context, 'db' | 'clock' | 'log'>): Promise<LateSite[]> {
  const now = context.clock.now();
  const late = await listLateSites(context.db, {
    recordedBefore: new Date(now.getTime() - lateMs),
    limit: sitesMax,
  });
  const told = await inTransaction(context.db, (tx) => replaceAlarms(tx, late, now));
  for (const site of late) {
    if (!told.has(site.merchantSite)) continue;
    const hours = Math.floor((now.getTime() - site.since.getTime()) / lateMs);
    const { detail: lastAnswer, ...facts } = site;
    logEvent(context.log, 'notification.not_taken', { ...facts, lastAnswer, hours });
  }
  return late;
}
