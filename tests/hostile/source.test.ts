// Facts of the source code that no request could show: no text is run as a program, no secret comes from a
// weak random source, the browser stores nothing but cookies.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

const projectDir = resolve(import.meta.dirname, '../..');
const files = globSync('{src,cli}/**/*.ts', { cwd: projectDir })
  .filter((path) => !path.endsWith('.test.ts'))
  .map((path) => ({ path: path.replaceAll('\\', '/'), text: readFileSync(join(projectDir, path), 'utf8') }));

/** `path: line` of every match outside comments. */
function find(pattern: RegExp): string[] {
  return files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => !/^(?:\/\/|\*|\/\*)/.test(line) && pattern.test(line))
      .map((line) => `${path}: ${line}`),
  );
}

test('the source is there to be read', () => {
  assert.ok(files.length > 150);
  assert.ok(find(/randomBytes\(/).length > 5);
});

test('no text becomes a program: no eval, no shell, no pattern or script made of data', () => {
  assert.deepEqual(find(/\beval\(|new Function\b|node:vm|shell: true|\bexecSync\(|setTimeout\(\s*['"`]/), []);
  assert.deepEqual(find(/new RegExp\(/), []);
  // Programs are started by their path with a list of arguments.
  assert.deepEqual(
    find(/from 'node:child_process'/).filter((line) => !/\bspawn\b/.test(line)),
    [],
  );
});

test('SQL is written with bound values: raw text comes from the code alone', () => {
  const raw = find(/sql\.raw|\.unsafe\(/).map((line) => line.split(':')[0]);
  assert.deepEqual([...new Set(raw)].sort(), [
    // The names of columns and the limits of a connection, both constants.
    'src/ground/database/columns.ts',
    'src/ground/database/with-limits.ts',
  ]);
});

test('nothing that must not be guessed comes from Math.random, and no hash is MD5 or SHA-1', () => {
  const weak = find(/Math\.random/).map((line) => line.split(':')[0]);
  assert.deepEqual([...new Set(weak)].sort(), [
    // When a notification is sent again, and the name of a lock file's owner.
    'src/business/messages/mail-sender.ts',
    'src/business/notifications/deliver-notification.ts',
    'src/ground/database/lock-file.ts',
  ]);
  assert.deepEqual(find(/['"](?:md5|sha1|sha-1|rsa-sha1)['"]/i), []);
});

test('TLS is never told to take any certificate', () => {
  assert.deepEqual(find(/rejectUnauthorized:\s*false|NODE_TLS_REJECT_UNAUTHORIZED/), []);
});

test('the pages keep nothing in the browser, talk to no other window, write no markup, and let a PIN be pasted', () => {
  assert.deepEqual(
    find(
      /\blocalStorage|\bsessionStorage|indexedDB|postMessage|innerHTML|outerHTML|document\.write|onpaste|\bon(?:load|click)=["']/i,
    ),
    [],
  );
  const [pin] = find(/<input id="pin"/);
  assert.match(pin ?? '', /type="password"/);
  assert.match(pin ?? '', /autocomplete="current-password"/);
});

test('no answer lets another origin read it', () => {
  assert.deepEqual(find(/access-control-allow|@fastify\/cors/i), []);
});
