// The shop's server: hears of results and says 204. Which orders it heard of is held against the tables at the end.

import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export type Receiver = {
  url: string;
  /** Ids of the orders it was told of. */
  orders: Set<string>;
  /** Resolves when it has heard of so many, or after 15 s; what is missing then is for the caller to find. */
  waitFor(count: number): Promise<void>;
  close(): void;
};

const waitMsMax = 15_000;

export async function startReceiver(): Promise<Receiver> {
  const orders = new Set<string>();
  const server = http.createServer(async (request, response) => {
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
    async waitFor(count) {
      const giveUpAt = performance.now() + waitMsMax;
      while (orders.size < count && performance.now() < giveUpAt) await delay(20);
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
