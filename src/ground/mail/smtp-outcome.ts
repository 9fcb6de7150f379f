// What may come of handing a mail to a server, by name, and what the server's reply means. Pure.

/** `later`: it may be accepted another time; `never`: this mail will not be; `unknown`: it may have been. */
const smtpOutcomes = {
  accepted: 'done',

  refused: 'never',
  mailbox_full: 'never',

  refused_for_now: 'later',
  connection_failed: 'later',
  connection_cut: 'later',
  timed_out: 'later',
  tls_failed: 'later',
  sign_in_failed: 'later',
  sender_refused: 'later',
  server_refused: 'later',
  not_understood: 'later',
  stopped: 'later',

  answer_lost: 'unknown',
} as const;

export type SmtpOutcomeKind = keyof typeof smtpOutcomes;
export type SmtpMeaning = (typeof smtpOutcomes)[SmtpOutcomeKind];

export type SmtpOutcome = {
  kind: SmtpOutcomeKind;
  meaning: SmtpMeaning;
  /** Every other mail would meet with the same now. */
  concernsServer: boolean;
  /** What the server said, or the fault in short; one line, may hold addresses. */
  reply: string;
};

const concerningServer: readonly SmtpOutcomeKind[] = [
  'connection_failed',
  'tls_failed',
  'sign_in_failed',
  'sender_refused',
  'server_refused',
];

const replyCharactersMax = 300;

export function smtpOutcome(kind: SmtpOutcomeKind, reply: string, concernsServer?: boolean): SmtpOutcome {
  return {
    kind,
    meaning: smtpOutcomes[kind],
    concernsServer: concernsServer ?? concerningServer.includes(kind),
    reply: reply
      .replace(/[\p{Cc}\s]+/gu, ' ')
      .trim()
      .slice(0, replyCharactersMax),
  };
}

/** What the client knows of a failure. */
export type SmtpFailure = {
  /** Such as ETIMEDOUT, ETLS. */
  code?: string | undefined;
  /** Of a system error below it, such as CERT_HAS_EXPIRED. */
  originalCode?: string | undefined;
  /** That was answered: CONN, EHLO, STARTTLS, AUTH …, MAIL FROM, RCPT TO, DATA. */
  command?: string | undefined;
  responseCode?: number | false | undefined;
  response?: string | undefined;
  message: string;
};

const certificateCodes = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO|HOSTNAME_MISMATCH/;

/**
 * `textBegun`: the text was under way, so that silence says nothing about it. 5xx is final where the server answers for
 * this mail alone (recipient, text); what it says of us, our sign-in or our sender, an operator can mend in time.
 */
export function readFailure(failure: SmtpFailure, textBegun: boolean): SmtpOutcome {
  const { command = '', responseCode, message } = failure;
  const reply = failure.response ?? message;
  if (!responseCode) return smtpOutcome(textBegun ? 'answer_lost' : nameSilence(failure), message);

  const isOfThisMail = command === 'RCPT TO' || command === 'DATA';
  if (responseCode === 421) return smtpOutcome('server_refused', reply);
  if (command.startsWith('AUTH') || [530, 534, 535].includes(responseCode)) {
    return smtpOutcome('sign_in_failed', reply);
  }
  if (command === 'STARTTLS') return smtpOutcome('tls_failed', reply);
  if (responseCode < 500) return smtpOutcome('refused_for_now', reply, !isOfThisMail);
  if (command === 'MAIL FROM') return smtpOutcome('sender_refused', reply);
  if (!isOfThisMail) return smtpOutcome('server_refused', reply);
  // 552 and 5.2.2 say that the mailbox is full for good; 452 says for now (RFC 5321, 4.2.2; RFC 3463, 3.3).
  const isFull = responseCode === 552 || /^5\d\d[ -]5\.2\.2\b/.test(reply);
  return smtpOutcome(isFull ? 'mailbox_full' : 'refused', reply);
}

function nameSilence({ code = '', originalCode = '', command, message }: SmtpFailure): SmtpOutcome['kind'] {
  if (code === 'ETLS' || certificateCodes.test(originalCode) || /certificate/i.test(message))
    return 'tls_failed';
  if (code === 'ETIMEDOUT') return 'timed_out';
  if (code === 'EPROTOCOL') return 'not_understood';
  if (code === 'EAUTH') return 'sign_in_failed';
  if (code === 'EDNS' || code === 'ESOCKET')
    return originalCode === 'ECONNRESET' ? 'connection_cut' : 'connection_failed';
  return command === 'CONN' || code === 'ECONNECTION' ? 'connection_cut' : 'connection_failed';
}
