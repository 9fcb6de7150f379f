// The shop's server: hears of results and says 204. Which orders it heard of is held against the tables at the end.

import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export type Receiver = {
  url: string;
  /** Ids of the orders it was told of. */
  orders: Set<string>;
  /** Resolves when no call is being answered any more. */
  settled(): Promise<void>;
  close(): void;
};

export async function startReceiver(): Promise<Receiver> {
  const orders = new Set<string>();
  let underWay = 0;
  const server = http.createServer(async (request, response) => {
    underWay += 1;
    response.on('close', () => {
      underWay -= 1;
    });
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const { data } = JSON.parse(text) as { data: { id: string } };
    orders.add(data.id);
    response.writeHead(204).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook`,
    orders,
    async settled() {
      while (underWay > 0) await delay(5);
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
