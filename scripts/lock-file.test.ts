import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { findLockFault } from './lock-file.ts';

const projectDir = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'vipay-lock-file-'));
after(() => rmSync(folder, { recursive: true, force: true }));

type Lock = { packages: Record<string, { optional?: true; os?: string[] }> };

/** The project's own files in a folder without node_modules, as after a clone. */
function copyWith(change: (lock: Lock) => void): string {
  for (const name of ['package.json', '.npmrc']) copyFileSync(join(projectDir, name), join(folder, name));
  const lock = JSON.parse(readFileSync(join(projectDir, 'package-lock.json'), 'utf8')) as Lock;
  change(lock);
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
  return folder;
}

test('npm ci takes the lock file as it is', () => {
  assert.equal(findLockFault(copyWith(() => undefined)), null);
});

test('a lock file that lacks the optional package of another platform is found out', () => {
  const fault = findLockFault(
    copyWith(({ packages }) => {
      const [other] = Object.keys(packages).filter((name) =>
        packages[name]?.os?.some((os) => os !== process.platform),
      );
      assert.ok(other, 'the lock file names packages of other platforms');
      delete packages[other];
    }),
  );
  assert.match(fault ?? '', /package-lock\.json/);
});
