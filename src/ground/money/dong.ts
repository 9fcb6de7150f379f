// Whole dong (VND has no minor unit): reading, writing and rounding. Pure.

/** The largest amount any order, transfer or top-up may carry: 13 digits, as in the classic protocol. */
export const amountDongMax = 9_999_999_999_999n;

const grouped = new Intl.NumberFormat('vi-VN');

/** 1000000n → "1.000.000 ₫", with a no-break space, as Vietnamese readers write it. */
export function formatDong(amountDong: bigint): string {
  return `${grouped.format(amountDong)}\u00a0₫`;
}

/**
 * Reads decimal text of whole dong, as in JSON and on the command line.
 * Returns null for anything but 1 to 13 digits without sign, point or leading zero, and for zero.
 */
export function parseDong(text: string): bigint | null {
  if (!/^[1-9][0-9]{0,12}$/.test(text)) return null;
  return BigInt(text);
}

/** amount × ratePpm / 1.000.000, rounded half up to the dong (both ≥ 0). 10.000 ppm is one per cent. */
export function portionOfDong(amountDong: bigint, ratePpm: bigint): bigint {
  return (amountDong * ratePpm + 500_000n) / 1_000_000n;
}
