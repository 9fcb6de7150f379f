// Calls to addresses that merchants chose. The name is resolved once, every address is checked, and the
// connection goes to a checked address and nowhere else: no redirect, no proxy, no connection kept for later.
// Everything together (look-up, connection, answer to its last byte) has one deadline and one size.

import { type CallFailure, type CallFailureKind, describeError, nameLookupFailure } from './call-failure.ts';
import { exchange, fail } from './exchange.ts';
import { type CallbackPolicy, literalAddresses, refuseAddress, refuseUrl } from './outgoing-address.ts';
import { type ResolveName, resolveByDns } from './outgoing-resolver.ts';

export { type CallbackPolicy, strictCallbackPolicy } from './outgoing-address.ts';
export type { ResolveName } from './outgoing-resolver.ts';

export type MerchantCall = {
  method: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string | null;
  policy: CallbackPolicy;
  /** Look-up, connection and whole answer together. Default 10.000. */
  timeoutMs?: number;
  /** The most bytes of the answer's body, before and after it is decompressed. Default 65.536. */
  maxBytes?: number;
  /** Another resolver (tests). */
  resolve?: ResolveName;
  /** Certificates to trust instead of the usual ones, PEM (tests, private authorities). */
  trustedCertificates?: string;
};

/** Whatever the status, a redirect included. */
export type MerchantAnswer = {
  outcome: 'answered';
  status: number;
  /** Decompressed, read as UTF-8. */
  body: string;
  bytes: Buffer;
  /** The compression that could not be taken off, and why; `bytes` are as they came then. */
  unread: string | null;
  /** Two headers, as they were sent. */
  location: string | null;
  retryAfter: string | null;
};

/** `detail` is English and names no secret; `firstBytes` of what came instead of an answer. */
export type MissedCall = {
  outcome: CallFailure;
  kind: CallFailureKind;
  status: number | null;
  detail: string;
  firstBytes: Buffer | null;
};

export type CallResult = MerchantAnswer | MissedCall;
export type CallOutcome = CallResult & { durationMs: number };

const addressesMax = 4;

/** Makes one call; never throws for what the network or the merchant does. */
export async function callMerchant(url: string, call: MerchantCall): Promise<CallOutcome> {
  const startedAt = performance.now();
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), call.timeoutMs ?? 10_000);
  try {
    const result = await checkAndCall(url, call, deadline.signal);
    return { ...result, durationMs: Math.round(performance.now() - startedAt) };
  } finally {
    clearTimeout(timer);
  }
}

async function checkAndCall(text: string, call: MerchantCall, deadline: AbortSignal): Promise<CallResult> {
  if (!URL.canParse(text)) return fail('url_unusable', 'not a URL');
  const url = new URL(text);
  const urlFault = refuseUrl(url, call.policy);
  if (urlFault !== null) return fail('url_unusable', urlFault);
  // "shop.vn." is "shop.vn"; but in Host and in TLS's server name a dot at the end is another name to many servers.
  url.hostname = url.hostname.replace(/\.$/, '');

  const found = await findAddresses(url.hostname, call.resolve ?? resolveByDns, deadline);
  if (!found.ok) return found.result;
  const allowed = found.addresses.filter((address) => refuseAddress(address, call.policy) === null);
  if (allowed.length === 0) {
    const [first = ''] = found.addresses;
    return fail('address_not_public', `${url.hostname} is ${refuseAddress(first, call.policy) ?? 'nowhere'}`);
  }
  return exchange(url, allowed.slice(0, addressesMax), call, deadline);
}

async function findAddresses(
  hostname: string,
  resolve: ResolveName,
  deadline: AbortSignal,
): Promise<{ ok: true; addresses: string[] } | { ok: false; result: CallResult }> {
  const literal = literalAddresses(hostname);
  if (literal !== null) return { ok: true, addresses: literal };
  const slow = { ok: false, result: fail('name_slow', 'the name was not resolved in time') } as const;
  const late = Promise.withResolvers<null>();
  const onDeadline = () => late.resolve(null);
  deadline.addEventListener('abort', onDeadline, { once: true });
  try {
    const addresses = await Promise.race([resolve(hostname, deadline), late.promise]);
    if (addresses === null) return slow;
    if (addresses.length > 0) return { ok: true, addresses };
    return { ok: false, result: fail('name_without_address', `${hostname} has no address in the DNS`) };
  } catch (error) {
    if (deadline.aborted) return slow;
    const kind = nameLookupFailure(error);
    return { ok: false, result: fail(kind, `${tellLookup[kind]?.(hostname) ?? ''}${describeError(error)}`) };
  } finally {
    deadline.removeEventListener('abort', onDeadline);
  }
}

const hostsFile = "the DNS alone is asked, this machine's hosts file is not";
const tellLookup: Partial<Record<CallFailureKind, (hostname: string) => string>> = {
  name_unknown: (hostname) => `${hostname} is not in the DNS (${hostsFile}): `,
  name_without_address: (hostname) => `${hostname} has no address in the DNS (${hostsFile}): `,
  name_server_failed: (hostname) => `the DNS gave no answer for ${hostname}: `,
};
