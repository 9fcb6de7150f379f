export { createLogger, type Logger } from './logger.ts';
export { type Say, sayWhenSlow } from './say-when-slow.ts';
export { outliveBrokenOutput, outliveStrayErrors } from './stray-errors.ts';
