export { type Clock, systemClock } from './clock.ts';
export {
  formatVietnamTimestamp,
  startOfNextVietnamDay,
  startOfNextVietnamMonth,
  vietnamDay,
  vietnamMonth,
} from './vietnam-time.ts';
