import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import example from '../classic-v2/fixtures/classic-v2-example.json' with { type: 'json' };
import shortNumbers from './fixtures/short-numbers-key.json' with { type: 'json' };
import {
  exportPrivateKey,
  exportPublicKey,
  fingerprintKey,
  generateSiteKeyPair,
  importRsaKey,
} from './index.ts';

const pair = await generateSiteKeyPair();

function problemOf(text: string): string {
  const imported = importRsaKey(text);
  assert.ok(!imported.ok);
  return imported.problem;
}

test('a pair goes through XML, PEM and JWK and stays the same', () => {
  for (const format of ['xml', 'pem', 'jwk'] as const) {
    const asPublic = importRsaKey(exportPublicKey(pair.publicKey, format));
    const asPrivate = importRsaKey(exportPrivateKey(pair.privateKey, format));
    assert.ok(asPublic.ok && asPrivate.ok, format);
    assert.deepEqual([asPublic.kind, asPrivate.kind], ['public', 'private']);
    assert.equal(asPublic.bits, 2048);
    assert.equal(asPublic.fingerprint, fingerprintKey(pair.privateKey));
    assert.equal(asPrivate.fingerprint, asPublic.fingerprint);
    assert.ok(asPrivate.key.equals(pair.privateKey));
    assert.ok(asPrivate.publicKey.equals(pair.publicKey));
    assert.equal(exportPublicKey(pair.privateKey, format), exportPublicKey(pair.publicKey, format));
  }
});

test('PKCS#1 PEM is read, public and private', () => {
  const asPublic = importRsaKey(pair.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString());
  const asPrivate = importRsaKey(pair.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString());
  assert.ok(asPublic.ok && asPrivate.ok);
  assert.equal(asPublic.fingerprint, asPrivate.fingerprint);
});

test('the XML of the worked example is read and written as .NET writes it', () => {
  for (const xml of [example.gateway.privateKeyXml, example.merchant.privateKeyXml]) {
    const imported = importRsaKey(xml);
    assert.ok(imported.ok);
    assert.equal(imported.bits, 1024);
    assert.equal(exportPrivateKey(imported.key, 'xml'), xml);
  }
  const imported = importRsaKey(example.gateway.publicKeyXml);
  assert.ok(imported.ok);
  assert.equal(exportPublicKey(imported.key, 'xml'), example.gateway.publicKeyXml);
});

test('XML with a declaration, line breaks and leading zero bytes is read', () => {
  const modulus = /<Modulus>(.*)<\/Modulus>/.exec(example.gateway.publicKeyXml)?.[1] ?? '';
  const padded = Buffer.concat([Buffer.alloc(1), Buffer.from(modulus, 'base64')]).toString('base64');
  const xml = `\uFEFF<?xml version="1.0" encoding="utf-8"?>
<RSAKeyValue xmlns="x">
  <Exponent>AQAB</Exponent>
  <Modulus>${padded.slice(0, 76)}\r\n${padded.slice(76)}</Modulus>
</RSAKeyValue>
`;
  const imported = importRsaKey(xml);
  assert.ok(imported.ok);
  assert.equal(exportPublicKey(imported.key, 'xml'), example.gateway.publicKeyXml);
});

test('short private numbers are written as long as .NET wants them', () => {
  const key = createPrivateKey(shortNumbers.pem);
  const jwk = key.export({ format: 'jwk' }) as Record<string, string>;
  assert.ok(shortNumbers.short.length > 0);
  for (const name of shortNumbers.short) {
    assert.ok(Buffer.from(jwk[name] ?? '', 'base64url').length < (name === 'd' ? 128 : 64), name);
  }
  const xml = exportPrivateKey(key, 'xml');
  for (const [element, length] of [
    ['P', 64],
    ['DP', 64],
    ['DQ', 64],
    ['InverseQ', 64],
    ['D', 128],
  ] as const) {
    const value = new RegExp(`<${element}>(.*?)</${element}>`).exec(xml)?.[1] ?? '';
    assert.equal(Buffer.from(value, 'base64').length, length, element);
  }
  assert.ok(importRsaKey(xml).ok);
});

test('what is no usable RSA key is refused with a reason', () => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 768 });
  const exponentOne = example.gateway.publicKeyXml.replace('AQAB', 'AQ==');
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pss = generateKeyPairSync('rsa-pss', { modulusLength: 1024 });
  const encrypted = pair.privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  });
  const mixed = example.gateway.privateKeyXml.replace(
    /<D>.*<\/D>/,
    () => (/<D>.*<\/D>/.exec(example.merchant.privateKeyXml) ?? [''])[0],
  );
  const swapped = example.gateway.privateKeyXml.replace(
    /<Modulus>.*<\/Modulus>/,
    () => (/<Modulus>.*<\/Modulus>/.exec(example.merchant.privateKeyXml) ?? [''])[0],
  );
  assert.match(problemOf(exportPublicKey(weak.publicKey, 'xml')), /768 bits; at least 1024/);
  assert.match(problemOf(exponentOne), /exponent|out of range/);
  assert.match(problemOf(curve.publicKey.export({ type: 'spki', format: 'pem' }).toString()), /not RSA/);
  assert.match(problemOf(JSON.stringify(curve.publicKey.export({ format: 'jwk' }))), /kty must be RSA/);
  assert.match(problemOf(pss.publicKey.export({ type: 'spki', format: 'pem' }).toString()), /rsa-pss/);
  assert.match(problemOf(encrypted.toString()), /encrypted/);
  assert.match(problemOf(mixed), /do not match|usable/);
  assert.match(problemOf(swapped), /do not match|usable/);
  assert.match(problemOf(example.gateway.privateKeyXml.replace(/<DP>.*<\/DP>/, '')), /needs all of/);
  assert.match(problemOf('<RSAKeyValue><Modulus>AA==</Modulus></RSAKeyValue>'), /base64/);
  assert.match(problemOf('<RSAKeyValue></RSAKeyValue>'), /missing/);
  assert.match(problemOf('<other/>'), /RSAKeyValue/);
  assert.match(problemOf('{"kty":"RSA"}'), /missing or out of range/);
  assert.match(problemOf('{"kty":'), /not valid JSON/);
  assert.match(problemOf('-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----'), /damaged/);
  assert.match(problemOf('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'), /certificate/);
  assert.match(problemOf('AQAB'), /neither/);
  assert.match(problemOf(''), /neither/);
  assert.match(problemOf('x'.repeat(20_000)), /too long/);
});

test('a refusal quotes nothing of what was pasted', () => {
  const secretText = createPrivateKey(exportPrivateKey(pair.privateKey, 'pem')).export({ format: 'jwk' });
  assert.equal(problemOf(JSON.stringify({ ...secretText, kty: 'X' })).includes(secretText.d ?? ''), false);
});

test('new pairs shorter than 2048 bits are not made', async () => {
  await assert.rejects(generateSiteKeyPair(1024));
});
