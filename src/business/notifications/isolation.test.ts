// The promise that one merchant's dead server is not another merchant's delay, measured.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { createTestDatabase } from '../../../tests/support/database.ts';
import { answerRspCode, startMerchantEndpoint } from '../../../tests/support/merchant-endpoint.ts';
import {
  addNotification,
  addSite,
  createNotificationContext,
  type TestSite,
  until,
} from '../../../tests/support/notification-fixtures.ts';
import { systemClock } from '../../ground/time/index.ts';
import { startDispatcher } from './dispatcher.ts';

const hangingSites = 50;
const perHangingSite = 6;
const hangMs = 5_000;
const samplesPerRound = 60;
/** A neighbour on the machine may spoil a round; one that is undisturbed has to keep the promise. */
const roundsMax = 4;

const { db, owner, drop } = await createTestDatabase({ max: 10 });
after(drop);
const context = createNotificationContext(db, systemClock);

test('50 hanging endpoints leave the delay of a healthy one within twice its own', async () => {
  let onHeard: () => void = () => undefined;
  const healthy = await startMerchantEndpoint((response, request) => {
    onHeard();
    answerRspCode('00')(response, request);
  });
  let hung = 0;
  const hanging = await startMerchantEndpoint((response) => {
    hung += 1;
    response.on('close', () => {
      hung -= 1;
    });
  });
  after(() => Promise.all([healthy.close(), hanging.close()]));
  const healthySite = await addSite(context, { notifyUrl: healthy.url });
  const deadSites: TestSite[] = [];
  for (let each = 0; each < hangingSites; each += 1) {
    deadSites.push(await addSite(context, { notifyUrl: hanging.url }));
  }

  /** Milliseconds from the start of the recording commit to the request at the merchant. */
  const measureMedianDelay = async () => {
    const delays: number[] = [];
    for (let sample = 0; sample < samplesPerRound; sample += 1) {
      const { promise: heard, resolve } = Promise.withResolvers<void>();
      onHeard = resolve;
      const startedAt = performance.now();
      await addNotification(context, healthySite);
      await heard;
      delays.push(performance.now() - startedAt);
    }
    return delays.sort((a, b) => a - b)[samplesPerRound / 2] ?? Number.NaN;
  };

  const callbacks = { allowLoopback: true, requireHttps: false };
  const figures: string[] = [];
  for (let round = 1; round <= roundsMax; round += 1) {
    // Each round a new one, which does not know yet who is dead.
    const dispatcher = startDispatcher(context, { callbacks, timeoutMs: hangMs });
    try {
      await measureMedianDelay(); // warm
      const before = await measureMedianDelay();
      for (const site of deadSites) {
        for (let each = 0; each < perHangingSite; each += 1) await addNotification(context, site);
      }
      await until('every dead site holds a place', () => hung >= hangingSites);
      const during = await measureMedianDelay();
      assert.ok(hung > 0, 'they hung all the while');
      figures.push(`${before.toFixed(1)} ms alone, ${during.toFixed(1)} ms beside ${hangingSites} that hang`);
      if (during <= 2 * before) return;
    } finally {
      await dispatcher.stop(2 * hangMs);
      await sql`delete from notification_attempts`.execute(owner);
      await sql`delete from notifications`.execute(owner);
    }
  }
  assert.fail(figures.join('; '));
});
