// A merchant's server for tests: a real HTTP server on the loopback that notes what it hears and answers as told.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export type HeardRequest = {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
  heardAtMs: number;
};

export type MerchantEndpoint = { url: string; port: number; heard: HeardRequest[]; close(): Promise<void> };

export type Answer = (response: ServerResponse, request: HeardRequest) => void;

/** Starts it; `answer` is called once the whole request is there. An answer that does nothing hangs. */
export async function startMerchantEndpoint(answer: Answer): Promise<MerchantEndpoint> {
  const heard: HeardRequest[] = [];
  const server = createServer(async (request, response) => {
    request.on('error', () => undefined);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const noted: HeardRequest = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
      heardAtMs: performance.now(),
    };
    heard.push(noted);
    answer(response, noted);
  });
  const { port, close } = await listen(server);
  return { url: `http://127.0.0.1:${port}/notify`, port, heard, close };
}

/** Listens on a free port of the loopback; `close` also ends open connections. */
export async function listen(server: Server): Promise<{ port: number; close(): Promise<void> }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Answers as a classic merchant does. */
export function answerRspCode(code: string): Answer {
  return (response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ RspCode: code, Message: 'ok' }));
  };
}
