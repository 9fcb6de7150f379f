import assert from 'node:assert/strict';
import { test } from 'node:test';
import { domainToUnicode } from 'node:url';
import { parseMailAddress, parseMailSender } from './mail-address.ts';

test('plain addresses pass; the domain becomes lower case and ASCII, the local part stays', () => {
  assert.equal(parseMailAddress('An.Nguyen+vi@Example.VN'), 'An.Nguyen+vi@example.vn');
  assert.equal(parseMailAddress("o'brien_1@mail.example.co.uk"), "o'brien_1@mail.example.co.uk");
  const [, international = ''] = parseMailAddress('an@tên-miền.vn')?.split('@') ?? [];
  assert.match(international, /^xn--[a-z0-9-]+\.vn$/);
  assert.equal(domainToUnicode(international), 'tên-miền.vn');
  assert.equal(parseMailAddress('an@bücher。example'), 'an@xn--bcher-kva.example');
});

test('lengths hold to the character', () => {
  const local = 'a'.repeat(64);
  const domainOf = (characters: number) =>
    `${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(characters - 131)}.vn`;
  assert.equal(parseMailAddress(`${local}@${domainOf(189)}`)?.length, 254);
  assert.equal(parseMailAddress(`${local}@${domainOf(190)}`), null);
  assert.equal(parseMailAddress(`${local}a@example.vn`), null);
  assert.equal(parseMailAddress(`a@${'b'.repeat(64)}.vn`), null);
  assert.equal(parseMailAddress('a'.repeat(100_000)), null);
});

test('whatever one server might read as another address, as two, or as a header is refused', () => {
  const refused = [
    '',
    '@',
    'an',
    'an@',
    '@example.vn',
    'an@example',
    'an@127.0.0.1',
    'an@[127.0.0.1]',
    'an@0x7f.1',
    'an@localhost',
    ' an@example.vn',
    'an@example.vn ',
    'an@example.vn\r\nBcc: evil@example.com',
    'an@example.vn\nRCPT TO:<evil@example.com>',
    'an\0@example.vn',
    'an@example.vn,evil@example.com',
    'an@example.vn;evil@example.com',
    'an@example.vn evil@example.com',
    'evil@example.com@example.vn',
    'evil%example.com@example.vn',
    'example.com!evil@example.vn',
    '"an@evil.com"@example.vn',
    '"an"@example.vn',
    'an(comment)@example.vn',
    'An <an@example.vn>',
    '<an@example.vn>',
    '-oQ/tmp@example.vn',
    '|id@example.vn',
    '.an@example.vn',
    'an.@example.vn',
    'a..n@example.vn',
    'ăn@example.vn',
    'an@-example.vn',
    'an@example-.vn',
    'an@example..vn',
    'an@.example.vn',
    'an@example.vn.',
    'an@exam/ple.vn',
    'an@example.vn/x',
    'an@example.vn?x',
    'an@example.vn#x',
    'an@example.vn:25',
    'an@exa%6dple.vn',
    'an@example.v\u00adn\u202e',
    'group: an@example.vn;',
  ];
  assert.deepEqual(
    refused.filter((text) => parseMailAddress(text) !== null),
    [],
  );
});

test('a sender is an address, with or without a name', () => {
  assert.deepEqual(parseMailSender('viPay Việt Nam <no-reply@pay.example.vn>'), {
    name: 'viPay Việt Nam',
    address: 'no-reply@pay.example.vn',
  });
  assert.deepEqual(parseMailSender('<a@example.vn>'), { name: null, address: 'a@example.vn' });
  assert.deepEqual(parseMailSender('a@example.vn'), { name: null, address: 'a@example.vn' });
  for (const text of [
    'viPay',
    'viPay <a@b>',
    'a@example.vn, b@example.vn',
    '"x" <a@example.vn>',
    'x\r\ny <a@example.vn>',
    '<a@example.vn> x',
  ]) {
    assert.equal(parseMailSender(text), null, text);
  }
});
