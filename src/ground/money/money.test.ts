import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { computeFee, feeExceedsAmount, formatDong, parseDong, portionOfDong } from './index.ts';

test('half a dong rounds up, less than half rounds down', () => {
  assert.equal(portionOfDong(50n, 10_000n), 1n); // 0,5
  assert.equal(portionOfDong(49n, 10_000n), 0n); // 0,49
  assert.equal(portionOfDong(150n, 10_000n), 2n); // 1,5
});

test('fee and VAT each round once: 1,1 % of 100.050 ₫ is 1.101 ₫ and its VAT of 10 % is 110 ₫', () => {
  const schedule = { ratePpm: 11_000n, fixedDong: 0n, minDong: 0n, maxDong: null, vatRatePpm: 100_000n };
  assert.deepEqual(computeFee(schedule, 100_050n), { feeDong: 1_101n, vatDong: 110n });
});

test('the fee stays between its minimum and its maximum', () => {
  const schedule = { ratePpm: 10_000n, fixedDong: 500n, minDong: 1_000n, maxDong: 5_000n, vatRatePpm: 0n };
  assert.equal(computeFee(schedule, 1_000n).feeDong, 1_000n);
  assert.equal(computeFee(schedule, 100_000n).feeDong, 1_500n);
  assert.equal(computeFee(schedule, 10_000_000n).feeDong, 5_000n);
});

test('a fee with VAT equal to the amount is allowed, one dong more is not', () => {
  assert.equal(feeExceedsAmount({ feeDong: 90n, vatDong: 10n }, 100n), false);
  assert.equal(feeExceedsAmount({ feeDong: 91n, vatDong: 10n }, 100n), true);
});

test('amounts read back as they were written, and nothing else is read', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 9_999_999_999_999n }), (amountDong) => {
      assert.equal(parseDong(String(amountDong)), amountDong);
    }),
  );
  for (const text of ['', '0', '-1', '+1', '01', '1.0', '1e3', ' 1', '10000000000000', '１']) {
    assert.equal(parseDong(text), null, text);
  }
  assert.equal(formatDong(1_000_000n), '1.000.000\u00a0₫');
});
