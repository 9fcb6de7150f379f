// The ledger's figures as Markdown tables, for a terminal and for docs/reference/performance.md alike.

import type { Figure, LedgerFigures } from './ledger-figures.ts';
import type { RunName } from './ledger-plan.ts';
import { table } from './table.ts';

const rows: [RunName, string][] = [
  ['hot_1000_callers', 'ledger, one hot merchant'],
  ['spread_1000_callers', 'ledger, many merchants'],
  ['whole_1000_callers', 'whole posting, one hot merchant'],
  ['whole_spread_1000_callers', 'whole posting, many merchants'],
  ['hot_64_callers', 'ledger, one hot merchant'],
  ['spread_64_callers', 'ledger, many merchants'],
  ['whole_64_callers', 'whole posting, one hot merchant'],
  ['two_processes', 'ledger, hot, two processes'],
];

export function writeLedgerReport(figures: LedgerFigures): string {
  return [
    `PostgreSQL ${figures.postgres}`,
    '',
    ...tables(figures),
    '',
    `${figures.deadlocks} deadlocks. The books were checked after every round; a line below says FAILED when they were wrong.`,
  ].join('\n');
}

/** The text between the marks in docs/reference/performance.md, below what run.ts says of the machine. */
export function writeLedgerDocs(figures: LedgerFigures): string {
  const { tpcb, buyers, merchants, load_average } = figures;
  return [
    ...tables(figures),
    '',
    `Medians of the rounds, with the least and the most in brackets; the load average before each round was ${load_average.join(', ')}. ` +
      (tpcb === null
        ? 'There was no pgbench: no ratios.'
        : `\`× TPC-B\` is the ratio to \`pgbench -M prepared -c ${tpcb.clients} -j ${tpcb.threads} -s ${tpcb.scale}\` on the same server in the same round.`),
    '',
    `A payment of the ledger alone is its key checked, the buyer's balance checked, four balances changed and one journal row, from ${number(buyers)} wallets to one merchant or to ${number(merchants)}. The whole posting decides the payment again under locks, ends payment and order, counts the day's and the month's limits and writes the notification, in the same commit. The load comes from the same Node.js process; “Node.js cores” is how busy it was. Two processes post to the same hot merchant with ${figures.ledger.two_processes?.callers ?? 64} callers each. After every round the books were right to the dong, and the journal held exactly the payments that were answered as posted; ${figures.deadlocks} deadlocks.`,
  ].join('\n');
}

function tables({ tpcb, raw_rows_per_s, ledger }: LedgerFigures): string[] {
  const yardsticks = [
    tpcb && [`TPC-B-like (pgbench, scale ${tpcb.scale}), transactions/s`, number(tpcb.median), range(tpcb)],
    raw_rows_per_s && [
      'raw insert of journal rows, rows/s',
      number(raw_rows_per_s.median),
      range(raw_rows_per_s),
    ],
  ].filter((row) => row !== null);
  const { growth } = ledger;
  return [
    table(['beside it', 'median', 'least – most'], yardsticks),
    '',
    table(
      [
        'run',
        'callers',
        'payments/s',
        'least – most',
        '× TPC-B',
        'p50 ms',
        'p99 ms',
        'batch',
        'Node.js cores',
      ],
      rows.flatMap(([name, title]) => {
        const figure = ledger[name];
        return figure === undefined ? [] : [[title, String(figure.callers), ...cells(figure)]];
      }),
    ),
    ...(growth === undefined
      ? []
      : [
          '',
          table(
            ['payments in the journal', 'payments/s', 'least – most', 'p50 ms'],
            growth.sizes.map((size) => [
              number(size.payments),
              number(size.payments_per_s),
              `${number(size.min.payments_per_s)} – ${number(size.max.payments_per_s)}`,
              size.p50_ms.toFixed(1),
            ]),
          ),
          '',
          `From the smallest journal to the largest the rate changes by ${percent(-growth.loss)} (rounds: ${growth.loss_rounds.map((loss) => percent(-loss)).join(', ')}).`,
        ]),
  ];
}

function cells({ payments_per_s, ratio_to_tpcb, p50_ms, p99_ms, min, max, rounds }: Figure): string[] {
  const middle = rounds.find((round) => round.payments_per_s === payments_per_s);
  const ratio = (value: number | null) => value?.toFixed(2) ?? '–';
  return [
    number(payments_per_s),
    `${number(min.payments_per_s)} – ${number(max.payments_per_s)}`,
    ratio_to_tpcb === null
      ? '–'
      : `${ratio(ratio_to_tpcb)} (${ratio(min.ratio_to_tpcb)} – ${ratio(max.ratio_to_tpcb)})`,
    p50_ms.toFixed(1),
    p99_ms.toFixed(1),
    middle?.batch_mean?.toFixed(0) ?? '–',
    middle?.node_cores.toFixed(1) ?? '–',
  ];
}

/** 0.034 → +3 %. */
const percent = (share: number) =>
  `${share > 0 ? '+' : share < 0 ? '−' : ''}${Math.abs(share * 100).toFixed(0)} %`;

const range = ({ min, max }: { min: number; max: number }) => `${number(min)} – ${number(max)}`;

/** 24500 → 24.500, as amounts are written everywhere here. */
function number(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '.');
}
