// A primary that was demoted keeps its connections and refuses every write on them (25006). So the first such
// refusal closes all connections to the same address, those of the pools and those that listen. New
// connections lead to the present primary.
// A full disk is noticed in the same way: by the server's answer to anybody's write.

import type pg from 'pg';
import { cutConnection, innerConnection } from './cut-connection.ts';
import { classifyFault } from './database-fault.ts';

/** While a server stays read-only, not every refused write makes new connections. */
const throwAwayEveryMs = 1_000;

type Address = { joined: Set<pg.ClientBase>; thrownAwayAt: number; fullAt: number };
const addresses = new Map<string, Address>();

/**
 * From now on this connection is closed together with the others of its address. Call it once the connection
 * is open.
 */
export function watchRole(url: string, client: pg.ClientBase): void {
  let address = addresses.get(url);
  if (!address) {
    const never = Number.NEGATIVE_INFINITY;
    address = { joined: new Set(), thrownAwayAt: never, fullAt: never };
    addresses.set(url, address);
  }
  const found = address;
  const { joined } = address;
  joined.add(client);
  client.once('end', () => joined.delete(client));
  innerConnection(client).on('errorMessage', (message: unknown) => {
    if (classifyFault(message) === 'read_only') throwAway(url, client);
    if ((message as { code?: unknown }).code === diskFull) found.fullAt = performance.now();
  });
}

const diskFull = '53100';

/** Whether the server at this address has refused a write within this time because its disk is full. */
export function wasFullWithin(url: string, ms: number): boolean {
  const address = addresses.get(url);
  return address !== undefined && performance.now() - address.fullAt < ms;
}

/** The server at this address does not write; `only`: the connection that found it out. */
export function throwAway(url: string, only?: pg.ClientBase): void {
  const address = addresses.get(url);
  if (!address) return;
  const isOften = performance.now() - address.thrownAwayAt < throwAwayEveryMs;
  if (!isOften) address.thrownAwayAt = performance.now();
  for (const client of isOften && only ? [only] : [...address.joined]) {
    address.joined.delete(client);
    cutConnection(client);
  }
}
