// Runs the commands of docs/operating/backup.md exactly as written: saves a database with money in it, and
// restores it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { createDataDir, findFreePort, startGatewayProcess } from '../support/gateway-process.ts';

const projectDir = resolve(import.meta.dirname, '../..');
const page = readFileSync(join(projectDir, 'docs/operating/backup.md'), 'utf8');
const commands = (name: string) =>
  new RegExp(`\`\`\`sh ${name}\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? 'exit 99';

const { dataDir, remove } = createDataDir();
const folder = mkdtempSync(join(tmpdir(), 'vipay-backup-'));
// Root's PostgreSQL runs as another user, who must be able to pass through.
chmodSync(folder, 0o711);
const restored = join(folder, 'restored');
const places = { BACKUP_DIR: join(folder, 'backups'), KEY_DIR: join(folder, 'keys') };
for (const place of Object.values(places)) mkdirSync(place);
after(() => {
  remove();
  rmSync(folder, { recursive: true, force: true });
});

function sh(script: string, given: string) {
  const { PATH = '' } = process.env;
  return spawnSync('sh', ['-e', '-c', script], {
    env: { PATH, ...places, VIPAY_DATA_DIR: given },
    encoding: 'utf8',
  });
}

function vipay(args: string[], given: string) {
  const { PATH = '' } = process.env;
  const env = { PATH, VIPAY_DATA_DIR: given, VIPAY_PORT: '1' };
  return spawnSync(process.execPath, [join(projectDir, 'cli/vipay.mjs'), ...args], { env, encoding: 'utf8' });
}

test('a backup is refused while the database runs; taken after a stop, it comes back with its money and its keys', async () => {
  const gateway = startGatewayProcess({ dataDir, port: await findFreePort() });
  after(() => gateway.end('SIGTERM'));
  await gateway.ready();
  const topUp = vipay(['wallet', 'top-up', '0900000001', '123456'], dataDir);
  assert.equal(topUp.status, 0, topUp.stderr);
  const shown = vipay(['wallet', 'show', '0900000001', '--json'], dataDir).stdout;
  assert.notEqual(sh(commands('backup'), dataDir).status, 0, 'a running database is not copied');
  assert.equal(await gateway.end('SIGTERM'), 0);

  const taken = sh(commands('backup'), dataDir);
  assert.equal(taken.status, 0, taken.stderr);
  const archive = join(places.BACKUP_DIR, 'vipay-data.tar.gz');
  assert.equal(statSync(archive).mode & 0o077, 0);
  const { stdout: names } = spawnSync('tar', ['-tzf', archive], { encoding: 'utf8' });
  assert.match(names, /postgres\/PG_VERSION/);
  assert.doesNotMatch(names, /secret-key/, 'the key ring lies elsewhere');
  assert.notEqual(sh(commands('restore'), dataDir).status, 0, 'nothing is overwritten');
  remove();

  const back = sh(commands('restore'), restored);
  assert.equal(back.status, 0, back.stderr);
  assert.equal(statSync(restored).mode & 0o777, 0o700);
  const again = vipay(['wallet', 'show', '0900000001', '--json'], restored);
  assert.equal(again.status, 0, again.stderr);
  assert.deepEqual(JSON.parse(again.stdout), JSON.parse(shown));
  const doctor = vipay(['doctor'], restored);
  assert.equal(doctor.status, 0, doctor.stdout);
  assert.match(doctor.stdout, /^OK +keys .* open/m);
  const verified = vipay(['ledger', 'verify', '--full', '--no-rest'], restored);
  assert.equal(verified.status, 0, verified.stdout + verified.stderr);

  rmSync(join(restored, 'secret-key'));
  const keyless = vipay(['wallet', 'list'], restored);
  assert.equal(keyless.status, 1);
  assert.match(keyless.stderr, /secret-key is missing/, 'a backup without its key ring is told as that');
});
