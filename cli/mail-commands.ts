// `vipay mail …`: is what the operator set for mail right?

import type { Command } from 'commander';
import { uuidv7 } from 'uuidv7';
import { renderTestMail } from '../src/business/messages/index.ts';
import { loadConfig } from '../src/config.ts';
import { composeMail, openSmtpSession, parseMailAddress, tellSmtpServer } from '../src/ground/mail/index.ts';
import { choice, declareBare, group } from './command.ts';
import { CliFault } from './faults.ts';
import type { Answer } from './print.ts';

export function addMailCommands(program: Command): void {
  const mail = group(program, 'mail', 'Mails: is the mail server set right');

  declareBare<{ lang: 'vi' | 'en' }>(
    mail,
    {
      usage: 'test <address>',
      description: 'Send a mail by the server that is set, and say what it answered',
      notes:
        'Reads VIPAY_SMTP_URL, VIPAY_SMTP_TLS and VIPAY_MAIL_FROM; needs no database and no running gateway.',
      options: [choice('--lang <language>', 'of the mail', ['vi', 'en'], 'vi')],
      examples: ['npx vipay mail test me@example.vn', 'npx vipay mail test me@example.vn --lang en --json'],
    },
    ([address = ''], { lang }) => sendTest(address, lang),
  );
}

async function sendTest(given: string, locale: 'vi' | 'en'): Promise<Answer> {
  const { mail, publicUrl, operator } = loadConfig(process.env);
  if (mail === null) {
    throw new CliFault('mail_off', 'Mail is off: set VIPAY_SMTP_URL and VIPAY_MAIL_FROM first.');
  }
  const to = parseMailAddress(given);
  if (to === null) {
    throw new CliFault('mail_address_malformed', `${JSON.stringify(given)} is no mail address.`, 2);
  }
  const server = tellSmtpServer(mail.server);
  const opened = await openSmtpSession(mail.server);
  if (!opened.ok) throw notTaken(server, opened.outcome);
  const { from } = mail;
  const body = renderTestMail({ locale, operator, publicUrl });
  const message = await composeMail({ id: uuidv7(), from, to, at: new Date(), ...body });
  const sent = await opened.session.send({
    from: from.address,
    to,
    message,
    beforeText: async () => undefined,
  });
  opened.session.close();
  if (sent.kind !== 'accepted') throw notTaken(server, sent);
  return {
    json: { server, from: from.address, to, accepted: true, reply: sent.reply },
    text: `${server} has taken a mail to ${to}. It answered: ${sent.reply}`,
  };
}

function notTaken(server: string, outcome: { kind: string; reply: string }): CliFault {
  return new CliFault(
    `mail_${outcome.kind}`,
    `${server} has not taken the mail (${outcome.kind}): ${outcome.reply}`,
  );
}
