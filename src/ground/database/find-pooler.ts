// Proves that an address leads to a pooler that gives one server connection to several clients in turn
// (PgBouncer's transaction or statement mode). There, a setting or lock of one request is seen by another.

import pg from 'pg';

const othersMax = 3;
const waitMsMax = 3_000;

/**
 * Returns the proof as a sentence, or null when it found none. In session mode each client keeps one server
 * process: no other client gets it, and it does not change.
 */
export async function findSharedBackend(url: string): Promise<string | null> {
  const clients: pg.Client[] = [];
  const connect = async () => {
    const client = new pg.Client({
      connectionString: url,
      application_name: 'vipay check',
      connectionTimeoutMillis: waitMsMax,
      query_timeout: waitMsMax,
    });
    client.on('error', () => undefined);
    clients.push(client);
    await client.connect();
    return client;
  };
  try {
    const first = await connect();
    const own = await backendOf(first);
    for (let count = 1; count <= othersMax; count += 1) {
      const other = await connect();
      // This client holds its server process, so a pooler gives the next ones another, and also the first
      // when it comes back.
      await other.query('begin');
      if ((await backendOf(other)) === own)
        return 'an idle client and a second one were given the same server process';
    }
    if ((await backendOf(first)) !== own)
      return 'one client was given two server processes one after the other';
    return null;
  } catch (error) {
    // PgBouncer's statement mode refuses `begin`.
    if ((error as pg.DatabaseError).code === '08P01') return 'it refuses transactions';
    // This proves nothing: the server has no free place, or is slow.
    return null;
  } finally {
    await Promise.allSettled(clients.map((client) => client.query('rollback').finally(() => client.end())));
  }
}

async function backendOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}
