// The same steps while the machine fails in the middle of postings: processes killed, connections cut before
// and after their COMMIT, the server stopped at once. Every answer that a caller got is true, a caller
// without an answer learns the truth by asking, and the books agree with the model after every step.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createContextOn } from '../support/context.ts';
import { type OwnServer, startOwnServer } from '../support/own-server.ts';
import { describeFailure, simulate } from './simulate.ts';
import { crashCauses, crashPoints } from './steps.ts';

let server: OwnServer;
before(async () => {
  server = await startOwnServer();
});
after(() => server.remove());

test('whatever fails between two steps of a posting, the books agree with the model and every caller learns the truth', async (t) => {
  const context = createContextOn(await server.createDatabase('crashes'));
  const simulated = await simulate(context, { steps: 750, server });
  if (simulated.violations.length > 0) assert.fail(describeFailure(simulated, true));
  t.diagnostic(`${simulated.steps} steps, ${simulated.crashes.size} kinds of crash`);
  const seen = [...simulated.crashes].join('\n');
  for (const cause of crashCauses) assert.match(seen, new RegExp(`^${cause} at `, 'm'));
  for (const point of crashPoints) assert.match(seen, new RegExp(` at ${point}$`, 'm'));
});
