// A browser for the tests: the Chromium that the npm package @sparticuz/chromium carries, with the libraries and
// fonts it carries too, so that a bare machine needs nothing else. Unpacked once, next to other temporary files.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium, type LaunchOptions } from 'playwright-core';
import { withLockFile } from '../../src/ground/database/lock-file.ts';

/**
 * Launches the packaged Chromium; the one named by CHROMIUM_PATH instead when that is set, or /usr/bin/chromium where
 * the packaged one does not run (another processor or system).
 */
export async function launchBrowser(): Promise<Browser> {
  const named = process.env.CHROMIUM_PATH;
  if (named !== undefined && named !== '') return chromium.launch(optionsFor(named));
  try {
    return await chromium.launch(await packagedOptions());
  } catch (error) {
    const installed = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
      existsSync,
    );
    if (installed === undefined) throw error;
    return chromium.launch(optionsFor(installed));
  }
}

function optionsFor(executablePath: string): LaunchOptions {
  return {
    executablePath,
    headless: true,
    // Root and most containers cannot have Chromium's sandbox; the tests show it nothing but our own pages.
    chromiumSandbox: false,
    // Playwright's own arguments already switch off updates, metrics and the rest of the background network.
    args: ['--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none', '--no-pings'],
  };
}

async function packagedOptions(): Promise<LaunchOptions> {
  const dir = await unpack();
  const libraries = [join(dir, 'al2023/lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  return {
    ...optionsFor(join(dir, 'chromium')),
    env: {
      ...definedEnvironment(),
      LD_LIBRARY_PATH: libraries,
      FONTCONFIG_FILE: join(dir, 'fonts.conf'),
      HOME: dir,
    },
  };
}

/** Unpacks everything the package has: complete, or not there at all. */
async function unpack(): Promise<string> {
  const packageFile = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const { version } = createRequire(import.meta.url)(
    join(packageFile.slice(0, packageFile.lastIndexOf('/build/')), 'package.json'),
  ) as { version: string };
  const dir = join(tmpdir(), `vipay-chromium-${version}-${userInfo().uid}`);
  if (existsSync(dir)) return dir;
  return withLockFile(`${dir}.lock`, async () => {
    if (existsSync(dir)) return dir;
    const partial = `${dir}.partial`;
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { mode: 0o700 });
    await unpackInto(partial);
    await writeFile(join(partial, 'fonts.conf'), fontsConfiguration(dir));
    await chmod(join(partial, 'chromium'), 0o755);
    await rename(partial, dir);
    return dir;
  });
}

/**
 * The package unpacks into the temporary folder, and its libraries only where it believes itself on AWS Lambda:
 * a program of its own is told both.
 */
async function unpackInto(dir: string): Promise<void> {
  const code = `(await import('@sparticuz/chromium')).default.executablePath()`;
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', `await ${code}`], {
    cwd: resolve(import.meta.dirname, '../..'),
    env: { PATH: dirname(process.execPath), HOME: dir, TMPDIR: dir, AWS_LAMBDA_JS_RUNTIME: 'nodejs22.x' },
  });
}

/** The packaged font (Open Sans, which has all of Vietnamese) first, then whatever the machine has. */
function fontsConfiguration(dir: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${dir}/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${dir}/fonts-cache</cachedir>
</fontconfig>
`;
}

function definedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
