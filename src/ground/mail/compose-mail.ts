// The bytes of a mail: headers, a part of text and one of HTML.

import MailComposer from 'nodemailer/lib/mail-composer';
import type { MailSender } from './mail-address.ts';

export type Mail = {
  /** Becomes the Message-ID, with the sender's domain; the same for each attempt. */
  id: string;
  from: MailSender;
  /** Has passed parseMailAddress. */
  to: string;
  subject: string;
  text: string;
  html: string;
  at: Date;
};

/** The same mail becomes the same bytes, each time. */
export function composeMail(mail: Mail): Promise<Buffer> {
  const { name, address } = mail.from;
  const [, domain = ''] = address.split('@');
  return new MailComposer({
    from: { name: name ?? '', address },
    to: { name: '', address: mail.to },
    subject: mail.subject,
    messageId: `<${mail.id}@${domain}>`,
    date: mail.at,
    text: mail.text,
    html: mail.html,
    // Nobody's "I am on holiday" comes back for it (RFC 3834; the second is Exchange's).
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    baseBoundary: mail.id,
    disableFileAccess: true,
    disableUrlAccess: true,
    newline: 'win',
  })
    .compile()
    .build();
}
