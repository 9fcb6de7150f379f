// Work shares few connections while it can. Each connection is a process of PostgreSQL with statements and plans of
// its own. More of them than there are processors to run them make every statement dearer, and none sooner.

import { availableParallelism } from 'node:os';
import type pg from 'pg';

/**
 * How long a piece of work waits for one of the few before it takes a further connection. Statements take less;
 * whoever holds a connection longer most likely waits for a row that somebody has locked.
 */
const patienceMs = 25;

/** Most databases have about as many processors as their gateway; while each runs a statement, one more is on its way. */
export const fewConnections = availableParallelism() + 1;

type Gate = {
  few: number;
  /** Pieces of work that have a connection, or are getting one. */
  admitted: number;
  waiting: Set<() => void>;
  clients: WeakSet<pg.PoolClient>;
};

const gates = new WeakMap<pg.Pool, Gate>();

/** Lets the work of this pool share `few` connections; the pool's own bound holds as before. */
export function shareFew(pool: pg.Pool, few: number): void {
  const gate: Gate = { few, admitted: 0, waiting: new Set(), clients: new WeakSet() };
  gates.set(pool, gate);
  pool.on('release', (_error, client) => {
    // After the pool has taken the connection back.
    if (gate.clients.delete(client)) queueMicrotask(() => leave(gate));
  });
}

/** A connection of the pool: of the few, if one is free soon. The caller releases it. */
export async function takeConnection(pool: pg.Pool): Promise<pg.PoolClient> {
  const gate = gates.get(pool);
  if (gate === undefined) return pool.connect();
  await admit(gate);
  try {
    const client = await pool.connect();
    gate.clients.add(client);
    return client;
  } catch (error) {
    leave(gate);
    throw error;
  }
}

/** How many pieces of work wait for one of the few. */
export function countWaiting(pool: pg.Pool): number {
  return pool.waitingCount + (gates.get(pool)?.waiting.size ?? 0);
}

function admit(gate: Gate): Promise<void> | undefined {
  if (gate.admitted < gate.few) {
    gate.admitted += 1;
    return undefined;
  }
  return new Promise((resolve) => {
    const enter = () => {
      clearTimeout(timer);
      gate.waiting.delete(enter);
      gate.admitted += 1;
      resolve();
    };
    const timer = setTimeout(enter, patienceMs);
    gate.waiting.add(enter);
  });
}

function leave(gate: Gate): void {
  gate.admitted -= 1;
  if (gate.admitted >= gate.few) return;
  // In the order in which they came.
  const [next] = gate.waiting;
  next?.();
}
