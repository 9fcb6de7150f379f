export {
  formatVietnamTimestamp,
  startOfNextVietnamDay,
  startOfNextVietnamMonth,
  vietnamDay,
  vietnamMonth,
} from './vietnam-time.ts';
