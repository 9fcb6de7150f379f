// What `vipay doctor` looks at, in the order in which one depends on the other. Reads only; a check that cannot be
// made because an earlier one failed is left out.

import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { sql } from 'kysely';
import { listSites, openSiteKeys } from '../src/business/merchants/index.ts';
import { listWallets } from '../src/business/wallets/index.ts';
import { type Config, ConfigFault, loadConfig } from '../src/config.ts';
import {
  type Database,
  findEmbeddedPostgres,
  findWeakRights,
  GroundFault,
  hasEmbeddedDatabase,
  openDatabase,
  openEmbeddedPostgres,
} from '../src/ground/database/index.ts';
import { parseKeyRing } from '../src/ground/secrets/index.ts';
import { openKeyRing } from '../src/open-key-ring.ts';
import { checkLedger } from './doctor-ledger.ts';
import { checkMail } from './doctor-mail.ts';
import { checkResults } from './doctor-results.ts';
import { checkDatabaseServer } from './doctor-server.ts';
import { tellFault } from './faults.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { databaseSchemaVersion, programSchemaVersion } from './gateway.ts';
import { findOtherDatabase, listeningAddress } from './listening-gateway.ts';

const serverWaitMs = 3_000;
const pageMax = 500;
const mebibyte = 1024 * 1024;
const diskWarnBytes = 1024 * mebibyte;
const diskFailBytes = 100 * mebibyte;

export async function examine(): Promise<Finding[]> {
  const findings = [checkNode()];
  let config: Config;
  try {
    config = loadConfig(process.env);
  } catch (error) {
    const faults = error instanceof ConfigFault ? error.faults : [String(error)];
    return [
      ...findings,
      ...faults.map((fault) => fail('settings', `${fault}.`, 'Correct it in the environment.')),
    ];
  }
  findings.push(
    ok('settings', `${config.demo ? 'demo' : 'no demo'}, ${config.publicUrl}, data in ${config.dataDir}.`),
  );
  findings.push(await checkServer(config), ...(await checkDisk(config)), await checkMail(config));
  if (config.databaseUrl === null && !(await hasEmbeddedDatabase(config.dataDir))) {
    return [...findings, warn('database', 'None yet.', '"npm start" makes it.')];
  }
  return [...findings, ...(await checkDatabase(config))];
}

function checkNode(): Finding {
  const major = Number.parseInt(process.versions.node, 10);
  return major >= 24
    ? ok('node', `${process.version}.`)
    : fail(
        'node',
        `${process.version} is too old.`,
        'Run "npm ci" and use "npx vipay", which brings its own.',
      );
}

async function checkServer(config: Config): Promise<Finding> {
  const base = listeningAddress(config);
  try {
    const answer = await fetch(`${base}/healthz`, {
      signal: AbortSignal.timeout(serverWaitMs),
      redirect: 'manual',
    });
    await answer.body?.cancel();
    return answer.status === 200
      ? ok('server', `answers at ${base}.`)
      : fail(
          'server',
          `${base}/healthz answered ${answer.status}.`,
          'Is another program on this port? Look at the log.',
        );
  } catch {
    return warn(
      'server',
      `nothing answers at ${base}.`,
      'Start it with "npm start" (orders and notifications wait meanwhile).',
    );
  }
}

async function checkDisk(config: Config): Promise<Finding[]> {
  if (!existsSync(config.dataDir)) return [];
  const { bavail, bsize } = await statfs(config.dataDir);
  const free = bavail * bsize;
  const found = `${Math.floor(free / mebibyte)} MiB free at ${config.dataDir}.`;
  if (free < diskFailBytes)
    return [fail('disk', found, 'Make room now: the database stops when the disk is full.')];
  return [free < diskWarnBytes ? warn('disk', found, 'Make room soon.') : ok('disk', found)];
}

