import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import pg from 'pg';
import { testActor } from '../tests/support/actor.ts';
import { createTestDatabase } from '../tests/support/database.ts';
import { createSite } from './business/merchants/index.ts';
import { ConfigFault } from './config.ts';
import { createContext } from './create-context.ts';
import { GroundFault } from './ground/database/index.ts';
import { createLogger } from './ground/log/index.ts';
import { generateKeyRingSetting } from './ground/secrets/index.ts';
import { openKeyRing } from './open-key-ring.ts';

const { db, ownerUrl, drop } = await createTestDatabase();
const owner = new pg.Client({ connectionString: ownerUrl });
await owner.connect();
const dataDir = await mkdtemp(join(tmpdir(), 'vipay-ring-'));
after(async () => {
  await owner.end();
  await drop();
  await rm(dataDir, { recursive: true });
});

const file = join(dataDir, 'secret-key');
const demo = { secretKey: null, dataDir, demo: true };
const of = (secretKey: string) => ({ secretKey, dataDir, demo: false });
const said: string[] = [];
const say = (line: string) => said.push(line);

beforeEach(async () => {
  said.length = 0;
  await rm(file, { force: true });
  await owner.query('delete from key_ring_checks');
});

function tells(...parts: RegExp[]) {
  return (error: unknown) => {
    assert.ok(error instanceof GroundFault, String(error));
    for (const part of parts) assert.match(error.message, part);
    return true;
  };
}

test('a demo makes its ring once, readable by its owner only, and holds it against the database', async () => {
  const first = await openKeyRing(demo, db);
  assert.equal(await openKeyRing(demo, db), first);
  assert.equal((await readFile(file, 'utf8')).trim(), first);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  const { rows } = await owner.query('select key_id from key_ring_checks');
  assert.deepEqual(rows, [{ key_id: 'k1' }]);
  await assert.rejects(openKeyRing({ ...demo, demo: false }, db), ConfigFault);
});

test('two starts at once agree on one ring', async () => {
  const rings = await Promise.all([openKeyRing(demo, db), openKeyRing(demo, db), openKeyRing(demo, db)]);
  assert.equal(new Set(rings).size, 1);
});

test('a database that was sealed with a ring is never given a new one', async () => {
  await openKeyRing(demo, db);
  await rm(file);
  await assert.rejects(openKeyRing(demo, db), tells(/secret-key is missing/, /backup/, /move .* away/));
  await assert.rejects(stat(file), /ENOENT/);
  await writeFile(file, '\n');
  await assert.rejects(openKeyRing(demo, db), tells(/secret-key is empty/, /backup/));
});

test('an empty file of a first start that was cut short is replaced', async () => {
  await writeFile(file, '');
  assert.match(await openKeyRing(demo, db), /^k1:/);
});

test('a garbled file is told by name, without what is in it', async () => {
  const text = await openKeyRing(demo, db);
  await writeFile(file, text.slice(0, 20));
  await assert.rejects(openKeyRing(demo, db), (error: unknown) => {
    assert.ok(!(error as Error).message.includes(text.slice(3, 20)));
    return tells(/secret-key is damaged/, /backup/)(error);
  });
});

test('the ring of another database is refused, whether its key has the same id or another', async () => {
  const ring = generateKeyRingSetting();
  await openKeyRing(of(ring), db);
  await assert.rejects(
    openKeyRing(of(generateKeyRingSetting()), db),
    tells(/not the key ring of this database/),
  );
  const other = generateKeyRingSetting().replace('k1:', 'k2:');
  await assert.rejects(
    openKeyRing(of(other), db),
    tells(/key k1, .* is not on the ring/, /behind the current/),
  );
  // Rotated as it should be: the new key in front.
  await openKeyRing(of(`${other},${ring}`), db);
  await assert.rejects(openKeyRing(of(ring), db), tells(/key k2, .* is not on the ring/));
});

test('a file that others could read is closed with a word', async () => {
  await openKeyRing(demo, db);
  await chmod(file, 0o644);
  await openKeyRing(demo, db, { say });
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.match(said.join('\n'), /secret-key could be read by other users/);
});

test('a program that only looks makes neither a file nor a row', async () => {
  await assert.rejects(openKeyRing(demo, db, { mayMake: false }), tells(/first start makes it/));
  await assert.rejects(stat(file), /ENOENT/);
  await openKeyRing(of(generateKeyRingSetting()), db, { mayMake: false });
  assert.equal((await owner.query('select from key_ring_checks')).rowCount, 0);
});

test('the running role cannot take a check away', async () => {
  await openKeyRing(demo, db);
  await assert.rejects(db.deleteFrom('key_ring_checks').execute(), /permission denied/);
});

test("a database of before these checks is known by its sites' keys", async () => {
  const ring = generateKeyRingSetting();
  const context = createContext(
    { publicUrl: 'https://pay.example', argon2: { memoryKib: 128, passes: 1, parallelism: 1 } },
    { db, secretKey: ring, log: createLogger('silent') },
  );
  const made = await createSite(context, testActor, {
    ...{ environment: 'sandbox', protocol: 'classic-v1', name: 'Sen', merchantSite: 'sen' },
    ...{ creditAccountKind: 'merchant_suspense', fee: {} },
  });
  assert.ok(made.ok);
  await assert.rejects(openKeyRing(demo, db), tells(/secret-key is missing/));
  await assert.rejects(
    openKeyRing(of(generateKeyRingSetting()), db),
    tells(/keys of the site sen do not open/),
  );
  await openKeyRing(of(ring), db);
});
