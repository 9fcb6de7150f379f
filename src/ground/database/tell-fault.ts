// A fault of the database as a sentence for the person who runs the gateway.

import { classifyFault } from './database-fault.ts';

const advice = {
  lost: 'Check that it runs, and that the address in DATABASE_URL is right.',
  denied: 'Check user, password, database name and TLS in DATABASE_URL.',
  read_only:
    'This server only reads: it is a standby, or was set read-only. Point DATABASE_URL at the primary, or make this one the primary.',
  out_of_room: 'The server has used up its disk, its memory or its connections: make room there.',
  timed_out:
    'Another session holds what is needed: find it in pg_stat_activity (wait_event_type, state), then try again.',
  conflict: 'Try again.',
  clock_differs: 'Let a time service (chrony, systemd-timesyncd) set both.',
} as const;

/** The fault and what to do about it; null when it is no fault of the database that a person can mend. */
export function tellDatabaseFault(error: unknown): string | null {
  const kind = classifyFault(error);
  if (kind === 'refused' || kind === 'not_database') return null;
  return `The database cannot be used: ${messageOf(error)}. ${advice[kind]}`;
}

function messageOf(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const { message, code } = first as { message?: unknown; code?: unknown };
  return String(message || code).replace(/\.$/, '');
}
