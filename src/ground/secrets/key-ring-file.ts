// The key ring as a file of the demo: `secret-key` in the data directory, readable by its owner only.

import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, open, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKeyRingSetting } from './key-ring.ts';

export function keyRingPath(dataDir: string): string {
  return join(dataDir, 'secret-key');
}

/** The file's text, or null when there is none; `wasOpen`: others could read it, and no longer can. */
export async function readKeyRingFile(path: string): Promise<{ text: string; wasOpen: boolean } | null> {
  try {
    const file = await open(path, 'r');
    try {
      const wasOpen = ((await file.stat()).mode & 0o077) !== 0 && process.platform !== 'win32';
      if (wasOpen) await file.chmod(0o600);
      return { text: (await file.readFile('utf8')).trim(), wasOpen };
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Makes a file with a new ring, or leaves the one that another process made meanwhile. The file is complete
 * or does not exist.
 */
export async function createKeyRingFile(path: string): Promise<void> {
  const partial = `${path}.${randomUUID()}.partial`;
  const file = await open(partial, 'w', 0o600);
  try {
    await file.writeFile(`${generateKeyRingSetting()}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    // Unlike a rename, a link never replaces what is there. Some file systems have none.
    await link(partial, path).catch((error) => {
      if (error.code === 'EEXIST') throw error;
      return copyFile(partial, path, constants.COPYFILE_EXCL);
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(partial);
  }
}

/** Removes a file without content, as a start that was cut short may have left it. False when it has content. */
export async function removeEmptyKeyRingFile(path: string): Promise<boolean> {
  const { size } = await stat(path);
  if (size > 0 && (await readFile(path, 'utf8')).trim() !== '') return false;
  await unlink(path);
  return true;
}
