// A merchant's wish to be asked again later (Retry-After; RFC 9110, 10.2.3). Pure.

/** Statuses with which the wish is heard: too many requests, and the server's own faults. */
const isHeard = (status: number) => status === 429 || status >= 500;

/** A merchant cannot put a result off for longer than this at a time; the schedule's own delay is the least. */
export const retryAfterMaxMs = 6 * 3_600_000;

/** The three forms of a date in HTTP; the last says no zone and means GMT. Date.parse judges days and months. */
const dates: [form: RegExp, zone: string][] = [
  [/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/, ''],
  [/^[A-Z][a-z]{2,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/, ''],
  [/^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/, ' GMT'],
];

/** Milliseconds from `now` that the merchant asks for, 0 to `retryAfterMaxMs`; 0 when it asks for nothing we know. */
export function readRetryAfter(status: number, header: string | null, now: Date): number {
  if (header === null || !isHeard(status)) return 0;
  const text = header.trim();
  const askedMs = /^\d{1,12}$/.test(text) ? Number(text) * 1000 : readDate(text) - now.getTime();
  return Number.isFinite(askedMs) ? Math.min(Math.max(askedMs, 0), retryAfterMaxMs) : 0;
}

function readDate(text: string): number {
  const [, zone] = dates.find(([form]) => form.test(text)) ?? [];
  return zone === undefined ? Number.NaN : Date.parse(text + zone);
}
