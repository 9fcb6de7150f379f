// A connection outlives its server's role: a primary that was demoted keeps its connections and refuses every write on
// them (25006), for as long as they are used. So the first refusal throws away all that lead to the same address, those
// of the pools and those that listen; the next ones that are made lead to whoever is the primary now.

import type pg from 'pg';
import { cutConnection, innerConnection } from './cut-connection.ts';
import { classifyFault } from './database-fault.ts';

/** A server that is read-only for long is not connected to anew for every refused write. */
const throwAwayEveryMs = 1_000;

type Address = { joined: Set<pg.ClientBase>; thrownAwayAt: number };
const addresses = new Map<string, Address>();

/** From now on this connection is thrown away with the others of its address; to be called once it is connected. */
export function watchRole(url: string, client: pg.ClientBase): void {
  let address = addresses.get(url);
  if (!address) {
    address = { joined: new Set(), thrownAwayAt: Number.NEGATIVE_INFINITY };
    addresses.set(url, address);
  }
  const { joined } = address;
  joined.add(client);
  client.once('end', () => joined.delete(client));
  innerConnection(client).on('errorMessage', (message: unknown) => {
    if (classifyFault(message) === 'read_only') throwAway(url, client);
  });
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
