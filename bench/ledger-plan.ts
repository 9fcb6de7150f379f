// Which runs make a round, how long each is, and on how much data.

/** `whole`: the whole posting instead of the ledger alone. */
export type Run = { callers: number; merchants: 'hot' | 'spread'; whole?: true; processes?: number };

/** `hot`, `spread` and `whole` are made of two runs each: see Headline in ledger-figures.ts. */
export type RunName =
  | `${HeadName}_1000_callers`
  | `${HeadName}_64_callers`
  | 'whole_spread_1000_callers'
  | 'two_processes';

export const headNames = ['hot', 'spread', 'whole'] as const;
export type HeadName = (typeof headNames)[number];

export type Plan = {
  rounds: number;
  /** Of every run of a round. */
  seconds: number;
  /** Payments started for each run of the whole posting; it ends early when they are paid. */
  startedMax: number;
  tpcb: { scale: number; seconds: number };
  /** Of the raw insert; 0: not measured. */
  rawSeconds: number;
  runs: [RunName, Run][];
  growth: { sizes: number[]; rounds: number; load: { callers: number; seconds: number } } | null;
};

export const counts = { buyers: 10_000, merchants: 1_000 };

/** The ledger alone first: the whole posting leaves pages to be written out and tables to be vacuumed. */
const headRuns: Plan['runs'] = [
  ['hot_1000_callers', { callers: 1_000, merchants: 'hot' }],
  ['spread_1000_callers', { callers: 1_000, merchants: 'spread' }],
  ['hot_64_callers', { callers: 64, merchants: 'hot' }],
  ['spread_64_callers', { callers: 64, merchants: 'spread' }],
  ['whole_1000_callers', { callers: 1_000, merchants: 'hot', whole: true }],
  ['whole_64_callers', { callers: 64, merchants: 'hot', whole: true }],
];

export const fullPlan: Plan = {
  rounds: 3,
  seconds: 5,
  startedMax: 100_000,
  tpcb: { scale: 50, seconds: 10 },
  rawSeconds: 3,
  runs: [
    ...headRuns,
    ['whole_spread_1000_callers', { callers: 1_000, merchants: 'spread', whole: true }],
    ['two_processes', { callers: 64, merchants: 'hot', processes: 2 }],
  ],
  growth: { sizes: [100_000, 1_000_000, 5_000_000], rounds: 3, load: { callers: 64, seconds: 3 } },
};

export const quickPlan: Plan = {
  rounds: 3,
  seconds: 0.8,
  startedMax: 14_000,
  tpcb: { scale: 10, seconds: 3 },
  rawSeconds: 0,
  runs: headRuns,
  growth: null,
};
