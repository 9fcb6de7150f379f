// Work shares few connections while it can. Each connection is a process of PostgreSQL with statements and plans of
// its own. More of them than there are processors to run them make every statement dearer, and none sooner.

import { availableParallelism } from 'node:os';
import type pg from 'pg';

/**
 * After how long a piece of work counts as stuck: statements take less, so whoever holds a connection longer most
 * likely waits for a row that somebody has locked.
 */
const stuckAfterMs = 50;

/** Most databases have about as many processors as their gateway; while each runs a statement, one more is on its way. */
export const fewConnections = availableParallelism() + 1;

/** Of one piece of work among the admitted. */
type Place = symbol;

type Gate = {
  few: number;
  /** Pieces of work that have a connection, or are getting one, and since when. */
  admitted: Map<Place, number>;
  /** In the order in which they came. */
  waiting: Set<(place: Place) => void>;
  holders: WeakMap<pg.PoolClient, Place>;
  /** Runs while somebody waits. */
  looking: NodeJS.Timeout | null;
};

const gates = new WeakMap<pg.Pool, Gate>();

/** Lets the work of this pool share `few` connections; the pool's own bound holds as before. */
export function shareFew(pool: pg.Pool, few: number): void {
  const gate: Gate = {
    few,
    admitted: new Map(),
    waiting: new Set(),
    holders: new WeakMap(),
    looking: null,
  };
  gates.set(pool, gate);
  pool.on('release', (_error, client) => {
    const place = gate.holders.get(client);
    if (place === undefined) return;
    gate.holders.delete(client);
    // After the pool has taken the connection back.
    queueMicrotask(() => leave(gate, place));
  });
}

/**
 * A connection of the pool: of the few, if they are in use by work that goes on; a further one for each that is stuck.
 * The caller releases it.
 */
export async function takeConnection(pool: pg.Pool): Promise<pg.PoolClient> {
  const gate = gates.get(pool);
  if (gate === undefined) return pool.connect();
  const place = await admit(gate);
  try {
    const client = await pool.connect();
    gate.holders.set(client, place);
    return client;
  } catch (error) {
    leave(gate, place);
    throw error;
  }
}

/** How many pieces of work wait for one of the few. */
export function countWaiting(pool: pg.Pool): number {
  return pool.waitingCount + (gates.get(pool)?.waiting.size ?? 0);
}

function admit(gate: Gate): Place | Promise<Place> {
  if (gate.waiting.size === 0 && gate.admitted.size < gate.few) return takePlace(gate);
  return new Promise((resolve) => {
    gate.waiting.add(resolve);
    gate.looking ??= setInterval(() => admitWaiting(gate), stuckAfterMs / 2);
  });
}

function leave(gate: Gate, place: Place): void {
  gate.admitted.delete(place);
  admitWaiting(gate);
}

/**
 * Lets in as many as the few, and one more for each that is stuck. Waiting alone is no reason for a further connection:
 * under load everybody waits, and with more connections they would wait longer.
 */
function admitWaiting(gate: Gate): void {
  if (gate.waiting.size > 0) {
    const places = gate.few + countStuck(gate);
    for (const enter of gate.waiting) {
      if (gate.admitted.size >= places) return;
      gate.waiting.delete(enter);
      enter(takePlace(gate));
    }
  }
  if (gate.looking !== null) clearInterval(gate.looking);
  gate.looking = null;
}

function countStuck(gate: Gate): number {
  const now = performance.now();
  let stuck = 0;
  for (const since of gate.admitted.values()) if (now - since >= stuckAfterMs) stuck += 1;
  return stuck;
}

function takePlace(gate: Gate): Place {
  const place = Symbol();
  gate.admitted.set(place, performance.now());
  return place;
}
