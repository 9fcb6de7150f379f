// Runs the blocks of docs/operating/backup.md for a PostgreSQL of one's own: every payment of the archived log comes
// back, and a dump moves to another database, with the rights settled by the next start.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { findServerUser } from '../../src/ground/database/embedded-postgres-files.ts';
import { findFreePort, startGatewayProcess } from '../support/gateway-process.ts';
import {
  findEmbeddedPrograms,
  findWholePrograms,
  type PlainServer,
  startPlainServer,
} from '../support/plain-server.ts';

const projectDir = resolve(import.meta.dirname, '../..');
const page = readFileSync(join(projectDir, 'docs/operating/backup.md'), 'utf8');
/** A block of the page, with the archive's folder in place of the one that it names. */
const block = (name: string, walDir = '') =>
  (new RegExp(`\`\`\`(?:sh|sql) ${name}\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? 'exit 99').replaceAll(
    '/var/backups/vipay/wal',
    walDir,
  );

const dataDir = mkdtempSync(join(tmpdir(), 'vipay-own-backup-'));
after(() => rmSync(dataDir, { recursive: true, force: true }));
const secretKey = `k1:${randomBytes(32).toString('base64')}`;
const phone = '0900000001';

/** What an operator sets for the gateway, and for its command line. */
function settingsFor(server: PlainServer, database: string) {
  const address = (role: string) => `postgres://${role}@127.0.0.1:${server.port}/${database}`;
  return {
    DATABASE_URL: address('vipay_app'),
    VIPAY_MIGRATION_DATABASE_URL: address('vipay_owner'),
    VIPAY_SECRET_KEY: secretKey,
    VIPAY_DATA_DIR: dataDir,
    VIPAY_DEMO: '1',
    VIPAY_PORT: '1',
  };
}

function vipay(env: Record<string, string>, ...args: string[]): string {
  const { PATH = '' } = process.env;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(projectDir, 'cli/vipay.mjs'), ...args],
    {
      env: { PATH, ...env },
      encoding: 'utf8',
    },
  );
  assert.equal(status, 0, `vipay ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

/** Starts a gateway there once: it migrates and settles the rights. */
async function startOnce(env: Record<string, string>): Promise<void> {
  const port = await findFreePort();
  const gateway = startGatewayProcess({ dataDir, port, env: { ...env, VIPAY_PORT: String(port) } });
  try {
    await gateway.ready();
  } finally {
    await gateway.end('SIGTERM');
  }
}

function checkBooks(env: Record<string, string>, shown: string): void {
  assert.deepEqual(JSON.parse(vipay(env, 'wallet', 'show', phone, '--json')), JSON.parse(shown));
  assert.match(vipay(env, 'doctor'), /^OK +keys .* open/m);
  vipay(env, 'ledger', 'verify', '--full', '--no-rest');
}

function sh(server: PlainServer, script: string, env: Record<string, string>): void {
  const { status, output } = server.sh(script, { ADMIN_DATABASE_URL: server.adminUrl, ...env });
  assert.equal(status, 0, `${script}\n${output}`);
}

type BaseBackup = (server: PlainServer, backupDir: string) => Promise<void>;

/** Where pg_basebackup is not there: what it does, by the server's own functions. */
const copyBetweenFunctions: BaseBackup = (server, backupDir) =>
  server.asAdmin(async (admin) => {
    await admin.query(`select pg_backup_start('guide', true)`);
    const label = join(backupDir, 'base/backup_label');
    sh(
      server,
      `cp -R data "${backupDir}/base"; rm -rf "${backupDir}"/base/postmaster.* "${backupDir}"/base/pg_wal/0*`,
      {},
    );
    const { rows } = await admin.query('select labelfile from pg_backup_stop()');
    sh(server, `printf '%s' "$LABEL" > "${label}"`, { LABEL: rows[0].labelfile });
  });

async function backUpAndRestore(server: PlainServer, takeBase: BaseBackup): Promise<Record<string, string>> {
  const [walDir, backupDir] = [join(server.folder, 'wal'), join(server.folder, 'backups')];
  sh(server, `mkdir "${walDir}" "${backupDir}"`, {});
  const env = settingsFor(server, 'vipay');
  for (const statement of block('own-archive', walDir).trim().split('\n'))
    await server.asAdmin((admin) => admin.query(statement));
  server.restart();
  await startOnce(env);
  vipay(env, 'wallet', 'top-up', phone, '123456');
  await takeBase(server, backupDir);
  // After the base backup: this is in the archived log alone.
  vipay(env, 'wallet', 'top-up', phone, '654321');
  const shown = vipay(env, 'wallet', 'show', phone, '--json');
  await archiveAll(server);
  server.crash();

  const restored = { BACKUP_DIR: backupDir, PGDATA: join(server.folder, 'restored') };
  sh(server, block('own-restore', walDir), restored);
  await untilPromoted(server);
  checkBooks(env, shown);
  const again = server.sh(block('own-restore', walDir), restored);
  assert.notEqual(again.status, 0, 'nothing is overwritten');
  return env;
}

async function archiveAll(server: PlainServer): Promise<void> {
  await server.asAdmin(async (admin) => {
    const { rows } = await admin.query<{ file: string }>('select pg_walfile_name(pg_switch_wal()) as file');
    for (let tries = 0; tries < 500; tries += 1) {
      const { rowCount } = await admin.query('select from pg_stat_archiver where last_archived_wal >= $1', [
        rows[0]?.file,
      ]);
      if (rowCount === 1) return;
      await delay(20);
    }
    throw new Error('the log was not archived');
  });
}

/** pg_ctl returns when reading is possible; the last of the archive is applied a moment later. */
async function untilPromoted(server: PlainServer): Promise<void> {
  await server.asAdmin(async (admin) => {
    for (let tries = 0; tries < 500; tries += 1) {
      const { rows } = await admin.query<{ recovering: boolean }>('select pg_is_in_recovery() as recovering');
      if (rows[0]?.recovering === false) return;
      await delay(20);
    }
    throw new Error('the restored server takes no writes');
  });
}

test('a base backup and the archived log bring every payment back, on the PostgreSQL that npm brings', async () => {
  const server = await startPlainServer(await findEmbeddedPrograms());
  after(() => server.remove());
  await backUpAndRestore(server, copyBetweenFunctions);
});

for (const binDir of findWholePrograms()) {
  test(`all blocks of the page, by the programs in ${binDir}`, async () => {
    const server = await startPlainServer({ binDir, user: findServerUser() });
    after(() => server.remove());
    const backupDir = join(server.folder, 'backups');
    const env = await backUpAndRestore(server, async () =>
      sh(server, block('own-base'), { BACKUP_DIR: backupDir }),
    );

    const shown = vipay(env, 'wallet', 'show', phone, '--json');
    sh(server, block('own-dump'), { ...env, BACKUP_DIR: backupDir });
    sh(server, block('own-load'), { BACKUP_DIR: backupDir });
    const moved = settingsFor(server, 'vipay_restored');
    await startOnce(moved);
    checkBooks(moved, shown);
  });
}
