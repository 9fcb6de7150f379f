// Calls to addresses that merchants chose. The name is resolved once, every address is checked, and the
// connection goes to a checked address and nowhere else: no redirect, no proxy, no connection kept for later.
// Everything together (look-up, connection, answer to its last byte) has one deadline and one size.
//
// It uses node:http instead of fetch: node:http never follows redirects and reads no proxy variable. It takes
// the look-up as a parameter, so the Host header, the TLS server name and the certificate's name stay the
// URL's.

import http from 'node:http';
import https from 'node:https';
import type { TcpSocketConnectOpts } from 'node:net';
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
  /** The most bytes of the answer's body. Default 65.536. */
  maxBytes?: number;
  /** Another resolver (tests). */
  resolve?: ResolveName;
  /** Certificates to trust instead of the usual ones, PEM (tests, private authorities). */
  trustedCertificates?: string;
};

export type CallFailure = 'timed_out' | 'address_refused' | 'connection_failed' | 'answer_too_large';

/** `answered`: whatever the status, a redirect included. `detail` is English and names no secret. */
export type CallOutcome = { durationMs: number } & (
  | { outcome: 'answered'; status: number; body: string }
  | { outcome: CallFailure; status: number | null; detail: string }
);

type Result = CallOutcome extends infer Each
  ? Each extends unknown
    ? Omit<Each, 'durationMs'>
    : never
  : never;

const headerBytesMax = 16_384;
const addressesMax = 4;
/** Between attempts at several addresses of one name; the last one gets all the time that is left. */
const addressAttemptMs = 1_000;

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

async function checkAndCall(text: string, call: MerchantCall, deadline: AbortSignal): Promise<Result> {
  if (!URL.canParse(text)) return fail('address_refused', 'not a URL');
  const url = new URL(text);
  const urlFault = refuseUrl(url, call.policy);
  if (urlFault !== null) return fail('address_refused', urlFault);

  const found = await findAddresses(url.hostname, call.resolve ?? resolveByDns, deadline);
  if (!found.ok) return found.result;
  const allowed = found.addresses.filter((address) => refuseAddress(address, call.policy) === null);
  if (allowed.length === 0) {
    const [first = ''] = found.addresses;
    return fail('address_refused', `${url.hostname} is ${refuseAddress(first, call.policy) ?? 'nowhere'}`);
  }
  return exchange(url, allowed.slice(0, addressesMax), call, deadline);
}

async function findAddresses(
  hostname: string,
  resolve: ResolveName,
  deadline: AbortSignal,
): Promise<{ ok: true; addresses: string[] } | { ok: false; result: Result }> {
  const literal = literalAddresses(hostname);
  if (literal !== null) return { ok: true, addresses: literal };
  const late = Promise.withResolvers<null>();
  const onDeadline = () => late.resolve(null);
  deadline.addEventListener('abort', onDeadline, { once: true });
  try {
    const addresses = await Promise.race([resolve(hostname, deadline), late.promise]);
    if (addresses === null)
      return { ok: false, result: fail('timed_out', 'the name was not resolved in time') };
    if (addresses.length > 0) return { ok: true, addresses };
    return { ok: false, result: fail('connection_failed', 'the name has no address') };
  } catch (error) {
    if (deadline.aborted)
      return { ok: false, result: fail('timed_out', 'the name was not resolved in time') };
    return { ok: false, result: fail('connection_failed', `the name was not resolved: ${describe(error)}`) };
  } finally {
    deadline.removeEventListener('abort', onDeadline);
  }
}

function exchange(url: URL, addresses: string[], call: MerchantCall, deadline: AbortSignal): Promise<Result> {
  const maxBytes = call.maxBytes ?? 65_536;
  const { promise, resolve } = Promise.withResolvers<Result>();
  let status: number | null = null;
  const options: https.RequestOptions & Pick<TcpSocketConnectOpts, 'autoSelectFamilyAttemptTimeout'> = {
    method: call.method,
    headers: {
      ...call.headers,
      ...(typeof call.body === 'string' ? { 'content-length': Buffer.byteLength(call.body) } : {}),
    },
    agent: false,
    maxHeaderSize: headerBytesMax,
    autoSelectFamilyAttemptTimeout: addressAttemptMs,
    lookup: answerLookup(addresses),
    ...(call.trustedCertificates === undefined ? {} : { ca: call.trustedCertificates }),
  };
  const request = (url.protocol === 'https:' ? https : http).request(url, options);
  const settle = (result: Result) => {
    resolve(result);
    deadline.removeEventListener('abort', onDeadline);
    request.destroy();
  };
  const onDeadline = () =>
    settle(
      fail('timed_out', status === null ? 'no answer in time' : 'the answer did not end in time', status),
    );
  if (deadline.aborted) onDeadline();
  deadline.addEventListener('abort', onDeadline, { once: true });

  request.on('error', (error) => settle(fail('connection_failed', describe(error), status)));
  request.on('response', (response) => {
    status = response.statusCode ?? 0;
    const tooLarge = () => settle(fail('answer_too_large', `more than ${maxBytes} bytes`, status));
    if (Number(response.headers['content-length'] ?? 0) > maxBytes) return tooLarge();
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) return tooLarge();
      chunks.push(chunk);
    });
    response.on('error', (error) => settle(fail('connection_failed', describe(error), status)));
    response.on('end', () =>
      settle({ outcome: 'answered', status: status ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
    );
    return undefined;
  });
  request.end(call.body ?? undefined);
  return promise;
}

/** Answers every look-up of the socket with the checked addresses. */
function answerLookup(addresses: string[]): NonNullable<http.RequestOptions['lookup']> {
  const all = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  const [first] = all;
  return (_hostname, options, callback) => {
    if (options.all) callback(null, all);
    else callback(null, first?.address ?? '', first?.family);
  };
}

function fail(outcome: CallFailure, detail: string, status: number | null = null): Result {
  return { outcome, status, detail };
}

/** The error's code, and its sentence where it has one; several addresses tried come as one error without. */
function describe(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return [code, message].filter(Boolean).join(': ').slice(0, 300) || 'unknown error';
}
