// Whether the lock file is whole. `npm ci` refuses one that lacks a package, even an optional one of another
// platform; a lock file made beside an installed tree lacks those. npm itself checks it, and installs and
// downloads nothing for it.

import { spawnSync } from 'node:child_process';

/** What npm says against package.json and package-lock.json in `folder`; null when `npm ci` would take them. */
export function findLockFault(folder: string): string | null {
  const options = ['ci', '--dry-run', '--offline', '--ignore-scripts', '--no-audit', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  const { status, stdout, stderr, error } = npm?.endsWith('.js')
    ? spawnSync(process.execPath, [npm, ...options], { cwd: folder, encoding: 'utf8' })
    : spawnSync('npm', options, { cwd: folder, encoding: 'utf8', shell: process.platform === 'win32' });
  return status === 0 ? null : [error?.message, stderr, stdout].filter(Boolean).join('\n');
}
