// A PostgreSQL as an operator of their own sets it up: by initdb and pg_ctl, with the two roles of the guide. Of the
// programs that npm brings, or of a whole PostgreSQL that the machine has.

import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, chownSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import pg from 'pg';
import { prepareEmbeddedPlace, type ServerUser } from '../../src/ground/database/embedded-postgres-files.ts';
import { findFreePort } from './gateway-process.ts';

export type Programs = { binDir: string; user: ServerUser };

/** initdb, pg_ctl and postgres, no more. */
export async function findEmbeddedPrograms(): Promise<Programs> {
  const folder = mkdtempSync(join(tmpdir(), 'vipay-programs-'));
  chmodSync(folder, 0o711);
  try {
    return await prepareEmbeddedPlace(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const whole = ['initdb', 'pg_ctl', 'postgres', 'pg_basebackup', 'pg_dump', 'pg_restore', 'createdb'];
const oldestMajor = 15;

/** The folders of programs of every whole PostgreSQL, 15 or later, that this machine has where they usually lie. */
export function findWholePrograms(): string[] {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...globSync('/usr/{lib/postgresql/*,pgsql-*,local/pgsql}/bin'),
  ];
  return [...new Set(folders)].filter((folder) => {
    if (!whole.every((program) => existsSync(join(folder, program)))) return false;
    const { stdout } = spawnSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8' });
    return Number(/\) (\d+)/.exec(stdout)?.[1]) >= oldestMajor;
  });
}

export type PlainServer = {
  /** All that it needs is below this folder, which the server's user owns. */
  folder: string;
  dataDir: string;
  port: number;
  adminUrl: string;
  /** A shell of the server's user, with the server's programs first on its path. */
  sh(script: string, env: Record<string, string>): { status: number | null; output: string };
  asAdmin<T>(work: (admin: pg.Client) => Promise<T>): Promise<T>;
  restart(): void;
  /** Ends it as a loss of power would. */
  crash(): void;
  remove(): void;
};

/** A new one on a free port, with the roles vipay_owner and vipay_app and the database vipay. */
export async function startPlainServer({ binDir, user }: Programs): Promise<PlainServer> {
  const folder = mkdtempSync(join(tmpdir(), 'vipay-plain-'));
  if (user !== null) chownSync(folder, user.uid, user.gid);
  const port = await findFreePort();
  const dataDir = join(folder, 'data');
  const server: PlainServer = {
    folder,
    dataDir,
    port,
    adminUrl: `postgres://postgres@127.0.0.1:${port}/postgres`,
    sh(script, env) {
      const path = `${binDir}${delimiter}${process.env.PATH ?? ''}`;
      const { status, stdout, stderr } = spawnSync('sh', ['-e', '-c', script], {
        cwd: folder,
        env: { PATH: path, LC_ALL: 'C', PGPORT: String(port), ...env },
        encoding: 'utf8',
        ...(user ?? {}),
      });
      return { status, output: stdout + stderr };
    },
    async asAdmin(work) {
      const admin = new pg.Client({ connectionString: server.adminUrl });
      await admin.connect();
      return work(admin).finally(() => admin.end());
    },
    restart: () => run('pg_ctl restart -w -m fast -l server.log > /dev/null'),
    crash: () => run('pg_ctl stop -w -m immediate > /dev/null'),
    remove() {
      server.sh(
        'for file in */postmaster.pid; do pg_ctl stop -m immediate -D "$(dirname "$file")"; done',
        {},
      );
      rmSync(folder, { recursive: true, force: true });
    },
  };
  const run = (script: string) => {
    const { status, output } = server.sh(script, { PGDATA: dataDir });
    if (status !== 0) throw new Error(`${script}: ${output}`);
  };
  run('initdb -U postgres -A trust -E UTF8 --locale=C > /dev/null');
  appendFileSync(
    join(dataDir, 'postgresql.conf'),
    "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\n",
  );
  run('pg_ctl start -w -l server.log > /dev/null');
  await server.asAdmin(async (admin) => {
    await admin.query('create role vipay_owner login');
    await admin.query('create role vipay_app login');
    await admin.query('create database vipay owner vipay_owner');
  });
  return server;
}
