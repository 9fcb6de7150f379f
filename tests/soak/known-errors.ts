// Which lines of the log at error level a soak expects, and which faults explain each. A line that is not here, or
// that comes while none of its faults is near, is a finding.

import type { FaultName, Injected } from './faults.ts';
import type { LogLine } from './soaked-gateway.ts';

type KnownError = { line: RegExp; explainedBy: readonly FaultName[] };

const database: readonly FaultName[] = [
  'connections cut',
  'connections refused',
  'commit cut',
  'sessions ended by the server',
  'read-only server',
  'failover',
  'database crash',
];
const clock: readonly FaultName[] = ['clock ahead', 'clock behind'];
const locks: readonly FaultName[] = ['order row held', 'wallets held, queue full'];
const still: readonly FaultName[] = ['everything stood still'];
const jobs: readonly FaultName[] = [...database, ...locks, ...still, 'jobs cut off'];
const all = [...database, ...clock, ...locks, ...still];

/** `line` is held against the message, then for those with an error against what it says too. */
const knownErrors: readonly KnownError[] = [
  { line: /^request failed /, explainedBy: all },
  { line: /^The database (?:only reads|does not answer)/, explainedBy: [...database, ...still] },
  { line: /^The clock of this machine is /, explainedBy: clock },
  { line: /^a posting batch is not answered/, explainedBy: [...database, ...locks, ...still] },
  { line: /^notifications could not be claimed /, explainedBy: all },
  { line: /^notification attempt was not recorded /, explainedBy: all },
  { line: /^notifications that were claimed could not be given back /, explainedBy: all },
  { line: /^jobs: the queue has stopped; starting it again /, explainedBy: jobs },
  { line: /^job failed; it is tried again /, explainedBy: [...all, 'jobs cut off'] },
  { line: /^a table could not be trimmed /, explainedBy: [...all, 'jobs cut off'] },
  // The library's own words.
  { line: /^Error with notify listener /, explainedBy: jobs },
  { line: /^Error occurred attempting to UNLISTEN/, explainedBy: jobs },
  { line: /^Failed to (?:complete|fail) jobs? /, explainedBy: jobs },
  { line: /^Worker exited with error: /, explainedBy: jobs },
  { line: /^Failed to reset locked; /, explainedBy: jobs },
  { line: /^Cron hit an error; restarting /, explainedBy: jobs },
  { line: /^orders whose time is over could not be ended/, explainedBy: locks },
];

/** An answer to a fault may come so much later: a page's longest wait is 15 s, and the library's pools take theirs. */
const echoMsMax = 40_000;
/** What a gateway says that is no event of the log: while it starts and stops. */
const saidByItself =
  /^(?:viPay is ready|Buyers are not told|Mail is off|viPay waits|viPay is not ready yet|… waiting for |database: |The database |viPay: )/;

/** Null: as it should be. */
export function findFaultOfLine(line: LogLine, injected: readonly Injected[]): string | null {
  if (line.level === 'said') {
    return saidByItself.test(line.msg) ? null : `${line.gateway} said: ${line.text.slice(0, 500)}`;
  }
  if (line.level !== 'error' && line.level !== 'fatal') return null;
  const known = knownErrors.find((each) => each.line.test(`${line.msg} `));
  const near = injected.filter(
    ({ fromMs, toMs }) => fromMs <= line.atMs && (toMs === null || line.atMs <= toMs + echoMsMax),
  );
  if (known?.explainedBy.some((name) => near.some((fault) => fault.name === name))) return null;
  return `${line.gateway} logged: ${line.text.slice(0, 2_000)}`;
}
