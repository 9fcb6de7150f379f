// The ledger against a plain model of it in memory: random movements of every kind, in random batches.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { createTestContext, type TestContext } from '../../../tests/support/context.ts';
import {
  balancesOf,
  batch,
  createTranslator,
  givenLedger,
  movement,
  postToModel,
  readBalances,
  routes,
} from '../../../tests/support/ledger-model.ts';
import { inTransaction, openPool } from '../../ground/database/index.ts';
import { checkBooks, openSystemAccounts, postTransfers, type Transfer } from './index.ts';

let context: TestContext;
let owner: ReturnType<typeof openPool>;

before(async () => {
  context = await createTestContext();
  owner = openPool(context.ownerUrl, { max: 2 });
  await openSystemAccounts(context.db, 'sandbox', context.clock.now());
  await openSystemAccounts(context.db, 'live', context.clock.now());
});
after(async () => {
  // Random movements fill wallets from anywhere: the guarantee may fall short, the books may not.
  const faults = (await checkBooks(context.db)).map(({ fault }) => fault);
  assert.deepEqual(
    faults.filter((fault) => fault !== 'guarantee_too_low'),
    [],
  );
  await owner.end();
  await context.drop();
});

const post = (transfers: Transfer[]) => inTransaction(context.db, (tx) => postTransfers(tx, transfers));

test('whatever is moved in whatever batches, results and balances are those of the model', async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 14 }), async (batches) => {
      const { model, ids } = await givenLedger(context, owner);
      const translate = createTranslator(context, ids);
      for (const movements of batches) {
        const transfers = movements.map(translate);
        const expected = transfers.map((transfer) => postToModel(model, transfer));
        assert.deepEqual(await post(transfers), expected);
        for (const result of expected) {
          const word = result.ok ? `ok ${result.repeated}` : result.refusal;
          seen.set(word, (seen.get(word) ?? 0) + 1);
        }
      }
      const found = await readBalances(context, model);
      for (const [id, dong] of balancesOf(model)) assert.equal(found.get(id), dong);
    }),
    { numRuns: 60 },
  );
  // The generator reaches every answer there is; else it proves less than it says.
  assert.equal(seen.size, 11, fc.stringify([...seen]));
});

test('batches posted at the same moment never deadlock, and what was answered is what moved', async () => {
  const calm = movement.filter(
    ({ kind, from, to }) => routes[kind][0].includes(from) && routes[kind][1].includes(to),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(calm, { minLength: 1, maxLength: 6 }), { minLength: 8, maxLength: 16 }),
      async (batches) => {
        const { model, ids } = await givenLedger(context, owner);
        const translate = createTranslator(context, ids);
        const asked = batches.map((movements) => movements.map(translate));
        const answers = await Promise.all(asked.map(post));
        const posted = asked.flatMap((transfers, index) =>
          transfers.filter((_, place) => {
            const answer = answers[index]?.[place];
            return answer?.ok && !answer.repeated;
          }),
        );
        assert.equal(new Set(posted.map(({ id }) => id)).size, posted.length);
        const dong = balancesOf(model);
        const move = (id: string, change: bigint) => dong.set(id, (dong.get(id) ?? 0n) + change);
        for (const { debitAccountId, creditAccountId, amountDong, fee } of posted) {
          const [feeDong, vatDong] = [fee?.feeDong ?? 0n, fee?.vatDong ?? 0n];
          move(debitAccountId, -amountDong);
          move(creditAccountId, amountDong - feeDong - vatDong);
          move(ids.get('fees') ?? '', feeDong);
          move(ids.get('vat_payable') ?? '', vatDong);
        }
        assert.deepEqual(
          new Map([...(await readBalances(context, model))].sort()),
          new Map([...dong].sort()),
        );
      },
    ),
    { numRuns: 20 },
  );
});
