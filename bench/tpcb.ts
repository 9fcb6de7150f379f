// TPC-B-like by PostgreSQL's own pgbench: what this server does with one small transaction per payment, and thus the
// yardstick of a round. Debian's pgbench, found on the PATH; where there is none there is no ratio, and no substitute.

import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

const program = 'pgbench';
const clients = 16;
const threads = 2;

export type Tpcb = {
  scale: number;
  clients: number;
  threads: number;
  seconds: number;
  run(): Promise<number>;
};

/** Fills the tables of pgbench in a database of its own; null when there is no pgbench. */
export async function openTpcb(
  url: string,
  { scale, seconds }: { scale: number; seconds: number },
): Promise<Tpcb | null> {
  if ((await pgbench(url, ['--version'])) === null) return null;
  await pgbench(url, ['-i', '-q', '-s', String(scale)]);
  const words = ['-M', 'prepared', '-c', String(clients), '-j', String(threads), '-s', String(scale)];
  return {
    scale,
    clients,
    threads,
    seconds,
    run: async () => parseTps((await pgbench(url, [...words, '-T', String(seconds)])) ?? ''),
  };
}

/** "tps = 4830.123456 (without initial connection time)" → 4830.123456 */
export function parseTps(output: string): number {
  const told = /^tps = ([0-9.]+)/m.exec(output)?.[1];
  if (told === undefined) throw new Error(`pgbench told no rate:\n${output}`);
  return Number(told);
}

/** What pgbench printed; null when it is not installed. @throws Error when it fails. */
async function pgbench(url: string, words: string[]): Promise<string | null> {
  const { username, password, hostname, port, pathname } = new URL(url);
  const child = spawn(program, words, {
    env: {
      PATH: process.env.PATH ?? '',
      PGHOST: hostname,
      PGPORT: port,
      PGUSER: decodeURIComponent(username),
      PGPASSWORD: decodeURIComponent(password),
      PGDATABASE: pathname.slice(1),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? resolve(null) : reject(error),
    );
    child.once('close', (code) => resolve(code ?? 1));
  });
  const [code, output, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (code === null) return null;
  if (code !== 0) throw new Error(`${program} ${words.join(' ')} ended with ${code}:\n${errors}`);
  return output;
}
