// What a buyer reads on the phone, or types wrong.

import { listSandboxMessages } from '../../src/business/messages/index.ts';
import { otpMatches } from '../../src/business/payments/otp.ts';
import type { ModelPayment } from './model.ts';
import type { Stage } from './stage.ts';
import type { Code } from './steps.ts';

/** The code that was sent for this very payment, found among the messages by its hash; or another one. */
export async function findCode(
  { context }: Stage,
  payment: ModelPayment,
  wanted: Code,
): Promise<{ otp: string; isRight: boolean }> {
  if (payment.status !== 'confirming') return { otp: '000000', isRight: false };
  const { rows } = await context.db.pool.query<{ hash: Buffer }>(
    'select code_hash as hash from confirmations where payment_id = $1',
    [payment.id],
  );
  const hash = rows[0]?.hash;
  if (!hash) throw new Error(`payment ${payment.id} is confirming without a code`);
  const { amountDong, site } = payment.order;
  const binding = { paymentId: payment.id, amountDong, merchantSite: site.site.merchantSite };
  const isRight = (otp: string) => otpMatches(context, otp, binding, hash);
  const messages = await listSandboxMessages(context, { phone: payment.wallet.phone, limit: 40 });
  const right = messages.map(({ text }) => text.match(/\b[0-9]{6}\b/)?.[0] ?? '').find(isRight);
  if (right === undefined) throw new Error(`the code of payment ${payment.id} was sent to nobody`);
  if (wanted === 'right') return { otp: right, isRight: true };
  const other = wanted === 'old' && payment.oldCode !== null ? payment.oldCode : '000000';
  const otp = other === right && wanted === 'wrong' ? '000001' : other;
  return { otp, isRight: otp === right };
}
