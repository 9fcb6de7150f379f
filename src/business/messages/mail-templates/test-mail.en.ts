import type { MailContent } from './mail-content.ts';

export const testMailEn = (publicUrl: string): MailContent => ({
  subject: 'A test mail from viPay',
  heading: 'A test mail',
  blocks: [
    { text: 'The mail server has taken this mail: the settings of the gateway for mail work.' },
    { action: 'Open the gateway', href: `${publicUrl}/` },
  ],
});
