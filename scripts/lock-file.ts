// Is the lock file whole? `npm ci` refuses one that lacks a package, be it the optional one of another platform, as
// a lock file has that was made beside an installed tree. Asked of npm itself, which installs nothing and asks no
// registry for it.

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
