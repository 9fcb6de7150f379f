// Faults of the machine below the gateway: its folder, files, disk, embedded database. Each message says what
// happened, what it means and what to do, without a stack.

/** The message is whole sentences for the person who starts the program. */
export class GroundFault extends Error {
  override name = 'GroundFault';
}

const notOfFiles = new Set(['connect', 'bind', 'listen', 'getaddrinfo']);

/** Of what the operating system says about a file or folder; null for anything else. */
export function describeFileFault(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined || notOfFiles.has(syscall)) return null;
  const where = path ?? 'a file of viPay';
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return describeFullDisk(where);
    case 'EROFS':
      return `${where} lies on a disk that can only be read. Mount it for writing, or name another folder by VIPAY_DATA_DIR.`;
    case 'EACCES':
    case 'EPERM':
      return `${where} may not be used by this user (uid ${process.getuid?.() ?? '?'}). Start viPay as the user it belongs to, or give it to this one: chown -R USER ${where}`;
    case 'EISDIR':
    case 'ENOTDIR':
      return `${where} is in the way: a file was expected where a folder is, or the other way round. Move it away.`;
    case 'EMFILE':
    case 'ENFILE':
      return 'Too many files are open. Raise the limit (ulimit -n; LimitNOFILE= in a systemd unit).';
    case 'EIO':
      return `${where} could not be read or written: the disk reports an error. Copy the data away and have the disk looked at.`;
    default:
      return null;
  }
}

export function describeFullDisk(where: string): string {
  return `The disk is full (${where}). Nothing that was paid is lost. Make room, then start again.`;
}

/** What PostgreSQL's programs print, as one sentence when the cause is known; null when it is not. */
export function describePostgresOutput(output: string, clusterDir: string): string | null {
  const known: [RegExp, string][] = [
    [/No space left on device|Disk quota exceeded/i, describeFullDisk(clusterDir)],
    [
      /Read-only file system/i,
      `${clusterDir} lies on a disk that can only be read. Mount it for writing, or name another folder by VIPAY_DATA_DIR.`,
    ],
    [
      /has wrong ownership|Permission denied/i,
      `${clusterDir} does not belong to the user that runs PostgreSQL, or not all of it does. Give it back: chown -R USER ${clusterDir}`,
    ],
    [
      /shared memory segment|could not create semaphores|Cannot allocate memory/i,
      'The machine has too little memory (or shared memory) left for PostgreSQL. End other programs, or raise the limit.',
    ],
    [
      /valid checkpoint|invalid (?:primary )?checkpoint|incorrect checksum in control file|could not (?:open|find|read) file "(?:global|base|pg_)|is not a valid data directory|invalid page in block|incompatible with server/i,
      `The database in ${clusterDir} is damaged. Leave it as it is, move it aside, and restore a backup (docs/operating/backup.md).`,
    ],
  ];
  return known.find(([pattern]) => pattern.test(output))?.[1] ?? null;
}
