// Every way in which a call to a merchant can bring no answer, by name. Pure. What each means for the merchant stands in
// docs/guides/answering-notifications.md, held by a test.

/** The kinds, each with the outcome under which it is counted. */
export const callFailureKinds = {
  url_unusable: 'address_refused',
  address_not_public: 'address_refused',

  name_unknown: 'connection_failed',
  name_without_address: 'connection_failed',
  name_server_failed: 'connection_failed',
  name_slow: 'timed_out',

  connection_refused: 'connection_failed',
  host_unreachable: 'connection_failed',
  connection_slow: 'timed_out',
  connection_closed: 'connection_failed',
  connection_failed: 'connection_failed',

  tls_not_spoken: 'connection_failed',
  tls_version: 'connection_failed',
  tls_failed: 'connection_failed',
  tls_slow: 'timed_out',
  certificate_expired: 'connection_failed',
  certificate_not_yet_valid: 'connection_failed',
  certificate_name: 'connection_failed',
  certificate_self_signed: 'connection_failed',
  certificate_chain: 'connection_failed',
  certificate_authority: 'connection_failed',
  certificate_other: 'connection_failed',

  answer_slow: 'timed_out',
  answer_endless: 'timed_out',
  answer_cut: 'connection_failed',
  answer_too_large: 'answer_too_large',
  headers_too_large: 'connection_failed',
  http_broken: 'connection_failed',
  interim_answers: 'connection_failed',
  protocol_switched: 'connection_failed',
} as const satisfies Record<string, CallFailure>;

export type CallFailure = 'timed_out' | 'address_refused' | 'connection_failed' | 'answer_too_large';
export type CallFailureKind = keyof typeof callFailureKinds;

/** How far a call had come. */
export type CallPhase = 'connecting' | 'securing' | 'waiting' | 'answering';

/** What it is called when time runs out in a phase. */
export const slowKinds: Record<CallPhase, CallFailureKind> = {
  connecting: 'connection_slow',
  securing: 'tls_slow',
  waiting: 'answer_slow',
  answering: 'answer_endless',
};

const closedKinds: Record<CallPhase, CallFailureKind> = {
  connecting: 'connection_failed',
  securing: 'tls_failed',
  waiting: 'connection_closed',
  answering: 'answer_cut',
};

const kindsByCode: Record<string, CallFailureKind> = {
  ECONNREFUSED: 'connection_refused',
  EHOSTUNREACH: 'host_unreachable',
  ENETUNREACH: 'host_unreachable',
  EHOSTDOWN: 'host_unreachable',
  EADDRNOTAVAIL: 'host_unreachable',
  ETIMEDOUT: 'connection_slow',
  ERR_SOCKET_CONNECTION_TIMEOUT: 'connection_slow',
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  CERT_HAS_EXPIRED: 'certificate_expired',
  CERT_NOT_YET_VALID: 'certificate_not_yet_valid',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate_name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate_self_signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate_chain',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate_authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate_authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate_authority',
  CERT_UNTRUSTED: 'certificate_authority',
};

/** Codes of OpenSSL's verification that have no name of their own above. */
const certificateCode =
  /^(?:CERT_|CRL_|UNABLE_TO_(?:GET|DECRYPT|DECODE)|ERROR_IN_CERT|INVALID_(?:CA|PURPOSE)|PATH_LENGTH|HOSTNAME_MISMATCH)/;

/** Names an error of the connection, of TLS or of HTTP, by its code and by how far the call had come. */
export function nameFailure(error: unknown, phase: CallPhase): CallFailureKind {
  const { code = '', message = '' } = error as NodeJS.ErrnoException;
  const known = kindsByCode[code];
  if (known !== undefined) return known;
  if (code.startsWith('HPE_')) return 'http_broken';
  if (certificateCode.test(code)) return 'certificate_other';
  const ssl = `${code} ${message}`.toUpperCase().replaceAll(' ', '_');
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/.test(ssl)) return 'tls_not_spoken';
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/.test(ssl)) return 'tls_version';
  if (/^(?:ERR_SSL|EPROTO)/.test(code)) return 'tls_failed';
  return closedKinds[phase];
}

/** Names what the DNS said of a name. */
export function nameLookupFailure(error: unknown): CallFailureKind {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOTFOUND' || code === 'EBADNAME') return 'name_unknown';
  return code === 'ENODATA' ? 'name_without_address' : 'name_server_failed';
}

/** The error's code, and its sentence where it has one; several addresses tried come as one error without. */
export function describeError(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return [code, message].filter(Boolean).join(': ').slice(0, 300) || 'unknown error';
}
