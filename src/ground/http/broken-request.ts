// Bytes that are no HTTP request, or came too slowly or in too great number: Node's parser gave up, and there is no
// request object to answer. They are answered by hand, in the shape of every other refusal, under a trace id that
// stands in the log.

import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { canonicalAddress } from '../addresses/index.ts';
import { logEvent, withTrace } from '../log/index.ts';
import { chooseLocale, pageHeaders } from '../pages/index.ts';
import type { ProblemContext } from './errors.ts';
import { encodeProblem, ProblemError, type ProblemSlug } from './problems.ts';
import { createTraceId } from './trace.ts';

/** What Node hands to `clientError`. `rawPacket`: the bytes at which its parser gave up. */
export type ParserFault = Error & { code?: string; rawPacket?: Buffer };

const peekBytesMax = 4_096;

/** Node's name for the answer that is owed on a connection; Node itself asks for it before it writes here. */
type HttpSocket = Socket & { _httpMessage?: ServerResponse | null };

/** `baseHeaders` are those that every answer has. Ends the connection in any case. */
export function answerBrokenRequest(
  context: ProblemContext,
  baseHeaders: Readonly<Record<string, string>>,
  error: ParserFault,
  socket: Socket,
): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const traceId = createTraceId();
  const problem = toProblem(error.code ?? '');
  withTrace(traceId, () =>
    logEvent(context.log, 'request.unreadable', {
      code: problem.code,
      problem: problem.slug,
      fault: error.code ?? null,
      address: canonicalAddress(socket.remoteAddress ?? ''),
    }),
  );
  if (socket.writable && !owesAnother(socket))
    socket.write(encode(context, baseHeaders, problem, traceId, error));
  socket.destroySoon();
}

const slugByFault: Record<string, ProblemSlug> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'request-too-large',
};

const details: Partial<Record<ProblemSlug, string>> = {
  'request-timeout': 'the request did not arrive in time',
  'headers-too-large': 'the headers are larger than 32 KiB',
  'request-too-large': 'the body is larger than 64 KiB',
};

function toProblem(fault: string): ProblemError {
  const slug = slugByFault[fault] ?? 'malformed-request';
  return new ProblemError(slug, { detail: details[slug] ?? 'what was sent is not an HTTP request' });
}

/**
 * Whether an earlier request of this connection still waits for its answer. The client would take an answer
 * written now for that one, and a placed order for a refused one.
 */
function owesAnother(socket: HttpSocket): boolean {
  const owed = socket._httpMessage;
  return owed !== null && owed !== undefined && (owed.headersSent || owed.req.complete);
}

function encode(
  context: ProblemContext,
  baseHeaders: Readonly<Record<string, string>>,
  problem: ProblemError,
  traceId: string,
  { rawPacket }: ParserFault,
): string {
  const { headers, body } = draw(
    context,
    problem,
    traceId,
    rawPacket?.toString('latin1', 0, peekBytesMax) ?? '',
  );
  const all = {
    ...baseHeaders,
    ...headers,
    date: context.clock.now().toUTCString(),
    'x-trace-id': traceId,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${head.join('')}\r\n${body}`;
}

/** A page when what can be seen of the bytes asks for one (a browser whose cookies grew too large), else a problem. */
function draw(context: ProblemContext, problem: ProblemError, traceId: string, seen: string) {
  if (!/^accept:[^\r\n]*text\/html/im.test(seen)) {
    return {
      headers: { 'content-type': 'application/problem+json; charset=utf-8', 'cache-control': 'no-store' },
      body: encodeProblem(problem, { publicUrl: context.publicUrl, traceId }),
    };
  }
  const languages = /^accept-language:[ \t]*([^\r\n]*)/im.exec(seen)?.[1];
  const view = {
    locale: chooseLocale(undefined, languages),
    environment: 'live' as const,
    now: context.clock.now(),
    kind: 'bad_request' as const,
    traceId,
  };
  const page = context.errorPage(view);
  return { headers: pageHeaders(page), body: page.markup };
}
