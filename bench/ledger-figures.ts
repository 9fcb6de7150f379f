// Rounds become figures: the median, with the least and the most beside it and every round kept.

import type { HeadName, RunName } from './ledger-plan.ts';
import type { RunRate } from './ledger-runs.ts';
import type { Tpcb } from './tpcb.ts';

type Values = { payments_per_s: number; ratio_to_tpcb: number | null; p50_ms: number; p99_ms: number };
export type Round = Values & { node_cores: number; batch_mean: number | null };
/** Medians at the top; names as in the JSON file. */
export type Figure = Values & { callers: number; min: Values; max: Values; rounds: Round[] };

/** Payments per second from 1,000 callers, who keep the gateway busy; `p50_ms` and `p99_ms` from 64, who do not queue. */
export type Headline = Figure & { latency_callers: number };

export function toHeadline(busy: Figure, calm: Figure): Headline {
  const { p50_ms, p99_ms } = calm;
  return { ...busy, p50_ms, p99_ms, latency_callers: calm.callers };
}

export type Spread = { median: number; min: number; max: number; rounds: number[] };

export type Growth = {
  /** By the payments in the journal before the first round. */
  sizes: (Figure & { payments: number })[];
  /** Median over the rounds of the share of the smallest journal's rate that the largest loses. */
  loss: number;
  loss_rounds: number[];
};

export type LedgerFigures = {
  postgres: string;
  buyers: number;
  merchants: number;
  /** Transactions per second; null without pgbench, and so are all ratios. */
  tpcb: (Omit<Tpcb, 'run'> & Spread) | null;
  raw_rows_per_s: Spread | null;
  /** Before each round. */
  load_average: number[];
  ledger: Partial<Record<HeadName, Headline> & Record<RunName, Figure>> & { growth?: Growth };
  deadlocks: number;
};

/** `tpcb`: the transactions per second of the same round, null without pgbench. */
export function toRound(rate: RunRate, tpcb: number | null): Round {
  return {
    payments_per_s: Math.round(rate.perSecond),
    ratio_to_tpcb: tpcb === null ? null : round(rate.perSecond / tpcb, 3),
    p50_ms: round(rate.p50Ms, 2),
    p99_ms: round(rate.p99Ms, 2),
    node_cores: round(rate.nodeCores, 2),
    batch_mean: rate.batchMean === null ? null : round(rate.batchMean, 1),
  };
}

export function toFigure(callers: number, rounds: Round[]): Figure {
  const pick = (choose: (values: number[]) => number): Values => {
    const of = (read: (round: Round) => number | null) => {
      const values = rounds.map(read).filter((value) => value !== null);
      return values.length === 0 ? null : choose(values);
    };
    return {
      payments_per_s: of((one) => one.payments_per_s) ?? 0,
      ratio_to_tpcb: of((one) => one.ratio_to_tpcb),
      p50_ms: of((one) => one.p50_ms) ?? 0,
      p99_ms: of((one) => one.p99_ms) ?? 0,
    };
  };
  const least = (values: number[]) => Math.min(...values);
  const most = (values: number[]) => Math.max(...values);
  return { ...pick(median), callers, min: pick(least), max: pick(most), rounds };
}

export function toSpread(rounds: number[]): Spread {
  return { median: median(rounds), min: Math.min(...rounds), max: Math.max(...rounds), rounds };
}

/** Of an even number, the lower of the two in the middle: a figure that was measured. */
export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0;
}

function round(value: number, places: number): number {
  return Number(value.toFixed(places));
}
