// The trace id: one for each request, always made here. It is in the answer (`X-Trace-Id`), on every error page,
// in the log and in the list of refused requests, so that a merchant's question finds its line.

import { randomBytes } from 'node:crypto';

/** 16 hex digits (64 random bits): short enough to be read out, too many to meet twice. */
export function createTraceId(): string {
  return randomBytes(8).toString('hex');
}
