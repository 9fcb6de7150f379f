// What an operator sees of the posting queue at /metrics. A batch is counted once, with all its tries.

import { Counter, Gauge, Histogram } from '@prometheus-io/client';
import { metricsRegistry } from '../../ground/metrics/index.ts';

const registers = [metricsRegistry];
const secondsBuckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];

const batchSize = new Histogram({
  name: 'vipay_posting_batch_size',
  help: 'Postings that shared a commit.',
  buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
  registers,
});
const queueSeconds = new Histogram({
  name: 'vipay_posting_queue_seconds',
  help: 'Time in the queue of the posting that waited longest in its batch.',
  buckets: secondsBuckets,
  registers,
});
const databaseSeconds = new Histogram({
  name: 'vipay_posting_database_seconds',
  help: 'Time of a batch in the database, its repetitions included.',
  buckets: secondsBuckets,
  registers,
});
const unposted = new Counter({
  name: 'vipay_posting_unposted_total',
  help: 'Postings told busy (75: nothing was posted) or unknown (68: not known yet).',
  labelNames: ['outcome'],
  registers,
});
const retries = new Counter({
  name: 'vipay_posting_retries_total',
  help: 'Batches tried again after a fault of the database.',
  registers,
});
unposted.inc({ outcome: 'busy' }, 0);
unposted.inc({ outcome: 'unknown' }, 0);

type Queue = { readonly waiting: number };
const queues = new Set<WeakRef<Queue>>();

new Gauge({
  name: 'vipay_posting_waiting',
  help: 'Postings waiting in the queue now.',
  registers,
  collect() {
    let waiting = 0;
    for (const reference of queues) {
      const queue = reference.deref();
      if (queue) waiting += queue.waiting;
      else queues.delete(reference);
    }
    this.set(waiting);
  },
});

/** Counts the queue's waiting postings for as long as it lives. */
export function watchQueue(queue: Queue): void {
  queues.add(new WeakRef(queue));
}

/** The `observe` of createGroupCommit. */
export function observeBatch(batch: { size: number; waitedMs: number; tookMs: number }): void {
  batchSize.observe(batch.size);
  queueSeconds.observe(batch.waitedMs / 1000);
  databaseSeconds.observe(batch.tookMs / 1000);
}

export function countUnposted(outcome: 'busy' | 'unknown'): void {
  unposted.inc({ outcome });
}

export function countRetry(): void {
  retries.inc();
}
