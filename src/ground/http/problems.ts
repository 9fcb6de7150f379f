// The catalogue of refusals over HTTP: each has an address of its own, a status and a response code.
// docs/reference/rest-api.md lists the same ones; a test holds the two against each other.
// Source of the shape: RFC 9457.

import type { ResponseCode } from '../protocols/index.ts';

/** `retryAfterSeconds`: worth another try, and when (the `Retry-After` header). */
type ProblemEntry = { status: number; code: ResponseCode; title: string; retryAfterSeconds?: number };

export const problems = {
  'malformed-request': { status: 400, code: '03', title: 'Malformed request' },
  'order-refused': { status: 400, code: '03', title: 'The site may not place this order' },
  unauthorized: { status: 401, code: '02', title: 'Missing or unknown API key' },
  'protocol-disabled': { status: 403, code: '02', title: 'The REST API is not enabled for this site' },
  'site-suspended': { status: 403, code: '04', title: 'Merchant or site suspended' },
  'order-not-found': { status: 404, code: '01', title: 'Order not found' },
  'not-found': { status: 404, code: '03', title: 'No such address' },
  'method-not-allowed': { status: 405, code: '03', title: 'Method not allowed' },
  'request-timeout': { status: 408, code: '03', title: 'The request did not arrive in time' },
  'order-already-final': { status: 409, code: '95', title: 'The order already has its final result' },
  'duplicate-reference': { status: 409, code: '94', title: 'Reference already used for another order' },
  'request-in-flight': {
    status: 409,
    code: '68',
    title: 'The first request with this key is still running',
    retryAfterSeconds: 1,
  },
  'request-too-large': { status: 413, code: '03', title: 'Request body too large' },
  'address-too-long': { status: 414, code: '03', title: 'Address too long' },
  'unsupported-media-type': { status: 415, code: '03', title: 'Unsupported content type' },
  'expectation-failed': { status: 417, code: '03', title: 'Expectation not understood' },
  'misdirected-request': { status: 421, code: '03', title: 'Not a name of this gateway' },
  'idempotency-key-reused': { status: 422, code: '03', title: 'Idempotency key used for another request' },
  'headers-too-large': { status: 431, code: '03', title: 'Request headers too large' },
  'internal-error': { status: 500, code: '99', title: 'Internal error' },
  unavailable: { status: 503, code: '75', title: 'Service unavailable', retryAfterSeconds: 5 },
} as const satisfies Record<string, ProblemEntry>;

export type ProblemSlug = keyof typeof problems;

export type FieldError = { field: string; detail: string };

type ProblemParts = {
  /** English, names the field, holds no secret and no text of a stranger */
  detail?: string;
  /** instead of the catalogue's code: a refusal that carries its own */
  code?: ResponseCode;
  errors?: FieldError[];
  headers?: Record<string, string>;
  /** further members of the body, such as the order as it really is */
  members?: Record<string, unknown>;
};

/** A refusal on its way to the answer. Thrown by routes and hooks, turned into bytes in one place. */
export class ProblemError extends Error {
  readonly slug: ProblemSlug;
  readonly status: number;
  readonly code: ResponseCode;
  readonly errors: FieldError[];
  readonly headers: Record<string, string>;
  readonly members: Record<string, unknown>;

  constructor(slug: ProblemSlug, parts: ProblemParts = {}) {
    super(parts.detail ?? problems[slug].title);
    this.slug = slug;
    this.status = problems[slug].status;
    this.code = parts.code ?? problems[slug].code;
    this.errors = parts.errors ?? [];
    this.headers = { ...retryAfter(problems[slug]), ...parts.headers };
    this.members = parts.members ?? {};
  }
}

function retryAfter({ retryAfterSeconds }: ProblemEntry): Record<string, string> {
  return retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
}

/** The body of `application/problem+json`, as text. */
export function encodeProblem(problem: ProblemError, where: { publicUrl: string; traceId: string }): string {
  return JSON.stringify({
    type: `${where.publicUrl}/docs/problems/${problem.slug}`,
    title: problems[problem.slug].title,
    status: problem.status,
    detail: problem.message,
    code: problem.code,
    trace_id: where.traceId,
    ...(problem.errors.length > 0 ? { errors: problem.errors } : {}),
    ...problem.members,
  });
}
