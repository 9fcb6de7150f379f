// The life of one PostgreSQL server process: made by initdb, started, found again after a crash, stopped.

import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { chown, readFile, rename, rm, stat, truncate, unlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Say, sayWhenSlow } from '../log/index.ts';
import { type EmbeddedPlace, makeServerDir } from './embedded-postgres-files.ts';
import { describeCause, runProgram, spawnOptions } from './embedded-postgres-programs.ts';
import { GroundFault } from './ground-fault.ts';
import { isProcessAlive } from './lock-file.ts';

/** `socketDir`: where it takes connections without the network; null when it does not. */
export type RunningServer = { pid: number; port: number; socketDir: string | null };

const startAttemptsMax = 5;
const socketAttemptsMax = 2;
const readyMsMax = 60_000;
const logBytesMax = 10 * 1024 * 1024;

/** Makes a new cluster: complete, or not there at all. */
export async function createCluster(
  place: EmbeddedPlace,
  { superuserPassword, durable, say }: { superuserPassword: string; durable: boolean; say: Say },
): Promise<void> {
  const { clusterDir, user } = place;
  const partial = `${clusterDir}.new`;
  const passwordFile = `${clusterDir}.password`;
  await rm(partial, { recursive: true, force: true });
  await makeServerDir(partial, user);
  await writeFile(passwordFile, `${superuserPassword}\n`, { mode: 0o600 });
  if (user !== null) await chown(passwordFile, user.uid, user.gid);
  try {
    const args = [
      `--pgdata=${partial}`,
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      ...(durable ? [] : ['--no-sync']),
    ];
    await sayWhenSlow(say, 'a new database to be made', () => runProgram(place, 'initdb', args));
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  } finally {
    await unlink(passwordFile);
  }
  await rm(clusterDir, { recursive: true, force: true });
  await rename(partial, clusterDir);
}

/**
 * The server that runs on a cluster directory, once it takes connections; null when none does.
 * A process id left behind by a crash and since given to another program is recognised as such and cleared away.
 */
export async function findRunningServer(
  clusterDir: string,
  say: Say = () => undefined,
): Promise<RunningServer | null> {
  return sayWhenSlow(say, `PostgreSQL on ${clusterDir}, which is starting or stopping`, () =>
    seekServer(clusterDir),
  );
}

async function seekServer(clusterDir: string): Promise<RunningServer | null> {
  const waitUntil = Date.now() + readyMsMax;
  for (;;) {
    const note = await readPidFile(clusterDir);
    if (note === null || !isProcessAlive(note.pid)) return null;
    if ((await readCommandLine(note.pid))?.includes(`-D ${clusterDir} `) === false) {
      // PostgreSQL itself would refuse to start beside this file for as long as the other program lives.
      await unlink(join(clusterDir, 'postmaster.pid'));
      return null;
    }
    if (note.status === 'ready') return serverOf(note);
    if (Date.now() > waitUntil) {
      throw new GroundFault(
        `PostgreSQL (process ${note.pid}) on ${clusterDir} is "${note.status}" and does not get ready. ` +
          `Look at ${join(dirname(clusterDir), 'postgres.log')}; if it hangs, end it (kill ${note.pid}) and start again.`,
      );
    }
    await delay(50);
  }
}

/** Starts the server on a free port of the loopback and waits until it takes connections. */
export async function startServer(
  place: EmbeddedPlace,
  options: { durable: boolean; logFile: string; settings?: ServerSettings; say: Say },
): Promise<RunningServer> {
  return sayWhenSlow(options.say, `PostgreSQL to start (it says why in ${options.logFile})`, () =>
    startPatiently(place, options),
  );
}

