// The wallets that this browser has paid from, in a sealed cookie of all checkouts. It signs nobody in. It lets the
// browser try its PIN although strangers have locked the wallet by guessing from elsewhere (sign-in.ts).

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from '../../ground/context.ts';
import { cookieName } from '../../ground/http/index.ts';
import type { Environment } from '../../ground/terms.ts';

export type PaidBefore = { walletId: string; paidAt: Date };

const walletsMax = 4;
const validSeconds = 180 * 86_400;
/** How old an entry may get before paying again renews it. */
const renewMs = 86_400_000;
/** Four wallets take less than half of it. */
const cookieLengthMax = 1_000;

/** Newest first; none for a cookie that is missing, forged, or of the other environment. */
export function readPaidBefore(
  context: Pick<Context, 'keyRing' | 'publicUrl' | 'clock'>,
  request: Pick<FastifyRequest, 'cookies'>,
  environment: Environment,
): PaidBefore[] {
  const cookie = request.cookies[cookieName(context.publicUrl, `vipay_paid_${environment}`)];
  if (!cookie || cookie.length > cookieLengthMax) return [];
  try {
    const text = context.keyRing.open(Buffer.from(cookie, 'base64url'), boundTo(environment)).toString();
    const oldest = context.clock.now().getTime() - validSeconds * 1000;
    return (JSON.parse(text) as [walletId: string, paidAt: number][])
      .filter(([, paidAt]) => paidAt > oldest)
      .map(([walletId, paidAt]) => ({ walletId, paidAt: new Date(paidAt) }));
  } catch {
    return [];
  }
}

/** Adds the wallet that this browser has paid from. Of more than four the oldest is left out. */
export function rememberPaid(
  context: Pick<Context, 'keyRing' | 'publicUrl' | 'clock'>,
  request: Pick<FastifyRequest, 'cookies'>,
  reply: FastifyReply,
  paid: { environment: Environment; walletId: string },
): void {
  const known = readPaidBefore(context, request, paid.environment);
  const now = context.clock.now();
  const last = known.find(({ walletId }) => walletId === paid.walletId);
  if (last && now.getTime() - last.paidAt.getTime() < renewMs) return;
  const others = known.filter(({ walletId }) => walletId !== paid.walletId);
  const entries = [{ walletId: paid.walletId, paidAt: now }, ...others].slice(0, walletsMax);
  const text = JSON.stringify(entries.map(({ walletId, paidAt }) => [walletId, paidAt.getTime()]));
  const sealed = context.keyRing.seal(Buffer.from(text), boundTo(paid.environment));
  reply.setCookie(
    cookieName(context.publicUrl, `vipay_paid_${paid.environment}`),
    sealed.toString('base64url'),
    {
      path: '/checkout',
      httpOnly: true,
      sameSite: 'lax',
      secure: context.publicUrl.startsWith('https:'),
      maxAge: validSeconds,
    },
  );
}

const boundTo = (environment: Environment) => `paid-before/${environment}`;
