// The program itself on a machine whose clock is six minutes ahead of the database's: the embedded server runs on the
// same machine, so the shift is the program's alone.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createDataDir, findFreePort, startGatewayProcess } from '../support/gateway-process.ts';

const ahead = `
const Machine = Date;
globalThis.Date = class extends Machine {
  constructor(...given) { given.length > 0 ? super(...given) : super(Machine.now() + 360_000); }
  static now() { return Machine.now() + 360_000; }
};`;

test('a start with a wrong clock listens, is not ready, says why, takes nothing, and still stops', async () => {
  const { dataDir, remove } = createDataDir();
  const shift = join(dataDir, 'ahead.mjs');
  writeFileSync(shift, ahead);
  const gateway = startGatewayProcess({
    dataDir,
    port: await findFreePort(),
    env: { NODE_OPTIONS: `--import=${shift}` },
  });
  try {
    const answer = await gateway.listening();
    assert.deepEqual(
      [answer.status, await answer.json()],
      [503, { status: 'not_ready', reason: 'clock_differs' }],
    );
    assert.equal((await fetch(`${gateway.url}/checkout/none`)).status, 503);
    assert.match(gateway.output(), /The clock of this machine is 36\d\.\d s ahead of the database's/);
  } finally {
    assert.equal(await gateway.end('SIGTERM'), 0);
    remove();
  }
});
