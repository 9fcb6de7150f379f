// Counts the statements that a checkout, and the delivery of its result, send to the database, and compares them with
// the tables of ARCHITECTURE.md ("What a checkout costs").

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { createApp } from '../../src/app.ts';
import { createSite } from '../../src/business/merchants/index.ts';
import { listSandboxMessages } from '../../src/business/messages/index.ts';
import {
  type DueResult,
  recordingNotifications,
  startDispatcher,
  wakeDispatchersSoon,
} from '../../src/business/notifications/index.ts';
import { followChanges } from '../../src/ground/database/index.ts';
import { testActor } from '../support/actor.ts';
import { createContextOn, givenWallet, testPin } from '../support/context.ts';
import { startMerchantEndpoint } from '../support/merchant-endpoint.ts';
import {
  addFinalOrder,
  addSite,
  createNotificationContext,
  type TestSite,
  until,
} from '../support/notification-fixtures.ts';
import { startOwnServer } from '../support/own-server.ts';
import { type Counted, createStatementCounter } from '../support/statement-counter.ts';
import { createVisitor } from '../support/visitor.ts';

const server = await startOwnServer();
const database = await server.createDatabase('budget');
const context = createContextOn(database);
const changes = followChanges(context.db, { onLost: () => undefined });
await changes.started;
const app = createApp(context, { sandbox: null });
after(async () => {
  await idle.stop();
  await app.close();
  await changes.stop();
  await database.drop();
  await server.remove();
});

const callbacks = { allowLoopback: true, requireHttps: false };
const pollMs = 3_600_000;
// As in a gateway, where results are sent by the process that recorded them. Here it has no place to send from.
const idle = startDispatcher(context, { callbacks, pollMs, concurrency: 0 });

const made = await createSite(context, testActor, {
  environment: 'sandbox',
  protocol: 'rest',
  name: 'Sen Đá',
  merchantSite: 'budget',
  notifyUrl: 'https://shop.example/hook',
});
assert.ok(made.ok);
const apiKey = made.credentials.api_key ?? '';
const wallet = await givenWallet(context, { balanceDong: 100_000_000n });
const counter = createStatementCounter(context.db);

let orders = 0;
async function placeOrder(amount: string): Promise<string> {
  orders += 1;
  const answer = await app.inject({
    method: 'POST',
    url: '/v3/orders',
    headers: { authorization: `Bearer ${apiKey}`, 'idempotency-key': `budget-${orders}` },
    payload: {
      merch_txn_ref: `B-${orders}`,
      order_no: `B-${orders}`,
      amount,
      description: 'Sen đá',
      return_url: 'https://shop.example/ket-qua',
    },
  });
  assert.equal(answer.statusCode, 201, answer.body);
  return (answer.json() as { checkout_url: string }).checkout_url;
}

/** One checkout, request by request; with a code when the amount asks for one. */
async function countCheckout(amount: string, code: (() => Promise<string>) | null) {
  const counts: [string, Counted][] = [];
  const visitor = createVisitor(app);
  const step = async (name: string, work: () => Promise<unknown>) => {
    counts.push([name, await counter.count(work)]);
  };
  let url = '';
  let location = '';
  await step('`POST /v3/orders`', async () => {
    url = await placeOrder(amount);
  });
  await step('arriving from the shop', async () => {
    location = String((await visitor.get(url)).headers.location);
  });
  await step('the sign-in page', () => visitor.get(location));
  await step('signing in', () => visitor.send('/sign-in', { phone: wallet.phone, pin: testPin }));
  await step('the payment', () => visitor.get(location));
  await step(code ? 'confirming: a code is sent' : 'confirming: paid', () => visitor.send('/confirm'));
  if (code) {
    await step('the page that asks for the code', () => visitor.get(location));
    const otp = await code();
    await step('the code: paid', () => visitor.send('/code', { otp }));
  }
  await step('the result', async () => {
    const page = await visitor.get(location);
    assert.match(page.body, /response_code=00/);
  });
  return counts;
}

const page = readFileSync(join(resolve(import.meta.dirname, '../..'), 'ARCHITECTURE.md'), 'utf8');

