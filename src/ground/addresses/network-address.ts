// One spelling for each address that a request comes from, and the network that counts as one caller. Pure.

import ipaddr from 'ipaddr.js';

const unknown = 'unknown';
/** A provider gives each customer a /64 or more, and a host may change its address within it as it likes. */
const callerPrefixIPv6 = 64;
const textLengthMax = 64;
const mappedPrefix = '::ffff:';

/** The address alone, in its usual spelling; `unknown` when the text is no address. For logs and lists. */
export function canonicalAddress(text: string): string {
  return parse(text)?.toString() ?? unknown;
}

/**
 * The unit by which attempts and refusals are counted: the IPv4 address, or the IPv6 network `2001:db8::/64`.
 */
export function networkOf(text: string): string {
  const address = parse(text);
  if (address === null) return unknown;
  if (address instanceof ipaddr.IPv4) return address.toString();
  const network = address.toByteArray().fill(0, callerPrefixIPv6 / 8);
  return `${new ipaddr.IPv6(network).toString()}/${callerPrefixIPv6}`;
}

function parse(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  if (text.length > textLengthMax) return null;
  const bare = withoutPort(text.trim()).replace(/%.*$/, '');
  // As Node writes an IPv4 address on a socket that takes both kinds.
  const plain = bare.startsWith(mappedPrefix) ? bare.slice(mappedPrefix.length) : bare;
  if (ipaddr.IPv4.isValidFourPartDecimal(plain)) return ipaddr.IPv4.parse(plain);
  const address = parseIPv6(bare);
  return address && (insideIPv4(address) ?? address);
}

/** Asks once: `isValid` reads the whole text as well. */
function parseIPv6(text: string): ipaddr.IPv6 | null {
  if (!text.includes(':')) return null;
  try {
    return ipaddr.IPv6.parse(text);
  } catch {
    return null;
  }
}

/** `[2001:db8::1]:443` and `192.0.2.1:443`; a bare IPv6 address has colons of its own and no port. */
function withoutPort(text: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d*)?$/.exec(text);
  if (bracketed) return bracketed[1] ?? '';
  return /^[^:]*:\d*$/.test(text) ? text.slice(0, text.indexOf(':')) : text;
}

/** The IPv4 host that an IPv6 address stands for. A 6to4 host owns 65.536 networks of /64. */
function insideIPv4(address: ipaddr.IPv6): ipaddr.IPv4 | null {
  const bytes = address.toByteArray();
  switch (address.range()) {
    case 'ipv4Mapped':
    case 'rfc6052':
      return new ipaddr.IPv4(bytes.slice(12, 16));
    case '6to4':
      return new ipaddr.IPv4(bytes.slice(2, 6));
    default:
      return null;
  }
}
