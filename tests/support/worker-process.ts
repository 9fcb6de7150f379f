// A gateway process for the tests: its own pool and context on the test's database, told by IPC what to do.
// It can be told to die, or to wait, at a named point.

import { flushCompileCache } from 'node:module';
import { startDispatcher } from '../../src/business/notifications/index.ts';
import type { Context, NamedPoint } from '../../src/ground/context.ts';
import { openDatabase } from '../../src/ground/database/index.ts';
import { createLogger } from '../../src/ground/log/index.ts';
import { createPinHasher, parseKeyRing } from '../../src/ground/secrets/index.ts';
import { cheapArgon2, testSecretKey } from './context.ts';
import { countReplaced } from './mutant-count.ts';
import { attempt } from './worker-operations.ts';
import type {
  Asked,
  Comparisons,
  Operation,
  PointPlan,
  Request,
  Told,
  WorkerSettings,
} from './worker-protocol.ts';

const tell = (told: Told) => process.send?.(told);

function createWorker(settings: WorkerSettings) {
  const comparisons: Comparisons = { otps: 0, pins: 0 };
  const db = openDatabase(settings.url, {
    purpose: 'page',
    max: settings.max,
    applicationName: 'vipay test worker',
  });
  let now = settings.now;
  let owesAttempts = false;
  let prepared: Operation[] = [];
  let planned: PointPlan | null = null;
  let release = () => {};

  const reach = async (point: NamedPoint): Promise<void> => {
    if (planned?.point !== point) return;
    planned.nth -= 1;
    if (planned.nth > 0) return;
    const { act } = planned;
    planned = null;
    if (act === 'die') {
      process.kill(process.pid, 'SIGKILL');
      await new Promise(() => {});
    }
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    tell({ told: 'held', point });
    await released;
  };

  const context: Context = {
    ...createCountedSecrets(comparisons),
    db,
    reach,
    ...(settings.postingQueue === undefined ? {} : { postingQueue: settings.postingQueue }),
    clock: { now: () => now },
    publicUrl: 'http://localhost:8080',
    log: createLogger('warn', {
      write(line) {
        owesAttempts ||= line.includes('an attempt at a code was not given back');
      },
    }),
  };
  const perform = (operation: Operation) =>
    attempt(
      operation.at === undefined ? context : { ...context, clock: { now: () => operation.at as Date } },
      operation,
    );

  return async (request: Request): Promise<unknown> => {
    switch (request.ask) {
      case 'prepare':
        prepared = request.operations;
        await Promise.all(Array.from({ length: settings.max }, () => db.pool.query('select pg_sleep(0.01)')));
        return null;
      case 'go':
        return Promise.all(prepared.map(perform));
      case 'perform':
        return perform(request.operation);
      case 'plan':
        planned = request.plan === null ? null : { ...request.plan };
        return null;
      case 'release':
        release();
        return null;
      case 'set_clock':
        now = request.now;
        return null;
      case 'start_dispatcher':
        startDispatcher(context, { callbacks: { allowLoopback: true, requireHttps: false }, pollMs: 100 });
        return null;
      case 'comparisons':
        return comparisons;
      case 'owes_attempts':
        return owesAttempts;
    }
  };
}

/** The key ring and the PIN hasher of every test context, with their comparisons counted. */
function createCountedSecrets(counts: Comparisons): Pick<Context, 'keyRing' | 'pinHasher'> {
  const ring = parseKeyRing(testSecretKey);
  const hasher = createPinHasher(ring, cheapArgon2);
  return {
    keyRing: {
      ...ring,
      matchesHmac: (purpose, text, expected) => {
        if (purpose === 'otp') counts.otps += 1;
        return ring.matchesHmac(purpose, text, expected);
      },
    },
    pinHasher: {
      ...hasher,
      check: (pin, encoded, costsInUse) => {
        counts.pins += 1;
        return hasher.check(pin, encoded, costsInUse);
      },
    },
  };
}

let answer: ReturnType<typeof createWorker> | undefined;

process.on('message', async (asked: Asked) => {
  if ('settings' in asked) {
    answer = createWorker(asked.settings);
    // A worker is killed, and would never write what it compiled.
    flushCompileCache();
    tell({ told: 'started', replaced: countReplaced() });
    return;
  }
  try {
    tell({ told: 'answer', id: asked.id, answer: await answer?.(asked.request) });
  } catch (error) {
    tell({ told: 'fault', id: asked.id, message: String(error) });
  }
});
// The test is over, or was itself killed.
process.on('disconnect', () => process.exit(0));
