// Whatever went wrong, as one of the catalogue's problems; and the problem as an answer: problem+json for the
// API, a page for people. A fault of ours never says more than its trace id.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { canonicalAddress } from '../addresses/index.ts';
import type { Context } from '../context.ts';
import { isPassingFault } from '../database/index.ts';
import { logEvent, logPath, withTrace } from '../log/index.ts';
import { chooseLocale, type Page, pageHeaders } from '../pages/index.ts';
import type { Environment, Locale } from '../terms.ts';
import { encodeProblem, type FieldError, ProblemError, type ProblemSlug } from './problems.ts';

/** What a page that could not be shown has to say; the words are the pages' own. */
export type ErrorKind =
  | 'checkout_not_found'
  | 'not_found'
  | 'method_not_allowed'
  | 'form_refused'
  | 'cookies_missing'
  | 'bad_request'
  | 'too_large'
  | 'too_many_requests'
  | 'server_error'
  | 'unavailable';

/** Draws that page. Given to the server by app.ts, so that the ground floor knows nothing of the rooms above. */
export type ErrorPage = (view: {
  locale: Locale;
  environment: Environment;
  now: Date;
  kind: ErrorKind;
  traceId: string;
}) => Page;

/** The parts of the gateway that are needed to answer a problem. */
export type ProblemContext = Pick<Context, 'clock' | 'log' | 'publicUrl'> & { errorPage: ErrorPage };

const fieldErrorsMax = 20;

/** Maps what Fastify, Zod, the parsers and PostgreSQL throw. Everything unknown is `internal-error`. */
export function toProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.flatMap(fieldErrors).slice(0, fieldErrorsMax);
    const [first] = errors;
    const detail = first ? `${first.field || 'body'}: ${first.detail}` : 'does not fit the schema';
    return new ProblemError('malformed-request', { detail, errors });
  }
  if (isPassingFault(error)) return new ProblemError('unavailable');
  const fields = typeof error === 'object' && error !== null ? (error as Record<string, unknown>) : {};
  const slug = typeof fields.statusCode === 'number' ? slugOfStatus(fields.statusCode) : undefined;
  return new ProblemError(slug ?? 'internal-error', slug ? { detail: ownWords[slug] ?? slug } : {});
}

/**
 * An error that the framework blames on the client stays the client's, even when the catalogue has no name
 * for it.
 */
function slugOfStatus(status: number): ProblemSlug | undefined {
  return slugByStatus[status] ?? (status >= 400 && status < 500 ? 'malformed-request' : undefined);
}

const slugByStatus: Record<number, ProblemSlug> = {
  400: 'malformed-request',
  404: 'not-found',
  405: 'method-not-allowed',
  408: 'request-timeout',
  413: 'request-too-large',
  414: 'address-too-long',
  415: 'unsupported-media-type',
  503: 'unavailable',
};

/** Said instead of the framework's message, which may quote the request. */
const ownWords: Partial<Record<ProblemSlug, string>> = {
  'malformed-request': 'the request could not be read',
  'not-found': 'there is nothing at this address',
  'method-not-allowed': 'this address does not take this method',
  'request-timeout': 'the request did not arrive in time',
  'request-too-large': 'the body is larger than 64 KiB',
  'address-too-long': 'the address is too long',
  'unsupported-media-type': 'this address does not take this content type',
  unavailable: 'try again in a few seconds',
};

type ValidationEntry = { instancePath: string; message?: string | undefined; params: unknown };

function fieldErrors(entry: ValidationEntry): FieldError[] {
  const { keys } = (entry.params ?? {}) as { keys?: unknown };
  if (Array.isArray(keys)) {
    return keys.map((key) => ({ field: String(key).slice(0, 64).toWellFormed(), detail: 'unknown field' }));
  }
  const field = entry.instancePath.slice(1).replaceAll('/', '.').slice(0, 64);
  return [{ field, detail: (entry.message ?? 'does not fit the schema').slice(0, 200) }];
}

const pageKinds: Partial<Record<ProblemSlug, ErrorKind>> = {
  'not-found': 'not_found',
  'order-not-found': 'not_found',
  'method-not-allowed': 'method_not_allowed',
  'request-too-large': 'too_large',
  'internal-error': 'server_error',
  unavailable: 'unavailable',
};

/** Writes the answer; logs faults of ours with all they say, refusals with one line. */
export function answerProblem(
  context: ProblemContext,
  request: FastifyRequest,
  reply: FastifyReply,
  error: unknown,
): FastifyReply {
  const problem = isCutOff(request) ? cutOff() : toProblem(error);
  const traceId = request.id;
  withTrace(traceId, () => {
    if (problem.status >= 500) return context.log.error({ err: error, req: request }, 'request failed');
    logEvent(context.log, 'request.refused', {
      code: problem.code,
      problem: problem.slug,
      method: request.method,
      path: logPath(request.raw.url ?? ''),
      address: canonicalAddress(request.ip),
    });
  });

  reply.problem = problem;
  // The unread rest of a body must not hold the connection.
  if (!request.raw.complete) reply.header('connection', 'close');
  reply.code(problem.status).headers(problem.headers);
  if (wantsProblemJson(request)) {
    return reply
      .headers({ 'content-type': 'application/problem+json; charset=utf-8', 'cache-control': 'no-store' })
      .send(encodeProblem(problem, { publicUrl: context.publicUrl, traceId }));
  }
  const { lang } = (request.query ?? {}) as { lang?: unknown };
  const page = context.errorPage({
    locale: chooseLocale(lang, request.headers['accept-language']),
    // The environment of such a request is unknown. A page without the sandbox's ribbon is the safe choice.
    environment: 'live',
    now: timeOf(context.clock),
    kind: pageKinds[problem.slug] ?? 'bad_request',
    traceId,
  });
  return reply.headers(pageHeaders(page)).send(page.encode());
}

/**
 * The client went away before its request was whole. The error is then not ours, and nobody reads an answer.
 */
function isCutOff(request: FastifyRequest): boolean {
  return !request.raw.complete && request.raw.destroyed;
}

function cutOff(): ProblemError {
  return new ProblemError('malformed-request', {
    detail: 'the connection ended before the request was whole',
  });
}

/** A clock that must not be used gives no time; the page that says so shows the machine's. */
function timeOf(clock: ProblemContext['clock']): Date {
  try {
    return clock.now();
  } catch {
    return new Date();
  }
}

function wantsProblemJson(request: FastifyRequest): boolean {
  if (isApiPath(request.raw.url ?? '')) return true;
  const accept = request.headers.accept ?? '';
  return /application\/(?:problem\+)?json/.test(accept) && !accept.includes('text/html');
}

/** Whether an address as received belongs to the REST API. */
export function isApiPath(url: string): boolean {
  return /^\/v3(?:[/?#]|$)/.test(url);
}
