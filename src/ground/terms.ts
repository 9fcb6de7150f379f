// The few words that every floor uses.

/** Nothing crosses between the two, the ledger included. */
export type Environment = 'sandbox' | 'live';

/** The languages of pages and messages; each text stands in both. */
export type Locale = 'vi' | 'en';
