// Errors that no code caught: a rejected promise that nobody awaits, an 'error' event without a listener.
// Each is logged, and the process goes on. It may, because nothing that decides about money lives in the
// process: every decision is made in a transaction of the database, and a request or job that was cut short
// is undone there.

import type { Logger } from './logger.ts';

/** Listens for the rest of the process's life. */
export function outliveStrayErrors(log: Logger): void {
  const tell = (thrown: unknown, message: string) => {
    try {
      log.error({ err: thrown instanceof Error ? thrown : new Error(String(thrown)) }, message);
    } catch {
      // A log that cannot be written to, or an error that cannot be read, is no reason to end either.
    }
  };
  process.on('uncaughtException', (error) => tell(error, 'an error that nobody caught'));
  process.on('unhandledRejection', (reason) => tell(reason, 'a rejected promise that nobody looked after'));
}

/**
 * A standard stream that breaks (the reader of a pipe is gone, the disk is full) reports it as an 'error'
 * event, which would end the process. Lines that cannot be written are lost; the gateway goes on.
 */
export function outliveBrokenOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}
