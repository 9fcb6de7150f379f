// The samples as JavaScript, their types taken away, on an older Node.js when the machine has one (18 and 20 decrypt
// no PKCS #1 v1.5 padding), else on this one: a v2 result is believed, a forged one is not, and the shop starts.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { findOlderNode } from '../../tests/support/older-node.ts';

const folder = mkdtempSync(join(tmpdir(), 'vipay-older-node-'));
after(() => rmSync(folder, { recursive: true }));
for (const name of readdirSync(import.meta.dirname)) {
  if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
  const code = stripTypeScriptTypes(readFileSync(join(import.meta.dirname, name), 'utf8'));
  writeFileSync(
    join(folder, name.replace(/ts$/, 'mjs')),
    code.replace(/(from\s+'\.\/[^']+)\.ts'/g, "$1.mjs'"),
  );
}

const node = findOlderNode();

test('a v2 result is read, and a forged one is not', () => {
  const code = `
    import { createPublicKey, generateKeyPairSync, privateEncrypt, publicEncrypt, constants, randomBytes } from 'node:crypto';
    const { openV2, sealV2 } = await import('./vipay-v2.mjs');
    const [merchant, gateway] = [1, 2].map(() => generateKeyPairSync('rsa', { modulusLength: 2048 }));
    const text = Buffer.from('{"vpc_TxnResponseCode":"00"}');
    const parts = sealV2(text, gateway.privateKey, merchant.publicKey);
    const open = (changed) => openV2({ ...parts, ...changed }, merchant.privateKey, gateway.publicKey)?.toString() ?? null;
    const wrap = (bytes) => publicEncrypt({ key: merchant.publicKey, padding: constants.RSA_NO_PADDING }, bytes).toString('base64url');
    const padded = (change) => {
      const bytes = Buffer.concat([Buffer.from([0, 2]), Buffer.alloc(256 - 27, 7), Buffer.from([0]), randomBytes(24)]);
      change(bytes);
      return wrap(bytes);
    };
    console.log(JSON.stringify([
      open({}),
      open({ key: randomBytes(256).toString('base64url') }),
      open({ key: 'AAAA' }),
      open({ key: padded(() => undefined) }),
      open({ key: padded((bytes) => { bytes[1] = 1; }) }),
      open({ key: padded((bytes) => { bytes[40] = 0; }) }),
      open({ key: padded((bytes) => { bytes[256 - 25] = 9; }) }),
      open({ secure_hash: sealV2(text, merchant.privateKey, merchant.publicKey).secure_hash }),
    ]));`;
  const told = execFileSync(node, ['--input-type=module', '--eval', code], { cwd: folder, encoding: 'utf8' });
  assert.deepEqual(JSON.parse(told), [
    '{"vpc_TxnResponseCode":"00"}',
    ...Array.from({ length: 7 }, () => null),
  ]);
});

test('the shop starts', async () => {
  const settings = {
    port: 0,
    publicUrl: 'http://localhost:1/shop',
    gatewayUrl: 'http://localhost:2',
    sites: [],
  };
  const site = {
    protocol: 'rest',
    merchant_site: 'r',
    apiKey: 'sk_sandbox_x',
    webhookSecret: 'whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz',
  };
  const shop = spawn(node, [join(folder, 'shop.mjs')], {
    env: { PATH: process.env.PATH, VIPAY_SHOP_CONFIG: JSON.stringify({ ...settings, sites: [site] }) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(shop, 'exit').then(() => 'ended');
  const said = once(shop.stdout, 'data').then(([chunk]) => String(chunk));
  assert.match(await Promise.race([said, ended]), /^\{"listening":\s*\d+\}/);
  shop.kill('SIGTERM');
  await ended;
});
