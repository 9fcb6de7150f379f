export { type Clock, systemClock } from './clock.ts';
export {
  formatVietnamTimestamp,
  startOfNextVietnamDay,
  startOfNextVietnamMonth,
  type VietnamParts,
  vietnamDay,
  vietnamMonth,
  vietnamParts,
} from './vietnam-time.ts';
