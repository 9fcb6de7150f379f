// The HTTP server every module hangs its routes on: limits, time-outs, trace ids, parsers, one way to say no.

import type { IncomingMessage, ServerResponse } from 'node:http';
import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import { type FastifyInstance, fastify, LogController } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Context } from '../context.ts';
import { withTrace } from '../log/index.ts';
import { noteRoutes } from './allowed-methods.ts';
import { createBaseHeaders } from './base-headers.ts';
import { answerBrokenRequest, type ParserFault } from './broken-request.ts';
import { answerProblem, type ErrorPage } from './errors.ts';
import { createKnownHosts } from './known-hosts.ts';
import { ProblemError } from './problems.ts';
import { findShapeFault, toOriginForm } from './request-shape.ts';
import { createTraceId } from './trace.ts';

declare module 'fastify' {
  interface FastifyReply {
    /** The problem that this request was refused with; null while it is not refused. */
    problem: ProblemError | null;
  }
}

export type ServerOptions = {
  context: Pick<Context, 'clock' | 'log' | 'publicUrl'>;
  /** Draws the pages for people to whom nothing else can be shown. */
  errorPage: ErrorPage;
  /** Whose X-Forwarded-For is believed: addresses or networks of the proxies before us. Default: nobody's. */
  trustProxy?: boolean | string[];
  /** Names beside the public address's own that a request may call this server by; absent: any name (tests). */
  allowedHosts?: readonly string[];
  /** Browsers are told to stay with https on the names below ours too. Default: on ours alone. */
  hstsSubdomains?: boolean;
  /** Default 64 KiB, for every body. */
  bodyLimitBytes?: number;
  /** For tests; the whole request must have arrived by then. Default 15 s. */
  requestTimeoutMs?: number;
  /** For tests; how long a connection waits for its next request. Default 75 s. */
  keepAliveTimeoutMs?: number;
};

export const bodyLimitBytesDefault = 65_536;
/** Node's own limit is 16 KiB for all headers, address included; a classic query alone may be as long. */
const headersLimitBytes = 32_768;
const requestTimeoutMsDefault = 15_000;
/**
 * How long a connection waits for its next request. It is longer than the 60 s after which the usual proxies
 * close theirs. The side that closes first knows that it has no request on its way; a POST that reaches a
 * closed connection is lost without an answer.
 */
const keepAliveTimeoutMsDefault = 75_000;
/** The limit for a connection that is silent while a request or answer is unfinished. */
const idleTimeoutMs = 75_000;
const pathPartLengthMax = 1024;

/** An instance without routes; register modules on it, then `listen`. `close()` lets running requests end. */
export function createServer(options: ServerOptions): FastifyInstance {
  const { context } = options;
  const problems = { ...context, errorPage: options.errorPage };
  const baseHeaders = createBaseHeaders(context.publicUrl, options);
  const knownHosts =
    options.allowedHosts === undefined ? null : createKnownHosts(context.publicUrl, options.allowedHosts);
  const requestTimeout = options.requestTimeoutMs ?? requestTimeoutMsDefault;
  const app = fastify({
    loggerInstance: context.log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'traceId' }),
    // The trace id travels with the work (withTrace), so a request needs no logger of its own.
    childLoggerFactory: (log) => log,
    genReqId: createTraceId,
    requestIdHeader: false,
    trustProxy: isNobody(options.trustProxy) ? false : options.trustProxy,
    bodyLimit: options.bodyLimitBytes ?? bodyLimitBytesDefault,
    requestTimeout,
    connectionTimeout: idleTimeoutMs,
    keepAliveTimeout: options.keepAliveTimeoutMs ?? keepAliveTimeoutMsDefault,
    // A connection that is still open while we stop may send its last request and is then closed.
    return503OnClosing: false,
    rewriteUrl: (request) => toOriginForm(request as IncomingMessage),
    http: {
      // Node would answer a missing Host itself, without a trace id; `findShapeFault` does.
      requireHostHeader: false,
      maxHeaderSize: headersLimitBytes,
      connectionsCheckingInterval: Math.min(5_000, requestTimeout),
      // Node takes the longer of the two for the body, whichever is called so: both must be set.
      requestTimeout,
      headersTimeout: requestTimeout,
    },
    routerOptions: { maxParamLength: pathPartLengthMax },
    frameworkErrors: (error, request, reply) => {
      reply.headers(baseHeaders).header('x-trace-id', request.id);
      answerProblem(problems, request, reply, error);
    },
    // Fastify's type describes the bytes as JSON would show them; they are a Buffer.
    clientErrorHandler: (error, socket) =>
      answerBrokenRequest(problems, baseHeaders, error as unknown as ParserFault, socket),
  });
  // Node would answer an unknown expectation itself; `findShapeFault` does.
  app.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) =>
    app.routing(request, response),
  );
  const methodsOf = noteRoutes(app);

  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.decorateReply('problem', null);
  // Each plugin says which bodies its routes take. At the root it is forms only.
  app.removeAllContentTypeParsers();
  app.register(formbody, { bodyLimit: options.bodyLimitBytes ?? bodyLimitBytesDefault });
  app.register(cookie);

  // A request that was under way when the stop came is answered, and its connection ends with it.
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (closing) reply.header('connection', 'close');
    done();
  });

  app.addHook('onRequest', (request, _reply, done) => withTrace(request.id, done));
  // The body arrives by events of the socket, which belong to no request.
  app.addHook('preValidation', (request, _reply, done) => withTrace(request.id, done));
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(baseHeaders).header('x-trace-id', request.id);
    done(findShapeFault(request, knownHosts) ?? undefined);
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
