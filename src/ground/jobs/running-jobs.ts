// Which jobs run in one of the library's pools, by our own account.

export type RunningJobs = {
  readonly ids: ReadonlySet<string>;
  run(id: string, work: () => Promise<void>): Promise<void>;
  /** Resolves as soon as none runs. */
  none(): Promise<void>;
};

export function createRunningJobs(): RunningJobs {
  const ids = new Set<string>();
  let waiting: (() => void)[] = [];
  return {
    ids,
    async run(id, work) {
      ids.add(id);
      try {
        await work();
      } finally {
        ids.delete(id);
        if (ids.size === 0) {
          for (const tell of waiting) tell();
          waiting = [];
        }
      }
    },
    none() {
      if (ids.size === 0) return Promise.resolve();
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}
