// A client can cause some lines as fast as it sends. Of equal lines, a few are written in ten seconds, and
// then one that says how many were left out. So a flood does not fill the disk and does not hide other lines.

import type { Logger } from './logger.ts';

export const linesMax = 20;
export const windowMs = 10_000;
/** Different kinds of line in one window; beyond them all others are one kind. */
const kindsMax = 1_000;

type Kind = { written: number; leftOut: number; writeLeftOut: (leftOut: number) => void };

const windows = new WeakMap<Logger, Map<string, Kind>>();

/** Writes the line now, or counts it; the count is written when the window ends. */
export function boundLines(
  log: Logger,
  key: string,
  line: { write: () => void; writeLeftOut: (leftOut: number) => void },
): void {
  const kinds = windows.get(log) ?? openWindow(log);
  const known = kinds.has(key) || kinds.size < kindsMax ? key : 'others';
  const kind = kinds.get(known) ?? { written: 0, leftOut: 0, writeLeftOut: line.writeLeftOut };
  kinds.set(known, kind);
  if (kind.written >= linesMax) {
    kind.leftOut += 1;
    return;
  }
  kind.written += 1;
  line.write();
}

function openWindow(log: Logger): Map<string, Kind> {
  const kinds = new Map<string, Kind>();
  windows.set(log, kinds);
  setTimeout(() => {
    windows.delete(log);
    for (const { leftOut, writeLeftOut } of kinds.values()) if (leftOut > 0) writeLeftOut(leftOut);
  }, windowMs).unref();
  return kinds;
}
