import assert from 'node:assert/strict';
import http from 'node:http';
import { after, test } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { listen } from '../../../tests/support/merchant-endpoint.ts';
import { callMerchant } from './outgoing.ts';

const maxBytes = 65_536;

/** What comes of a call to a server that answers so, though it was asked for no compression. */
async function callOf(body: Buffer, encoding: string) {
  const server = http.createServer((_request, response) => {
    response.writeHead(200, { 'content-encoding': encoding });
    response.end(body);
  });
  const { port, close } = await listen(server);
  after(close);
  const policy = { allowLoopback: true, requireHttps: false };
  return callMerchant(`http://127.0.0.1:${port}/`, { method: 'GET', policy, timeoutMs: 5_000 });
}

const answer = '{"RspCode":"00","Message":"đã nhận"}';

test('gzip, br and deflate are taken off an answer, in any spelling of their names', async () => {
  const bytes = Buffer.from(answer);
  const cases: [Buffer, string][] = [
    [gzipSync(bytes), 'gzip'],
    [gzipSync(bytes), 'GZIP'],
    [gzipSync(bytes), 'x-gzip'],
    [gzipSync(bytes), 'identity, gzip'],
    [brotliCompressSync(bytes), 'br'],
    [deflateSync(bytes), 'deflate'],
    [deflateRawSync(bytes), 'deflate'],
    [bytes, 'identity'],
    [bytes, ''],
  ];
  for (const [body, encoding] of cases) {
    const outcome = await callOf(body, encoding);
    assert.partialDeepStrictEqual(outcome, { outcome: 'answered', body: answer, unread: null }, encoding);
  }
});

test('what swells beyond 64 KiB is too large, to the byte, and a bomb costs no more than that', async () => {
  for (const [compress, encoding] of [
    [gzipSync, 'gzip'],
    [brotliCompressSync, 'br'],
    [deflateSync, 'deflate'],
  ] as const) {
    const whole = await callOf(compress(Buffer.alloc(maxBytes, 'a')), encoding);
    assert.equal(whole.outcome === 'answered' && whole.body.length, maxBytes, encoding);
    for (const bytes of [maxBytes + 1, 60_000_000]) {
      const bomb = compress(Buffer.alloc(bytes, 'a'));
      assert.ok(bomb.length < maxBytes, 'it is small on the wire');
      assert.partialDeepStrictEqual(await callOf(bomb, encoding), {
        outcome: 'answer_too_large',
        kind: 'answer_too_large',
        status: 200,
        detail: `more than ${maxBytes} bytes after ${encoding}`,
      });
    }
  }
});

test('a compression that is unknown, doubled or not what it says leaves the bytes as they came, and is named', async () => {
  const bytes = Buffer.from(answer);
  const cases: [Buffer, string, string][] = [
    [zstdCompressSync(bytes), 'zstd', 'zstd (unknown)'],
    [bytes, 'constructor', 'constructor (unknown)'],
    [gzipSync(gzipSync(bytes)), 'gzip, gzip', 'gzip, gzip (unknown)'],
    [gzipSync(brotliCompressSync(bytes)), 'br,gzip', 'br, gzip (unknown)'],
    [bytes, 'gzip', 'gzip (broken)'],
    [gzipSync(bytes).subarray(0, 20), 'gzip', 'gzip (broken)'],
    [bytes, 'br', 'br (broken)'],
    [Buffer.from('x'), 'deflate', 'deflate (broken)'],
  ];
  for (const [body, encoding, unread] of cases) {
    const outcome = await callOf(body, encoding);
    assert.partialDeepStrictEqual(outcome, { outcome: 'answered', unread });
    assert.ok(outcome.outcome === 'answered' && outcome.bytes.equals(body), unread);
  }
  const empty = await callOf(Buffer.alloc(0), 'gzip');
  assert.partialDeepStrictEqual(empty, { outcome: 'answered', body: '', unread: null });
});
