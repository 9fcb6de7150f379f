// How a command is declared, run and answered, and how its options are read.

import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { amountDongMax, parseDong } from '../src/ground/money/index.ts';
import type { Environment } from '../src/ground/terms.ts';
import { CliFault } from './faults.ts';
import { type Gateway, withGateway } from './gateway.ts';
import { takeNotes } from './notes.ts';
import { type Answer, neutralise, toJsonText } from './print.ts';

export type Declaration<Options> = {
  /** Name and arguments, such as `show <code>`. */
  usage: string;
  description: string;
  options?: Option[];
  /** Shown under the options; each line as it would be typed. */
  examples: string[];
  /** More to know, in sentences. */
  notes?: string;
  run: (gateway: Gateway, args: string[], options: Options) => Promise<Answer>;
};

/** Adds a command that works on the gateway. */
export function declare<Options>(parent: Command, declaration: Declaration<Options>): void {
  const { run } = declaration;
  declareBare<Options>(parent, declaration, (args, options) =>
    withGateway((gateway) => run(gateway, args, options)),
  );
}

/** Adds a command that opens what it needs by itself. */
export function declareBare<Options>(
  parent: Command,
  declaration: Omit<Declaration<Options>, 'run'>,
  run: (args: string[], options: Options) => Promise<Answer>,
): void {
  const command = parent.command(declaration.usage).description(declaration.description);
  for (const option of declaration.options ?? []) command.addOption(option);
  command.option('--json', 'answer (and errors) as JSON');
  const notes = declaration.notes === undefined ? '' : `\n${declaration.notes}\n`;
  command.addHelpText(
    'after',
    `${notes}\nExamples:\n${declaration.examples.map((line) => `  ${line}`).join('\n')}`,
  );
  command.action(async (...given: unknown[]) => {
    const options = given.at(-2) as Options & { json?: true };
    const args = given.slice(0, -2).filter((arg) => arg !== undefined) as string[];
    const answer = await run(args, options);
    console.log(options.json ? toJsonText(answer.json) : neutralise(answer.text));
    for (const line of takeNotes()) console.error(neutralise(line));
    if (answer.failed) process.exitCode = 1;
  });
}

export function group(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description);
}

export function choice(
  flags: string,
  description: string,
  values: readonly string[],
  fallback?: string,
): Option {
  const option = new Option(flags, description).choices(values);
  return fallback === undefined ? option : option.default(fallback);
}

export const environments: readonly Environment[] = ['sandbox', 'live'];

export function environmentOption(): Option {
  return choice('--environment <name>', 'sandbox, or live for real money', environments, 'sandbox');
}

export function text(flags: string, description: string): Option {
  return new Option(flags, description);
}

/** For what another person may ask about later: it stands in the audit log. */
export function reasonOption(): Option {
  return text('--reason <text>', 'why, for the audit log');
}

export function readReason({ reason }: { reason?: string }): { reason?: string } {
  return reason === undefined ? {} : { reason };
}

/** Whole dong, `from` 0 or 1 up to 13 digits. */
export function amount(flags: string, description: string, from: 0 | 1 = 1): Option {
  return new Option(flags, description).argParser((given) => readAmount(given, from));
}

export function readAmount(given: string, from: 0 | 1 = 1): bigint {
  const value = from === 0 && given === '0' ? 0n : parseDong(given);
  if (value !== null) return value;
  throw new InvalidArgumentError(
    `Give whole dong in digits, from ${from} to ${amountDongMax}, without points or unit, such as 1500000.`,
  );
}

/** Per cent with at most four decimals, as parts per million. */
export function percent(flags: string, description: string): Option {
  return new Option(flags, description).argParser((given) => {
    const match = /^(\d{1,3})(?:[.,](\d{1,4}))?$/.exec(given);
    const ppm = match ? BigInt(match[1] ?? '') * 10_000n + BigInt((match[2] ?? '').padEnd(4, '0')) : null;
    if (ppm !== null && ppm <= 1_000_000n) return ppm;
    throw new InvalidArgumentError('Give per cent from 0 to 100 with at most four decimals, such as 1.1.');
  });
}

export function whole(
  flags: string,
  description: string,
  bounds: { from: number; to: number; fallback: number },
): Option {
  const { from, to, fallback } = bounds;
  return new Option(flags, description).default(fallback).argParser((given) => {
    const value = /^\d{1,9}$/.test(given) ? Number(given) : Number.NaN;
    if (value >= from && value <= to) return value;
    throw new InvalidArgumentError(`Give a whole number from ${from} to ${to}.`);
  });
}

const fileBytesMax = 65_536;

/** The content of a small file, or of standard input for `-`. */
export function readInput(path: string, what: string): string {
  try {
    const content = readFileSync(path === '-' ? 0 : path);
    if (content.length <= fileBytesMax) return content.toString('utf8');
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (error as Error).message;
    throw new CliFault('file_unreadable', `${what}: ${path} cannot be read (${reason}).`);
  }
  throw new CliFault('file_unreadable', `${what}: ${path} is larger than ${fileBytesMax} bytes and no key.`);
}

/** A secret given as an option, or for `-` the first line of standard input (other users see a command line). */
export function readSecret(given: string, what: string): string {
  return given === '-' ? (readInput('-', what).split(/\r?\n/, 1)[0] ?? '') : given;
}

/** A demo has an open message inbox and known PINs, so no live site or wallet is made in it. */
export function refuseLiveInDemo({ config }: Gateway, environment: Environment): void {
  if (environment !== 'live') return;
  if (config.demo) {
    throw new CliFault(
      'live_refused_in_demo',
      'This gateway runs as a demo, which refuses everything live: set VIPAY_DEMO=0 with VIPAY_SECRET_KEY and VIPAY_PUBLIC_URL first.',
    );
  }
  if (!config.publicUrl.startsWith('https:')) {
    throw new CliFault(
      'live_needs_https',
      `Live needs https: set VIPAY_PUBLIC_URL to an https address (now ${config.publicUrl}).`,
    );
  }
}
