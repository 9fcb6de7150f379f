// Finds or makes the key ring at a start, and checks it against the database. A database that was sealed with
// one ring never gets another: old secrets would not open, and new ones would be sealed with the wrong key.

import { recordAct } from './business/audit/index.ts';
import { listSites, openSiteKeys } from './business/merchants/index.ts';
import { listWallets } from './business/wallets/index.ts';
import { type Config, ConfigFault } from './config.ts';
import { type Database, GroundFault, inTransaction } from './ground/database/index.ts';
import {
  createKeyRingFile,
  type KeyRing,
  keyRingPath,
  parseKeyRing,
  readKeyRingFile,
  removeEmptyKeyRingFile,
} from './ground/secrets/index.ts';
import { systemClock } from './ground/time/index.ts';

export type OpenKeyRingOptions = {
  /** Called with a sentence about each change, and about each thing worth knowing. */
  say?: (line: string) => void;
  /** False: makes no file and writes nothing to the database, for a program that only looks. Default true. */
  mayMake?: boolean;
};

type RingSettings = Pick<Config, 'secretKey' | 'dataDir' | 'demo'>;

const boundTo = (keyId: string) => `key_ring_checks/${keyId}`;
const knownText = Buffer.from('key_ring_checks');
const sitesTriedMax = 20;
const lost = 'v1 secrets, private keys, webhook secrets and messages stay sealed, and no PIN fits';

/**
 * The text of the ring (`VIPAY_SECRET_KEY`, else the file `secret-key` of a demo), proven to be this database's.
 * Needs the migrated database.
 * @throws ConfigFault when none is set outside the demo; GroundFault when it is lost, damaged or another database's.
 */
export async function openKeyRing(
  config: RingSettings,
  db: Database,
  options: OpenKeyRingOptions = {},
): Promise<string> {
  const { mayMake = true, say = () => undefined } = options;
  const path = keyRingPath(config.dataDir);
  const source = config.secretKey === null ? path : 'VIPAY_SECRET_KEY';
  const text = config.secretKey ?? (await readOrMakeFile(config, db, { path, mayMake, say }));
  let ring: KeyRing;
  try {
    ring = parseKeyRing(text);
  } catch (error) {
    throw new GroundFault(
      `${source} is damaged: ${(error as Error).message}. Put it back from a backup; without it ${lost}. ${beginAnew(config)}`,
    );
  }
  await refuseForeignRing(ring, db, { source, config });
  if (mayMake) await writeCheck(ring, db);
  return text;
}

async function readOrMakeFile(
  { demo, dataDir }: RingSettings,
  db: Database,
  { path, mayMake, say }: { path: string; mayMake: boolean; say: (line: string) => void },
): Promise<string> {
  if (!demo) throw new ConfigFault(['VIPAY_SECRET_KEY is required outside the demo']);
  const read = async () => {
    const found = await readKeyRingFile(path);
    if (found?.wasOpen) say(`${path} could be read by other users: closed to them (mode 0600).`);
    return found;
  };
  const found = await read();
  if (found !== null && found.text !== '') return found.text;
  if (await holdsSealedData(db)) {
    // Another process of the same first start may have made both meanwhile.
    const { text = '' } = (await read()) ?? {};
    if (text !== '') return text;
    throw new GroundFault(
      `${path} is ${found === null ? 'missing' : 'empty'}, and this database was sealed with the key that was in it. ` +
        `No new one is made: with it ${lost}. Put the file back from a backup. ${beginAnew({ dataDir, demo })}`,
    );
  }
  if (!mayMake) throw new GroundFault(`${path} is not there yet: the first start makes it.`);
  if (found !== null) await removeEmptyKeyRingFile(path);
  await createKeyRingFile(path);
  return (await read())?.text ?? '';
}

function beginAnew({ demo, dataDir }: Pick<RingSettings, 'demo' | 'dataDir'>): string {
  return demo
    ? `If nothing in it is worth keeping, move ${dataDir} away: the next start makes an empty demo.`
    : 'To begin anew, take an empty database.';
}

async function holdsSealedData(db: Database): Promise<boolean> {
  if ((await listChecks(db)).length > 0) return true;
  if ((await listSites(db, { limit: 1 })).length > 0) return true;
  const wallets = await Promise.all([listWallets(db, 'sandbox', 1), listWallets(db, 'live', 1)]);
  return wallets.some((found) => found.length > 0);
}

type Check = { key_id: string; sealed: Buffer };

async function listChecks(db: Database): Promise<Check[]> {
  return db.selectFrom('key_ring_checks').select(['key_id', 'sealed']).orderBy('made_at').execute();
}

async function refuseForeignRing(
  ring: KeyRing,
  db: Database,
  { source, config }: { source: string; config: RingSettings },
): Promise<void> {
  const checks = await listChecks(db);
  for (const { key_id, sealed } of checks) {
    const fault = findFault(() => ring.open(sealed, boundTo(key_id)).equals(knownText));
    if (fault === null) continue;
    const isMissing = /not on the ring/.test(fault);
    throw new GroundFault(
      isMissing
        ? `The key ${key_id}, with which this database sealed secrets, is not on the ring of ${source}. Add it behind the current one. ` +
            `(Once nothing needs it any more, the owner of the schema says so: delete from key_ring_checks where key_id = '${key_id}'.)`
        : `${source} is not the key ring of this database: its key ${key_id} is another one. Put the right ring back, or name the right database; with this one ${lost}. ${beginAnew(config)}`,
    );
  }
  if (checks.length > 0) return;
  // A database that is older than these checks: the keys of its sites prove the same, if it has sites.
  const context = { db, keyRing: ring, clock: { now: () => new Date() } };
  for (const site of await listSites(db, { limit: sitesTriedMax })) {
    try {
      await openSiteKeys(context, site);
    } catch (error) {
      throw new GroundFault(
        `${source} is not the key ring of this database: the keys of the site ${site.merchantSite} do not open with it (${(error as Error).message}). Put the right ring back; with this one ${lost}. ${beginAnew(config)}`,
      );
    }
  }
}

/** The fault as a sentence; null when all is well. */
function findFault(isRight: () => boolean): string | null {
  try {
    return isRight() ? null : 'another value';
  } catch (error) {
    return (error as Error).message;
  }
}

/** Two processes may start at once: the first one's value stays. */
async function writeCheck(ring: KeyRing, db: Database): Promise<void> {
  const keyId = ring.currentKeyId;
  await inTransaction(db, async (tx) => {
    const { numInsertedOrUpdatedRows } = await tx
      .insertInto('key_ring_checks')
      .values({ key_id: keyId, sealed: ring.seal(knownText, boundTo(keyId)) })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (numInsertedOrUpdatedRows === 0n) return;
    const act = { act: 'key_ring.key_added', subject: keyId, environment: null } as const;
    await recordAct(tx, { clock: systemClock, keyRing: ring }, { by: { kind: 'job', job: 'start' }, ...act });
  });
}
