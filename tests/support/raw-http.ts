// Bytes sent to a server as they are, for what no HTTP client would send.

import { type AddressInfo, connect } from 'node:net';
import type { FastifyInstance } from 'fastify';

export function portOf(app: FastifyInstance): number {
  return (app.server.address() as AddressInfo).port;
}

/** Sends bytes as they are and returns all that comes back until the server closes. `end`: our side ends after them. */
export function sendRaw(port: number, text: string, end = true): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () =>
      end ? socket.end(text, 'latin1') : socket.write(text, 'latin1'),
    );
    let answer = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

export type RawAnswer = { status: number; headers: Record<string, string>; body: string };

/** Of one answer; a chunked body stays as it is. Names in lower case. */
export function parseAnswer(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line) => {
    const at = line.indexOf(':');
    return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
  });
  return {
    status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]),
    headers: Object.fromEntries(headers),
    body: rest.join('\r\n\r\n'),
  };
}
