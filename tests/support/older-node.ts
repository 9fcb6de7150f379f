// A Node.js that is older than ours, for what merchants copy: it must run on 20 too.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first of version 20 to 23 that this machine has; where there is none, the one that runs. */
export function findOlderNode(): string {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin'];
  const older = folders
    .map((path) => join(path, process.platform === 'win32' ? 'node.exe' : 'node'))
    .find((file) => {
      if (!existsSync(file)) return false;
      const major = Number(
        /^v(\d+)\./.exec(spawnSync(file, ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1],
      );
      return major >= 20 && major < 24;
    });
  return older ?? process.execPath;
}
