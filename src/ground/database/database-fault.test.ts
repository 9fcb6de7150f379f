// One table of faults of the database for all code that catches them. The texts are in another language on
// purpose: a server's language is a setting, and only SQLSTATE is the same everywhere.

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, test } from 'node:test';
import pg from 'pg';
import { createTestDatabase } from '../../../tests/support/database.ts';
import { classifyFault, type FaultKind, isPassingFault, saysRolledBack } from './database-fault.ts';
import { retrying } from './retrying.ts';

const { url, pool, drop } = await createTestDatabase();
after(drop);

/** `rolledBack`: whether this answer to COMMIT says that nothing was written. */
const answers: [sqlState: string, kind: FaultKind, rolledBack: boolean][] = [
  ['08000', 'lost', false],
  ['08006', 'lost', false],
  ['08P01', 'lost', false],
  ['22001', 'refused', true],
  ['23505', 'refused', true],
  ['23514', 'refused', true],
  ['25006', 'read_only', true],
  ['25P02', 'refused', true],
  ['25P03', 'lost', false],
  ['25P04', 'lost', false],
  ['26000', 'refused', true],
  ['28P01', 'denied', true],
  ['28000', 'denied', true],
  ['3D000', 'denied', true],
  ['40001', 'conflict', true],
  ['40003', 'lost', false],
  ['40P01', 'conflict', true],
  ['42501', 'refused', true],
  ['42P01', 'refused', true],
  ['53100', 'out_of_room', true],
  ['53200', 'out_of_room', true],
  ['53300', 'out_of_room', true],
  ['55P03', 'timed_out', true],
  ['57014', 'timed_out', true],
  ['57P01', 'lost', false],
  ['57P02', 'lost', false],
  ['57P03', 'lost', false],
  ['57P05', 'lost', false],
  ['58030', 'refused', false],
  ['P0001', 'refused', true],
  ['XX000', 'refused', false],
];

for (const [code, kind, rolledBack] of answers) {
  test(`SQLSTATE ${code} is ${kind}${rolledBack ? '' : ', and says nothing about a COMMIT under way'}`, () => {
    const error = Object.assign(new Error('FEHLER: irgendwas'), { code, severity: 'FEHLER' });
    assert.equal(classifyFault(error), kind);
    assert.equal(saysRolledBack(error), rolledBack);
    assert.equal(isPassingFault(error), kind !== 'refused');
  });
}

const others: [what: string, error: unknown, kind: FaultKind][] = [
  [
    'a refused connection',
    Object.assign(new Error(''), { code: 'ECONNREFUSED', syscall: 'connect' }),
    'lost',
  ],
  [
    'two refused addresses',
    new AggregateError([Object.assign(new Error(''), { code: 'ECONNREFUSED' })]),
    'lost',
  ],
  [
    'a socket that is not there',
    Object.assign(new Error(''), { code: 'ENOENT', syscall: 'connect' }),
    'lost',
  ],
  [
    'a file that is not there',
    Object.assign(new Error(''), { code: 'ENOENT', syscall: 'open' }),
    'not_database',
  ],
  ['a name nobody knows', Object.assign(new Error(''), { code: 'ENOTFOUND' }), 'lost'],
  ['a broken pipe, whose code has five letters too', Object.assign(new Error(''), { code: 'EPIPE' }), 'lost'],
  ['a file system that is read-only', Object.assign(new Error(''), { code: 'EROFS' }), 'not_database'],
  [
    'a certificate nobody signed',
    Object.assign(new Error(''), { code: 'SELF_SIGNED_CERT_IN_CHAIN' }),
    'denied',
  ],
  ['a TypeError', new TypeError('x is not a function'), 'not_database'],
  ['nothing at all', undefined, 'not_database'],
];

for (const [what, error, kind] of others) {
  test(`${what} is ${kind}`, () => {
    assert.equal(classifyFault(error), kind);
    assert.equal(saysRolledBack(error), false);
  });
}

test('what the driver itself throws is known: a pool in vain, a cut connection, an ended client, a plain server', async () => {
  const thrown = (work: Promise<unknown>) => work.then(() => 'nothing' as const, classifyFault);
  const small = new pg.Pool({ connectionString: url, max: 1, connectionTimeoutMillis: 1_000 });
  small.on('error', () => undefined);
  const held = await small.connect();
  held.on('error', () => undefined);
  assert.equal(await thrown(small.query('select 1')), 'lost');
  const { rows } = await held.query('select pg_backend_pid() as pid');
  const sleeping = thrown(held.query('select pg_sleep(30)'));
  await pool.query('select pg_terminate_backend($1)', [rows[0].pid]);
  assert.equal(await sleeping, 'lost');
  assert.equal(await thrown(held.query('select 1')), 'lost');
  held.release(true);
  await small.end();
  assert.equal(await thrown(small.query('select 1')), 'lost');

  const plain = new pg.Client({ connectionString: url, ssl: true });
  assert.equal(await thrown(plain.connect()), 'denied');
  const denied = new URL(url);
  denied.password = 'wrong';
  assert.equal(await thrown(new pg.Client({ connectionString: denied.href }).connect()), 'denied');

  const silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  const { port } = silent.address() as { port: number };
  const waiting = new pg.Client({ host: '127.0.0.1', port, connectionTimeoutMillis: 50 });
  assert.equal(await thrown(waiting.connect()), 'lost');
  await new Promise((resolve) => silent.close(resolve));
});

test('work is tried again after what is over in a moment, four times at most, and never after a refusal', async () => {
  const tries = async (code: string, failures: number, policy = {}) => {
    let attempts = 0;
    const ended = await retrying(async () => {
      attempts += 1;
      if (attempts <= failures) throw Object.assign(new Error(code), { code });
      return 'done';
    }, policy).catch((error) => error.code);
    return [attempts, ended];
  };
  assert.deepEqual(await tries('40P01', 2), [3, 'done']);
  assert.deepEqual(await tries('40P01', 9), [4, '40P01']);
  assert.deepEqual(await tries('25006', 1), [2, 'done']);
  assert.deepEqual(await tries('23505', 1), [1, '23505']);
  assert.deepEqual(await tries('57014', 1), [1, '57014']);
  assert.deepEqual(await tries('57014', 1, { isWorthIt: isPassingFault }), [2, 'done']);
  assert.deepEqual(await tries('40P01', 9, { withinMs: 50 }), [2, '40P01']);
});
