// The few words that every floor uses.

/** No order, payment or money passes from one to the other. */
export type Environment = 'sandbox' | 'live';

/** The languages of pages and messages; each text stands in both. */
export type Locale = 'vi' | 'en';

/**
 * The organisation that runs this gateway, as shown to buyers at the foot of every page; `contact` says how
 * to reach it.
 */
export type Operator = { name: string; contact: string | null };
