import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { startMerchantEndpoint } from '../../../tests/support/merchant-endpoint.ts';
import { type CallOutcome, callMerchant } from '../../ground/outgoing/index.ts';
import { judgeCall } from './classify-answer.ts';

type Sent = { status?: number; headers?: Record<string, string>; body?: string | Buffer };
type Protocol = Parameters<typeof judgeCall>[0];

/** What is judged of an answer that a server really gave. */
async function judgeAnswer(protocol: Protocol, { status = 200, headers = {}, body = '' }: Sent) {
  const endpoint = await startMerchantEndpoint(
    (response) => void response.writeHead(status, headers).end(body),
  );
  const policy = { allowLoopback: true, requireHttps: false };
  const call = await callMerchant(endpoint.url, { method: 'GET', policy, timeoutMs: 5_000 });
  await endpoint.close();
  return judgeCall(protocol, call, endpoint.url);
}

const utf16 = (text: string) => Buffer.from(text, 'utf16le');
const gzip = { 'content-encoding': 'gzip' };

test('a classic delivery ends with RspCode 00 or 02 and status 200, and with nothing else', async () => {
  const cases: [Sent, string][] = [
    [{ body: '{"RspCode":"00","Message":"Confirm Success"}' }, 'confirmed'],
    [{ body: '{"RspCode":"02"}' }, 'confirmed_before'],
    [{ body: '\uFEFF\uFEFF\r\n {"rspcode":"00"}\r\n<!-- 3 ms -->' }, 'confirmed'],
    [{ body: gzipSync('{"RspCode":"00"}'), headers: gzip }, 'confirmed'],
    [
      { body: brotliCompressSync('{"RspCode":"02"}'), headers: { 'content-encoding': 'br' } },
      'confirmed_before',
    ],
    [{ body: '{"RspCode":"01"}' }, 'rsp_01'],
    [{ body: '{"RspCode":"04"}' }, 'rsp_04'],
    [{ body: '{"RspCode":"97"}' }, 'rsp_97'],
    [{ body: '{"RspCode":"99"}' }, 'rsp_99'],
    [{ body: '{"RspCode":"03"}' }, 'rsp_other'],
    [{ status: 201, body: '{"RspCode":"00"}' }, 'status_other'],
    [{ status: 204 }, 'status_other'],
    [{ status: 302, body: '{"RspCode":"00"}' }, 'status_redirect'],
    [{ status: 404, body: '{"RspCode":"00"}' }, 'status_not_found'],
    [{ status: 500, body: '{"RspCode":"00"}' }, 'status_5xx'],
  ];
  for (const protocol of ['classic-v1', 'classic-v2'] as const) {
    for (const [sent, kind] of cases) {
      const judged = await judgeAnswer(protocol, sent);
      assert.equal(judged.kind, kind, JSON.stringify(sent));
      assert.equal(judged.outcome === 'delivered', kind.startsWith('confirmed'));
    }
  }
});

test('an answer that cannot be understood is named by its kind', async () => {
  const notice =
    '<br />\n<b>Notice</b>:  Undefined index: x in <b>/var/www/ipn.php</b> on line <b>12</b><br />\n';
  const cases: [Sent, string][] = [
    [{ body: '' }, 'answer_empty'],
    [{ body: '\uFEFF \r\n' }, 'answer_empty'],
    [{ body: '', headers: gzip }, 'answer_empty'],
    [{ body: gzipSync('{"RspCode":"00"}') }, 'answer_compressed'],
    [{ body: 'x', headers: { 'content-encoding': 'zstd' } }, 'answer_compressed'],
    [{ body: '{"RspCode":"00"}', headers: gzip }, 'answer_compressed'],
    [{ body: utf16('\uFEFF{"RspCode":"00"}') }, 'answer_utf16'],
    [{ body: utf16('{"RspCode":"00"}') }, 'answer_utf16'],
    [{ body: utf16('\uFEFF{"RspCode":"00"}').swap16() }, 'answer_utf16'],
    [{ body: Buffer.from('{"Message":"\u00e9\u00e0"', 'latin1') }, 'answer_not_utf8'],
    [{ body: `${notice}{"RspCode":"00"}` }, 'answer_php_notice'],
    [{ body: 'PHP Fatal error: Uncaught Error in /a.php on line 3' }, 'answer_php_notice'],
    [{ body: '<!DOCTYPE html><html><form><input name=p type="password"></form>' }, 'answer_login_page'],
    [{ body: '<html><title>Đăng nhập hệ thống</title></html>' }, 'answer_login_page'],
    [{ body: '<!doctype html><html><body>Hello</body></html>' }, 'answer_html'],
    [{ body: '<div>{"RspCode":"00"}</div>' }, 'answer_html'],
    [{ body: '<?xml version="1.0"?><RspCode>00</RspCode>' }, 'answer_xml'],
    [{ body: '{"RspCode":"00"}<script>track()</script>' }, 'answer_json_and_more'],
    [{ body: '{"RspCode":"00"}1' }, 'answer_json_and_more'],
    [{ body: '{"status":"ok"}' }, 'answer_without_code'],
    [{ body: '"00"' }, 'answer_without_code'],
    [{ body: '{"RspCode":0}' }, 'answer_code_not_text'],
    [{ body: '{"RspCode":"0"}' }, 'answer_code_malformed'],
    [{ body: '{"RspCode":"00","rspCode":"99"}' }, 'answer_two_codes'],
    [{ body: 'OK' }, 'answer_text'],
    [{ body: '{"RspCode":"00"' }, 'answer_text'],
  ];
  for (const [sent, kind] of cases) {
    const judged = await judgeAnswer('classic-v1', sent);
    assert.equal(judged.kind, kind, JSON.stringify(sent));
    assert.equal(judged.outcome, 'answer_refused');
  }
});

