// One request and its answer, on addresses that were checked. Ends by the deadline whatever the other side does, and
// leaves no socket behind.
//
// It uses node:http instead of fetch: node:http never follows redirects and reads no proxy variable. It takes
// the look-up as a parameter, so the Host header, the TLS server name and the certificate's name stay the
// URL's.
// A connection is never kept for a second request: one that the merchant closes at that moment would cost an attempt.

import http from 'node:http';
import https from 'node:https';
import type { TcpSocketConnectOpts } from 'node:net';
import {
  type CallFailureKind,
  type CallPhase,
  callFailureKinds,
  describeError,
  nameFailure,
  slowKinds,
} from './call-failure.ts';
import { decodeAnswer } from './decode-answer.ts';
import type { CallResult, MerchantCall } from './outgoing.ts';

const headerBytesMax = 16_384;
/** Between attempts at several addresses of one name; the last one gets all the time that is left. */
const addressAttemptMs = 1_000;
/** Interim answers (status 1xx) before the real one. */
const interimMax = 8;
/** On the wire, for each byte of body that is allowed: chunks of one byte take six, trailers take none of them. */
const wireFactor = 8;
const firstBytesMax = 200;

const slowDetails: Record<CallPhase, string> = {
  connecting: 'the connection was not made in time',
  securing: 'TLS was not agreed on in time',
  waiting: 'no answer in time',
  answering: 'the answer did not end in time',
};

export function exchange(
  url: URL,
  addresses: string[],
  call: MerchantCall,
  deadline: AbortSignal,
): Promise<CallResult> {
  const maxBytes = call.maxBytes ?? 65_536;
  const { promise, resolve } = Promise.withResolvers<CallResult>();
  const isTls = url.protocol === 'https:';
  let phase: CallPhase = 'connecting';
  let status: number | null = null;
  const request = (isTls ? https : http).request(url, requestOptions(addresses, call));
  const settle = (result: CallResult) => {
    resolve(result);
    deadline.removeEventListener('abort', onDeadline);
    request.destroy();
  };
  const settleAs = (kind: CallFailureKind, detail: string, firstBytes?: Buffer) =>
    settle(fail(kind, detail, status, firstBytes));
  const onError = (error: Error & { rawPacket?: Buffer }) => {
    // Of a broken answer the parser keeps what it was given; before the answer's head that is where it begins.
    const firstBytes = phase === 'answering' ? undefined : error.rawPacket?.subarray(0, firstBytesMax);
    settleAs(nameFailure(error, phase), describeError(error), firstBytes);
  };
  const tooLarge = (detail = `more than ${maxBytes} bytes`) => settleAs('answer_too_large', detail);
  const onDeadline = () => settleAs(slowKinds[phase], slowDetails[phase]);
  if (deadline.aborted) onDeadline();
  deadline.addEventListener('abort', onDeadline, { once: true });

  request.on('socket', (socket) => {
    socket.once('connect', () => {
      phase = isTls ? 'securing' : 'waiting';
    });
    socket.once('secureConnect', () => {
      phase = 'waiting';
    });
    // Bounds what the parser swallows without a word: extensions of chunks, trailers, interim answers.
    let wireBytes = 0;
    socket.on('data', (chunk: Buffer) => {
      wireBytes += chunk.length;
      if (wireBytes > maxBytes * wireFactor + headerBytesMax) tooLarge('too many bytes on the wire');
    });
  });
  let interim = 0;
  request.on('information', (info) => {
    interim += 1;
    if (interim > interimMax)
      settleAs('interim_answers', `more than ${interimMax} of status ${info.statusCode}`);
  });
  request.on('upgrade', (response, socket) => {
    status = response.statusCode ?? null;
    socket.destroy();
    settleAs('protocol_switched', 'the answer switches to another protocol');
  });
  request.on('error', onError);
  request.on('close', () => settleAs(nameFailure({}, phase), 'the connection was closed'));
  request.on('response', (response) => {
    status = response.statusCode ?? 0;
    phase = 'answering';
    if (status === 101) return settleAs('protocol_switched', 'the answer switches to another protocol');
    if (Number(response.headers['content-length'] ?? 0) > maxBytes) return tooLarge();
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) return tooLarge();
      chunks.push(chunk);
    });
    response.on('error', onError);
    response.on('end', () => settle(readAnswer(response, Buffer.concat(chunks), maxBytes)));
    return undefined;
  });
  request.end(call.body ?? undefined);
  return promise;
}

function requestOptions(
  addresses: string[],
  call: MerchantCall,
): https.RequestOptions & Pick<TcpSocketConnectOpts, 'autoSelectFamilyAttemptTimeout'> {
  return {
    method: call.method,
    headers: {
      'accept-encoding': 'identity',
      ...call.headers,
      ...(typeof call.body === 'string' ? { 'content-length': Buffer.byteLength(call.body) } : {}),
    },
    agent: false,
    maxHeaderSize: headerBytesMax,
    autoSelectFamilyAttemptTimeout: addressAttemptMs,
    lookup: answerLookup(addresses),
    ...(call.trustedCertificates === undefined ? {} : { ca: call.trustedCertificates }),
  };
}

function readAnswer(response: http.IncomingMessage, received: Buffer, maxBytes: number): CallResult {
  const status = response.statusCode ?? 0;
  const { location = null, 'retry-after': retryAfter = null } = response.headers;
  const decoded = decodeAnswer(received, response.headers['content-encoding'], maxBytes);
  if (!decoded.ok && decoded.fault === 'too_large') {
    return fail('answer_too_large', `more than ${maxBytes} bytes after ${decoded.encoding}`, status);
  }
  const bytes = decoded.ok ? decoded.bytes : received;
  const unread = decoded.ok ? null : `${decoded.encoding} (${decoded.fault})`;
  return { outcome: 'answered', status, body: bytes.toString('utf8'), bytes, unread, location, retryAfter };
}

/** Gives the socket the checked addresses, whatever it asks. */
function answerLookup(addresses: string[]): NonNullable<http.RequestOptions['lookup']> {
  const all = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  const [first] = all;
  return (_hostname, options, callback) => {
    if (options.all) callback(null, all);
    else callback(null, first?.address ?? '', first?.family);
  };
}

/** A call that brought no answer. */
export function fail(
  kind: CallFailureKind,
  detail: string,
  status: number | null = null,
  firstBytes: Buffer | null = null,
): CallResult {
  return { outcome: callFailureKinds[kind], kind, status, detail, firstBytes };
}
