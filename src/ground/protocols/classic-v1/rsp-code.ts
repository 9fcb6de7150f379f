// The merchant's answer to a classic notification: {"RspCode":"00","Message":"…"}, in v1 and v2.

/** 00 and 02 end the delivery. The deliverer decides what any other code means. */
export type RspAnswer = { rspCode: string; message: string };

const answerLengthMax = 4096;
const messageLengthMax = 200;

/**
 * Reads the body of the answer. Tolerated: a byte order mark, white space, any case of the names, other names
 * beside them, a missing message. Null for everything else: more than 4096 characters, not one JSON object,
 * no code or two different ones, a code that is not text of two digits. The content type plays no part,
 * since many shops answer JSON as text/html.
 */
export function parseRspCode(bodyText: string): RspAnswer | null {
  if (bodyText.length > answerLengthMax) return null;
  let body: unknown;
  try {
    body = JSON.parse(bodyText.replace(/^\uFEFF/, ''));
  } catch {
    return null;
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return null;
  const valuesOf = (wanted: string): unknown[] =>
    Object.entries(body).flatMap(([name, value]) => (name.toLowerCase() === wanted ? [value] : []));
  const codes = new Set(valuesOf('rspcode'));
  const [rspCode] = codes;
  if (codes.size !== 1 || typeof rspCode !== 'string' || !/^[0-9]{2}$/.test(rspCode)) return null;
  const message = valuesOf('message').find((value) => typeof value === 'string');
  return { rspCode, message: typeof message === 'string' ? message.slice(0, messageLengthMax) : '' };
}
