// One gateway of a soak: the real program in a process of its own, killed and started again, its log read line by
// line while it runs.

import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { createDataDir, type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts';
import type { HookOrder, Memory } from './gateway-hook.ts';

export type LogLine = { gateway: string; atMs: number; level: string; msg: string; text: string };

export type SoakedGateway = {
  name: string;
  port: number;
  /** Where requests are sent now. */
  readonly isUp: boolean;
  /** Then requests under way have no answer; nothing else excuses that. */
  wasKilledSince(ms: number): boolean;
  /** As under a supervisor: a start that ends for want of a database is made again. */
  start(): Promise<void>;
  /** As if the power had gone. */
  kill(): Promise<void>;
  /** As an operator stops it: new requests go elsewhere, those under way are answered. @throws when it does not end well. */
  stop(): Promise<void>;
  moveClock(aheadMs: number): void;
  /** After a collection of garbage. */
  measure(): Promise<Memory>;
};

/** Until the balancer's last request to it has begun. */
const drainMs = 300;
const answersWithinMs = 20_000;
const startsMax = 20;
const supervisorWaitsMs = 200;

export function createSoakedGateway(
  { name, port, env }: { name: string; port: number; env: Record<string, string> },
  onLine: (line: LogLine) => void,
): SoakedGateway & { remove(): Promise<void> } {
  const { dataDir, remove } = createDataDir();
  const begun = new Set<GatewayProcess>();
  let running: GatewayProcess | null = null;
  let isUp = false;
  let isStopping = false;
  let killedAtMs = Number.NEGATIVE_INFINITY;

  const tell = (order: HookOrder) => {
    if (running?.child.connected) running.child.send(order);
  };
  const begin = () => {
    const hook = resolve(import.meta.dirname, 'gateway-hook.ts');
    const started = startGatewayProcess({ dataDir, port, env, hook });
    running = started;
    begun.add(started);
    for (const stream of [started.child.stdout, started.child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (text) => onLine(readLine(name, text)));
    }
    started.child.once('exit', (code, signal) => {
      begun.delete(started);
      // One that cannot reach its database says so and ends; its supervisor starts it again.
      if (isStopping || !isUp) return;
      isUp = false;
      onLine(readLine(name, `ended by itself, with ${code ?? signal}: ${started.output().slice(-2_000)}`));
    });
    return started;
  };
  return {
    name,
    port,
    async remove() {
      for (const each of begun) await each.end('SIGKILL');
      remove();
    },
    get isUp() {
      return isUp;
    },
    wasKilledSince: (ms) => killedAtMs >= ms,
    async start() {
      isStopping = false;
      for (let tries = 1; ; tries += 1) {
        const started = begin();
        const isReady = await started.ready().then(
          () => true,
          async (error: unknown) => {
            // It may hang, or only have taken too long.
            await started.end('SIGKILL');
            if (tries === startsMax) throw error;
            return false;
          },
        );
        if (isReady) break;
        await delay(supervisorWaitsMs);
      }
      isUp = true;
    },
    async kill() {
      isUp = false;
      isStopping = true;
      killedAtMs = Date.now();
      await running?.end('SIGKILL');
      running = null;
    },
    async stop() {
      isUp = false;
      isStopping = true;
      await delay(drainMs);
      const stopping = running;
      running = null;
      const code = await stopping?.end('SIGTERM').catch(async (error: unknown) => {
        await stopping.end('SIGKILL');
        throw error;
      });
      if (code !== undefined && code !== 0)
        throw new Error(`${name} was stopped and ended with ${code}: ${stopping?.output().slice(-500)}`);
    },
    moveClock: (aheadMs) => tell({ do: 'clock', aheadMs }),
    async measure() {
      if (running === null) throw new Error(`${name} does not run`);
      const answered = once(running.child, 'message', { signal: AbortSignal.timeout(answersWithinMs) });
      tell({ do: 'measure' });
      const [memory] = (await answered) as [Memory];
      return memory;
    },
  };
}

/** What is no JSON was said to a person, or is the last word of a process that ends: as bad as an error unless known. */
function readLine(gateway: string, text: string): LogLine {
  const atMs = Date.now();
  try {
    const { level, msg } = JSON.parse(text) as { level: string; msg: string };
    return { gateway, atMs, level, msg, text };
  } catch {
    return { gateway, atMs, level: 'said', msg: text, text };
  }
}
