// Every command of the program, found in its own tree: what changes something leaves one act of its own, by the system
// user. A command that is not in the table below fails here, so nobody adds one without thinking of the log.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, mock, test } from 'node:test';
import type { Command } from 'commander';
import { uuidv7 } from 'uuidv7';
import { listNotifications } from '../src/business/notifications/index.ts';
import { cancelOrder } from '../src/business/payments/index.ts';
import { recordRefusedRequest } from '../src/business/requests/index.ts';
import {
  createContextOn,
  givenOrder,
  givenSite,
  givenWallet,
  testSecretKey,
} from '../tests/support/context.ts';
import { createTestDatabase } from '../tests/support/database.ts';
import { commandLineActor } from './command-line-actor.ts';
import { makeProgram } from './program.ts';

const database = await createTestDatabase();
const folder = mkdtempSync(join(tmpdir(), 'vipay-audited-'));
after(async () => {
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});
const context = createContextOn(database);
Object.assign(process.env, {
  DATABASE_URL: database.url,
  VIPAY_SECRET_KEY: testSecretKey,
  VIPAY_DATA_DIR: folder,
  VIPAY_PUBLIC_URL: 'http://localhost:1',
  VIPAY_PORT: '1',
  VIPAY_ARGON2_MEMORY_KIB: '128',
  VIPAY_ARGON2_PASSES: '1',
});

const { site } = await givenSite(context, {
  merchantSite: 'audited',
  notifyUrl: 'http://127.0.0.1:9/ipn',
});
const wallet = await givenWallet(context);
await database.owner.pool.query(`update wallets set otp_failures = 5, otp_locked_until = '2100-01-01Z'`);
const order = await givenOrder(context, site);
await cancelOrder(context, order.id);
const [notification] = await listNotifications(database.db, { limit: 1 });
assert.ok(notification);
const traceId = `audited-${uuidv7()}`;
await recordRefusal();

/** `fails`: the code of the refusal that it ends with here. */
type Sample = { args: string[]; acts?: string[]; subject?: string; fails?: string };

/** How each command is run here, and the acts that it leaves; none: it only reads. */
const samples: Record<string, Sample[]> = {
  'site create': [
    {
      args: ['--name', 'Mới', '--protocol', 'rest', '--merchant-site', 'fresh'],
      acts: ['site.created'],
      subject: 'fresh',
    },
  ],
  'site list': [{ args: [] }],
  'site show': [{ args: ['audited'] }],
  'site rotate-key': [
    { args: ['audited', '--reason', 'because'], acts: ['site.key_rotated'], subject: 'audited' },
  ],
  'site set': [
    {
      args: [
        'audited',
        '--name',
        'Tên mới',
        '--return-url',
        'https://x.example/',
        '--protocol-enabled',
        'no',
        '--reason',
        'because',
      ],
      acts: ['site.changed'],
      subject: 'audited',
    },
  ],
  'site suspend': [
    { args: ['audited', '--reason', 'because'], acts: ['site.suspended'], subject: 'audited' },
  ],
  'site activate': [
    { args: ['audited', '--reason', 'because'], acts: ['site.activated'], subject: 'audited' },
  ],
  'wallet create': [
    { args: ['--phone', '0987654321', '--name', 'Trần Thị Bé', '--pin', '246810'], acts: ['wallet.created'] },
    {
      args: ['--phone', '0987654322', '--name', 'Trần Thị Bé', '--pin', '246810', '--balance', '1000'],
      acts: ['wallet.created', 'wallet.topped_up'],
    },
  ],
  'wallet top-up': [{ args: [wallet.phone, '1000'], acts: ['wallet.topped_up'], subject: wallet.id }],
  'wallet show': [{ args: [wallet.phone] }],
  'wallet unlock': [
    { args: [wallet.phone, '--reason', 'because'], acts: ['wallet.unlocked'], subject: wallet.id },
  ],
  'wallet list': [{ args: [] }],
  'order list': [{ args: [] }],
  'order show': [{ args: [order.publicId] }],
  'notification list': [{ args: [] }],
  'notification show': [{ args: [notification.publicId] }],
  'notification resend': [
    {
      args: [notification.publicId, '--reason', 'because'],
      acts: ['notification.resent'],
      subject: notification.publicId,
    },
  ],
  'request list': [{ args: [] }],
  'request show': [{ args: [traceId] }],
  'ledger verify': [{ args: ['--no-rest'] }],
  'audit list': [{ args: [] }],
  'audit verify': [{ args: [] }],
  'mail test': [{ args: ['me@example.vn'], fails: 'mail_off' }],
  doctor: [{ args: [] }],
};

