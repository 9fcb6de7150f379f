// Runs before `npm start`, `npm test` and `npm run check`, on whatever Node (20 or later) started npm: installs
// the dependencies when they are missing or not those of the lock file, and sees to the pinned Node itself.
// Plain JavaScript with nothing but Node's own modules: at this point nothing else is there.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const projectDir = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const modulesDir = join(projectDir, 'node_modules');
const nodeDir = join(modulesDir, 'node');
const nodeFile = join(nodeDir, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

/** `npm start` needs no tools of development, which are more than half of all there is to install. */
const withTools = process.argv[2] !== 'start';

if (Number.parseInt(process.versions.node, 10) < 20) {
  fail(
    `viPay needs Node.js 20 or later to start with (it brings its own for the rest); this is ${process.version}.`,
  );
}
const stale = findStaleDependency();
if (stale !== null) {
  console.log(`Installing dependencies (${stale}) …`);
  installDependencies();
}
if (!existsSync(nodeFile)) installNode();
linkNode();
teachExec();

/** Says why an installation is needed, or null. Compares contents: times of files say nothing after a checkout. */
function findStaleDependency() {
  const wanted = readPackages(join(projectDir, 'package-lock.json'));
  const present = readPackages(join(modulesDir, '.package-lock.json'));
  if (present === null) return 'none installed yet';
  for (const [path, entry] of Object.entries(wanted ?? {})) {
    if (path === '' || (entry.dev && !withTools)) continue;
    const found = present[path];
    if (found === undefined && (entry.optional || entry.devOptional || entry.peer)) continue;
    if (found === undefined) return `${path} is missing`;
    if (found.version !== entry.version || found.integrity !== entry.integrity)
      return `${path} is out of date`;
  }
  return null;
}

function readPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : null;
}

/** The pinned Node comes by an install script, which npm does not run unless allowed: run it ourselves. */
function installNode() {
  const { version } = JSON.parse(readFileSync(join(nodeDir, 'package.json'), 'utf8'));
  console.log(`Installing Node.js ${version} …`);
  const { status } = spawnSync(process.execPath, ['installArchSpecificPackage'], {
    cwd: nodeDir,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0 || !existsSync(nodeFile)) {
    fail(
      `Node.js ${version} for ${process.platform}-${process.arch} could not be installed from npm (package "node").`,
    );
  }
}

/** npm's scripts find `node` through node_modules/.bin; npm makes no link to a file that is not there yet. */
function linkNode() {
  if (process.platform === 'win32') return;
  const link = join(modulesDir, '.bin', 'node');
  if (existsSync(link)) return;
  mkdirSync(dirname(link), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync('../node/bin/node', link);
}

/**
 * `npm start` is `exec node …`: the shell that npm starts becomes the program, and a signal meant for npm reaches it.
 * cmd.exe has no such word; there it is a program of node_modules/.bin that runs the rest of its line.
 */
function teachExec() {
  if (process.platform !== 'win32') return;
  const file = join(modulesDir, '.bin', 'exec.cmd');
  if (existsSync(file)) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '@%*\r\n');
}

/** Whether tools of development are there, which a start must not take away. */
function hasTools() {
  const wanted = readPackages(join(projectDir, 'package-lock.json')) ?? {};
  const present = readPackages(join(modulesDir, '.package-lock.json')) ?? {};
  return Object.entries(wanted).some(([path, entry]) => entry.dev && present[path] !== undefined);
}

/** Exactly what the lock file says, which `npm run check` holds to be whole; node_modules is made anew. */
function installDependencies() {
  const tools = withTools || hasTools() ? '--include=dev' : '--omit=dev';
  const options = ['--loglevel=error', '--no-audit', '--no-fund', tools];
  const { status, output } = runNpm(['ci', ...options]);
  if (status === 0) return;
  fail(`${output}\nThe dependencies could not be installed: \`npm ci\` failed, and says why above.`);
}

function runNpm(args) {
  const npm = process.env.npm_execpath;
  const options = { cwd: projectDir, encoding: 'utf8' };
  const { status, stdout, stderr, error } = npm?.endsWith('.js')
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
  return { status, output: [stdout, stderr, error?.message].filter(Boolean).join('\n') };
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
