// The HTTP server every module hangs its routes on: limits, time-outs, trace ids, parsers, one way to say no.

import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import { type FastifyInstance, fastify, LogController } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Context } from '../context.ts';
import { noteRoutes } from './allowed-methods.ts';
import { answerProblem, type ErrorPage } from './errors.ts';
import { ProblemError } from './problems.ts';
import { createTraceId } from './trace.ts';

declare module 'fastify' {
  interface FastifyReply {
    /** What this request was refused for; null while it is not. */
    problem: ProblemError | null;
  }
}

export type ServerOptions = {
  context: Pick<Context, 'clock' | 'log' | 'publicUrl'>;
  /** Draws the pages for people to whom nothing else can be shown. */
  errorPage: ErrorPage;
  /** Whose X-Forwarded-For is believed: addresses or networks of the proxies before us. Default: nobody's. */
  trustProxy?: boolean | string[];
  /** Default 64 KiB, for every body. */
  bodyLimitBytes?: number;
  /** For tests; the whole request must have arrived by then. Default 15 s. */
  requestTimeoutMs?: number;
};

export const bodyLimitBytesDefault = 65_536;
/** Node's own limit is 16 KiB for all headers, address included; a classic query alone may be as long. */
const headersLimitBytes = 32_768;
const requestTimeoutMsDefault = 15_000;
/** A connection on which nothing at all happens, and one that waits for its next request. */
const idleTimeoutMs = 60_000;
const keepAliveTimeoutMs = 30_000;
const pathPartLengthMax = 1024;

/** An instance without routes; register modules on it, then `listen`. `close()` lets running requests end. */
export function createServer(options: ServerOptions): FastifyInstance {
  const { context } = options;
  const problems = { ...context, errorPage: options.errorPage };
  const requestTimeout = options.requestTimeoutMs ?? requestTimeoutMsDefault;
  const app = fastify({
    loggerInstance: context.log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'traceId' }),
    genReqId: createTraceId,
    requestIdHeader: false,
    trustProxy: isNobody(options.trustProxy) ? false : options.trustProxy,
    bodyLimit: options.bodyLimitBytes ?? bodyLimitBytesDefault,
    requestTimeout,
    connectionTimeout: idleTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    // A connection that is still open while we stop may send its last request and is then closed.
    return503OnClosing: false,
    http: {
      maxHeaderSize: headersLimitBytes,
      connectionsCheckingInterval: Math.min(5_000, requestTimeout),
      // Node takes the longer of the two for the body, whichever is called so: both must be set.
      requestTimeout,
      headersTimeout: requestTimeout,
    },
    routerOptions: { maxParamLength: pathPartLengthMax },
    frameworkErrors: (error, request, reply) => {
      reply.header('x-trace-id', request.id);
      answerProblem(problems, request, reply, error);
    },
    clientErrorHandler: answerBrokenRequest,
  });
  const methodsOf = noteRoutes(app);

  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.decorateReply('problem', null);
  // What a route takes is said by its own plugin; at the root it is forms only.
  app.removeAllContentTypeParsers();
  app.register(formbody, { bodyLimit: options.bodyLimitBytes ?? bodyLimitBytesDefault });
  app.register(cookie);

  // A request that was under way when the stop came is answered, and its connection ends with it.
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.addHook('onSend', async (_request, reply, payload) => {
    if (closing) reply.header('connection', 'close');
    return payload;
  });

  const strictTransport = context.publicUrl.startsWith('https:');
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-trace-id', request.id);
    reply.header('x-content-type-options', 'nosniff');
    if (strictTransport) reply.header('strict-transport-security', 'max-age=31536000');
  });
  app.setErrorHandler((error, request, reply) => answerProblem(problems, request, reply, error));
  app.setNotFoundHandler((request, reply) => {
    const allowed = methodsOf((request.raw.url ?? '').split(/[?#]/, 1)[0] ?? '');
    const problem =
      allowed.length === 0
        ? new ProblemError('not-found', { detail: 'there is nothing at this address' })
        : new ProblemError('method-not-allowed', {
            detail: 'this address does not take this method',
            headers: { allow: allowed.join(', ') },
          });
    return answerProblem(problems, request, reply, problem);
  });
  return app;
}

function isNobody(trusted: ServerOptions['trustProxy']): trusted is undefined | false | [] {
  return trusted === undefined || trusted === false || (Array.isArray(trusted) && trusted.length === 0);
}

/** Bytes that are no HTTP request, or came too slowly or too large: there is no request object to answer. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const status =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
  if (socket.writable) {
    const text = `${STATUS_CODES[status]}\n`;
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: text/plain; charset=utf-8\r\nX-Trace-Id: ${createTraceId()}\r\n`;
    socket.write(`${head}Content-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`);
  }
  socket.destroySoon();
}
