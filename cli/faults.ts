// What can go wrong, as one sentence of what is wrong and what to do, and a code for programs.

import { CommanderError } from 'commander';
import { ConfigFault } from '../src/config.ts';
import {
  describeFileFault,
  GroundFault,
  SchemaRefusal,
  tellDatabaseFault,
} from '../src/ground/database/index.ts';

/** Exit code 1, or 2 when the command line itself is wrong. */
export class CliFault extends Error {
  override name = 'CliFault';
  readonly code: string;
  readonly exitCode: 1 | 2;

  constructor(code: string, message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.code = code;
    this.exitCode = exitCode;
  }
}

export type ToldFault = { code: string; message: string; exitCode: number };

/** Any thrown error, as it is told to the person or program that called. */
export function tellFault(error: unknown): ToldFault {
  if (error instanceof CliFault)
    return { code: error.code, message: error.message, exitCode: error.exitCode };
  if (error instanceof CommanderError) {
    const isHelp = error.code === 'commander.help';
    const message = isHelp ? 'Name a command: --help lists them.' : error.message.replace(/^error: /, '');
    return { code: 'usage', message, exitCode: 2 };
  }
  if (error instanceof ConfigFault) return { code: 'settings_faulty', message: error.message, exitCode: 1 };
  if (error instanceof SchemaRefusal) return { code: 'schema_refused', message: error.message, exitCode: 1 };
  if (!(error instanceof Error)) return { code: 'unexpected_error', message: String(error), exitCode: 1 };
  if (error instanceof GroundFault) return { code: 'ground_damaged', message: error.message, exitCode: 1 };
  const file = describeFileFault(error);
  if (file !== null) return { code: 'file_unusable', message: file, exitCode: 1 };
  const database = tellDatabaseFault(error);
  if (database !== null) return { code: 'database_unreachable', message: database, exitCode: 1 };
  const wantsStack = ['debug', 'trace'].includes(process.env.VIPAY_LOG_LEVEL ?? '');
  const message = wantsStack
    ? (error.stack ?? error.message)
    : `${error.message} (VIPAY_LOG_LEVEL=debug shows where)`;
  return { code: 'unexpected_error', message, exitCode: 1 };
}

export function notFound(what: string, name: string, hint: string): CliFault {
  return new CliFault(`${what.replaceAll(' ', '_')}_not_found`, `There is no ${what} ${name}. ${hint}`);
}
