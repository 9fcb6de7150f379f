// The merchant's answer to a classic notification: {"RspCode":"00","Message":"…"}, in v1 and v2.

/** 00 and 02 end the delivery. The deliverer decides what any other code means. */
export type RspAnswer = { rspCode: string; message: string };

/**
 * Why an answer holds no code that may be believed:
 * - `not_json`: also JSON with other text around it, and more than 4096 characters of it;
 * - `no_code`: JSON without a RspCode at its top;
 * - `two_codes`: it says two different ones;
 * - `code_not_text`: a number or anything else that is no text. 0 may be "00", a count, or false: it is not guessed;
 * - `code_malformed`: text that is not two digits.
 */
export type RspFault = 'not_json' | 'no_code' | 'two_codes' | 'code_not_text' | 'code_malformed';

export type RspReading = ({ ok: true } & RspAnswer) | { ok: false; fault: RspFault };

const answerLengthMax = 4096;
const messageLengthMax = 200;
const commentsMax = 8;

/**
 * Reads the body of the answer. Tolerated: byte order marks, blanks and line breaks around it (pages of PHP and ASP
 * print one for each file they include), HTML comments after it, any case of the names, other names beside them, a
 * missing message. The content type plays no part, since many shops answer JSON as text/html.
 */
export function readRspCode(bodyText: string): RspReading {
  const text = trimPage(bodyText);
  if (text.length > answerLengthMax) return refuse('not_json');
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return refuse('not_json');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return refuse('no_code');
  const valuesOf = (wanted: string): unknown[] =>
    Object.entries(body).flatMap(([name, value]) => (name.toLowerCase() === wanted ? [value] : []));
  const codes = new Set(valuesOf('rspcode'));
  const [rspCode] = codes;
  if (codes.size === 0) return refuse('no_code');
  // JSON.parse keeps the last of two equal names; which of them the merchant meant, nobody knows.
  const written = new Set(text.match(/"rspcode"\s*:\s*("[^"]*"|[^\s,}]+)/gi)?.map(codeOfPair));
  if (codes.size > 1 || written.size > 1) return refuse('two_codes');
  if (typeof rspCode !== 'string') return refuse('code_not_text');
  if (!/^[0-9]{2}$/.test(rspCode)) return refuse('code_malformed');
  const message = valuesOf('message').find((value) => typeof value === 'string');
  return {
    ok: true,
    rspCode,
    message: typeof message === 'string' ? message.slice(0, messageLengthMax) : '',
  };
}

const refuse = (fault: RspFault): RspReading => ({ ok: false, fault });
const codeOfPair = (pair: string) => pair.slice(pair.indexOf(':') + 1).trim();

/** Without what surrounds the JSON of a page. A mark that was read as Latin-1 and encoded again is one too. */
function trimPage(bodyText: string): string {
  let text = bodyText.replace(/^(?:[\uFEFF\s]|\u00ef\u00bb\u00bf)+/, '');
  for (let comments = 0; comments <= commentsMax; comments += 1) {
    text = text.trimEnd();
    const start = text.endsWith('-->') ? text.lastIndexOf('<!--') : -1;
    if (start < 0) break;
    text = text.slice(0, start);
  }
  return text;
}