async function startPatiently(
  place: EmbeddedPlace,
  { durable, logFile, settings = {} }: { durable: boolean; logFile: string; settings?: ServerSettings },
): Promise<RunningServer> {
  if ((await sizeOf(logFile)) > logBytesMax) await truncate(logFile);
  for (let attempt = 1; ; attempt += 1) {
    const sizeBefore = await sizeOf(logFile);
    // Not every file system holds sockets, so the later attempts do without.
    const socketDir = attempt <= socketAttemptsMax ? socketDirOf(place.clusterDir) : null;
    const server = await tryStart(place, await findFreePort(), { durable, logFile, settings, socketDir });
    if (server !== null) return server;
    const log = (await readFile(logFile).catch(() => Buffer.alloc(0))).subarray(sizeBefore).toString();
    const said = log.trim().split('\n').slice(-8).join('\n');
    const cause = await describeCause(said, place.clusterDir);
    if (cause !== null) throw new GroundFault(cause);
    if (attempt === startAttemptsMax) {
      throw new GroundFault(
        `PostgreSQL did not start on ${place.clusterDir}. Its last words (${logFile}):\n${said}`,
      );
    }
    // The port was taken in between, or backends of a killed server have not all noticed yet.
    await delay(300 * attempt);
  }
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

/** Shuts the server down at once but cleanly (open transactions are rolled back). Nothing to do if none runs. */
export async function stopServer(place: EmbeddedPlace): Promise<void> {
  if (!existsSync(join(place.clusterDir, 'postmaster.pid'))) return;
  await runProgram(place, 'pg_ctl', ['stop', '-D', place.clusterDir, '-m', 'fast', '-w', '-t', '60']).catch(
    async (error) => {
      const note = await readPidFile(place.clusterDir);
      if (note !== null && isProcessAlive(note.pid)) throw error;
    },
  );
}

/** Settings of the server, as after `-c`. */
export type ServerSettings = Record<string, string>;

async function tryStart(
  place: EmbeddedPlace,
  port: number,
  {
    durable,
    logFile,
    settings,
    socketDir,
  }: { durable: boolean; logFile: string; settings: ServerSettings; socketDir: string | null },
): Promise<RunningServer | null> {
  const log = openSync(logFile, 'a', 0o600);
  const all = {
    ...settings,
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: socketDir === null ? '' : `"${socketDir}"`,
    timezone: 'UTC',
    log_timezone: 'UTC',
    jit: 'off',
    ...(durable
      ? {}
      : { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', autovacuum: 'off' }),
  };
  const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // Detached: a Ctrl-C at the terminal reaches the gateway only, which then stops the server in its own time.
  const child = spawn(join(place.binDir, 'postgres'), ['-D', place.clusterDir, ...args], {
    ...spawnOptions(place),
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  let failed = false;
  child.once('error', () => (failed = true));
  child.once('exit', () => (failed = true));
  child.unref();

  const waitUntil = Date.now() + readyMsMax;
  while (!failed && Date.now() < waitUntil) {
    const note = await readPidFile(place.clusterDir);
    if (note !== null && note.pid === child.pid && note.status === 'ready') return serverOf(note);
    await delay(20);
  }
  return null;
}

/** `postmaster.pid`: process id, directory, start time, port, socket directory, address, memory key, status. */
async function readPidFile(clusterDir: string): Promise<(RunningServer & { status: string }) | null> {
  const text = await readFile(join(clusterDir, 'postmaster.pid'), 'utf8').catch(() => null);
  if (text === null) return null;
  const lines = text.split('\n').map((line) => line.trim());
  return {
    pid: Number(lines[0]),
    port: Number(lines[3]),
    socketDir: lines[4] || null,
    status: lines[7] || 'starting',
  };
}

function serverOf({ pid, port, socketDir }: RunningServer): RunningServer {
  return { pid, port, socketDir };
}

/** The shortest of what systems allow for a socket's path is 103 bytes. */
const socketPathBytesMax = 103;

/** The cluster's own folder, which only the server's user may enter; null where it cannot hold a socket. */
function socketDirOf(clusterDir: string): string | null {
  const path = join(clusterDir, '.s.PGSQL.65535');
  const isUsable = process.platform !== 'win32' && !/[",]/.test(clusterDir);
  return isUsable && Buffer.byteLength(path) <= socketPathBytesMax ? clusterDir : null;
}

/** What a process was started as, or null where that cannot be asked. */
async function readCommandLine(pid: number): Promise<string | null> {
  if (process.platform === 'linux') {
    const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => null);
    return text?.replaceAll('\0', ' ') ?? null;
  }
  if (process.platform === 'win32') return null;
  return new Promise((resolve) => {
    const child = spawn('ps', ['-o', 'command=', '-p', String(pid)], { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.on('data', (chunk) => (text += chunk));
    child.once('error', () => resolve(null));
    child.once('close', () => resolve(text));
  });
}

async function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(address)));
    });
  });
}

/** Gives the superuser a password without asking for the former one. No server may be running. */
export async function resetSuperuserPassword(place: EmbeddedPlace, password: string): Promise<void> {
  await runProgram(
    place,
    'postgres',
    ['--single', '-D', place.clusterDir, 'postgres'],
    `alter role postgres password '${password}'\n`,
  );
}
