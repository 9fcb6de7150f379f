// `postgres.json` in the data directory, readable by its owner only: the embedded server's passwords and addresses.

import { randomBytes } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

export type EmbeddedRecord = {
  clusterDir: string;
  passwords: { postgres: string; vipay_owner: string; vipay_app: string };
  pid: number | null;
  port: number | null;
  url: string | null;
  ownerUrl: string | null;
};

/** `damaged`: there is a file, and it is not what this program wrote. */
export type FoundRecord = { found: EmbeddedRecord } | 'missing' | 'damaged';

export function recordPath(dataDir: string): string {
  return join(dataDir, 'postgres.json');
}

export async function readRecord(dataDir: string): Promise<FoundRecord> {
  try {
    const record: unknown = JSON.parse(await readFile(recordPath(dataDir), 'utf8'));
    return isRecord(record) ? { found: record } : 'damaged';
  } catch (error) {
    if (error instanceof SyntaxError) return 'damaged';
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'missing';
    throw error;
  }
}

/** With new passwords, of a server that does not run. */
export function createRecord(clusterDir: string): EmbeddedRecord {
  const password = () => randomBytes(24).toString('base64url');
  const passwords = { postgres: password(), vipay_owner: password(), vipay_app: password() };
  return { clusterDir, passwords, pid: null, port: null, url: null, ownerUrl: null };
}

/** Whole or not at all, also when the machine loses its power in between. */
export async function writeRecord(dataDir: string, record: EmbeddedRecord): Promise<void> {
  const path = recordPath(dataDir);
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(record, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

function isRecord(value: unknown): value is EmbeddedRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { clusterDir, passwords } = value as Partial<EmbeddedRecord>;
  return (
    typeof clusterDir === 'string' &&
    typeof passwords === 'object' &&
    passwords !== null &&
    (['postgres', 'vipay_owner', 'vipay_app'] as const).every(
      // As made above; also what may stand in a statement without quoting.
      (role) => /^[\w-]{20,}$/.test(passwords[role] ?? ''),
    )
  );
}
