// Mail in `vipay doctor`: is it set, and does the server let us in? Nothing is sent.

import type { Config } from '../src/config.ts';
import { openSmtpSession, tellSmtpServer } from '../src/ground/mail/index.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

const limits = { connectMs: 5_000, silenceMs: 5_000, attemptMs: 8_000 };

export async function checkMail({ mail, demo }: Pick<Config, 'mail' | 'demo'>): Promise<Finding> {
  if (mail === null) {
    return demo
      ? ok('mail', 'No server: mails are in the inbox of the demo.')
      : warn('mail', 'Off: mails to people cannot be sent.', 'Set VIPAY_SMTP_URL and VIPAY_MAIL_FROM.');
  }
  const server = tellSmtpServer(mail.server);
  const opened = await openSmtpSession(mail.server, { limits });
  if (!opened.ok) {
    const { kind, reply } = opened.outcome;
    return fail('mail', `${server}: ${kind}: ${reply}.`, 'Correct VIPAY_SMTP_URL, or the server.');
  }
  opened.session.close();
  return ok('mail', `${server}, from ${mail.from.address}. "vipay mail test <address>" sends one.`);
}