async function checkDatabase(config: Config): Promise<Finding[]> {
  const findings: Finding[] = [];
  try {
    const { db, close, how } = await open(config);
    try {
      const { rows } = await sql<{
        version: string;
      }>`select current_setting('server_version') as version`.execute(db);
      findings.push(ok('database', `PostgreSQL ${rows[0]?.version}${how}.`));
      const other = await findOtherDatabase(config, db);
      if (other !== null) findings.push(fail('database', other));
      findings.push(...(await checkDatabaseServer(db.url)));
      const schema = await checkSchema(db);
      findings.push(schema);
      if (schema.level === 'OK') findings.push(...(await checkContent(config, db)));
    } finally {
      await close();
    }
  } catch (error) {
    findings.push(fail('database', tellFault(error).message));
  }
  return findings;
}

async function open(config: Config): Promise<{ db: Database; close: () => Promise<void>; how: string }> {
  const connect = (url: string) =>
    openDatabase(url, { max: 2, applicationName: 'vipay doctor', purpose: 'page' });
  if (config.databaseUrl !== null) {
    const db = connect(config.databaseUrl);
    return { db, close: () => db.destroy(), how: '' };
  }
  const running = await findEmbeddedPostgres(config.dataDir);
  const embedded = await openEmbeddedPostgres({ dataDir: config.dataDir });
  const db = connect(embedded.url);
  const close = async () => {
    await db.destroy();
    await embedded.stop();
  };
  return { db, close, how: running === null ? ', embedded, started for this check' : ', embedded' };
}

async function checkSchema(db: Database): Promise<Finding> {
  const [has, wants] = [await databaseSchemaVersion(db), programSchemaVersion()];
  if (has === wants) return ok('schema', `version ${has}, as this program wants it.`);
  return has < wants
    ? warn('schema', `version ${has}, this program wants ${wants}.`, 'Start the gateway: it migrates.')
    : fail('schema', `version ${has} is newer than this program (${wants}).`, 'Use the newer viPay.');
}

async function checkContent(config: Config, db: Database): Promise<Finding[]> {
  return [
    ...(await checkRights(db)),
    await checkKeys(config, db),
    ...(await checkResults(db)),
    ...(await checkLedger(config, db)),
    ...(config.demo ? [await checkWallets(db)] : []),
  ];
}

async function checkRights(db: Database): Promise<Finding[]> {
  const weak = await findWeakRights(db);
  if (weak.length === 0) return [ok('rights', 'the running role writes what it must; nobody else gets in.')];
  return weak.map((found) =>
    warn(
      'rights',
      found,
      'Give the gateway a role of its own: docs/operating/running.md, "PostgreSQL of your own".',
    ),
  );
}

/** Opens the keys of some sites, because with a wrong key ring the gateway would refuse all their orders. */
async function checkKeys(config: Config, db: Database): Promise<Finding> {
  const sites = await listSites(db, { limit: pageMax });
  try {
    const keyRing = parseKeyRing(await openKeyRing(config, db, { mayMake: false }));
    const context = { db, keyRing, clock: { now: () => new Date() } };
    for (const site of sites) await openSiteKeys(context, site);
    return ok(
      'keys',
      sites.length === 0 ? 'no sites yet ("vipay site create").' : `the keys of ${sites.length} sites open.`,
    );
  } catch (error) {
    if (error instanceof GroundFault) return fail('keys', error.message);
    return fail(
      'keys',
      `Stored keys do not open: ${(error as Error).message}.`,
      'Give back the former VIPAY_SECRET_KEY, behind the new one.',
    );
  }
}

async function checkWallets(db: Database): Promise<Finding> {
  const wallets = await listWallets(db, 'sandbox', pageMax);
  return wallets.some((wallet) => wallet.status === 'active' && wallet.identified)
    ? ok('wallets', `${wallets.length} in the sandbox.`)
    : warn('wallets', 'no sandbox wallet can pay.', 'See "vipay wallet create --help".');
}
