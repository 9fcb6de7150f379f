// Loaded into a gateway before its program (--import): lets a test move this process's clock, make it collect its
// garbage, and read how much memory is left in use. The posting queue is made as short as SOAK_SHORT_QUEUE says, so
// that a handful of buyers fills it.

import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

export type HookOrder = { do: 'clock'; aheadMs: number } | { do: 'measure' };
export type Memory = { heapBytes: number; rssBytes: number };

const MachineDate = Date;
let aheadMs = 0;

class MovedDate extends MachineDate {
  constructor(...given: []) {
    if (given.length === 0) super(MachineDate.now() + aheadMs);
    else super(...given);
  }

  static override now(): number {
    return MachineDate.now() + aheadMs;
  }
}
globalThis.Date = MovedDate as DateConstructor;

process.on('message', (order: HookOrder) => {
  if (order.do === 'clock') aheadMs = order.aheadMs;
  else {
    gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    process.send?.({ heapBytes: heapUsed, rssBytes: rss } satisfies Memory);
  }
});
// Whoever started this process is gone: nobody would end it.
process.on('disconnect', () => process.exit(1));
process.channel?.unref();

const limits = 'batchMax = 200, inFlightMax = 2, shareMin = 16, queueMax = 10_000';
const { SOAK_SHORT_QUEUE: shortQueue } = process.env;
if (shortQueue !== undefined) {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.endsWith('/ground/database/group-commit.ts')) return loaded;
      const source = readFileSync(new URL(url), 'utf8');
      if (!source.includes(limits))
        throw new Error('group-commit.ts does not have the limits that are replaced');
      return {
        ...loaded,
        source: source.replace(
          limits,
          `batchMax = 2, inFlightMax = 1, shareMin = 1, queueMax = ${shortQueue}`,
        ),
      };
    },
  });
}
