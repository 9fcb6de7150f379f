export { amountDongMax, formatDong, parseDong, portionOfDong } from './dong.ts';
export { computeFee, type Fee, type FeeSchedule, feeExceedsAmount } from './fee.ts';
