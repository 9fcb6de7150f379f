// What a job threw, as an Error that anybody may read, log and write to a text column. Code throws all sorts of
// things: text, nothing, objects in a circle, errors whose own properties throw.

import { inspect } from 'node:util';

const messageLengthMax = 2_000;

export function toJobError(thrown: unknown): Error & { code?: string } {
  const { message, name, stack, code } = readParts(thrown);
  const error: Error & { code?: string } = new Error(fitForText(message));
  error.name = name;
  if (stack !== null) error.stack = fitForText(stack);
  if (code !== null) error.code = fitForText(code);
  return error;
}

type Parts = { message: string; name: string; stack: string | null; code: string | null };

function readParts(thrown: unknown): Parts {
  try {
    if (thrown instanceof Error) {
      const { code } = thrown as { code?: unknown };
      return {
        message: String(thrown.message) || 'an error without a message',
        name: String(thrown.name),
        stack: typeof thrown.stack === 'string' ? thrown.stack : null,
        code: typeof code === 'string' || typeof code === 'number' ? String(code) : null,
      };
    }
    const shown = typeof thrown === 'string' ? thrown : inspect(thrown, { depth: 2, breakLength: Infinity });
    return { message: `the job threw ${shown || 'an empty text'}`, name: 'Error', stack: null, code: null };
  } catch {
    return { message: 'the job threw something unreadable', name: 'Error', stack: null, code: null };
  }
}

/** PostgreSQL's text holds no NUL, and its JSON no lone surrogate. */
function fitForText(text: string): string {
  return text.replaceAll('\0', '\u{fffd}').slice(0, messageLengthMax).toWellFormed();
}
