// The documents keep their word: examples print what the page says, links lead somewhere, tables name what there is,
// and every test that ARCHITECTURE.md names exists.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const projectDir = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(projectDir, path), 'utf8');
const run = promisify(execFile);
const pages = globSync('{*.md,{docs,src,bench,cli,samples}/**/*.md}', { cwd: projectDir })
  .filter((path) => !path.includes('node_modules'))
  .sort();

for (const page of pages.filter((path) => path.startsWith('docs/guides/'))) {
  const examples = [...read(page).matchAll(/```js\n([\s\S]*?)```\s+```text\n([\s\S]*?)```/g)];
  for (const [at, [, code = '', output = '']] of examples.entries()) {
    test(`example ${at + 1} of ${page} prints what the page says`, async () => {
      const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code]);
      assert.equal(stdout, output);
    });
  }
}

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

test('settings.md names every setting, and no other', () => {
  const known = [...read('src/config.ts').matchAll(/^ {2}(VIPAY_\w+|DATABASE_URL):/gm)].map(
    ([, name]) => name,
  );
  const told = [...read('docs/reference/settings.md').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  assert.deepEqual(told.sort(), known.sort());
});

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

test('every test that ARCHITECTURE.md names exists', () => {
  const named = [...read('ARCHITECTURE.md').matchAll(/`([\w/.-]+\.test\.ts)` › “([^”]+)”/g)];
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
