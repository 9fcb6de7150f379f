// Says what a fault of the database means. All code that catches one asks here, so that all agree. It judges
// by SQLSTATE and by the codes of Node's sockets, never by a message of the server, which may be translated.

import { ClockDiffers } from './guard-clock.ts';

/**
 * - `conflict`: the transaction lost against another (deadlock, serialization failure); again at once it may win.
 * - `timed_out`: a limit for statements or locks ended the statement; somebody else may be holding the row.
 * - `read_only`: this server does not write: a standby, or a primary that was made one under an open connection.
 * - `out_of_room`: disk, memory or connections of the server are used up.
 * - `lost`: there is no connection, or it ended; nobody knows what became of a statement under way.
 * - `denied`: the server lets nobody in with these settings (password, database name, TLS); a person must mend it.
 * - `clock_differs`: this machine's clock and the database's differ: nothing is decided until they agree.
 * - `refused`: the server said no to this very statement, and will again: a constraint, a missing right, wrong SQL.
 * - `not_database`: no fault of the database.
 */
export type FaultKind =
  | 'conflict'
  | 'timed_out'
  | 'read_only'
  | 'out_of_room'
  | 'lost'
  | 'denied'
  | 'clock_differs'
  | 'refused'
  | 'not_database';

/** Which kind of fault this is. When several addresses were tried (AggregateError), the first one counts. */
export function classifyFault(error: unknown): FaultKind {
  if (error instanceof ClockDiffers) return 'clock_differs';
  if (error instanceof AggregateError && error.errors.length > 0) return classifyFault(error.errors[0]);
  const sqlState = sqlStateOf(error);
  if (sqlState !== null) return classifySqlState(sqlState);
  const { code, syscall, message } = fieldsOf(error);
  // A file that is missing has the same code as a missing socket.
  if (code === 'ENOENT') return syscall === 'connect' ? 'lost' : 'not_database';
  if (typeof code === 'string' && socketCodes.has(code)) return 'lost';
  if (typeof code === 'string' && tlsCodes.test(code)) return 'denied';
  if (typeof message !== 'string') return 'not_database';
  if (deniedWords.test(message)) return 'denied';
  return lostWords.test(message) ? 'lost' : 'not_database';
}

/** Whether the same work may succeed when it is tried again, now or when somebody has mended the database. */
export function isPassingFault(error: unknown): boolean {
  const kind = classifyFault(error);
  return kind !== 'refused' && kind !== 'not_database';
}

/**
 * Whether the server itself has answered that the transaction is rolled back, be it in answer to COMMIT. When this
 * is false and COMMIT was on its way, nobody knows whether it was done.
 */
export function saysRolledBack(error: unknown): boolean {
  const sqlState = sqlStateOf(error);
  if (sqlState === null) return false;
  // These may come with the end of the connection (FATAL, PANIC), and then say nothing about a COMMIT.
  return classifySqlState(sqlState) !== 'lost' && !/^(?:58|F0|XX)/.test(sqlState);
}

/** The five characters by which PostgreSQL names what it refuses; null when the server did not say anything. */
function sqlStateOf(error: unknown): string | null {
  const { code } = fieldsOf(error);
  return typeof code === 'string' && /^(?:\d[0-9A-Z]|F0|HV|P0|XX)[0-9A-Z]{3}$/.test(code) ? code : null;
}

function classifySqlState(sqlState: string): FaultKind {
  // 40003: completion unknown. 57P: the server ends, ended or starts. 25P03, 25P04: it ended the session for its age.
  if (/^(?:08...|40003|57P0\d|25P0[34])$/.test(sqlState)) return 'lost';
  if (/^40/.test(sqlState)) return 'conflict';
  if (sqlState === '57014' || sqlState === '55P03') return 'timed_out';
  if (sqlState === '25006') return 'read_only';
  if (/^53/.test(sqlState)) return 'out_of_room';
  if (/^28/.test(sqlState) || sqlState === '3D000') return 'denied';
  return 'refused';
}

const socketCodes = new Set(
  (
    'ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ETIMEDOUT EHOSTUNREACH EHOSTDOWN ENETUNREACH ENETDOWN ENETRESET ' +
    'EADDRNOTAVAIL ENOTFOUND EAI_AGAIN ERR_STREAM_DESTROYED ERR_STREAM_WRITE_AFTER_END'
  ).split(' '),
);

/** OpenSSL's and Node's codes for a certificate or a handshake that is refused. */
const tlsCodes = /^(?:ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(?:GET|VERIFY)_|HOSTNAME_)/;

/** The driver's own words, always English: it has no codes for these. */
const deniedWords =
  /^(?:The server does not support SSL connections|There was an error establishing an SSL connection)$/;
const lostWords =
  /^(?:Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client (?:has encountered a connection error|was closed) and is not queryable|Cannot use a pool after calling end)/;

function fieldsOf(error: unknown): Record<string, unknown> {
  return typeof error === 'object' && error !== null ? (error as Record<string, unknown>) : {};
}
