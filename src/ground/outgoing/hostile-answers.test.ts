// Servers that do not speak HTTP as they should, on sockets of their own: each way has its name, takes no longer than
// the deadline, and leaves no socket behind.

import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { callMerchant } from './outgoing.ts';

const policy = { allowLoopback: true, requireHttps: false };

/** Starts a server that treats each connection so; `closed` ends when no connection of ours is open any more. */
async function startServer(treat: (socket: Socket) => void, when: 'asked' | 'connected' = 'asked') {
  const closings: Promise<void>[] = [];
  const server = createServer((socket) => {
    closings.push(new Promise((resolve) => socket.once('close', () => resolve())));
    socket.on('error', () => undefined);
    if (when === 'asked') socket.once('data', () => treat(socket));
    else treat(socket.resume());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { port, closed: () => Promise.all(closings) };
}

const repeat = (socket: Socket, text: string) => {
  const timer = setInterval(() => socket.write(text), 10);
  socket.once('close', () => clearInterval(timer));
};

/** Writes for as long as it is listened to. */
const flood = (socket: Socket, text: string) => {
  const block = text.repeat(Math.ceil(4_096 / text.length));
  const more = () => {
    if (!socket.destroyed) socket.write(block, () => setImmediate(more));
  };
  more();
};

const repeatAfter = (socket: Socket, start: string, text: string) => {
  socket.write(start);
  repeat(socket, text);
};

const floodAfter = (socket: Socket, start: string, text: string) => {
  socket.write(start);
  flood(socket, text);
};

const ok = 'HTTP/1.1 200 OK\r\n';
const cases: [name: string, kind: string, treat: (socket: Socket) => void][] = [
  ['says nothing', 'answer_slow', () => undefined],
  ['drips its headers', 'answer_slow', (socket) => repeatAfter(socket, `${ok}x: `, 'a')],
  ['drips its body', 'answer_endless', (socket) => repeatAfter(socket, `${ok}\r\n`, 'a')],
  ['sends headers without end', 'headers_too_large', (socket) => floodAfter(socket, ok, 'x: y\r\n')],
  [
    'sends one huge header',
    'headers_too_large',
    (socket) => socket.end(`${ok}x: ${'a'.repeat(20_000)}\r\n\r\n`),
  ],
  ['sends 1xx without end', 'interim_answers', (socket) => flood(socket, 'HTTP/1.1 103 Early\r\n\r\n')],
  ['sends 100 without end', 'interim_answers', (socket) => flood(socket, 'HTTP/1.1 100 Continue\r\n\r\n')],
  [
    'switches the protocol',
    'protocol_switched',
    (socket) => socket.write('HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'),
  ],
  ['switches to nothing', 'protocol_switched', (socket) => socket.write('HTTP/1.1 101 Switching\r\n\r\n')],
  [
    'sends a chunk of no length',
    'http_broken',
    (socket) => socket.write(`${ok}transfer-encoding: chunked\r\n\r\nZZ\r\nabc\r\n`),
  ],
  [
    'sends a chunk of a length beyond all numbers',
    'http_broken',
    (socket) => socket.write(`${ok}transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n`),
  ],
  [
    'sends an extension of a chunk without end',
    'http_broken',
    (socket) => floodAfter(socket, `${ok}transfer-encoding: chunked\r\n\r\n1;`, 'a'.repeat(1_000)),
  ],
  [
    'hides bytes without end between the bytes of its body',
    'answer_too_large',
    (socket) =>
      floodAfter(socket, `${ok}transfer-encoding: chunked\r\n\r\n`, `1;${'a'.repeat(4_000)}\r\na\r\n`),
  ],
  [
    'sends trailers without end',
    'headers_too_large',
    (socket) => floodAfter(socket, `${ok}transfer-encoding: chunked\r\n\r\n0\r\n`, 'a: b\r\n'),
  ],
  [
    'says two lengths',
    'http_broken',
    (socket) => socket.end(`${ok}content-length: 2\r\ncontent-length: 3\r\n\r\nabc`),
  ],
  ['speaks another protocol', 'http_broken', (socket) => socket.end('SSH-2.0-OpenSSH_9\r\n')],
  ['speaks TLS to plain HTTP', 'http_broken', (socket) => socket.end(Buffer.from('15030100020246', 'hex'))],
  ['answers bare text', 'http_broken', (socket) => socket.end('{"RspCode":"00"}')],
  ['closes without an answer', 'connection_closed', (socket) => socket.end()],
  ['closes within its headers', 'connection_closed', (socket) => socket.end(`${ok}x-half: `)],
  ['cuts the connection', 'connection_closed', (socket) => socket.resetAndDestroy()],
  ['closes within its body', 'answer_cut', (socket) => socket.end(`${ok}content-length: 100\r\n\r\nhalf`)],
  [
    'closes within a chunk',
    'answer_cut',
    (socket) => socket.end(`${ok}transfer-encoding: chunked\r\n\r\n64\r\nhalf`),
  ],
];

for (const [name, kind, treat] of cases) {
  test(`a server that ${name}: ${kind}`, async () => {
    const { port, closed } = await startServer(treat);
    const startedAt = performance.now();
    const outcome = await callMerchant(`http://127.0.0.1:${port}/`, {
      method: 'GET',
      policy,
      timeoutMs: 400,
    });
    assert.ok(outcome.outcome !== 'answered');
    assert.equal(outcome.kind, kind, outcome.detail);
    assert.ok(performance.now() - startedAt < 2_000);
    await closed();
  });
}

test('the first bytes of what is no HTTP are kept', async () => {
  const { port } = await startServer((socket) => socket.end(`SSH-2.0-OpenSSH_9\r\n${'x'.repeat(1_000)}`));
  const outcome = await callMerchant(`http://127.0.0.1:${port}/`, {
    method: 'GET',
    policy,
    timeoutMs: 2_000,
  });
  assert.ok(outcome.outcome !== 'answered');
  assert.match(String(outcome.firstBytes), /^SSH-2\.0-OpenSSH_9\r\nx+$/);
  assert.equal(outcome.firstBytes?.length, 200);
});

for (const [name, kind, treat] of [
  ['closes during the handshake', 'tls_failed', (socket) => void socket.once('data', () => socket.end())],
  ['says nothing to the handshake', 'tls_slow', () => undefined],
  ['speaks plain HTTP', 'tls_not_spoken', (socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
  [
    'knows old TLS alone',
    'tls_version',
    // The alert "protocol_version".
    (socket) => void socket.once('data', () => socket.end(Buffer.from('15030100020246', 'hex'))),
  ],
] satisfies [string, string, (socket: Socket) => void][]) {
  test(`a server on an https address that ${name}: ${kind}`, async () => {
    const { port, closed } = await startServer(treat, 'connected');
    const outcome = await callMerchant(`https://127.0.0.1:${port}/`, {
      method: 'GET',
      policy,
      timeoutMs: 400,
    });
    assert.ok(outcome.outcome !== 'answered');
    assert.equal(outcome.kind, kind, outcome.detail);
    await closed();
  });
}

test('a closed port is a refused connection', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const outcome = await callMerchant(`http://127.0.0.1:${port}/`, { method: 'GET', policy });
  assert.partialDeepStrictEqual(outcome, { outcome: 'connection_failed', kind: 'connection_refused' });
});
