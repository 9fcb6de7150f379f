// Standard output, written without waiting: a reader that is slow, or has stopped reading, holds up no request. What
// waits is bounded; lines beyond are dropped and counted. At an ordered stop the rest is waited for, within bounds.

import pino from 'pino';

/** Lines that wait while nobody reads. */
const waitingBytesMax = 1024 * 1024;
/** Room for what is said while the process stops, kept free until then. */
const lastBytesMax = 128 * 1024;
/** When a process ends out of order, nothing but waiting is left to do. */
const endWaitsMs = 500;

type Output = {
  stream: pino.DestinationStream;
  /** Lines that were dropped and not told yet. */
  takeDropped(): number;
  /** Called when lines were dropped, once there is room to say so. */
  onLoss: (() => void) | null;
  /** The process is about to stop: its last lines have room of their own. */
  makeRoom(): void;
  flush(): Promise<void>;
};

let opened: Output | undefined;

function output(): Output {
  opened ??= openOutput();
  return opened;
}

function openOutput(): Output {
  let dropped = 0;
  /** The last attempt to write failed for another reason than a reader that is slow: no room, nobody there. */
  let isBroken = false;
  let waitsUntil = Number.POSITIVE_INFINITY;
  // Node makes a pipe one that does not wait as soon as its own stream is asked for. A write that waited would hold a
  // thread, and the end of the process.
  process.stdout.on('error', () => undefined);
  const stream = pino.destination({
    fd: 1,
    sync: false,
    // From the first byte on; with zero the library's flush would not wait.
    minLength: 1,
    maxLength: waitingBytesMax,
    retryEAGAIN: () => performance.now() < waitsUntil,
  });
  const own: Output = {
    stream,
    takeDropped: () => {
      const count = dropped;
      dropped = 0;
      return count;
    },
    onLoss: null,
    makeRoom: () => {
      Object.assign(stream, { maxLength: waitingBytesMax + lastBytesMax });
    },
    flush: () =>
      new Promise((resolve) => {
        if (isBroken) resolve();
        else stream.flush(() => resolve());
      }),
  };
  stream.on('drop', () => {
    dropped += 1;
  });
  stream.on('write', () => {
    isBroken = false;
  });
  stream.on('drain', () => {
    if (dropped > 0) own.onLoss?.();
  });
  // A full disk or a closed pipe costs lines, never the call that logged them.
  stream.on('error', () => {
    isBroken = true;
  });
  // The library writes the rest at the end of the process and after a fatal line, and would wait for ever.
  const { flushSync } = stream;
  stream.flushSync = () => {
    if (isBroken) return;
    waitsUntil = performance.now() + endWaitsMs;
    try {
      flushSync.call(stream);
    } catch {
      // Nobody reads.
    } finally {
      waitsUntil = Number.POSITIVE_INFINITY;
    }
  };
  return own;
}

/** For the log. `onLoss` is told how many lines were dropped, when they can be told of. */
export function openStandardOutput(onLoss: (dropped: number) => void): pino.DestinationStream {
  const own = output();
  own.onLoss = () => onLoss(own.takeDropped());
  return own.stream;
}

/** A line for a person, in its place between the lines of the log. */
export function say(line: string): void {
  output().stream.write(`${line}\n`);
}

/** Call it when a stop begins, so that its lines are kept though the reader is behind. */
export function makeRoomForLastLines(): void {
  output().makeRoom();
}

/** Resolves when everything is written, or after `withinMs`. */
export async function writeLastLines(withinMs: number): Promise<void> {
  const { promise: tooLate, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, withinMs);
  await Promise.race([output().flush(), tooLate]);
  clearTimeout(timer);
}
