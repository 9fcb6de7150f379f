// A gateway as a person starts it: the program itself, in a process of its own, on a data directory of its own.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const ownProjectDir = resolve(import.meta.dirname, '../..');
const pinnedNode = 'node_modules/node/bin/node';
const readyWithinMs = 60_000;
const endsWithinMs = 40_000;

export type GatewayProcess = {
  child: ChildProcess;
  url: string;
  output(): string;
  /** Resolves when /readyz says so; throws with the output when the program ends before. */
  ready(): Promise<void>;
  /** Resolves with the first answer of /readyz, whatever it says. */
  listening(): Promise<Response>;
  /** Sends the signal and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
};

export type ProcessOptions = {
  dataDir: string;
  port: number;
  env?: Record<string, string>;
  uid?: number;
  /** Another copy of the project than this one. */
  projectDir?: string;
  /** A module loaded before the program, with which it can be talked to (`child.send`). */
  hook?: string;
};

/** Of what a process has said, this much of the end is kept. */
const outputMax = 2_000_000;

export function startGatewayProcess(options: ProcessOptions): GatewayProcess {
  const { PATH = '' } = process.env;
  const projectDir = options.projectDir ?? ownProjectDir;
  const hooked = options.hook === undefined ? [] : ['--expose-gc', '--import', options.hook];
  const child = spawn(join(projectDir, pinnedNode), [...hooked, join(projectDir, 'src/main.ts')], {
    env: { PATH, VIPAY_DATA_DIR: options.dataDir, VIPAY_PORT: String(options.port), ...options.env },
    cwd: projectDir,
    stdio: ['ignore', 'pipe', 'pipe', ...(options.hook === undefined ? [] : ['ipc' as const])],
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      output += chunk;
      if (output.length > 2 * outputMax) output = output.slice(-outputMax);
    });
  const url = `http://localhost:${options.port}`;
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const ended = async () => {
    if (!hasEnded()) await once(child, 'close', { signal: AbortSignal.timeout(endsWithinMs) });
    return child.exitCode;
  };
  const answering = async (isMeant: (response: Response) => boolean): Promise<Response> => {
    const deadline = Date.now() + readyWithinMs;
    while (Date.now() < deadline) {
      if (hasEnded()) throw new Error(`the gateway ended (${child.exitCode}):\n${output}`);
      const response = await fetch(`${url}/readyz`).catch(() => null);
      if (response && isMeant(response)) return response;
      await delay(50);
    }
    throw new Error(`the gateway was not ready in time:\n${output}`);
  };
  return {
    child,
    url,
    output: () => output,
    async ready() {
      await answering((response) => response.ok);
    },
    listening: () => answering(() => true),
    async end(signal) {
      if (signal && !hasEnded()) child.kill(signal);
      return ended();
    },
  };
}

/**
 * A place from which another user can run this checkout: itself, or a copy by hard links when its folder is closed
 * to others (a clone under a home directory of root).
 */
export function openProjectTo(uid: number): { projectDir: string; remove(): void } {
  if (spawnSync(join(ownProjectDir, pinnedNode), ['--version'], { uid, gid: uid, cwd: '/' }).status === 0) {
    return { projectDir: ownProjectDir, remove: () => undefined };
  }
  const projectDir = mkdtempSync(join(tmpdir(), 'vipay-copy-'));
  chmodSync(projectDir, 0o755);
  for (const name of ['src', 'samples', 'migrations', 'node_modules', 'package.json']) {
    const from = join(realpathSync(join(ownProjectDir, name)));
    const linked = spawnSync('cp', ['-al', from, join(projectDir, name)]);
    if (linked.status !== 0)
      cpSync(from, join(projectDir, name), { recursive: true, verbatimSymlinks: true });
  }
  return { projectDir, remove: () => rmSync(projectDir, { recursive: true, force: true }) };
}

/** An empty data directory that `uid` owns; removed by `remove`. */
export function createDataDir(uid?: number): { dataDir: string; remove(): void } {
  const dataDir = mkdtempSync(join(tmpdir(), 'vipay-start-'));
  if (uid !== undefined) chownSync(dataDir, uid, uid);
  return { dataDir, remove: () => rmSync(dataDir, { recursive: true, force: true }) };
}

export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
