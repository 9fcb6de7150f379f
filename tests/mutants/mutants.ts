// The mutants: the gateway with one of its protections taken out. Each text stands exactly once in its file; when
// the code moves, the mutant follows.

import type { Mutant } from '../support/mutant.ts';

const postBatch = 'src/business/payments/post-batch.ts';

/** The notification is recorded in a commit of its own, after the payment's. */
export const notificationOutsideTheCommit: Mutant = {
  name: 'notification outside the commit',
  changes: [
    {
      file: postBatch,
      text: 'const triesMax = 3;',
      replacement: `const triesMax = 3;
const later = [];
const recordLater = (rows) => { later.push(...rows); return null; };`,
    },
    { file: postBatch, text: 'recordingNotifications(due)', replacement: 'recordLater(due)' },
    {
      file: postBatch,
      text: "await context.reach?.('posting.after_commit');",
      replacement: `await context.reach?.('posting.after_commit');
      const rows = later.splice(0);
      if (rows.length > 0) await inPipelinedTransaction(context.db, async (tx) =>
        ({ result: null, writes: [sql\`select \${recordingNotifications(rows)}\`.execute(tx)] }));`,
    },
  ],
};

/** Paying, cancelling and expiring read the order without waiting for each other. */
export const noLockOfTheOrder: Mutant = {
  name: 'no lock of the order',
  changes: [
    {
      file: 'src/business/orders/order-queries.ts',
      text: ' for no key update',
      replacement: '',
    },
  ],
  databaseChanges: [
    { function: 'posting_lock', text: 'order by o.id for no key update', replacement: 'order by o.id' },
  ],
};

const noLockOfTheOrdersPayments = {
  function: 'posting_lock',
  text: "p.order_id = any (v_orders) and p.status in ('started', 'confirming')",
  replacement: 'p.id = any (p_payments)',
};

/** Nor do two payments of one order: each posting takes its own payment only. */
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
      file: postBatch,
      text: "    if (facts.paymentStatus === 'paid') return { outcome: 'paid', repeated: true };\n",
      replacement: '',
    },
  ],
};

/** The ledger does not ask whether it knows the transfer's id; the primary key does, by an error. */
export const noCheckOfTheTransfer: Mutant = {
  name: 'no check of the key: the transfer',
  changes: [
    {
      file: 'src/books/ledger/post-transfers.ts',
      text: '      if (former) {\n',
      replacement: '      if (false) {\n',
    },
  ],
};

/** An attempt at a code is counted without asking whether one is left. */
export const attemptsNotLimited: Mutant = {
  name: 'attempts at a code not limited',
  changes: [],
  databaseChanges: [
    {
      function: 'code_count_attempt',
      text: 'and (w.otp_locked_until is null or ',
      replacement: 'and (true or ',
    },
  ],
};
