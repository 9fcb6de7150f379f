// The gateway's fee on a payment and the VAT on that fee. Pure.

import { portionOfDong } from './dong.ts';

/** A site's fee agreement. Rates in parts per million (10.000 ppm = 1 %), amounts in dong. */
export type FeeSchedule = {
  ratePpm: bigint;
  fixedDong: bigint;
  minDong: bigint;
  /** null: no upper bound */
  maxDong: bigint | null;
  vatRatePpm: bigint;
};

export type Fee = { feeDong: bigint; vatDong: bigint };

/**
 * Fee = percentage of the amount, rounded half up once, plus the fixed part, kept within [min, max].
 * VAT comes on top of the fee and is rounded half up once by itself.
 */
export function computeFee(schedule: FeeSchedule, amountDong: bigint): Fee {
  const raw = portionOfDong(amountDong, schedule.ratePpm) + schedule.fixedDong;
  const atLeastMin = raw < schedule.minDong ? schedule.minDong : raw;
  const feeDong = schedule.maxDong !== null && atLeastMin > schedule.maxDong ? schedule.maxDong : atLeastMin;
  return { feeDong, vatDong: portionOfDong(feeDong, schedule.vatRatePpm) };
}

/** An order whose fee and VAT exceed its amount would leave the merchant owing; it is refused (03). */
export function feeExceedsAmount(fee: Fee, amountDong: bigint): boolean {
  return fee.feeDong + fee.vatDong > amountDong;
}
