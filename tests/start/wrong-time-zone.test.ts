// A server whose time zone data puts Vietnam at another hour, or does not know it: no gateway starts on it, and doctor
// says what to do. Such a server is made by giving another file to a copy of PostgreSQL's programs.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { examineServer } from '../../src/ground/database/index.ts';
import { generateKeyRingSetting } from '../../src/ground/secrets/index.ts';
import { createDataDir, findFreePort, startGatewayProcess } from '../support/gateway-process.ts';
import { findEmbeddedPrograms, type PlainServer, startPlainServer } from '../support/plain-server.ts';

const projectDir = resolve(import.meta.dirname, '../..');
const copy = mkdtempSync(join(tmpdir(), 'vipay-zones-'));
const { dataDir, remove } = createDataDir();
let server: PlainServer;
let zones: string;
before(async () => {
  const { binDir, user } = await findEmbeddedPrograms();
  cpSync(dirname(binDir), copy, { recursive: true, verbatimSymlinks: true });
  chmodSync(copy, 0o755);
  zones = join(
    copy,
    dirname(dirname(globSync('share/**/timezone/Asia/Ho_Chi_Minh', { cwd: copy })[0] ?? '')),
  );
  server = await startPlainServer({ binDir: join(copy, 'bin'), user });
});
after(() => {
  server.remove();
  remove();
  rmSync(copy, { recursive: true, force: true });
});

const vietnam = () => join(zones, 'Asia/Ho_Chi_Minh');
const settings = () => ({
  DATABASE_URL: `postgres://vipay_app@127.0.0.1:${server.port}/vipay`,
  VIPAY_MIGRATION_DATABASE_URL: `postgres://vipay_owner@127.0.0.1:${server.port}/vipay`,
  VIPAY_SECRET_KEY: generateKeyRingSetting(),
  VIPAY_PUBLIC_URL: 'https://pay.example',
  VIPAY_DATA_DIR: dataDir,
});
const examined = async () => {
  const { VIPAY_MIGRATION_DATABASE_URL: url } = settings();
  return (await examineServer(url)).find(({ check }) => check === 'time zone')?.level;
};

test('data that put Vietnam at another hour stop the start, and doctor says what to do', async () => {
  assert.notEqual(await examined(), 'fail', 'the data that PostgreSQL brings');
  // One hour off, and one that is right in January alone.
  for (const other of ['Asia/Tokyo', 'Asia/Novosibirsk', 'Antarctica/Casey']) {
    copyFileSync(join(zones, other), vietnam());
    const isRight = other === 'Asia/Novosibirsk';
    assert.equal((await examined()) === 'fail', !isRight, other);
  }
  copyFileSync(join(zones, 'Asia/Tokyo'), vietnam());
  const gateway = startGatewayProcess({ dataDir, port: await findFreePort(), env: settings() });
  assert.equal(await gateway.end(), 1);
  assert.match(gateway.output(), /Asia\/Ho_Chi_Minh as seven hours ahead of UTC.*\(?tzdata\)?/s);
  assert.doesNotMatch(gateway.output(), /applied 0001/);
  const doctor = await new Promise<string>((done) => {
    execFile(
      process.execPath,
      [join(projectDir, 'cli/vipay.mjs'), 'doctor'],
      { env: { PATH: process.env.PATH, ...settings() } },
      (_error, stdout) => done(stdout),
    );
  });
  assert.match(doctor, /^FAIL +time zone .*tzdata/m);
});

test('data that do not know Vietnam stop the start too', async () => {
  rmSync(vietnam());
  assert.equal(await examined(), 'fail');
});
