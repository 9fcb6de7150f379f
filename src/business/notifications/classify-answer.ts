// What a merchant's answer means, by name. Classic: status 200 and RspCode 00 (confirmed) or 02 (confirmed before) end
// the delivery, every other answer asks for another try. REST: any status 2xx ends it. Pure.

import type { CallOutcome, MerchantAnswer } from '../../ground/outgoing/index.ts';
import { type RspFault, readRspCode } from '../../ground/protocols/classic-v1/index.ts';
import { type AttemptKind, type AttemptOutcome, attemptKinds, nameStatus } from './answer-kinds.ts';
import { quoteBytes, quoteTarget, quoteText } from './quote-answer.ts';

export type Judgement = { outcome: AttemptOutcome; kind: AttemptKind; detail: string | null };

type Protocol = 'classic-v1' | 'classic-v2' | 'rest';

/** `sentTo` is where the call went: a redirect may be told relative to it. */
export function judgeCall(protocol: Protocol, call: CallOutcome, sentTo: string): Judgement {
  if (call.outcome !== 'answered') {
    const begins = call.firstBytes === null ? '' : `; it begins ${quoteBytes(call.firstBytes)}`;
    return judge(call.kind, `${call.detail}${begins}`);
  }
  const { status } = call;
  const isTaken = protocol === 'rest' ? status >= 200 && status < 300 : status === 200;
  if (!isTaken) return judge(nameStatus(status), tellStatus(call, sentTo));
  if (protocol === 'rest') return judge('confirmed', null);

  const answer = call.unread === null ? readRspCode(call.body) : null;
  if (answer?.ok) return judge(nameCode(answer.rspCode), `RspCode ${answer.rspCode}`);
  const kind = nameBody(call, answer?.fault ?? 'not_json');
  if (kind === 'answer_empty') return judge(kind, 'the answer is empty');
  const packed = call.unread === null ? '' : `, ${call.unread}`;
  return judge(kind, `no {"RspCode":"…"} that can be read${packed}; it begins ${quoteBytes(call.bytes)}`);
}

const judge = (kind: AttemptKind, detail: string | null): Judgement => ({
  outcome: attemptKinds[kind],
  kind,
  detail,
});

function nameCode(rspCode: string): AttemptKind {
  const known: Record<string, AttemptKind> = {
    '00': 'confirmed',
    '01': 'rsp_01',
    '02': 'confirmed_before',
    '04': 'rsp_04',
    '97': 'rsp_97',
    '99': 'rsp_99',
  };
  return known[rspCode] ?? 'rsp_other';
}

function tellStatus(answer: MerchantAnswer, sentTo: string): string {
  const { status, location, body } = answer;
  if (status >= 300 && status < 400) {
    return `status ${status} to ${quoteTarget(location, sentTo)}: redirects are not followed`;
  }
  const words = answer.unread === null ? body.trim() : '';
  return words === '' ? `status ${status}` : `status ${status}; it begins ${quoteText(words)}`;
}

const kindsOfFaults: Record<Exclude<RspFault, 'not_json'>, AttemptKind> = {
  no_code: 'answer_without_code',
  two_codes: 'answer_two_codes',
  code_not_text: 'answer_code_not_text',
  code_malformed: 'answer_code_malformed',
};

/** Of the text; a page says what it is at its beginning. */
const lookedAtMax = 16_384;
/** The first bytes of gzip, zstd and zip; brotli has none of its own. */
const packedStarts = ['1f8b', '28b52ffd', '504b0304'];
const phpNotice =
  /(?:<b>)?(?:Notice|Warning|Deprecated|Strict Standards|Parse error|(?:PHP )?Fatal error)(?:<\/b>)?:\s.{0,2000}?\bon line\b/is;
const loginPage =
  /<input[^>]{0,300}type\s*=\s*["']?password|<title>[^<]{0,100}(?:log ?in|sign ?in|đăng nhập)/i;
const html = /<(?:!doctype\s+html|html|head|body|title|div|p|br|script|center|h1|table)\b[^>]*>/i;

/** Names what cannot be read: the most telling name that fits. */
function nameBody({ bytes, body, unread }: MerchantAnswer, fault: RspFault): AttemptKind {
  if (unread !== null) return 'answer_compressed';
  if (fault !== 'not_json') return kindsOfFaults[fault];
  if (/^[\s\uFEFF]*$/.test(body)) return 'answer_empty';
  if (packedStarts.some((start) => bytes.subarray(0, 4).toString('hex').startsWith(start)))
    return 'answer_compressed';
  if (isWide(bytes)) return 'answer_utf16';
  const start = body.slice(0, lookedAtMax).replace(/^[\s\uFEFF]+/, '');
  if (phpNotice.test(start)) return 'answer_php_notice';
  if (loginPage.test(start)) return 'answer_login_page';
  if (start.startsWith('<?xml')) return 'answer_xml';
  if (start.startsWith('{')) return hasJsonFirst(start) ? 'answer_json_and_more' : nameText(body, start);
  return nameText(body, start);
}

function nameText(body: string, start: string): AttemptKind {
  if (html.test(start)) return 'answer_html';
  return body.includes('\uFFFD') ? 'answer_not_utf8' : 'answer_text';
}

/** UTF-16 or UTF-32: their byte order marks, or every other byte zero. */
function isWide(bytes: Buffer): boolean {
  const mark = bytes.subarray(0, 2).toString('hex');
  if (mark === 'fffe' || mark === 'feff' || bytes.subarray(0, 4).toString('hex') === '0000feff') return true;
  const first = bytes.subarray(0, 64);
  const zeros = first.reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0);
  return first.length >= 4 && zeros >= Math.floor(first.length / 2) - 1;
}

/** Whether an answer of ours stands at the beginning, with something after it. */
function hasJsonFirst(start: string): boolean {
  const end = start.indexOf('}');
  return end > 0 && readRspCode(start.slice(0, end + 1)).ok;
}
