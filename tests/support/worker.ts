// Starts worker processes (worker-process.ts) and talks to them.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import type { NamedPoint } from '../../src/ground/context.ts';
import { checkMutant, type Mutant } from './mutant.ts';
import type {
  Asked,
  Comparisons,
  Operation,
  Outcome,
  PointPlan,
  Request,
  Told,
  WorkerSettings,
} from './worker-protocol.ts';

const projectDir = resolve(import.meta.dirname, '../..');
const heldMsMax = 10_000;
/** Compiled modules, kept by their content: a worker starts in half the time. */
const compileCacheDir = join(tmpdir(), `vipay-test-modules-${userInfo().uid}`);

/** The process died before it answered. The requested work may have been done or not. */
export class WorkerDied extends Error {}

export type Worker = {
  /** Opens its connections and loads the operations; resolves when it is ready for `go`. */
  prepare(operations: Operation[]): Promise<void>;
  /** Performs the prepared operations all at once; their outcomes stand in the same places. */
  go(): Promise<Outcome[]>;
  perform(operation: Operation): Promise<Outcome>;
  /** Null takes the last plan back. */
  plan(plan: PointPlan | null): Promise<void>;
  /** Resolves when the planned point is held; rejects after ten seconds. */
  held(): Promise<NamedPoint>;
  release(): Promise<void>;
  setClock(now: Date): Promise<void>;
  startDispatcher(): Promise<void>;
  comparisons(): Promise<Comparisons>;
  /** Whether an attempt at a code could not be given back at once: the process tries again, after seconds. */
  owesAttempts(): Promise<boolean>;
  /** Resolves with the signal that ended it, or null. */
  exited: Promise<NodeJS.Signals | null>;
  isAlive(): boolean;
  stop(): Promise<void>;
};

/** Resolves when it listens. With a mutant, when every one of its changes was loaded. */
export async function startWorker(
  settings: Omit<WorkerSettings, 'max'> & { max?: number },
  mutant: Mutant | null = null,
): Promise<Worker> {
  if (mutant !== null) checkMutant(mutant);
  const child = fork(new URL(import.meta.resolve('./worker-process.ts')), {
    cwd: projectDir,
    serialization: 'advanced',
    execArgv: mutant === null ? [] : ['--import', import.meta.resolve('./load-mutant.ts')],
    // NODE_TEST_CONTEXT would make it report like a test file.
    env: {
      ...process.env,
      NODE_TEST_CONTEXT: undefined,
      NODE_COMPILE_CACHE: compileCacheDir,
      ...(mutant === null ? {} : { VIPAY_TEST_MUTANT: JSON.stringify(mutant) }),
    },
  });
  const line = createLine(child);
  child.send({ settings: { max: 12, ...settings } } satisfies Asked);
  const replaced = await line.started;
  if (replaced !== (mutant?.changes.length ?? 0)) {
    child.kill('SIGKILL');
    throw new Error(`the worker loaded ${replaced} changes of the mutant "${mutant?.name}"`);
  }
  const { ask } = line;
  return {
    prepare: (operations) => ask({ ask: 'prepare', operations }),
    go: () => ask({ ask: 'go' }),
    perform: (operation) => ask({ ask: 'perform', operation }),
    plan(plan) {
      line.forgetHeld();
      return ask({ ask: 'plan', plan });
    },
    held: line.held,
    release: () => ask({ ask: 'release' }),
    setClock: (now) => ask({ ask: 'set_clock', now }),
    startDispatcher: () => ask({ ask: 'start_dispatcher' }),
    comparisons: () => ask({ ask: 'comparisons' }),
    owesAttempts: () => ask({ ask: 'owes_attempts' }),
    exited: line.exited,
    isAlive: () => child.exitCode === null && child.signalCode === null && child.connected,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Questions and answers by number; every open question is refused when the process ends. */
function createLine(child: ChildProcess) {
  const open = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  const { promise: started, resolve: onStarted, reject: onNotStarted } = Promise.withResolvers<number>();
  let held = Promise.withResolvers<NamedPoint>();
  let lastId = 0;

  child.on('message', (told: Told) => {
    if (told.told === 'started') return onStarted(told.replaced);
    if (told.told === 'held') return held.resolve(told.point);
    const asked = open.get(told.id);
    open.delete(told.id);
    if (told.told === 'answer') asked?.resolve(told.answer);
    else asked?.reject(new Error(told.message));
  });
  const exited = new Promise<NodeJS.Signals | null>((resolve) => {
    child.once('exit', (_code, signal) => {
      onNotStarted(new WorkerDied('the worker ended before it had started'));
      for (const { reject } of open.values()) reject(new WorkerDied('the worker died'));
      open.clear();
      resolve(signal);
    });
  });
  // A message to a process that has just died; its exit is on the way.
  child.on('error', () => undefined);

  return {
    started,
    exited,
    ask<Answer>(request: Request): Promise<Answer> {
      return new Promise((resolve, reject) => {
        if (!child.connected) return reject(new WorkerDied('the worker is dead'));
        lastId += 1;
        open.set(lastId, { resolve: resolve as (answer: unknown) => void, reject });
        child.send({ id: lastId, request } satisfies Asked, () => undefined);
      });
    },
    forgetHeld() {
      held = Promise.withResolvers();
    },
    async held(): Promise<NamedPoint> {
      const waited = held;
      const timer = setTimeout(() => waited.reject(new Error('the worker reached no point')), heldMsMax);
      timer.unref();
      try {
        return await waited.promise;
      } finally {
        clearTimeout(timer);
        if (held === waited) held = Promise.withResolvers();
      }
    },
  };
}
