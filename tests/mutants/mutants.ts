// The mutants: the gateway with one of its protections taken out.

import type { DatabaseChange, Mutant } from '../support/mutant.ts';

const recordNotification = 'src/business/notifications/record-notification.ts';

/**
 * The notification is recorded in a commit of its own, after the payment's. Batches are under way side by side, and each
 * owes its own results: one that recorded another's would do so before the payment of that one is committed.
 */
export const notificationOutsideTheCommit: Mutant = {
  name: 'notification outside the commit',
  changes: [
    {
      file: 'src/business/payments/post-batch.ts',
      seam: 'postBatch',
      instead: `(post, ...given) => {
        const { AsyncLocalStorage } = process.getBuiltinModule('node:async_hooks');
        globalThis.owed ??= new AsyncLocalStorage();
        return globalThis.owed.run([], () => post(...given));
      }`,
    },
    {
      file: recordNotification,
      seam: 'recordingNotifications',
      instead: '(record, results) => { globalThis.owed.getStore().push(...results); return null; }',
    },
    {
      file: recordNotification,
      seam: 'wakeDispatchersSoon',
      instead: `(wake, context) => {
        const rows = (globalThis.owed?.getStore() ?? []).map(toNew);
        insertNotifications(context.db, rows).then(() => wake(context), () => undefined);
      }`,
    },
  ],
};

const locksNothing = 'begin end';

/** Paying, cancelling and expiring read the order without waiting for each other. */
export const noLockOfTheOrder: Mutant = {
  name: 'no lock of the order',
  changes: [
    {
      file: 'src/business/orders/order-queries.ts',
      seam: 'lockOrder',
      instead: '(lock, tx, id) => findOrder(tx, id)',
    },
  ],
  databaseChanges: [{ seam: 'lock_orders', body: locksNothing }],
};

const noLockOfTheOrdersPayments: DatabaseChange = { seam: 'lock_live_payments', body: locksNothing };

/** Two payments of one order do not wait for each other either. */
export const noLockOfTheOrderAndItsPayments: Mutant = {
  name: 'no lock of the order and its payments',
  changes: noLockOfTheOrder.changes,
  databaseChanges: [...(noLockOfTheOrder.databaseChanges ?? []), noLockOfTheOrdersPayments],
};

/** The order's other payments are locked only after the wallet, as they end: two ways round, and so a ring. */
export const paymentsLockedLate: Mutant = {
  name: 'payments locked after the wallet',
  changes: [],
  databaseChanges: [noLockOfTheOrdersPayments],
};

/** A posting does not ask whether this very payment was posted before. */
export const noCheckOfThePayment: Mutant = {
  name: 'no check of the key: the payment',
  changes: [
    {
      file: 'src/business/payments/decide-batch.ts',
      seam: 'findFormerResult',
      instead: `(find, standing, facts) => {
        const former = find(standing, facts);
        return former?.outcome === 'paid' ? { outcome: 'too_late' } : former;
      }`,
    },
  ],
};

/** The ledger does not ask whether it knows the transfer's id; the primary key does, by an error. */
export const noCheckOfTheTransfer: Mutant = {
  name: 'no check of the key: the transfer',
  changes: [{ file: 'src/books/ledger/post-transfers.ts', seam: 'findFormer', instead: '() => undefined' }],
};

/** An attempt at a code is counted, and there is always one left. */
export const attemptsNotLimited: Mutant = {
  name: 'attempts at a code not limited',
  changes: [],
  databaseChanges: [
    {
      seam: 'policy_in_force',
      body: `begin
        return case when p_rule = 'otp.attempts_max' then 1000000 else (select p.value from policies p
          where p.rule = p_rule and p.valid_from <= p_now order by p.valid_from desc limit 1) end;
      end`,
    },
  ],
};
