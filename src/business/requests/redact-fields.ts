// Decides which parts of a refused request may be written down. Only the names on a closed list keep their
// value. So a field that nobody expected (a PIN in the wrong form, a token under a new name) is masked too.

/** Fields of orders that hold neither a secret nor a person; both dialects' names, lower case. */
const shownNames = new Set([
  'merchant_site',
  'merch_txn_ref',
  'order_no',
  'total_amount',
  'amount',
  'currency',
  'version',
  'locale',
  'account_type',
  'methods',
  'access_code',
  'branch_code',
  'shipping_fee',
  'tax_fee',
  'expires_in_seconds',
  'limit',
  'after',
  'status',
]);

/** Shown without their query and fragment, which may carry a shop's session or a buyer's name. */
const urlNames = new Set(['return_url', 'cancel_url', 'notify_url']);

const fieldsMax = 60;
const nameLengthMax = 64;
const valueLengthMax = 200;
const bytesMax = 4096;

/**
 * The received fields with everything masked that is not known to be harmless, as flat JSON text of at most 4
 * KiB that PostgreSQL's jsonb accepts (no NUL, no lone surrogate). The name `…` says how much did not fit.
 */
export function redactFields(received: Record<string, unknown>): string {
  const entries = Object.entries(received);
  const kept: [name: string, value: string][] = [];
  // The quotation marks, colon and comma of an entry, and room for the note at the end.
  let bytesLeft = bytesMax - 64;
  for (const [name, value] of entries.slice(0, fieldsMax)) {
    const entry: [string, string] = [cleanText(name, nameLengthMax), redactValue(name, value)];
    bytesLeft -= Buffer.byteLength(JSON.stringify(entry));
    if (bytesLeft < 0) break;
    kept.push(entry);
  }
  const left = entries.length - kept.length;
  if (left > 0) kept.push(['…', `${left} more fields, not kept`]);
  return JSON.stringify(Object.fromEntries(kept));
}

/** Text of a stranger made fit for a text column and a terminal: well-formed, no controls, at most `lengthMax`. */
export function cleanText(text: string, lengthMax: number): string {
  const clean = text
    .slice(0, lengthMax + 1)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, '\u{fffd}');
  return clean.length <= lengthMax ? clean : `${clean.slice(0, lengthMax - 1).toWellFormed()}…`;
}

function redactValue(name: string, value: unknown): string {
  const known = name.toLowerCase();
  if (Array.isArray(value)) return `[${value.length} values]`;
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'object') return '[object]';
  const text = String(value);
  if (shownNames.has(known)) return cleanText(text, valueLengthMax);
  if (urlNames.has(known)) return cleanText(text.replace(/[?#].*$/s, '?…'), valueLengthMax);
  return text === '' ? '' : `[masked, ${text.length} characters]`;
}
