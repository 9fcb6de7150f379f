// Which addresses a merchant's URL may lead to: public ones alone, so that no merchant can make the gateway
// knock on its own network, its cloud's metadata service or itself. Pure.

import ipaddr from 'ipaddr.js';

/** Loopback only where the operator of a sandbox allows it; sites of the live environment are https. */
export type CallbackPolicy = { allowLoopback: boolean; requireHttps: boolean };

/** The policy of every live site, whatever the settings say. */
export const strictCallbackPolicy: CallbackPolicy = { allowLoopback: false, requireHttps: true };

/** Everything IPv6 has given to the public internet so far; tunnels and documentation lie in it and are named by ipaddr.js. */
const publicIPv6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** Public by its number, yet the host's own control service on one large cloud. */
const hostServices = new Set(['168.63.129.16']);

/**
 * Why this address may not be called, in a few words, or null when it may.
 * Addresses that carry another one inside (IPv4-mapped, NAT64, 6to4, Teredo) are refused whatever they carry:
 * no public host needs to be reached that way.
 */
export function refuseAddress(address: string, policy: Pick<CallbackPolicy, 'allowLoopback'>): string | null {
  if (!ipaddr.isValid(address)) return 'not an IP address';
  const parsed = ipaddr.parse(address);
  const range = parsed.range();
  if (range === 'loopback') return policy.allowLoopback ? null : 'a loopback address';
  if (range !== 'unicast') return `an address of the range ${range}`;
  if (parsed instanceof ipaddr.IPv6 && !parsed.match(publicIPv6)) return 'not a public address';
  return hostServices.has(parsed.toString()) ? 'an address of the host itself' : null;
}

/** Why this URL may not be called before any name is looked up, or null. */
export function refuseUrl(url: URL, policy: CallbackPolicy): string | null {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'neither http nor https';
  if (url.protocol !== 'https:' && policy.requireHttps) return 'not https';
  if (url.username !== '' || url.password !== '') return 'holds credentials';
  const host = findHostFault(url.hostname);
  if (host !== null) return host;
  return null;
}

/**
 * Why no name server can know this host, in a few words, or null. `URL` takes such hosts as they are. One dot at the end
 * is the name written to its end.
 */
export function findHostFault(hostname: string): string | null {
  if (hostname.startsWith('[')) return null;
  const parts = hostname.replace(/\.$/, '').split('.');
  if (parts.some((part) => part === '')) return 'a host with an empty part';
  if (parts.some((part) => part.length > 63) || hostname.length > 254) return 'a host that is too long';
  // Beside letters, digits and hyphens: underscores are in names that are in use.
  return parts.every((part) => /^[\w-]+$/.test(part)) ? null : 'a host with a sign that no host has';
}

/**
 * The addresses a host stands for without a look-up: itself when it is one (a URL has already normalised
 * decimal, octal and hexadecimal spellings), the loopback for `localhost` (RFC 6761), else null.
 */
export function literalAddresses(hostname: string): string[] | null {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  if (ipaddr.isValid(bare)) return [bare];
  const name = bare.replace(/\.$/, '').toLowerCase();
  return name === 'localhost' || name.endsWith('.localhost') ? ['127.0.0.1', '::1'] : null;
}
