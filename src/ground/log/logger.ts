// The log: one JSON line per event. Secrets are taken out before a line is written, in two ways: fields by
// their name, and phone numbers by their form wherever they stand.

import type { FastifyBaseLogger } from 'fastify';
import pino from 'pino';
import { openStandardOutput } from './standard-output.ts';
import { currentTraceId } from './trace.ts';

/** What a use case logs with; a request's own logger fits too. */
export type Logger = FastifyBaseLogger;

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

const redacted = '[redacted]';
const depthMax = 8;
const pathMax = 200;
const secretWords = new Set(
  'pin otp password passwd secret authorization cookie token key signature securehash accesscode'.split(' '),
);

/** Writes to standard output, or to `destination` (tests). */
export function createLogger(level: LogLevel, destination?: pino.DestinationStream): Logger {
  const options: pino.LoggerOptions = {
    level,
    timestamp: pino.stdTimeFunctions.isoTime,
    base: null,
    // Merged with the line's own fields, so that none stands twice.
    mixin: () => {
      const traceId = currentTraceId();
      return traceId === null ? {} : { traceId };
    },
    formatters: { level: (label) => ({ level: label }), log: (fields) => redactFields(fields) },
    serializers: { req: describeRequest, err: describeError },
    hooks: { streamWrite: maskPhones },
  };
  const onLoss = (dropped: number) =>
    log.warn({ dropped }, 'lines of the log were dropped: nobody took what standard output says');
  const log = pino(options, destination ?? openStandardOutput(onLoss));
  return log;
}

/** Replaces the values of secret fields, at any depth; leaves the given object as it is. */
export function redactFields(fields: Record<string, unknown>): Record<string, unknown> {
  return redactValue(fields, 0) as Record<string, unknown>;
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value))
    return depth > depthMax ? redacted : value.map((item) => redactValue(item, depth + 1));
  if (!isPlainObject(value)) return value;
  if (depth > depthMax) return redacted;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      isSecretName(name) ? redacted : redactValue(item, depth + 1),
    ]),
  );
}

/** Whether one word of the name, or two neighbours, is a secret's: `newPin`, `webhook-signature`, `vpc_SecureHash`. */
function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return words.some((word, at) => secretWords.has(word) || secretWords.has(`${word}${words[at + 1] ?? ''}`));
}

/** Errors, dates and requests keep their own way of being written (pino's serializers). */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** 0912345678 → 091****678, +84912345678 → +8491****678; digits inside longer numbers and ids stay. */
export function maskPhones(text: string): string {
  return text.replace(/(?<![\w.+-])(0\d{2}|\+84\d{2})\d{4}(\d{3})(?![\w-])/g, '$1****$2');
}

function describeRequest(request: { method?: string; url?: string; ip?: string; hostname?: string }) {
  const path = request.url === undefined ? undefined : logPath(request.url);
  return { method: request.method, path, host: request.hostname, remoteAddress: request.ip };
}

/** Without the query (classic orders carry signatures there) and without the token of a checkout. */
export function logPath(url: string): string {
  return (url.split('?', 1)[0] ?? '').replace(/^(\/checkout\/)[^/]+/, `$1${redacted}`).slice(0, pathMax);
}

/** The error's own fields may repeat what a person sent (PostgreSQL's `detail` quotes the row): only known ones stay. */
function describeError(error: Error & { code?: unknown; constraint?: unknown }) {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack, code, constraint, cause } = error;
  return {
    type: name,
    message,
    stack,
    ...(code === undefined ? {} : { code: String(code) }),
    ...(constraint === undefined ? {} : { constraint: String(constraint) }),
    ...(cause instanceof Error ? { cause: cause.message } : {}),
  };
}
