// Reads a JSON body of the REST API, stricter than JSON.parse: two members of one name, which two readers may
// understand differently, are refused, and so is a name that would touch an object's prototype.

import type { FastifyInstance } from 'fastify';
import { ProblemError } from '../../ground/http/index.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });
const jsonStrings = /"(?:[^"\\]|\\.)*"(?=(\s*:)?)/g;

/** The only content type under this instance; an empty body counts as none. */
export function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: unknown, body: Buffer) => {
      return body.length === 0 ? undefined : parseJsonBody(body);
    },
  );
}

/** Throws `malformed-request`. Members of one name are found in flat objects only: no request has others. */
export function parseJsonBody(bytes: Buffer): unknown {
  let text: string;
  let value: unknown;
  try {
    text = utf8.decode(bytes);
    value = JSON.parse(text);
  } catch {
    throw new ProblemError('malformed-request', { detail: 'the body is not JSON in UTF-8' });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ProblemError('malformed-request', { detail: 'the body is not a JSON object' });
  }
  if (Object.values(value).some((member) => typeof member === 'object' && member !== null)) {
    throw new ProblemError('malformed-request', { detail: 'a field of the body is not text or a number' });
  }
  // In JSON that has been proven well-formed, a string is a name exactly when a colon follows it.
  const names = Array.from(text.matchAll(jsonStrings)).filter((match) => match[1] !== undefined).length;
  if (names !== Object.keys(value).length || Object.hasOwn(value, '__proto__')) {
    throw new ProblemError('malformed-request', {
      detail: 'a field of the body is repeated or has a refused name',
    });
  }
  return value;
}
