// Asks the database whether the gateway can do its work on it: does it answer, does it write, does its clock agree with
// ours. On a connection of its own, so that a pool in which everybody waits does not answer for the database.

import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { openClient } from './database.ts';
import { throwAway, wasFullWithin } from './server-role.ts';

export type Standing =
  | { ok: true; clockDifferenceMs: number }
  | {
      ok: false;
      reason: 'database_unreachable' | 'database_read_only' | 'database_full' | 'clock_differs';
      /** What it means and what to do, for the person who runs the gateway. */
      says: string;
    };

export type DatabaseWatch = {
  /** The last finding; null before the first answer. */
  readonly last: Standing | null;
  /**
   * Whether this machine's clock was set, since it was last held against the database's, by so much that they cannot
   * agree any more. Known at once and without asking: a clock that nobody can set runs beside it.
   */
  wasClockSet(): boolean;
  /** Asks now; callers that come meanwhile share the answer. Never throws, and answers within 2 seconds. */
  ask(): Promise<Standing>;
  stop(): Promise<void>;
};

export type WatchOptions = {
  /** Asks by itself this often. Default: only when it is asked. */
  everyMs?: number;
  /** This machine's clock, in milliseconds since 1970. */
  machineNow?: () => number;
  /** Called when the answer is of another kind than before. */
  onChange?: (standing: Standing) => void;
};

/** With a larger difference, orders end too early or too late and signatures are refused. */
export const clockDifferenceMsMax = 2_000;
const answerMsMax = 2_000;

/** So long nothing is sent here after a write that had no room; then the next one tells whether there is some. */
const fullForMs = 15_000;

const full: Standing = {
  ok: false,
  reason: 'database_full',
  says: 'The disk of the database is full: a write was refused. Make room there; nothing is lost, and nothing is taken until then.',
};

/**
 * Watches the database at this address. Its clock only decides whether the gateway may work; no rule uses its
 * time.
 */
export function watchDatabase(url: string, options: WatchOptions = {}): DatabaseWatch {
  const { machineNow = Date.now, onChange } = options;
  let client: pg.Client | null = null;
  let last: Standing | null = null;
  let asking: Promise<Standing> | null = null;
  let stopped = false;
  /** As it was when the clocks were last found to agree. */
  let agreed: Facts | null = null;

  const letGo = () => {
    client?.end().catch(() => undefined);
    client = null;
  };
  const open = async () => {
    const opened = await openClient(url, { purpose: 'page', applicationName: 'vipay watch' });
    opened.once('end', () => {
      if (client === opened) client = null;
    });
    return opened;
  };
  const look = async (): Promise<Standing> => {
    client ??= await open();
    const facts = await readFacts(client, machineNow);
    const standing = judge(facts);
    if (standing.ok) agreed = facts;
    return standing.ok && wasFullWithin(url, fullForMs) ? full : standing;
  };
  const lookInTime = async (): Promise<Standing> => {
    const waiting = new AbortController();
    const tooLate = delay(answerMsMax, null, { signal: waiting.signal, ref: false }).catch(() => null);
    const looked = look().catch(unreachable);
    const found = (await Promise.race([looked, tooLate])) ?? unreachable(new Error('it does not answer'));
    waiting.abort();
    if (!found.ok) letGo();
    if (!found.ok && found.reason === 'database_read_only') throwAway(url);
    const isChange = last === null ? !found.ok : keyOf(found) !== keyOf(last);
    last = found;
    if (isChange && !stopped) onChange?.(found);
    return found;
  };
  const ask = () => {
    asking ??= lookInTime().finally(() => {
      asking = null;
    });
    return asking;
  };
  const timer = options.everyMs === undefined ? undefined : setInterval(ask, options.everyMs);
  timer?.unref();
  return {
    get last() {
      return last;
    },
    wasClockSet() {
      if (agreed === null) return false;
      const setMs = machineNow() - performance.now() - agreed.offsetMs;
      return isTooFar({ ...agreed, differenceMs: agreed.differenceMs + setMs });
    },
    ask,
    async stop() {
      stopped = true;
      clearInterval(timer);
      await asking;
      await client?.end().catch(() => undefined);
    },
  };
}

type Facts = {
  isReadOnly: boolean;
  differenceMs: number;
  uncertaintyMs: number;
  /** Of this machine's clock from the one that nobody can set, when the question was sent. */
  offsetMs: number;
};

/** The database's time is taken to be that of the middle between question and answer. */
async function readFacts(client: pg.Client, machineNow: () => number): Promise<Facts> {
  const [askedAt, asked] = [machineNow(), performance.now()];
  const { rows } = await client.query<{ read_only: boolean; now_ms: string }>(
    `select pg_is_in_recovery() or current_setting('transaction_read_only')::boolean as read_only,
      (extract(epoch from clock_timestamp()) * 1000)::bigint as now_ms`,
  );
  const tookMs = performance.now() - asked;
  const [row] = rows;
  if (row === undefined) throw new Error('no answer');
  return {
    isReadOnly: row.read_only,
    differenceMs: askedAt + tookMs / 2 - Number(row.now_ms),
    uncertaintyMs: tookMs / 2,
    offsetMs: askedAt - asked,
  };
}

function isTooFar({ differenceMs, uncertaintyMs }: Facts): boolean {
  return Math.abs(differenceMs) - uncertaintyMs > clockDifferenceMsMax;
}

function judge(facts: Facts): Standing {
  const { isReadOnly, differenceMs } = facts;
  if (isReadOnly) {
    return {
      ok: false,
      reason: 'database_read_only',
      says: 'The database only reads: it is a standby, or was set read-only. Nothing can be paid until the address leads to the primary.',
    };
  }
  if (isTooFar(facts)) {
    return { ok: false, reason: 'clock_differs', says: tellClockDifference(differenceMs) };
  }
  return { ok: true, clockDifferenceMs: Math.round(differenceMs) };
}

/** Positive: this machine is ahead. */
function tellClockDifference(differenceMs: number): string {
  const seconds = (Math.abs(differenceMs) / 1000).toFixed(1);
  const place = differenceMs > 0 ? 'ahead of' : 'behind';
  return `The clock of this machine is ${seconds} s ${place} the database's. Orders would end at the wrong time and signatures be refused, so nothing is taken until they agree: let a time service (chrony, systemd-timesyncd) set both.`;
}

function unreachable(error: unknown): Standing {
  const { message, code } = error as { message?: string; code?: string };
  const says = `The database does not answer: ${message || code}.`;
  return { ok: false, reason: 'database_unreachable', says };
}

function keyOf(standing: Standing): string {
  return standing.ok ? 'ok' : standing.reason;
}