/** The rows of the table under this heading: name, statements, commits. */
function readTable(heading: string): [string, number, number][] {
  const part = page.split(heading)[1]?.split(/\n## |\n\*\*/)[0] ?? '';
  return [...part.matchAll(/^\| (.+?) \| (\d+) \| (\d+) \|$/gm)].map(([, name = '', statements, commits]) => [
    name,
    Number(statements),
    Number(commits),
  ]);
}

async function holdAgainstTable(heading: string, counting: () => ReturnType<typeof countCheckout>) {
  // Once unmeasured: what is kept in memory is read by the first.
  await counting();
  const counts = await counting();
  const found = counts.map(([name, { statements, commits }]) => [name, statements, commits]);
  const told = readTable(heading);
  assert.deepEqual(found, told, JSON.stringify(counts, shorten, 1));
  return { statements: sum(told, 1), commits: sum(told, 2) };
}

function sum(rows: [string, number, number][], place: 1 | 2): number {
  return rows.reduce((total, row) => total + row[place], 0);
}

/** The table's rows of what many together cost: name, statements at most, commits at most. */
function readBound(name: string): { statements: number; commits: number } {
  const [, statements, commits] =
    new RegExp(`^\\| ${name} \\| at most (\\d+) \\| at most (\\d+) \\|$`, 'm').exec(page) ?? [];
  return { statements: Number(statements), commits: Number(commits) };
}

// First, because the checkouts leave results behind for an address outside.
test('delivering a result costs what ARCHITECTURE.md says, and fifty claimed together little more', async () => {
  let asked = 0;
  let awaited = 0;
  let answer: (() => void)[] = [];
  // It answers when it has been asked for all, as merchants that are all equally far away would.
  const endpoint = await startMerchantEndpoint((response) => {
    asked += 1;
    answer.push(() => void response.writeHead(204).end());
    if (asked < awaited) return;
    for (const each of answer) each();
  });
  const fixtures = createNotificationContext(database.db, context.clock);
  const sites: TestSite[] = [];
  for (let each = 0; each < 25; each += 1) {
    sites.push(await addSite(fixtures, { protocol: 'rest', notifyUrl: endpoint.url }));
  }
  const dispatcher = startDispatcher(context, { callbacks, pollMs });
  const deliver = async (count: number) => {
    const due: DueResult[] = [];
    for (let each = 0; each < count; each += 1) {
      const site = sites[each % sites.length] as TestSite;
      const orderId = await addFinalOrder(fixtures, site);
      due.push({ orderId, ...pick(site), now: context.clock.now() });
    }
    await sql`select ${recordingNotifications(due)}`.execute(database.owner);
    [asked, awaited, answer] = [0, count, []];
    return counter.count(async () => {
      wakeDispatchersSoon(
        context,
        due.map(({ merchantSite }) => merchantSite),
      );
      await until('all are delivered', async () => {
        const { rows } = await sql`select from notifications where status = 'pending'`.execute(
          database.owner,
        );
        return rows.length === 0;
      });
    });
  };
  try {
    // Once unmeasured: sites and keys are read.
    await deliver(50);
    const one = await deliver(1);
    const counted = [['one result', one.statements, one.commits]];
    assert.deepEqual(counted, readTable('**Delivering results**'), JSON.stringify(one, shorten, 1));
    const bound = readBound('fifty, claimed together');
    const fifty = await deliver(50);
    const isWithin = fifty.statements <= bound.statements && fifty.commits <= bound.commits;
    assert.ok(isWithin, JSON.stringify(fifty, shorten, 1));
  } finally {
    await dispatcher.stop();
    await endpoint.close();
  }
});

const pick = ({ merchantSite, environment }: TestSite) => ({ merchantSite, environment });

test('a checkout by PIN costs what ARCHITECTURE.md says: at most 17 statements and 4 commits', async () => {
  const cost = await holdAgainstTable('**With the PIN alone**', () => countCheckout('1000', null));
  assert.ok(cost.statements <= 17 && cost.commits <= 4, JSON.stringify(cost));
});

test('a checkout with a code costs what ARCHITECTURE.md says', async () => {
  await holdAgainstTable('**With a code**', () => countCheckout('6000000', readCode));
});

async function readCode(): Promise<string> {
  const [message] = await listSandboxMessages(context, { phone: wallet.phone, limit: 1 });
  return /\b[0-9]{6}\b/.exec(message?.text ?? '')?.[0] ?? '';
}

function shorten(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.trim().slice(0, 70) : value;
}
