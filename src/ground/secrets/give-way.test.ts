import assert from 'node:assert/strict';
import { pbkdf2 } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { letHashingGiveWay } from './index.ts';

/** Thread id → ticks of a processor that it has used. */
function readTicks(): Map<number, number> {
  return new Map(
    readdirSync('/proc/self/task').map((id) => {
      const fields = readFileSync(`/proc/self/task/${id}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return [Number(id), Number(fields[11])];
    }),
  );
}

test('the threads that hash go later than the one that answers requests', async () => {
  const own = getPriority();
  const count = await letHashingGiveWay();
  if (process.platform !== 'linux') return assert.equal(count, 0);
  assert.ok(count >= 1);
  assert.equal(getPriority(), own);
  const before = readTicks();
  await Promise.all(
    Array.from({ length: 4 }, () => promisify(pbkdf2)('pin', 'salt', 1_000_000, 32, 'sha256')),
  );
  const busy = [...readTicks()].filter(([id, ticks]) => ticks - (before.get(id) ?? 0) > 5);
  assert.ok(busy.length >= 1);
  for (const [id] of busy) if (id !== process.pid) assert.equal(getPriority(id), Math.min(19, own + 10));
});
