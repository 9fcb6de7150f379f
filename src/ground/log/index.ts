export { createLogger, type Logger } from './logger.ts';
export { outliveBrokenOutput, outliveStrayErrors } from './stray-errors.ts';
