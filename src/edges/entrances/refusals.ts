// Every request an entrance refuses gets a line in the log of refused requests, under the trace id of its
// answer. The line is written before the answer leaves, so that a reader of the id can look it up at once.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { recordRefusedRequest } from '../../business/requests/index.ts';
import { canonicalAddress } from '../../ground/addresses/index.ts';
import type { Context } from '../../ground/context.ts';
import { isApiPath } from '../../ground/http/index.ts';
import { logEvent } from '../../ground/log/index.ts';
import { splitRawQuery } from '../../ground/protocols/index.ts';

type Refusal = { code: string; detail: string };

const refusals = new WeakMap<FastifyRequest, Refusal>();

/** For entrances that answer by themselves; problems that the server answers are noted and logged by it. */
export function noteRefusal(request: FastifyRequest, refusal: Refusal): void {
  refusals.set(request, refusal);
}

function logRefusal({ log }: Context, request: FastifyRequest, { code, detail }: Refusal): void {
  const merchantSite = request.site?.merchantSite ?? null;
  logEvent(log, 'order.refused', { code, detail, merchantSite, address: canonicalAddress(request.ip) });
}

/** `entrances`: the paths whose wrong methods count as well, beside everything under /v3. */
export function recordRefusals(app: FastifyInstance, context: Context, entrances: readonly string[]): void {
  app.addHook('onSend', (request, reply, _payload, done) => {
    const refusal = refusalOf(request, reply, entrances);
    if (refusal !== null && refusals.has(request)) logRefusal(context, request, refusal);
    // Nearly every answer: nothing to write down, and nothing to wait for.
    if (refusal === null) return done();
    record(context, request, refusal).then(() => done(), done);
  });
}

function refusalOf(
  request: FastifyRequest,
  { problem }: FastifyReply,
  entrances: readonly string[],
): Refusal | null {
  const noted = refusals.get(request);
  if (noted === undefined && problem === null) return null;
  const url = request.raw.url ?? '';
  // Our own faults are in the program's log, and the database may be the reason for them.
  if (problem !== null && (problem.status >= 500 || !(isApiPath(url) || entrances.includes(pathOf(url)))))
    return null;
  const refusal = noted ?? (problem && { code: problem.code, detail: problem.message });
  return refusal === null || refusal.code === '75' ? null : refusal;
}

async function record(context: Context, request: FastifyRequest, refusal: Refusal): Promise<void> {
  const [path = '', rawQuery = ''] = splitOnce(request.raw.url ?? '');
  const received = receivedFields(request, rawQuery);
  await recordRefusedRequest(context, {
    traceId: request.id,
    entryPoint: request.routeOptions.url ?? path,
    method: request.method,
    remoteAddress: canonicalAddress(request.ip),
    merchantSite: request.site?.merchantSite ?? textOrNull(received.merchant_site),
    code: refusal.code,
    detail: refusal.detail,
    received,
  });
}

function pathOf(url: string): string {
  return splitOnce(url)[0] ?? '';
}

function receivedFields(request: FastifyRequest, rawQuery: string): Record<string, unknown> {
  const split = splitRawQuery(rawQuery);
  const query = split.ok
    ? split.pairs.map(({ name, value }) => [name, value] as const)
    : [['(query)', split.detail]];
  const body = typeof request.body === 'object' && request.body !== null ? Object.entries(request.body) : [];
  return Object.fromEntries([...query, ...body]);
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function splitOnce(url: string): string[] {
  const at = url.indexOf('?');
  return at === -1 ? [url] : [url.slice(0, at), url.slice(at + 1)];
}
