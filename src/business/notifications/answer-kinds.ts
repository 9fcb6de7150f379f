// Every way in which an attempt to deliver a result can end, by name. What the merchant does about each stands in
// docs/guides/answering-notifications.md and tra-loi-thong-bao.md, held by a test.

import { type CallFailureKind, callFailureKinds } from '../../ground/outgoing/index.ts';

export type AttemptOutcome =
  | 'delivered'
  | 'answer_refused'
  | 'timed_out'
  | 'address_refused'
  | 'connection_failed'
  | 'answer_too_large';

/** Of answers that came and of results that could not be sent; each with the outcome under which it is counted. */
const answerKinds = {
  confirmed: 'delivered',
  confirmed_before: 'delivered',

  rsp_01: 'answer_refused',
  rsp_04: 'answer_refused',
  rsp_97: 'answer_refused',
  rsp_99: 'answer_refused',
  rsp_other: 'answer_refused',

  answer_empty: 'answer_refused',
  answer_compressed: 'answer_refused',
  answer_utf16: 'answer_refused',
  answer_not_utf8: 'answer_refused',
  answer_php_notice: 'answer_refused',
  answer_login_page: 'answer_refused',
  answer_html: 'answer_refused',
  answer_xml: 'answer_refused',
  answer_text: 'answer_refused',
  answer_json_and_more: 'answer_refused',
  answer_without_code: 'answer_refused',
  answer_two_codes: 'answer_refused',
  answer_code_not_text: 'answer_refused',
  answer_code_malformed: 'answer_refused',

  status_redirect: 'answer_refused',
  status_forbidden: 'answer_refused',
  status_not_found: 'answer_refused',
  status_method_not_allowed: 'answer_refused',
  status_gone: 'answer_refused',
  status_too_many: 'answer_refused',
  status_4xx: 'answer_refused',
  status_unavailable: 'answer_refused',
  status_5xx: 'answer_refused',
  status_other: 'answer_refused',

  not_sent_no_url: 'connection_failed',
  not_sent_not_encoded: 'connection_failed',
} as const satisfies Record<string, AttemptOutcome>;

export type AttemptKind = keyof typeof answerKinds | CallFailureKind;

/** All of them, with those of calls that brought no answer. */
export const attemptKinds: Record<AttemptKind, AttemptOutcome> = { ...answerKinds, ...callFailureKinds };

const kindsByStatus: Record<number, AttemptKind> = {
  401: 'status_forbidden',
  403: 'status_forbidden',
  404: 'status_not_found',
  405: 'status_method_not_allowed',
  407: 'status_forbidden',
  410: 'status_gone',
  429: 'status_too_many',
  503: 'status_unavailable',
};

/** Names a status that ends no delivery. */
export function nameStatus(status: number): AttemptKind {
  const known = kindsByStatus[status];
  if (known !== undefined) return known;
  if (status >= 300 && status < 400) return 'status_redirect';
  if (status >= 400 && status < 500) return 'status_4xx';
  return status >= 500 && status < 600 ? 'status_5xx' : 'status_other';
}
