// A part of a documentation page that a benchmark writes: what stands between `<!-- NAME:begin -->` and its end.

import { readFile, writeFile } from 'node:fs/promises';

/** @throws Error when the page does not have both marks, in their order, once. */
export function replaceBlock(page: string, name: string, block: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [before, rest, ...more] = page.split(begin);
  const [, after, ...again] = (rest ?? '').split(end);
  if (rest === undefined || after === undefined || more.length > 0 || again.length > 0) {
    throw new Error(`the page needs ${begin} and ${end} once each, in this order`);
  }
  return `${before}${begin}\n\n${block.trim()}\n\n${end}${after}`;
}

export async function writeBlock(file: string, name: string, block: string): Promise<void> {
  await writeFile(file, replaceBlock(await readFile(file, 'utf8'), name, block));
}
