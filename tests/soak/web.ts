// The way from a shop or a browser to the gateways, as through a load balancer: any gateway that is up may get any
// request. Every answer is looked at here, whoever asked.

import http from 'node:http';
import type { SoakedGateway } from './soaked-gateway.ts';
import { afterLived } from './stillness.ts';

export type Answer = {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
};

export type WebRequest = {
  method: 'GET' | 'POST';
  /** Without origin. */
  path: string;
  headers?: Record<string, string>;
  body?: string;
  /** Named in the figures. */
  kind: string;
};

/** The connection ended, or nobody took it: what became of the request is not known. */
export class NoAnswer extends Error {
  override name = 'NoAnswer';
}

export type Web = {
  /** @throws NoAnswer */
  send(request: WebRequest): Promise<Answer>;
  /** Milliseconds by kind of request, of the answers below 500. */
  latencies: Map<string, number[]>;
  /** How often each status came. */
  statuses: Map<number, number>;
  noAnswers: number;
  violations: string[];
  close(): void;
};

/** The longest that the gateway allows itself is 15 s for a posting, after other work. */
const answerMsMax = 45_000;
const statusesExpected = new Set([200, 201, 302, 303, 403, 409, 503]);
const violationsMax = 50;

/** `stoodStillSince`: whether the machine let everything stand still; then time limits of all kinds are over at once. */
export function createWeb(
  gateways: readonly SoakedGateway[],
  pickNumber: () => number,
  stoodStillSince: (ms: number) => Promise<boolean>,
): Web {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  const latencies = new Map<string, number[]>();
  const statuses = new Map<number, number>();
  const violations: string[] = [];
  const blame = (text: string) => {
    if (violations.length < violationsMax) violations.push(text);
  };
  const web: Web = {
    latencies,
    statuses,
    noAnswers: 0,
    violations,
    close: () => agent.destroy(),
    async send(request) {
      const up = gateways.filter(({ isUp }) => isUp);
      const gateway = up[pickNumber() % Math.max(1, up.length)];
      if (gateway === undefined) throw new NoAnswer('no gateway is up');
      const askedAtMs = Date.now();
      const from = performance.now();
      const answer = await ask(agent, gateway.port, request).catch(async (error: Error) => {
        web.noAnswers += 1;
        if (!gateway.wasKilledSince(askedAtMs) && !(await stoodStillSince(askedAtMs)))
          blame(`${gateway.name} did not answer ${request.kind}: ${error.message}`);
        throw new NoAnswer(error.message);
      });
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      const fault = judge(answer);
      if (fault !== null) blame(`${gateway.name}, ${request.kind}: ${fault}`);
      if (answer.status < 500) {
        const known = latencies.get(request.kind) ?? [];
        known.push(performance.now() - from);
        latencies.set(request.kind, known);
      }
      return answer;
    },
  };
  return web;
}

/** No 5xx but a 503 that says why, under which trace id, and when to come again. */
function judge({ status, headers, body }: Answer): string | null {
  if (!statusesExpected.has(status)) return `status ${status}: ${body.slice(0, 2_000)}`;
  if (status !== 503) return null;
  const traceId = String(headers['x-trace-id'] ?? '');
  if (!/^[0-9a-f]{16}$/.test(traceId)) return `a 503 without a trace id: ${body.slice(0, 500)}`;
  if (!body.includes(traceId)) return `a 503 that does not show its trace id: ${body.slice(0, 500)}`;
  if (!/^[1-9]\d*$/.test(String(headers['retry-after']))) return 'a 503 without Retry-After';
  const type = String(headers['content-type']);
  if (type.startsWith('text/html')) return null;
  const problem = JSON.parse(body) as Record<string, unknown>;
  const isWhole = type.startsWith('application/problem+json') && problem.code === '75' && problem.detail;
  return isWhole ? null : `a 503 without its reason: ${body.slice(0, 500)}`;
}

function ask(agent: http.Agent, port: number, request: WebRequest): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const { method, path, body } = request;
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const headers = { ...request.headers, ...length };
  const sent = http.request({ agent, host: '127.0.0.1', port, method, path, headers }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', reject);
    response.on('end', () =>
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: Buffer.concat(chunks).toString(),
      }),
    );
  });
  sent.on('error', reject);
  const waiting = afterLived(answerMsMax, () =>
    sent.destroy(new Error(`no answer within ${answerMsMax} ms`)),
  );
  sent.on('close', () => waiting.stop());
  sent.end(body);
  return promise;
}
