// A pooler in transaction mode, as small as it can be: few server connections, each lent to a client from its first
// statement until no transaction is open. Clients are let in without a password, as the role of the address.

import type { EventEmitter } from 'node:events';
import { createServer, type Socket } from 'node:net';
import pg from 'pg';

export type TransactionPooler = { port: number; close(): Promise<void> };

type Lent = { stream: Socket; connection: EventEmitter };

export async function startTransactionPooler(url: string, size: number): Promise<TransactionPooler> {
  const idle: Lent[] = [];
  const all: Lent[] = [];
  const waiting: ((lent: Lent) => void)[] = [];
  for (let count = 0; count < size; count += 1) {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    const { connection } = client as unknown as { connection: EventEmitter & { stream: Socket } };
    // Signed in by the driver, and from here on a bare socket.
    connection.stream.removeAllListeners('data');
    const lent = { stream: connection.stream, connection };
    idle.push(lent);
    all.push(lent);
  }
  const take = () =>
    new Promise<Lent>((resolve) => {
      const lent = idle.pop();
      if (lent) resolve(lent);
      else waiting.push(resolve);
    });
  const giveBack = (lent: Lent) => {
    lent.stream.removeAllListeners('data');
    const next = waiting.shift();
    if (next) next(lent);
    else idle.push(lent);
  };

  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    let isIn = false;
    let lent: Promise<Lent> | null = null;
    let order = Promise.resolve();
    socket.on('data', (chunk) => {
      if (!isIn) {
        isIn = true;
        socket.write(welcome);
        return;
      }
      // 'X': the client leaves; the server connection stays.
      if (chunk[0] === 0x58 && lent === null) return;
      lent ??= take().then((taken) => {
        taken.stream.on('data', (answer: Buffer) => {
          socket.write(answer);
          // ReadyForQuery, outside of a transaction.
          if (answer.subarray(-6).equals(readyIdle)) {
            lent = null;
            giveBack(taken);
          }
        });
        return taken;
      });
      const given = lent;
      order = order.then(async () => {
        (await given).stream.write(chunk);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      for (const { stream } of all) stream.destroy();
    },
  };
}

const readyIdle = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
/** AuthenticationOk, then ReadyForQuery. */
const welcome = Buffer.concat([Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]), readyIdle]);
