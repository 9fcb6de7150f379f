// The figures of the checkout as Markdown tables, for a terminal and for docs/reference/performance.md alike.

import type { CheckoutFigures, CheckoutRun } from './checkout-figures.ts';
import type { PageBytes } from './checkout-pages.ts';
import { busyLevel } from './checkout-rounds.ts';
import type { Spread } from './ledger-figures.ts';
import { table } from './table.ts';

export function writeCheckoutReport(figures: {
  checkout: CheckoutFigures;
  pages: PageBytes[];
  paid: number;
}): string {
  const { pages, paid } = figures;
  const { healthz_per_s, hashes_per_s, excluded, included, single, orders, two_processes } = figures.checkout;
  const runs = (kind: string, rows: CheckoutRun[]) =>
    rows.map((run) => [
      kind,
      String(run.buyers),
      whole(run.checkouts_per_s),
      run.p50_ms.median.toFixed(1),
      run.p99_ms.median.toFixed(1),
    ]);
  return [
    table(
      ['beside it, in the same round', 'median', 'least – most'],
      [
        [
          `GET /healthz per second, ${busyLevel} at a time`,
          healthz_per_s.median.toFixed(0),
          range(healthz_per_s),
        ],
        ['PIN hashes per second, two at a time', hashes_per_s.median.toFixed(1), range(hashes_per_s)],
      ],
    ),
    '',
    table(
      ['headline', 'median', 'rounds'],
      [
        [
          'without hashing: requests/s as a share of healthz/s',
          percent(excluded.ratio_to_healthz),
          rounds(excluded.ratio_spread, percent),
        ],
        [
          'with hashing: checkouts/s as a share of hashes/s',
          percent(included.ratio_to_hashes),
          rounds(included.ratio_spread, percent),
        ],
        [
          'one buyer alone: seven requests, p50',
          `${single.p50_ms.toFixed(1)} ms`,
          rounds(single.p50_spread, (value) => `${value.toFixed(1)} ms`),
        ],
        [
          'orders by REST alone as a share of healthz/s',
          percent(orders.ratio_to_healthz),
          `${whole(orders.per_s)} orders/s`,
        ],
        [
          'two gateway processes: requests/s as a share of healthz/s',
          percent(two_processes.ratio_to_healthz),
          `${whole(two_processes.checkouts_per_s)} checkouts/s`,
        ],
      ],
    ),
    '',
    table(
      ['PIN hashing', 'buyers at once', 'checkouts/s', 'p50 ms', 'p99 ms'],
      [...runs('excluded', excluded.runs), ...runs('included', included.runs)],
    ),
    '',
    table(
      ['page', 'bytes on the wire', 'of them body'],
      pages.map(({ page, wireBytes, bodyBytes }) => [page, String(wireBytes), String(bodyBytes)]),
    ),
    '',
    `${paid} payments in all; the books were checked, and every result was heard by the shop.`,
  ].join('\n');
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
const whole = ({ median, min, max }: Spread) =>
  `${median.toFixed(0)} (${min.toFixed(0)} to ${max.toFixed(0)})`;
const range = ({ min, max }: Spread) => `${min.toFixed(0)} – ${max.toFixed(0)}`;
const rounds = (spread: Spread, write: (value: number) => string) => spread.rounds.map(write).join(', ');
