// The few words that every floor uses.

/** Nothing crosses between the two, the ledger included. */
export type Environment = 'sandbox' | 'live';

/** The languages of pages and messages; each text stands in both. */
export type Locale = 'vi' | 'en';

/** Who runs this gateway, as buyers read it at the foot of every page; `contact` is how to reach them. */
export type Operator = { name: string; contact: string | null };
