// Which module of the gateway may import which. The rules are the tables of ARCHITECTURE.md ("The modules"), read from
// there; this finds an import that breaks one. Type imports count like any other: a type is knowledge of the other
// module too.

import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

/** The floors, from the highest to the lowest: an import goes down or stays, never up. */
const floors = ['edges', 'business', 'books', 'ground'];

/** The files that assemble and start the gateway. Only they import each other. */
const roots = ['app.ts', 'main.ts', 'config.ts', 'create-context.ts', 'open-key-ring.ts'];

const impurePackages =
  /^(pg|kysely|fastify|undici|graphile-worker|pino|@fastify\/.*|node:(https?|http2|fs.*|child_process))$/;

/**
 * Checks every file under `root`/src against the tables of `root`/ARCHITECTURE.md; returns one sentence for each broken
 * rule, in the order of the files.
 */
export function findBoundaryFaults(root: string): string[] {
  const rules = readRules(root);
  const files = globSync('src/**/*.ts', { cwd: root })
    .map((file) => file.split(sep).join('/'))
    .sort();
  const modules = new Set(files.map(moduleOf).filter((name) => floors.includes(floorOf(name))));
  const imports = files
    .filter((file) => !file.endsWith('.test.ts'))
    .flatMap((file) => readImports(root, file));
  return [
    ...[...modules]
      .filter((name) => !rules.has(name))
      .map((name) => `src/${name} is missing in ARCHITECTURE.md`),
    ...[...rules.keys()]
      .filter((name) => !modules.has(name))
      .map((name) => `ARCHITECTURE.md names src/${name}, which does not exist`),
    ...imports.flatMap((item) => judge(root, rules, item)),
    ...findUnusedRules(rules, imports),
    ...findCycles(imports),
  ];
}

/** What a module may import: modules (`business/orders`) or whole floors (`ground`); `pure` ones know no machine. */
type Rule = { mayImport: string[]; isPure: boolean };

/** Rows such as "| `business/orders` | … | `business/merchants`, `ground` |"; "pure" in the middle says it is pure. */
function readRules(root: string): Map<string, Rule> {
  const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  const rows = text.matchAll(/^\| `([a-z]+\/[a-z.-]+)` \| (.*?) \| (.*?) \|$/gm);
  return new Map(
    [...rows].map(([, name = '', owns = '', allowed = '']) => [
      name,
      {
        mayImport: [...allowed.matchAll(/`([a-z./-]+)`/g)].map(([, item = '']) => item),
        isPure: /\bpure\b/.test(owns),
      },
    ]),
  );
}

type Import = { from: string; target: string; isType: boolean; isFile: boolean };

/** Paths are relative to the root, with forward slashes. The code is formatted, so that a pattern finds every import. */
function readImports(root: string, from: string): Import[] {
  const code = readFileSync(join(root, from), 'utf8');
  const pattern = /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm;
  return [...code.matchAll(pattern)].map(([, type, named, dynamic]) => {
    const name = named ?? dynamic ?? '';
    const isFile = name.startsWith('.');
    const target = isFile
      ? relative(root, resolve(root, dirname(from), name))
          .split(sep)
          .join('/')
      : name;
    return { from, target, isType: type !== undefined, isFile };
  });
}

function judge(root: string, rules: Map<string, Rule>, { from, target, isFile }: Import): string[] {
  const name = moduleOf(from);
  const rule = rules.get(name);
  const fault = (why: string) => [`${from} imports ${target}: ${why}`];
  if (!isFile) return rule?.isPure && impurePackages.test(target) ? fault(`${name} is pure`) : [];
  if (!target.startsWith('src/')) return fault('the gateway runs without what is outside src/');
  const other = moduleOf(target);
  const index = findIndexToUse(root, from, target);
  if (index !== null) return fault(`import it through ${index}`);
  if (name === other) return [];
  if (roots.includes(name)) return other === 'main.ts' ? fault('main.ts only starts') : [];
  if (roots.includes(other)) return fault('what assembles the whole is imported by nothing');
  if (floors.indexOf(floorOf(other)) < floors.indexOf(floorOf(name))) {
    return fault(`${floorOf(name)} is below ${floorOf(other)}`);
  }
  if (rule === undefined) return [];
  return allows(rule, other) ? [] : fault(`${name} knows nothing of ${other}`);
}

function allows(rule: Rule, other: string): boolean {
  return rule.mayImport.includes(other) || rule.mayImport.includes(floorOf(other));
}

/** The table promises no more than is so: a permission that nothing uses is taken out of it. */
function findUnusedRules(rules: Map<string, Rule>, imports: Import[]): string[] {
  return [...rules].flatMap(([name, rule]) =>
    rule.mayImport
      .filter(
        (allowed) =>
          !imports.some(({ from, target, isFile }) => {
            if (!isFile || moduleOf(from) !== name) return false;
            const other = moduleOf(target);
            return other !== name && (other === allowed || floorOf(other) === allowed);
          }),
      )
      .map((allowed) => `ARCHITECTURE.md lets ${name} import ${allowed}, and nothing there does`),
  );
}

/** `business/orders` of a file on a floor; the file's own name (`app.ts`) of one at the root. */
function moduleOf(path: string): string {
  const [, first = '', second = ''] = path.split('/');
  return floors.includes(first) ? `${first}/${second}` : first;
}

function floorOf(name: string): string {
  return name.split('/')[0] ?? '';
}

/** The index of the nearest folder around the target that has one and that the importing file is not in. */
function findIndexToUse(root: string, from: string, target: string): string | null {
  for (
    let folder = dirname(target);
    folder.split('/').length > 2 && !from.startsWith(`${folder}/`);
    folder = dirname(folder)
  ) {
    const index = `${folder}/index.ts`;
    if (existsSync(join(root, index))) return target === index ? null : index;
  }
  return null;
}

/** Modules that need each other to run are one module; types may point both ways. */
function findCycles(imports: Import[]): string[] {
  const edges = new Map<string, Set<string>>();
  for (const { from, target, isType, isFile } of imports) {
    const [name, other] = [moduleOf(from), moduleOf(target)];
    if (isType || !isFile || name === other) continue;
    edges.set(name, (edges.get(name) ?? new Set()).add(other));
  }
  const reaches = (start: string, goal: string, seen = new Set<string>()): boolean =>
    [...(edges.get(start) ?? [])].some((next) => {
      if (next === goal) return true;
      if (seen.has(next)) return false;
      return reaches(next, goal, seen.add(next));
    });
  const circle = [...edges.keys()].filter((name) => reaches(name, name)).sort();
  return circle.length === 0 ? [] : [`These modules import each other in a circle: ${circle.join(', ')}`];
}
