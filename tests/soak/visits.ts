// A lane of the soak: one buyer after the other, each with an order of its own.

import { setTimeout as delay } from 'node:timers/promises';
import { listSandboxMessages } from '../../src/business/messages/index.ts';
import { texts } from '../../src/edges/checkout/texts/index.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { runErrand } from './buyers.ts';
import { drawErrand } from './errands.ts';
import type { Clerk } from './shop-clerk.ts';
import { Tab } from './soak-browser.ts';
import type { SoakStage } from './soak-stage.ts';
import type { Web } from './web.ts';

export type Lane = {
  web: Web;
  clerk: Clerk;
  random: SeededRandom;
  errands: Map<string, number>;
  shown: Map<string, number>;
  pause: () => Promise<unknown>;
  isOver: () => boolean;
};

/** One buyer after the other, each with an order of its own. */
export async function runLane(stage: SoakStage, lane: Lane, place: number): Promise<void> {
  const { web, clerk, random, errands, shown, pause, isOver } = lane;
  const purses = stage.purses[place];
  if (purses === undefined) return;
  const readCode = (phone: string) => readNewestCode(stage, phone);
  const noteShown = (what: string) => shown.set(what, (shown.get(what) ?? 0) + 1);
  for (let visit = 0; !isOver(); visit += 1) {
    const errand = drawErrand(purses, random);
    const entry = await clerk.place(random.pick(stage.shops), `S${place}-${visit}`, errand.amountDong);
    if (entry === null) continue;
    errands.set(errand.name, (errands.get(errand.name) ?? 0) + 1);
    const home = `10.${place}.${(visit >> 8) & 255}.${visit & 255}`;
    const tab = new Tab(web, { path: entry.path, home });
    const visiting = runErrand(tab, errand, { readCode, pause, random, noteShown, isOver });
    if (random.integer(1, 25) === 1) await pause().then(() => clerk.cancel(entry));
    const last = await visiting;
    if (last === 'result' && tab.page?.body.includes(`<span>${texts.vi.result.paid}</span>`))
      entry.told.add('paid');
    if (random.integer(1, 3) === 1) await clerk.ask(entry, random.pick(['id', 'reference']));
  }
}

/** As the buyer reads it on the phone, which does not hang on the shop's database. */
async function readNewestCode({ context }: SoakStage, phone: string): Promise<string | null> {
  for (let tries = 0; tries < 20; tries += 1) {
    const messages = await listSandboxMessages(context, { phone, limit: 3 }).catch(() => null);
    if (messages !== null)
      return messages.find(({ purpose }) => purpose === 'otp')?.text.match(/\b[0-9]{6}\b/)?.[0] ?? null;
    await delay(250);
  }
  return null;
}
