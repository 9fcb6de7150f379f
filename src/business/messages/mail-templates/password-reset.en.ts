import { type MailWriter, mailTime } from './mail-content.ts';

export const passwordResetEn: MailWriter<'password_reset'> = ({ link, validUntil }) => ({
  subject: 'Reset your viPay password',
  heading: 'Reset your password',
  blocks: [
    { text: 'Somebody asked for a new password for your account. If it was you, choose a new one.' },
    { action: 'Choose a new password', href: link },
    { text: `The link works once, until ${mailTime(validUntil)}.` },
    {
      advice:
        'If it was not you, ignore this mail: your password stays as it is. Forward this mail to nobody.',
    },
  ],
});
