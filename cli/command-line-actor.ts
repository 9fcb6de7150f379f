// Who types a command, as the audit log names them.

import { userInfo } from 'node:os';
import type { Actor } from '../src/business/audit/index.ts';

/**
 * The name that the machine knows the process by, and behind it who called sudo. The second is only what the environment
 * says, so it never stands in the place of the first.
 */
export function commandLineActor(
  env: { SUDO_USER?: string | undefined } = process.env,
  readName: () => string = () => userInfo().username,
): Actor {
  const name = findName(readName);
  const systemUser = env.SUDO_USER && env.SUDO_USER !== name ? `${name} (sudo: ${env.SUDO_USER})` : name;
  return { kind: 'command_line', systemUser };
}

/** In a container the process may run under a number that has no name. */
function findName(readName: () => string): string {
  try {
    const name = readName();
    if (name !== '') return name;
  } catch {
    // Told by its number.
  }
  return `uid ${process.getuid?.() ?? 'unknown'}`;
}
