// Once per `npm test`: starts the shared PostgreSQL and makes the template before the first test file needs it,
// holds it until the last has ended.

import { prepareTestDatabases, releaseTestServer } from './database.ts';

export async function globalSetup(): Promise<void> {
  await prepareTestDatabases();
}

export async function globalTeardown(): Promise<void> {
  await releaseTestServer();
}
