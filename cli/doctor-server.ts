// What the gateway's start looks at on a server (examine-server.ts), as doctor's findings.

import { examineServer, type ServerFinding } from '../src/ground/database/index.ts';
import type { Finding } from './finding.ts';

const levels = { ok: 'OK', note: 'OK', warn: 'WARN', fail: 'FAIL' } as const satisfies Record<
  ServerFinding['level'],
  Finding['level']
>;

export async function checkDatabaseServer(url: string): Promise<Finding[]> {
  const findings = await examineServer(url);
  return findings.map(({ level, ...rest }) => ({ level: levels[level], ...rest }));
}
