import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Locale } from '../../../ground/terms.ts';
import { type MailValues, plainName } from './mail-content.ts';
import { renderMail } from './mail-frame.ts';
import { mailTemplateNames, writeMail } from './registry.ts';

const at = new Date('2026-11-23T10:00:00+07:00');
const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)> http://evil.example/a evil.example`;
const link = 'https://pay.example.vn/portal/x?a=1&b="\'<>';

function valuesWith(text: string): MailValues {
  return {
    verify_address: { link, validUntil: at },
    password_reset: { link, validUntil: at },
    invitation: { inviterName: text, merchantName: text, link, validUntil: at },
    new_device: { at, device: text, address: '2001:db8::1', link },
    password_changed: { at, address: '203.0.113.7', link },
  };
}

const operator = { name: `Ví <b>An</b> & "Bình"`, contact: '1900 1234' };

for (const locale of ['vi', 'en'] as const satisfies Locale[]) {
  for (const template of mailTemplateNames) {
    const render = (text: string) =>
      renderMail(writeMail(template, locale, valuesWith(text)[template]), { locale, operator });

    test(`${template} in ${locale}: text and HTML say the same, and hostile values come back escaped`, () => {
      const mail = render(hostile);
      assert.doesNotMatch(mail.html, /<script|<img|<b>|onerror=alert\(1\)>|href="[^"]*evil/);
      assert.doesNotMatch(
        mail.text + mail.html,
        /evil\.example/,
        'nothing that a mail program would make a link of',
      );
      assert.match(mail.html, /href="https:\/\/pay\.example\.vn\/portal\/x\?a=1&amp;b=&quot;&#39;&lt;&gt;"/);
      assert.ok(mail.text.includes(`\n${link}\n`), 'the link stands on a line of its own');
      const words = mail.html.replace(/<style>.*<\/style>|<title>.*<\/title>/gs, '').replace(/<[^>]+>/g, ' ');
      const heading = mail.text.split('\n')[0] ?? '';
      assert.ok(words.includes(heading));
    });

    test(`${template} in ${locale}: loads nothing, fits a screen reader, and its subject is one plain line`, () => {
      const mail = render('Nguyễn Văn An');
      assert.doesNotMatch(mail.html, /\bsrc=|url\(|@import|<link|<iframe|<form|<object|background=/i);
      assert.match(mail.html, new RegExp(`^<!doctype html>\\s*<html lang="${locale}">`));
      assert.match(mail.html, /prefers-color-scheme:dark/);
      assert.match(mail.subject, /^[^\p{Cc}]{5,78}$/u);
      assert.ok(Buffer.byteLength(mail.html) < 12_000);
    });
  }
}

test('the two languages differ in every subject', () => {
  for (const template of mailTemplateNames) {
    const subjects = (['vi', 'en'] as const).map(
      (locale) => writeMail(template, locale, valuesWith('x')[template]).subject,
    );
    assert.equal(new Set(subjects).size, 2, template);
  }
});

test('names that look like addresses stay readable and lead nowhere', () => {
  assert.equal(plainName('Nguyễn Văn An'), 'Nguyễn Văn An');
  assert.equal(plainName('Cty. TNHH Sen Đá'), 'Cty. TNHH Sen Đá');
  assert.equal(plainName('Chrome 149.0, Windows'), 'Chrome 149.0, Windows');
  assert.equal(plainName('https://evil.com/x'), 'https evil. com x');
  assert.equal(plainName('evil．com'), 'evil. com');
  assert.equal(plainName('evil。com'), 'evil. com');
  assert.equal(plainName('an@evil.com'), 'an evil. com');
  assert.equal(plainName('An\r\nBcc: x@example.com'), 'An Bcc x example. com');
  assert.equal(plainName('\u202eabc\u0000'), 'abc');
  assert.equal(plainName('x'.repeat(500)).length, 80);
});
