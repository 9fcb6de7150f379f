// How far a verification is: a bar on a terminal, now and then a plain line anywhere else.

import type { WriteStream } from 'node:tty';
import type { VerifyOptions } from '../src/business/verification/index.ts';

type Tell = NonNullable<VerifyOptions['onProgress']>;

const barWidth = 30;
const redrawMs = 100;
const lineMs = 10_000;

/** `silent`: prints nothing when there is no terminal, so that a program reads only errors there. */
export function createProgressTeller(
  stream: Pick<WriteStream, 'write'> & { isTTY?: boolean },
  { silent }: { silent: boolean },
): { tell: Tell; end: () => void } {
  let toldAt = 0;
  let toldPhase = '';
  const isDue = (phase: string, everyMs: number) => {
    const due = phase !== toldPhase || performance.now() - toldAt >= everyMs;
    if (due) [toldAt, toldPhase] = [performance.now(), phase];
    return due;
  };
  if (stream.isTTY) {
    return {
      tell(progress) {
        if (isDue(progress.phase, redrawMs)) stream.write(`\r\u001b[K${draw(progress)}`);
      },
      end: () => void stream.write('\r\u001b[K'),
    };
  }
  return {
    tell(progress) {
      if (!silent && isDue(progress.phase, lineMs)) stream.write(`verifying ${count(progress)}\n`);
    },
    end: () => undefined,
  };
}

type Progress = Parameters<Tell>[0];

function draw(progress: Progress): string {
  const { done, total } = progress;
  // An estimate that was passed says nothing any more.
  if (total === 0 || done > total) return count(progress);
  const filled = Math.round((done / total) * barWidth);
  return `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${count(progress)}`;
}

function count({ phase, done, total }: Progress): string {
  const of = total === 0 || done > total ? '' : ` of about ${Math.round(total)}`;
  return `${phase}: ${done}${of}`;
}
