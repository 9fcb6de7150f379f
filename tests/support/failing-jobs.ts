// A program that runs jobs which fail in every way there is, as src/main.ts runs its own; started by
// src/ground/jobs/failing-jobs.test.ts. Its log is on standard output; it ends cleanly when told to (SIGTERM).

import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { openPool } from '../../src/ground/database/index.ts';
import { startJobs } from '../../src/ground/jobs/index.ts';
import { createLogger, outliveBrokenOutput, outliveStrayErrors } from '../../src/ground/log/index.ts';

const { JOBS_URL: connection = '' } = process.env;
const log = createLogger('info');
outliveBrokenOutput();
outliveStrayErrors(log);
const pool = openPool(connection, { max: 3, applicationName: 'failing jobs' });

function throwing(thrown: unknown): () => Promise<void> {
  return async () => {
    throw thrown;
  };
}

function inCircle(): object {
  const circle: { self?: object } = {};
  circle.self = circle;
  return circle;
}

function unreadable(): Error {
  const error = new Error('hidden');
  Object.defineProperty(error, 'message', {
    get() {
      throw new Error('this message cannot be read');
    },
  });
  return error;
}

/** A statement that is ended while it runs; before that there would be nothing to end. */
async function whileAsleep(end: 'pg_cancel_backend' | 'pg_terminate_backend'): Promise<void> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const sleep = client.query('select pg_sleep(60)');
    sleep.catch(() => undefined);
    const endIt = `select ${end}(pid) from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'`;
    while ((await pool.query(endIt, [rows[0]?.pid])).rowCount === 0) await delay(5);
    await sleep;
  } finally {
    client.release(true);
  }
}

let isQueueCut = false;

const tasks: Record<string, () => Promise<void>> = {
  'an error with a bigint': throwing(Object.assign(new Error('with a bigint'), { amountDong: 10n })),
  'a bigint': throwing(10n),
  'an object in a circle': throwing(inCircle()),
  'a text': throwing('only a text'),
  'a text with a NUL': throwing('one\0two \ud800'),
  'an empty text': throwing(''),
  nothing: throwing(undefined),
  null: throwing(null),
  'an object without a prototype': throwing(Object.create(null)),
  'an error that cannot be read': throwing(unreadable()),
  'an error without a message': throwing(new Error('')),
  'an error of errors': throwing(new AggregateError([new Error('a'), 7n])),
  'at once, not as a promise': (() => {
    throw new Error('synchronous');
  }) as () => Promise<void>,
  'a cancelled statement': () => whileAsleep('pg_cancel_backend'),
  'a connection cut': () => whileAsleep('pg_terminate_backend'),
  'a rejection nobody looks after': async () => {
    void new Promise((_, reject) => setImmediate(() => reject(new Error('rejected late'))));
    throw new Error('and one that is looked after');
  },
  'an error event later': async () => {
    setImmediate(() => new EventEmitter().emit('error', new Error('emitted late')));
    throw new Error('and one at once');
  },
  // The outcome of this one cannot be written: the library gives its pool up. The second time it may fail in peace.
  'the connections of the queue cut': async () => {
    if (isQueueCut) throw new Error('the queue is back');
    isQueueCut = true;
    await pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where application_name like 'vipay job%' and datname = current_database()`,
    );
    throw new Error('the queue is gone');
  },
};

const jobs = await startJobs({ connection, tasks, crontab: '', log, restartDelayMs: 20 });
process.once('SIGTERM', async () => {
  await jobs.stop();
  await pool.end();
  process.exit(0);
});
log.info({ tasks: Object.keys(tasks) }, 'started');
