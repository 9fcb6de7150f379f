// Loaded before a worker process (--import): gives the modules a mutant names another text than their files have.

import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { type Mutant, mutateSource } from './mutant.ts';
import { noteReplaced } from './mutant-count.ts';

const mutant = JSON.parse(process.env.VIPAY_TEST_MUTANT ?? '') as Mutant;
const root = pathToFileURL(`${process.cwd()}/`);

registerHooks({
  load(url, context, nextLoad) {
    const changes = mutant.changes.filter(({ file }) => new URL(file, root).href === url);
    const loaded = nextLoad(url, context);
    if (changes.length === 0) return loaded;
    let source = readFileSync(new URL(url), 'utf8');
    for (const change of changes) {
      source = mutateSource(source, change);
      noteReplaced();
    }
    return { ...loaded, source };
  },
});
