// Whether a gateway's memory stays flat: what is in use after a collection of garbage, early in the soak and at its end.

import { setTimeout as delay } from 'node:timers/promises';
import type { Memory } from './gateway-hook.ts';
import type { SoakStage } from './soak-stage.ts';

const measureEveryMs = 2_000;

export type Flatness = { samples: number; early: Memory; late: Memory; violations: string[] };

/** Until then caches fill and code is compiled. */
const warmUpShare = 0.2;
/** Of what is in use early, and this much more: what a few requests under way hold. */
const heapGrowthMax = { share: 0.15, bytes: 12_000_000 };
const rssGrowthMax = { share: 0.25, bytes: 48_000_000 };

/** By the medians of the first and the last third after warm-up. */
export function judgeFlatness(samples: readonly Memory[]): Flatness {
  const warm = samples.slice(Math.floor(samples.length * warmUpShare));
  const third = Math.max(1, Math.floor(warm.length / 3));
  const early = medianOf(warm.slice(0, third));
  const late = medianOf(warm.slice(-third));
  const violations: string[] = [];
  const judge = (what: string, key: keyof Memory, most: { share: number; bytes: number }) => {
    if (late[key] > early[key] * (1 + most.share) + most.bytes)
      violations.push(`${what} grew from ${inMegabytes(early[key])} to ${inMegabytes(late[key])}`);
  };
  judge('the heap in use', 'heapBytes', heapGrowthMax);
  judge('the resident memory', 'rssBytes', rssGrowthMax);
  return { samples: samples.length, early, late, violations };
}

/** What it could not measure is a finding. */
export async function sampleMemory(
  { gateways: [first] }: SoakStage,
  samples: Memory[],
  { isOver, stoodStill }: { isOver: () => boolean; stoodStill: (sinceMs: number) => Promise<boolean> },
) {
  const findings: string[] = [];
  while (!isOver()) {
    const askedAtMs = Date.now();
    const sample = await first.measure().catch(async (error: unknown) => {
      if (await stoodStill(askedAtMs)) return null;
      findings.push(`the memory of ${first.name} was not measured: ${(error as Error).message}`);
      return null;
    });
    if (sample !== null) samples.push(sample);
    await delay(measureEveryMs);
  }
  return findings;
}

export function inMegabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function medianOf(samples: readonly Memory[]): Memory {
  const middle = (key: keyof Memory) =>
    samples.map((sample) => sample[key]).sort((a, b) => a - b)[samples.length >> 1] ?? 0;
  return { heapBytes: middle('heapBytes'), rssBytes: middle('rssBytes') };
}
