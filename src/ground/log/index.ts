export { tellLibraryConsole } from './library-console.ts';
export { type EventFields, type LogEventName, logEvent, logEvents, watchEvents } from './log-events.ts';
export { createLogger, type Logger, logPath, maskPhones, redactFields } from './logger.ts';
export { type Say, sayWhenSlow } from './say-when-slow.ts';
export { makeRoomForLastLines, say, writeLastLines } from './standard-output.ts';
export { outliveBrokenOutput, outliveStrayErrors } from './stray-errors.ts';
export { currentTraceId, withoutTrace, withTrace } from './trace.ts';
