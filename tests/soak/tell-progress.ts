// Tells every few seconds how a soak goes, and when hardly anybody is answered, who waits for whom.

import { countRequests, describeProgress } from './describe-progress.ts';
import type { SoakStage } from './soak-stage.ts';
import { tellStall } from './tell-stall.ts';

const progressMs = 5_000;
/** Requests answered between two lines of progress. */
const stalledBelow = 25;

export function tellProgress(
  stage: SoakStage,
  say: (line: string) => void,
  so: Parameters<typeof describeProgress>[0],
): { stop(): void } {
  let answeredBefore = 0;
  const timer = setInterval(() => {
    say(describeProgress(so));
    const answered = countRequests(so.web);
    if (answered - answeredBefore < stalledBelow) {
      tellStall(stage).then(
        (lines) => say(lines.map((line) => `  ${line}`).join('\n')),
        () => undefined,
      );
    }
    answeredBefore = answered;
  }, progressMs);
  return { stop: () => clearInterval(timer) };
}
