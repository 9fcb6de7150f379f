// Whether the folder of the embedded database can be started: whole, of our version, of our user. It never
// removes a file, because damaged data may be the only copy.

import { existsSync } from 'node:fs';
import { chmod, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { canReach, type EmbeddedPlace } from './embedded-postgres-files.ts';
import { GroundFault } from './ground-fault.ts';

/** `absent`: a new one may be made there. @throws GroundFault for one that cannot be used. */
export async function examineCluster(
  { clusterDir, version, user }: EmbeddedPlace,
  say: (line: string) => void,
): Promise<'absent' | 'usable'> {
  const names = await readdir(clusterDir).catch((error) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (names.length === 0) return 'absent';
  for (const name of ['PG_VERSION', 'global', 'base', 'pg_wal']) {
    if (existsSync(join(clusterDir, name))) continue;
    throw new GroundFault(
      `${clusterDir} is no whole database (${name} is missing): perhaps a copy that was cut short. ` +
        'Restore a backup there (docs/operating/backup.md), or move the folder away to begin with an empty database.',
    );
  }
  const [major] = (await readFile(join(clusterDir, 'PG_VERSION'), 'utf8')).trim().split('.');
  const [ourMajor] = version.split('.');
  if (major !== ourMajor) {
    throw new GroundFault(
      `${clusterDir} was made by PostgreSQL ${/^\d+$/.test(major ?? '') ? major : 'of an unknown version'}, and this viPay brings PostgreSQL ${ourMajor}, which cannot open it. ` +
        'Start the version of viPay that made it, or restore a backup of this version (docs/operating/backup.md).',
    );
  }
  const { uid, mode } = await stat(clusterDir);
  const serverUid = user?.uid ?? process.getuid?.() ?? uid;
  if (uid !== serverUid) {
    throw new GroundFault(
      `${clusterDir} belongs to the user with uid ${uid}, and PostgreSQL would run as uid ${serverUid}. ` +
        `Start viPay as the former, or give the folder to the latter: chown -R ${serverUid} ${clusterDir}`,
    );
  }
  if (user !== null && !canReach(clusterDir, user)) {
    throw new GroundFault(
      `Started as root, PostgreSQL runs as uid ${user.uid}, and that user cannot enter a folder above ${clusterDir}. ` +
        'Start viPay as an ordinary user, move the data directory elsewhere, or let others pass through (chmod o+x) the folders above it.',
    );
  }
  if ((mode & 0o077) !== 0 && process.platform !== 'win32') {
    await chmod(clusterDir, 0o700);
    say(`${clusterDir} could be entered by other users: closed to them (mode 0700).`);
  }
  return 'usable';
}
