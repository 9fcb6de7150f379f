// The figures of the checkout as Markdown tables, for a terminal and for docs/reference/performance.md alike.

import type { PageBytes } from './checkout-pages.ts';
import type { Rate } from './rate.ts';
import { table } from './table.ts';

export type CheckoutFigures = {
  postgres: string;
  pages: PageBytes[];
  /** `GET /healthz`, 16 at a time: what HTTP alone costs here. */
  healthzPerSecond: number;
  /** PIN hashes at the real cost, two at a time: what signing in cannot go below. */
  argon2PerSecond: number;
  runs: ({ pinHashing: 'included' | 'excluded'; concurrency: number } & Rate)[];
  /** Payments of the whole run; the tables hold as many. */
  paid: number;
};

/** Requests of one whole checkout: the order, arriving, and page, form, page, form, page. */
export const requestsPerCheckout = 7;

export function writeCheckoutReport(figures: CheckoutFigures): string {
  const { postgres, pages, healthzPerSecond, argon2PerSecond, runs, paid } = figures;
  const ratios = runs.map(({ pinHashing, concurrency, perSecond, p50Ms, p99Ms }) => [
    pinHashing,
    String(concurrency),
    perSecond.toFixed(1),
    p50Ms.toFixed(0),
    p99Ms.toFixed(0),
    percent((perSecond * requestsPerCheckout) / healthzPerSecond),
    pinHashing === 'included' ? percent(perSecond / argon2PerSecond) : '–',
  ]);
  return [
    `PostgreSQL ${postgres}`,
    `Measured beside it: ${healthzPerSecond.toFixed(0)} GET /healthz per second; ${argon2PerSecond.toFixed(1)} PIN hashes per second`,
    '',
    table(
      ['page', 'bytes on the wire', 'of them body'],
      [...pages.map(({ page, wireBytes, bodyBytes }) => [page, String(wireBytes), String(bodyBytes)])],
    ),
    '',
    table(
      [
        'PIN hashing',
        'buyers at once',
        'checkouts/s',
        'p50 ms',
        'p99 ms',
        'requests/s : healthz/s',
        'checkouts/s : hashes/s',
      ],
      ratios,
    ),
    '',
    `${paid} payments in all; the books are checked, and every result was heard by the shop, unless a line below says FAILED.`,
  ].join('\n');
}

const percent = (share: number) => `${(share * 100).toFixed(0)} %`;