test('its first bytes are told: escaped, without what is somebody’s own, and cut', async () => {
  const detailOf = async (body: string | Buffer) => (await judgeAnswer('classic-v1', { body })).detail;
  const lead = 'no {"RspCode":"…"} that can be read; it begins ';
  assert.equal(await detailOf('\u001b[31mOK\r\n\u202e"x"'), `${lead}"\\u{1b}[31mOK\\r\\n\\u{202e}\\"x\\""`);
  assert.equal(
    await detailOf(
      'phone 0912 345 678, card 9704-0000-0000-0018, an.nguyen@shop.example, key sk_live_0123456789abcdefghij',
    ),
    `${lead}"phone …, card …, …, key …"`,
  );
  assert.equal(await detailOf('ẽ '.repeat(300)), `${lead}"${'ẽ '.repeat(40)}…"`);
  assert.equal(await detailOf(utf16('{"RspCode"')), `${lead}bytes 7b00220052007300700043006f006400`);
  const broken = await judgeAnswer('classic-v1', { body: 'plain', headers: gzip });
  assert.equal(broken.detail, 'no {"RspCode":"…"} that can be read, gzip (broken); it begins "plain"');
});

test('a REST delivery ends with any status 2xx, whatever the body', async () => {
  for (const status of [200, 201, 202, 204, 299]) {
    const body = status === 204 ? '' : 'whatever';
    assert.equal((await judgeAnswer('rest', { status, body })).kind, 'confirmed', `${status}`);
  }
  const kinds: [number, string][] = [
    [301, 'status_redirect'],
    [304, 'status_redirect'],
    [400, 'status_4xx'],
    [401, 'status_forbidden'],
    [403, 'status_forbidden'],
    [404, 'status_not_found'],
    [405, 'status_method_not_allowed'],
    [410, 'status_gone'],
    [429, 'status_too_many'],
    [500, 'status_5xx'],
    [503, 'status_unavailable'],
    [999, 'status_other'],
  ];
  for (const [status, kind] of kinds) {
    const judged = await judgeAnswer('rest', { status });
    assert.partialDeepStrictEqual(judged, { outcome: 'answer_refused', kind });
  }
});

test('a redirect tells where it leads, without its query', async () => {
  const targetOf = async (location: string) =>
    (await judgeAnswer('classic-v1', { status: 302, headers: { location } })).detail;
  const told = (target: string) => `status 302 to ${target}: redirects are not followed`;
  assert.equal(
    await targetOf('https://shop.example/login?sid=1&next=2#x'),
    told('https://shop.example/login?…'),
  );
  assert.equal(await targetOf('https://u:p@shop.example:8443/a'), told('https://shop.example:8443/a'));
  assert.match((await targetOf('/vn/ipn')) ?? '', /^status 302 to http:\/\/127\.0\.0\.1:\d+\/vn\/ipn: /);
  assert.equal(await targetOf(`https://shop.example/${'a1'.repeat(20)}/x`), told('https://shop.example/…/x'));
  assert.equal(await targetOf('https://'), told('nowhere'));
});

test('a call that brought no answer keeps its own kind', () => {
  const call: CallOutcome = {
    ...{
      outcome: 'connection_failed',
      kind: 'http_broken',
      status: null,
      detail: 'HPE_INVALID',
      durationMs: 1,
    },
    firstBytes: Buffer.from('SSH-2.0\r\n'),
  } as const;
  assert.deepEqual(judgeCall('rest', call, 'https://shop.example/'), {
    outcome: 'connection_failed',
    kind: 'http_broken',
    detail: 'HPE_INVALID; it begins "SSH-2.0\\r\\n"',
  });
});
