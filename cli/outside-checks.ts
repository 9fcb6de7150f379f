// What `vipay doctor --url` looks at: a gateway as its buyers and merchants reach it, from any machine and any folder.

import type { Finding } from './finding.ts';
import { getFromOutside, readOrigin } from './outside.ts';

/** A browser's clock may be wrong by so much; signed webhooks allow five minutes. */
const clockMsMax = 5_000;

export async function examineFromOutside(given: string): Promise<Finding[]> {
  const origin = readOrigin(given);
  const health = await getFromOutside(`${origin}/healthz`);
  if (typeof health === 'string') {
    return [
      fail('address', `${origin} does not answer: ${health}.`, 'Is it running, and does the proxy reach it?'),
    ];
  }
  return [
    await checkHealth(origin, health),
    await checkReady(origin),
    await checkApi(origin),
    checkTransport(origin, health),
    checkClock(health),
  ];
}

async function checkHealth(origin: string, health: Response): Promise<Finding> {
  const { status } = ((await health.json().catch(() => null)) ?? {}) as { status?: unknown };
  return health.status === 200 && status === 'ok'
    ? ok('address', `${origin} is a viPay that answers.`)
    : fail(
        'address',
        `${origin}/healthz answered ${health.status}, not as a viPay does.`,
        'Which program is this?',
      );
}

async function checkReady(origin: string): Promise<Finding> {
  const answer = await getFromOutside(`${origin}/readyz`);
  if (typeof answer !== 'string' && answer.status === 200) return ok('ready', 'it can work.');
  const found = typeof answer === 'string' ? answer : `answered ${answer.status}`;
  return fail('ready', `/readyz: ${found}.`, 'Its database is away, or it starts or stops: look at its log.');
}

async function checkApi(origin: string): Promise<Finding> {
  const answer = await getFromOutside(`${origin}/v3/openapi.json`);
  if (typeof answer !== 'string' && answer.ok) return ok('api', 'the REST API answers.');
  const found = typeof answer === 'string' ? answer : `answered ${answer.status}`;
  return fail(
    'api',
    `/v3/openapi.json: ${found}.`,
    `Is VIPAY_PUBLIC_URL ${origin}, and does the proxy pass on every path and the Host header?`,
  );
}

function checkTransport(origin: string, { headers }: Response): Finding {
  if (!origin.startsWith('https:'))
    return warn('https', 'plain http.', 'Live needs https: put a proxy before it.');
  return headers.has('strict-transport-security')
    ? ok('https', 'with strict-transport-security.')
    : warn('https', 'without strict-transport-security.', 'Set VIPAY_PUBLIC_URL to the https address.');
}

function checkClock({ headers }: Response): Finding {
  const date = Date.parse(headers.get('date') ?? '');
  if (Number.isNaN(date)) return warn('clock', 'the answers carry no date.', 'Let the proxy pass it on.');
  const apartMs = Math.abs(Date.now() - date);
  return apartMs < clockMsMax
    ? ok('clock', 'its clock and this one agree.')
    : warn(
        'clock',
        `its clock and this one are ${Math.round(apartMs / 1000)} s apart.`,
        'Synchronise both (NTP).',
      );
}

const ok = (check: string, found: string): Finding => ({ level: 'OK', check, found });
const warn = (check: string, found: string, advice: string): Finding => ({
  level: 'WARN',
  check,
  found,
  advice,
});
const fail = (check: string, found: string, advice: string): Finding => ({
  level: 'FAIL',
  check,
  found,
  advice,
});
