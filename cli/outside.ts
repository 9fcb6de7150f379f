// A gateway seen from outside: its public address, and what it answers there.

import { CliFault } from './faults.ts';

const answerWithinMs = 10_000;

/** @throws CliFault for what is no address of a gateway. */
export function readOrigin(given: string): string {
  const url = URL.parse(given);
  if (url !== null && /^https?:$/.test(url.protocol)) return url.origin;
  throw new CliFault('url_malformed', '--url is an address such as https://pay.example.vn.', 2);
}

/** The answer, or why there is none. */
export async function getFromOutside(
  url: string,
  headers: Record<string, string> = {},
): Promise<Response | string> {
  try {
    return await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(answerWithinMs) });
  } catch (error) {
    const { cause, message } = error as Error;
    return cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : message;
  }
}
