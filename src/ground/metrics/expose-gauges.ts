// Gauges that are read when /metrics is asked for: sizes, ages, backlogs. Several may come from one reading.

import { Gauge } from '@prometheus-io/client';
import { metricsRegistry } from './metrics.ts';

/** A scrape must not wait for a database that is away, and two scrapes at once share one reading. */
const readWithinMs = 1_000;
const sharedMs = 1_000;

/** A value, one for each value of the gauge's label, or null: not known, the gauge is absent. */
export type GaugeValue = number | null | Readonly<Record<string, number>>;

export type GaugeFamily<Name extends string> = {
  /** Help text by name. */
  gauges: Readonly<Record<Name, string>>;
  /** The one label of those whose value is a record, by their names. Its values must be few. */
  labels?: Readonly<Partial<Record<Name, string>>>;
  /** Reads them all. If it fails or takes longer than a second, they are absent from this scrape. */
  read: () => Readonly<Record<Name, GaugeValue>> | Promise<Readonly<Record<Name, GaugeValue>>>;
};

type Reading = Readonly<Record<string, GaugeValue>> | null;

/** The reader of each gauge. A later reader replaces the former, so a process has each gauge once. */
const readers = new Map<string, () => unknown>();

/** Shows the gauges at /metrics from now on. Given again under the same names, the new reader takes over. */
export function exposeGauges<Name extends string>(family: GaugeFamily<Name>): void {
  const names = Object.keys(family.gauges) as Name[];
  const key = names.join();
  const isKnown = readers.has(key);
  readers.set(key, family.read);
  if (isKnown) return;
  let shared: { at: number; reading: Promise<Reading> } | undefined;
  const readShared = (): Promise<Reading> => {
    if (shared === undefined || performance.now() - shared.at > sharedMs) {
      shared = { at: performance.now(), reading: readInTime(readers.get(key) ?? family.read) };
    }
    return shared.reading;
  };
  for (const name of names) {
    const label = family.labels?.[name];
    new Gauge<string>({
      name,
      help: family.gauges[name],
      labelNames: label === undefined ? [] : [label],
      registers: [metricsRegistry],
      async collect() {
        const value = (await readShared())?.[name] ?? null;
        this.reset();
        if (value === null) this.remove();
        else if (typeof value === 'number') this.set(value);
        else if (label !== undefined) {
          for (const [of, each] of Object.entries(value)) this.set({ [label]: of }, each);
        }
      },
    });
  }
}

async function readInTime(read: () => unknown): Promise<Reading> {
  const { promise: tooLate, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), readWithinMs);
  const reading = Promise.resolve()
    .then(read)
    .catch(() => null) as Promise<Reading>;
  return Promise.race([reading, tooLate]).finally(() => clearTimeout(timer));
}
