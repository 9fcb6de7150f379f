// How often per second something can be done: lanes that each do it again and again until the time is over.

export type Rate = { count: number; perSecond: number; p50Ms: number; p99Ms: number };

/**
 * Every lane ends what it began; the rate counts until the last one did. A failure of any fails the run.
 * `countMax` ends it earlier: where each piece of work is there once.
 */
export async function runFor(
  seconds: number,
  lanes: number,
  work: (lane: number) => Promise<void>,
  countMax = Number.POSITIVE_INFINITY,
): Promise<Rate> {
  const startedAt = performance.now();
  const endAt = startedAt + seconds * 1000;
  const durations: number[] = [];
  let begun = 0;
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      while (begun < countMax && performance.now() < endAt) {
        begun += 1;
        const beganAt = performance.now();
        await work(lane);
        durations.push(performance.now() - beganAt);
      }
    }),
  );
  const tookSeconds = (performance.now() - startedAt) / 1000;
  durations.sort((a, b) => a - b);
  const percentile = (share: number) => durations[Math.floor((durations.length - 1) * share)] ?? 0;
  return {
    count: durations.length,
    perSecond: durations.length / tookSeconds,
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
  };
}
