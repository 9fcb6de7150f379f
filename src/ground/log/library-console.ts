// Turns text that libraries write to the console into lines of the log (graphile-worker writes a stack when
// its pool ends while it asks for jobs). So the log holds only JSON lines, and secrets and phone numbers are
// taken out of this text too.

import { format } from 'node:util';
import type { Logger } from './logger.ts';

const lengthMax = 4_096;

/** For the rest of the process's life. The program itself says what it has to say to standard output, not by this. */
export function tellLibraryConsole(log: Logger): void {
  const tell = (...said: unknown[]) =>
    log.warn({ said: format(...said).slice(0, lengthMax) }, 'a library says');
  for (const name of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) console[name] = tell;
}
