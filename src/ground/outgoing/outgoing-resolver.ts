// From a name to its addresses, for outgoing calls. Asks the DNS itself (c-ares) instead of getaddrinfo: the
// latter holds a thread of the process's small pool for as long as a dead name server stays silent, and two
// such names would stop everybody's look-ups. The price: names of the hosts file are not known here.

import { Resolver } from 'node:dns/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** All addresses of a name, in the order in which they are tried; rejects or returns none when it has none. */
export type ResolveName = (hostname: string, signal: AbortSignal) => Promise<string[]>;

const queryTimeoutMs = 2_000;
const queryTries = 2;
/** How long IPv6 may be late once IPv4 is known (RFC 8305's resolution delay). */
const secondFamilyWaitMs = 50;

/** By the DNS servers of the machine, or by these (address and port; tests). */
export function createResolver(servers?: readonly string[]): ResolveName {
  return async (hostname, signal) => {
    const resolver = new Resolver({ timeout: queryTimeoutMs, tries: queryTries });
    if (servers !== undefined) resolver.setServers(servers);
    const cancel = () => resolver.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      let fault: unknown = null;
      const orNone = (error: unknown): string[] => {
        fault = error;
        return [];
      };
      const six = resolver.resolve6(hostname).catch(orNone);
      const four = await resolver.resolve4(hostname).catch(orNone);
      const alsoSix =
        four.length === 0 ? await six : await Promise.race([six, delay(secondFamilyWaitMs, [])]);
      if (four.length + alsoSix.length === 0) throw fault;
      return [...four, ...alsoSix];
    } finally {
      signal.removeEventListener('abort', cancel);
      // A late second family holds a socket until it is told to stop.
      resolver.cancel();
    }
  };
}

export const resolveByDns = createResolver();