function listCommands(program: Command): string[] {
  const walk = (command: Command, path: string[]): string[] =>
    command.commands.length === 0
      ? [path.join(' ')]
      : command.commands.flatMap((each) => walk(each, [...path, each.name()]));
  return walk(program, []);
}

async function recordRefusal(): Promise<void> {
  await recordRefusedRequest(context, {
    traceId,
    entryPoint: 'v1',
    method: 'GET',
    remoteAddress: '203.0.113.9',
    merchantSite: null,
    code: '97',
    detail: 'wrong signature',
    received: {},
  });
}

/** Tables in which seals, outcomes and the log itself are written: proof, not change. */
const proofs = [
  'audit_log',
  'audit_checkpoints',
  'ledger_checkpoints',
  'ledger_sealed_sums',
  'ledger_verifications',
];

async function photograph(): Promise<string> {
  const { rows: tables } = await database.owner.pool.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`,
  );
  const photos: string[] = [];
  for (const { name } of tables.filter((table) => !proofs.includes(table.name))) {
    const { rows } = await database.owner.pool.query<{ photo: string }>(
      `select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as photo from ${name} t`,
    );
    photos.push(`${name} ${rows[0]?.photo}`);
  }
  return photos.join('\n');
}

type Row = { act: string; subject_id: string; actor_kind: string; actor_id: string; reason: string | null };

async function listActsAfter(last: number): Promise<Row[]> {
  const { rows } = await database.owner.pool.query<Row>(
    'select act, subject_id, actor_kind, actor_id, reason from audit_log where act_no > $1 order by act_no',
    [last],
  );
  return rows;
}

test('every command of the program is in the table of this test, and nothing else', () => {
  assert.deepEqual(listCommands(makeProgram()).sort(), Object.keys(samples).sort());
});

test('every command that changes something leaves its row, which names the system user; those that read leave none', async () => {
  mock.method(console, 'log', () => undefined);
  mock.method(console, 'error', () => undefined);
  for (const [command, runs] of Object.entries(samples)) {
    for (const { args, acts = [], subject, fails } of runs) {
      const { rows } = await database.owner.pool.query(
        'select coalesce(max(act_no), 0)::int as last from audit_log',
      );
      const before = await photograph();
      const run = makeProgram().parseAsync([...command.split(' '), ...args], { from: 'user' });
      if (fails === undefined) await run;
      else await assert.rejects(run, { code: fails });
      const hasChanged = (await photograph()) !== before;
      const left = await listActsAfter(rows[0]?.last);
      assert.equal(
        hasChanged,
        acts.length > 0,
        `${command} ${hasChanged ? 'changed' : 'did not change'} something`,
      );
      assert.deepEqual(
        left.map(({ act }) => act),
        acts,
        command,
      );
      for (const row of left) {
        assert.equal(row.actor_kind, 'command_line', command);
        assert.ok(row.actor_id.startsWith(userInfo().username), row.actor_id);
        if (subject !== undefined) assert.equal(row.subject_id, subject, command);
        assert.equal(row.reason, args.includes('--reason') ? 'because' : null, command);
      }
    }
  }
  process.exitCode = 0; // The doctor finds something to say about a test's database.
  mock.restoreAll();
});

test('the actor is the system’s name for the process; who called sudo stands behind it, and never in its place', () => {
  const name = userInfo().username;
  assert.deepEqual(commandLineActor({}), { kind: 'command_line', systemUser: name });
  const root = commandLineActor({ SUDO_USER: 'minh' }, () => 'root');
  assert.deepEqual(root, { kind: 'command_line', systemUser: 'root (sudo: minh)' });
  const same = commandLineActor({ SUDO_USER: 'root' }, () => 'root');
  assert.deepEqual(same, { kind: 'command_line', systemUser: 'root' });
  const nameless = commandLineActor({}, () => {
    throw new Error('uv_os_get_passwd returned ENOENT');
  });
  assert.deepEqual(nameless, { kind: 'command_line', systemUser: `uid ${process.getuid?.()}` });
});
