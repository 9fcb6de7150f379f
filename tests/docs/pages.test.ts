// The documents keep their word: examples print what the page says, links lead somewhere, tables name what there is,
// every test that ARCHITECTURE.md and SECURITY.md name exists, and SECURITY.md leaves no requirement out.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { findOlderNode } from '../support/older-node.ts';

const projectDir = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(projectDir, path), 'utf8');
const run = promisify(execFile);
const pages = globSync('{*.md,{docs,src,bench,cli,samples}/**/*.md}', { cwd: projectDir })
  .filter((path) => !path.includes('node_modules'))
  .sort();

for (const page of pages.filter((path) => path.startsWith('docs/guides/'))) {
  const examples = [...read(page).matchAll(/```js\n([\s\S]*?)```\s+```text\n([\s\S]*?)```/g)];
  for (const [at, [, code = '', output = '']] of examples.entries()) {
    test(`example ${at + 1} of ${page} prints what the page says, on Node.js 20 too`, async () => {
      for (const node of new Set([process.execPath, findOlderNode()])) {
        const { stdout } = await run(node, ['--input-type=module', '--eval', code]);
        assert.equal(stdout, output);
      }
    });
  }
}

test('nothing that merchants copy lets the library read the padding of a session key: Node.js 20 refuses to', () => {
  const copied = [...pages, ...globSync('samples/**/!(*.test).ts', { cwd: projectDir })];
  const calls = copied.flatMap((path) =>
    [...read(path).matchAll(/privateDecrypt\(\s*\{[^}]*\}/g)].map(([call]) => `${path}: ${call}`),
  );
  assert.ok(calls.length >= 3, calls.join('\n'));
  assert.deepEqual(
    calls.filter((call) => !call.includes('RSA_NO_PADDING')),
    [],
  );
});

test('every relative link leads to a file, and to a heading that is there', () => {
  const broken = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|mailto:)([^)#]*)(?:#([^)]+))?\)/g)].flatMap(
      ([, path = '', anchor]) => {
        const target = path === '' ? page : join(dirname(page), path);
        if (!existsSync(join(projectDir, target))) return [`${page}: ${path}`];
        const isThere = anchor === undefined || anchorsOf(read(target)).includes(anchor);
        return isThere ? [] : [`${page}: ${path}#${anchor}`];
      },
    ),
  );
  assert.deepEqual(broken, []);
});

for (const page of ['settings.md', 'cai-dat.md']) {
  test(`${page} names every setting, and no other`, () => {
    const known = [...read('src/config.ts').matchAll(/^ {2}(VIPAY_\w+|DATABASE_URL):/gm)].map(
      ([, name]) => name,
    );
    const told = [...read(`docs/reference/${page}`).matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    assert.deepEqual(told.sort(), known.sort());
  });
}

test('command-line.md names every command, and no other', async () => {
  const told = [...read('docs/operating/command-line.md').matchAll(/^\| `vipay ([^`]+)` \|/gm)];
  const groups = await listCommands();
  const known = await Promise.all(
    groups.map(async (group) => {
      const commands = await listCommands(group);
      return commands.length === 0 ? [group] : commands.map((command) => `${group} ${command}`);
    }),
  );
  assert.deepEqual(told.map(([, command]) => command).sort(), known.flat().sort());
});

for (const page of ['ARCHITECTURE.md', 'SECURITY.md']) {
  test(`every test that ${page} names exists`, () => {
    const named = [...read(page).matchAll(/`([\w/.-]+\.test\.ts)` › “([^”]+)”/g)];
    assert.ok(named.length > 0);
    const missing = named.filter(
      ([, path = '', name = '']) =>
        !existsSync(join(projectDir, path)) || !normalize(read(path)).includes(normalize(name)),
    );
    assert.deepEqual(
      missing.map(([text]) => text),
      [],
    );
  });
}

/** The requirements of levels 1 and 2 of ASVS 5.0.0, by their numbers; chapters 5, 10 and 17 do not apply as a whole. */
const asvs =
  '1.1.1-2 1.2.1-9 1.3.1-11 1.4.1-3 1.5.1-2 2.1.1-3 2.2.1-3 2.3.1-4 2.4.1-1 3.2.1-2 3.3.1-4 3.4.1-6 3.5.1-5 3.7.1-2 ' +
  '4.1.1-3 4.2.1-1 6.1.1-3 6.2.1-12 6.3.1-4 6.4.1-4 6.5.1-5 6.6.1-3 7.1.1-3 7.2.1-4 7.3.1-2 7.4.1-5 7.5.1-2 ' +
  '8.1.1-2 8.2.1-3 8.3.1-1 8.4.1-1 9.1.1-3 9.2.1-4 11.1.1-2 11.2.1-3 11.3.1-3 11.4.1-4 11.5.1-1 11.6.1-1 ' +
  '12.1.1-3 12.2.1-2 12.3.1-4 13.1.1-1 13.2.1-5 13.3.1-2 13.4.1-5 14.1.1-2 14.2.1-4 14.3.1-3 ' +
  '15.1.1-3 15.2.1-3 15.3.1-7 16.1.1-1 16.2.1-5 16.3.1-4 16.4.1-3 16.5.1-3';

test('SECURITY.md answers every requirement of ASVS once: held by a test or a page, or said why not', () => {
  const range = (text: string) => {
    const [, section = '', first = '', last = ''] = /^(\d+\.\d+)\.(\d+)(?:[-–](\d+))?$/.exec(text) ?? [];
    const from = Number(first);
    return Array.from({ length: (Number(last) || from) - from + 1 }, (_, at) => `${section}.${from + at}`);
  };
  const page = read('SECURITY.md').split('## OWASP ASVS 5.0, level 2')[1] ?? '';
  const rows = [...page.matchAll(/^\| (\d[\d., ]*) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)];
  assert.ok(rows.length > 80);
  for (const [row, , , state = '', by = ''] of rows) {
    assert.ok(['held', 'deviates', 'operator', 'not yet'].includes(state), row);
    if (state === 'held') assert.match(by, /\.test\.ts` › “/, row);
    if (state === 'deviates') assert.match(by, /^(?:ours: |Circular \d+\/\d{4}\/TT-NHNN)/, row);
  }
  const absent = [...page.matchAll(/^(?:.*)Not here: (.+)$/gm)].flatMap(([, text = '']) =>
    [...text.matchAll(/\d+\.\d+\.\d+(?:[-–]\d+)?/g)].flatMap(([found]) => range(found)),
  );
  const told = [...rows.flatMap(([, ids = '']) => ids.split(', ')), ...absent];
  assert.deepEqual(told.sort(), asvs.split(' ').flatMap(range).sort());
});

/** Names of tests may hold quotation marks, escaped in the code. */
function normalize(text: string): string {
  return text.replaceAll(/[\\'"`]/g, '');
}

/** As GitHub makes them: lower case, punctuation away, a hyphen for each space. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The names under "Commands:" in a help text. */
async function listCommands(group?: string): Promise<string[]> {
  const words = group === undefined ? ['--help'] : [group, '--help'];
  const { stdout } = await run(process.execPath, [join(projectDir, 'cli/vipay.mjs'), ...words]);
  const listed = stdout.split('\nCommands:\n')[1]?.split('\n\n')[0] ?? '';
  return [...listed.matchAll(/^ {2}([a-z-]+) /gm)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'help');
}
