// The data directory: made for its owner alone, and closed to others when it was open. It holds the key ring and the
// embedded database.

import { constants } from 'node:fs';
import { access, chmod, chown, mkdir, readdir, stat } from 'node:fs/promises';
import type { ServerUser } from './embedded-postgres-files.ts';

/** The files that viPay and its demo put there. A folder with other files also belongs to somebody else. */
const ownNames =
  /^(?:secret-key|demo-shop(?:-orders)?\.json|postgres|postgres\.(?:json|log|lock|new|password)|.*\.(?:new|damaged|partial|dead)|lost\+found)$/;

/**
 * Makes the directory when it is missing and makes sure that this user can work in it and others cannot look in.
 * Started as root, the folder is given to `serverUser`, who runs PostgreSQL and must be able to enter it.
 * @throws the operating system's error, with its path.
 */
export async function prepareDataDir(
  dataDir: string,
  { serverUser = null, say }: { serverUser?: ServerUser; say?: ((line: string) => void) | undefined } = {},
): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const names = await readdir(dataDir);
  await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  if (process.platform === 'win32') return;
  const { mode, uid } = await stat(dataDir);
  const isOpen = (mode & 0o077) !== 0;
  const isOwn = names.every((name) => ownNames.test(name));
  const owner = process.getuid?.() ?? uid;
  if (isOpen && (!isOwn || (owner !== 0 && owner !== uid))) {
    say?.(
      `${dataDir} can be read by other users and ${isOwn ? 'belongs to another one' : 'holds other things too'}: give viPay a folder of its own (VIPAY_DATA_DIR), with mode 0700.`,
    );
    return;
  }
  if (owner === 0 && serverUser !== null && uid !== serverUser.uid && isOwn) {
    await chown(dataDir, serverUser.uid, serverUser.gid);
  }
  if (!isOpen) return;
  await chmod(dataDir, 0o700);
  if (names.length > 0) say?.(`${dataDir} could be entered by other users: closed to them (mode 0700).`);
}
