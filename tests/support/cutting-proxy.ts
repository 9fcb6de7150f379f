// Stands between a pool and its server and cuts a connection exactly at a COMMIT: before the server has it, while it
// is on its way, or after it was answered and before the answer is heard.

import { createServer, type Socket, connect as toServer } from 'node:net';

export type Cut = 'before_commit' | 'at_commit' | 'after_commit';

export type CuttingProxy = {
  port: number;
  /** Where the server is now. */
  target(port: number): void;
  /**
   * Cuts the next connection that commits; `refuseAfter`: with it all others, and takes no new one until `accept`;
   * `text`: the next of those that have sent it in the same transaction.
   */
  cutNext(cut: Cut, refuseAfter?: boolean, text?: string): void;
  /** Cuts every connection that is open, wherever it is in its work. */
  cutAll(): void;
  /** Takes connections again, and forgets a cut that has not come. */
  accept(): void;
  /** How often it has cut. */
  readonly cuts: number;
  close(): Promise<void>;
};

export async function startCuttingProxy(targetPort: number): Promise<CuttingProxy> {
  const open = new Set<Socket>();
  let target = targetPort;
  let planned: { cut: Cut; refuseAfter: boolean; text: string } | null = null;
  let refusing = false;
  let cuts = 0;

  const server = createServer({ noDelay: true }, (client) => {
    const upstream = toServer({ port: target, host: '127.0.0.1', noDelay: true });
    const sever = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        sever();
      });
    }
    if (refusing) return sever();
    let isDeaf = false;
    let sent = Buffer.alloc(0);
    client.on('data', (chunk) => {
      sent = Buffer.concat([sent, chunk]);
      if (!isCommit(chunk)) return upstream.write(chunk);
      const isMeant = planned !== null && sent.includes(planned.text);
      sent = Buffer.alloc(0);
      if (planned === null || !isMeant) return upstream.write(chunk);
      const { cut, refuseAfter } = planned;
      planned = null;
      refusing = refuseAfter;
      cuts += 1;
      if (refuseAfter) for (const other of open) if (other !== client && other !== upstream) other.destroy();
      if (cut === 'before_commit') return sever();
      isDeaf = true;
      if (cut === 'at_commit') upstream.end(chunk, () => client.destroy());
      else upstream.write(chunk);
    });
    let unheard = Buffer.alloc(0);
    upstream.on('data', (chunk) => {
      if (!isDeaf) return client.write(chunk);
      // What was sent before the COMMIT is answered first; a connection cut then might take the COMMIT with it.
      unheard = Buffer.concat([unheard, chunk]);
      if (unheard.includes('COMMIT\0') || unheard.includes('ROLLBACK\0')) sever();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the proxy has no address');
  return {
    port: address.port,
    target: (port) => {
      target = port;
    },
    cutNext: (cut, refuseAfter = false, text = '') => {
      planned = { cut, refuseAfter, text };
    },
    cutAll: () => {
      for (const socket of open) socket.destroy();
    },
    accept: () => {
      planned = null;
      refusing = false;
    },
    get cuts() {
      return cuts;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

/** A simple query of this one word, the only form in which the gateway sends it. */
function isCommit(chunk: Buffer): boolean {
  return chunk.includes('commit\0');
}
