// Runs the programs of the embedded PostgreSQL: initdb, pg_ctl, and postgres itself in single-user mode.

import { spawn } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { EmbeddedPlace } from './embedded-postgres-files.ts';
import { describeFullDisk, describePostgresOutput, GroundFault } from './ground-fault.ts';

/** Runs one of PostgreSQL's programs to its end. @throws GroundFault with what it said when it fails. */
export async function runProgram(
  place: EmbeddedPlace,
  program: 'initdb' | 'pg_ctl' | 'postgres',
  args: string[],
  input = '',
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(place.binDir, program), args, {
      ...spawnOptions(place),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.once('error', (error) =>
      reject(new Error(`${program} of the embedded PostgreSQL cannot run: ${error.message}`)),
    );
    child.once('close', (code) => {
      if (code === 0) resolve();
      else void describeFailure(place, program, output).then(reject);
    });
  });
}

async function describeFailure(place: EmbeddedPlace, program: string, output: string): Promise<GroundFault> {
  const cause = await describeCause(output, place.clusterDir);
  // The lines that it printed before the fault are steps that went well.
  const said = output.trim().split('\n').slice(-4).join('\n');
  return new GroundFault(cause ?? `${program} of the embedded PostgreSQL failed: ${said}`);
}

/** A new database and the first file of its log take about 60 MiB. */
const roomBytesMin = 64 * 1024 * 1024;

/**
 * Why one of PostgreSQL's programs failed; null when that is not known. It does not always say so itself when the
 * disk is full, and initdb has removed what it wrote by the time one looks.
 */
export async function describeCause(output: string, clusterDir: string): Promise<string | null> {
  const { bavail, bsize } = await statfs(dirname(clusterDir)).catch(() => ({
    bavail: 1,
    bsize: roomBytesMin,
  }));
  if (bavail * bsize < roomBytesMin) return describeFullDisk(clusterDir);
  return describePostgresOutput(output, clusterDir);
}

/** As whom, where and with what environment every program of PostgreSQL runs. */
export function spawnOptions({ user, clusterDir }: EmbeddedPlace) {
  // The server gets none of our own environment variables (PGHOST, PGPORT, secrets).
  const env = { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC' };
  return { cwd: dirname(clusterDir), env, ...(user ?? {}) };
}
