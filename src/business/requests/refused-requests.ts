// Writes refused requests down: row by row within a budget, counted beyond it.

import { networkOf } from '../../ground/addresses/index.ts';
import type { Context } from '../../ground/context.ts';
import { listSiteCodes } from '../merchants/index.ts';
import { cleanText, redactFields } from './redact-fields.ts';
import { createRefusalBudget, type RefusalBudget } from './refusal-budget.ts';
import { countRefused } from './refusal-metrics.ts';
import { createRefusalWriter, type RefusalWriter } from './refusal-writer.ts';

export type RefusedRequestInput = {
  traceId: string;
  entryPoint: string;
  method: string;
  remoteAddress: string;
  /** The code as the request named it, known or not; null when it named none. */
  merchantSite: string | null;
  code: string;
  detail: string;
  /** Fields as received; masked here, so that no caller can forget it. */
  received: Record<string, unknown>;
};

type Hands = Pick<Context, 'db' | 'clock' | 'log'>;

/**
 * Writes one refusal down. Resolves when it is written, or when it could not be (counted at /metrics and said
 * in the program's log): the refusal is answered either way. In a flood, a refusal beyond the budget of its
 * caller or site is only counted, on the last written one of its kind.
 */
export async function recordRefusedRequest(context: Hands, input: RefusedRequestInput): Promise<void> {
  const recorder = recorderOf(context);
  const now = context.clock.now();
  countRefused(input.code);
  const site =
    input.merchantSite !== null && (await recorder.isSite(input.merchantSite)) ? input.merchantSite : null;
  const traceId = cleanText(input.traceId, 100);
  const judged = recorder.budget.judge(
    { traceId, caller: networkOf(input.remoteAddress), site, code: input.code },
    now,
  );
  if (!judged.write) {
    recorder.writer.countRepeated(judged.written, now);
    return;
  }
  await recorder.writer.write(
    {
      traceId,
      receivedAt: now,
      entryPoint: cleanText(input.entryPoint, 100),
      method: cleanText(input.method, 16),
      remoteAddress: cleanText(input.remoteAddress, 64),
      merchantSite: input.merchantSite === null ? null : cleanText(input.merchantSite, 50),
      code: cleanText(input.code, 8),
      detail: cleanText(input.detail, 500),
      receivedJson: redactFields(input.received),
    },
    site === null ? 'stranger' : 'site',
  );
}

type Recorder = {
  budget: RefusalBudget;
  writer: RefusalWriter;
  isSite(merchantSite: string): Promise<boolean>;
};

/** One writer for each database that this process works on. */
const recorders = new WeakMap<Context['db'], Recorder>();

function recorderOf(context: Hands): Recorder {
  const known = recorders.get(context.db);
  if (known !== undefined) return known;
  const recorder: Recorder = {
    budget: createRefusalBudget(),
    writer: createRefusalWriter(context),
    isSite: createSiteLookup(context),
  };
  recorders.set(context.db, recorder);
  return recorder;
}

/** All codes of sites at once. A query for each name that a stranger invents would be a flood of its own. */
const siteCodesAgeMaxMs = 30_000;

function createSiteLookup({ db }: Hands): (merchantSite: string) => Promise<boolean> {
  let codes: ReadonlySet<string> | null = null;
  let reading: Promise<void> | null = null;
  let readAtMs = Number.NEGATIVE_INFINITY;
  const read = () => {
    readAtMs = performance.now();
    reading ??= listSiteCodes(db)
      .then((found) => {
        codes = new Set(found);
      })
      // Unknown meanwhile: the refusal is then a stranger's.
      .catch(() => undefined)
      .finally(() => {
        reading = null;
      });
    return reading;
  };
  return async (merchantSite) => {
    // The first caller waits for the list. Later ones use the old list while it is read again.
    if (performance.now() - readAtMs > siteCodesAgeMaxMs) void read();
    if (codes === null && reading !== null) await reading;
    return codes?.has(merchantSite) === true;
  };
}
