// Reads a JSON body of the REST API, stricter than JSON.parse: two members of one name, which two readers may
// understand differently, are refused, and so is a name that would touch an object's prototype.

import type { FastifyInstance } from 'fastify';
import { type FieldError, ProblemError } from '../../ground/http/index.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });
const jsonStrings = /"(?:[^"\\]|\\.)*"(?=(\s*:)?)/g;
const namesToldMax = 5;

/**
 * JSON is the only content type under this instance. An empty body counts as none, even with another content
 * type: `curl -d ''` sends the type of a form and no byte.
 */
export function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: unknown, body: Buffer) => (body.length === 0 ? undefined : parseJsonBody(body)),
  );
  app.addContentTypeParser<Buffer>('*', { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) => {
    if (body.length > 0) {
      throw new ProblemError('unsupported-media-type', {
        detail: 'content-type: send application/json',
        headers: { accept: 'application/json' },
      });
    }
  });
}

/** Throws `malformed-request`. Objects are flat: no request has others. A byte order mark before them is passed over. */
export function parseJsonBody(bytes: Buffer): unknown {
  const text = decode(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refused('the body is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refused('the body is not a JSON object');
  }
  const nested = Object.entries(value).filter(([, member]) => typeof member === 'object' && member !== null);
  if (nested.length > 0) {
    const detail = 'must be text or a number, not a list or an object';
    throw refused(
      'a field of the body is not text or a number',
      fieldErrors(
        nested.map(([name]) => name),
        detail,
      ),
    );
  }
  if (Object.hasOwn(value, '__proto__')) {
    throw refused('a field of the body has a refused name', fieldErrors(['__proto__'], 'unknown field'));
  }
  // In JSON that has been proven well-formed, a string is a name exactly when a colon follows it.
  const names = Array.from(text.matchAll(jsonStrings)).filter((match) => match[1] !== undefined);
  if (names.length !== Object.keys(value).length) {
    throw refused('a field of the body is repeated', fieldErrors(repeated(names), 'is there more than once'));
  }
  return value;
}

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw refused('the body is not text in UTF-8');
  }
}

/** Names as they are meant: `"\u0061"` is `a`. */
function repeated(names: RegExpExecArray[]): string[] {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const [text] of names) {
    const name = JSON.parse(text) as string;
    if (seen.has(name)) twice.add(name);
    seen.add(name);
  }
  return [...twice];
}

function fieldErrors(names: string[], detail: string): FieldError[] {
  return names.slice(0, namesToldMax).map((name) => ({ field: name.slice(0, 64).toWellFormed(), detail }));
}

function refused(detail: string, errors: FieldError[] = []): ProblemError {
  return new ProblemError('malformed-request', { detail, errors });
}
