// Which part of the gateway may import which: the rules, and what finds an import that breaks one.
// Type imports count like any other: a type is knowledge of the other part too.

import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

/** What a part of src/ may import from the others; a part that is not named may import every use case below it. */
const mayImport: Record<string, string[]> = {
  money: [],
  secrets: [],
  database: [],
  protocols: ['money', 'context.ts'],
  ledger: ['money', 'database', 'context.ts'],
  http: ['money', 'context.ts', 'database', 'secrets', 'protocols'],
  jobs: ['context.ts', 'database', 'http'],
  'config.ts': ['secrets'],
  'context.ts': ['database', 'http', 'secrets'],
};

/** The parts by which people and shops come in: assembled by app.ts, imported by no use case. */
const entrances = ['checkout', 'entrances', 'app.ts', 'main.ts'];

/** Pure parts: no database, no server, no network. */
const pureParts = ['money', 'protocols'];
const impurePackages =
  /^(pg|kysely|fastify|undici|graphile-worker|pino|@fastify\/.*|node:(https?|http2|fs.*|child_process))$/;

/** Checks every file under `root`/src; returns one sentence for each broken rule, in the order of the files. */
export function findBoundaryFaults(root: string): string[] {
  const files = globSync('src/**/*.ts', { cwd: root }).sort();
  const imports = files
    .filter((file) => !file.endsWith('.test.ts'))
    .flatMap((file) => readImports(root, file));
  return [...imports.flatMap((item) => judge(root, item)), ...findCycles(imports)];
}

type Import = { from: string; target: string; isType: boolean; isFile: boolean };

/** Paths are relative to the root, with forward slashes. The code is formatted, so that a pattern finds every import. */
function readImports(root: string, file: string): Import[] {
  const code = readFileSync(join(root, file), 'utf8');
  const from = file.split(sep).join('/');
  const pattern = /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm;
  return [...code.matchAll(pattern)].map(([, type, named, dynamic]) => {
    const name = named ?? dynamic ?? '';
    const isFile = name.startsWith('.');
    const target = isFile
      ? relative(root, resolve(root, dirname(file), name))
          .split(sep)
          .join('/')
      : name;
    return { from, target, isType: type !== undefined, isFile };
  });
}

function judge(root: string, { from, target, isFile }: Import): string[] {
  const part = partOf(from);
  const fault = (why: string) => [`${from} imports ${target}: ${why}`];
  if (!isFile) {
    return pureParts.includes(part) && impurePackages.test(target) ? fault(`${part} is pure`) : [];
  }
  if (!target.startsWith('src/')) return fault('the gateway runs without what is outside src/');
  const other = partOf(target);
  if (other === 'main.ts') return fault('main.ts only starts');
  const index = findIndexToUse(root, from, target);
  if (index !== null) return fault(`import it through ${index}`);
  if (part === other) return [];
  const allowed = mayImport[part];
  if (allowed !== undefined && !allowed.includes(other)) return fault(`${part} knows nothing of ${other}`);
  if (entrances.includes(other) && !entrances.includes(part)) return fault(`only app.ts assembles ${other}`);
  return [];
}

/** The first name below src/: a folder, or a file such as `app.ts`. */
function partOf(path: string): string {
  return path.split('/')[1] ?? '';
}

/** The index of the nearest folder around the target that has one and that the importing file is not in. */
function findIndexToUse(root: string, from: string, target: string): string | null {
  for (
    let folder = dirname(target);
    folder !== 'src' && !from.startsWith(`${folder}/`);
    folder = dirname(folder)
  ) {
    const index = `${folder}/index.ts`;
    if (existsSync(join(root, index))) return target === index ? null : index;
  }
  return null;
}

/** Parts that need each other to run are one part; types may point both ways. */
function findCycles(imports: Import[]): string[] {
  const edges = new Map<string, Set<string>>();
  for (const { from, target, isType, isFile } of imports) {
    const [part, other] = [partOf(from), partOf(target)];
    if (isType || !isFile || part === other) continue;
    edges.set(part, (edges.get(part) ?? new Set()).add(other));
  }
  const reaches = (start: string, goal: string, seen = new Set<string>()): boolean =>
    [...(edges.get(start) ?? [])].some((next) => {
      if (next === goal) return true;
      if (seen.has(next)) return false;
      return reaches(next, goal, seen.add(next));
    });
  const parts = [...edges.keys()].filter((part) => reaches(part, part)).sort();
  return parts.length === 0 ? [] : [`These parts import each other in a circle: ${parts.join(', ')}`];
}
