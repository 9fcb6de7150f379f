// Describes the machine that a figure was measured on; without it a figure means nothing.

import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';

export type Machine = {
  cores: number;
  cpu: string;
  memoryGib: number;
  os: string;
  node: string;
  /** Of the last minute before the run: who else was busy here. */
  loadBefore: number;
};

export function describeMachine(): Machine {
  return {
    cores: availableParallelism(),
    cpu: cpuModel(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    os: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  };
}

/** Some virtual machines hide the model from Node and tell the kernel. */
function cpuModel(): string {
  const told = cpus()[0]?.model.trim();
  if (told && told !== 'unknown') return told;
  try {
    return /^model name\s*:\s*(.+)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.trim() ?? 'unknown';
  } catch {
    return 'unknown';
  }
}
