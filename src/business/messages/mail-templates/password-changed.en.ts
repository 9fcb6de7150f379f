import { type MailWriter, mailTime } from './mail-content.ts';

export const passwordChangedEn: MailWriter<'password_changed'> = ({ at, address, link }) => ({
  subject: 'Your viPay password was changed',
  heading: 'Your password was changed',
  blocks: [
    { text: 'The password of your account was changed just now. Your other sessions have ended.' },
    {
      facts: [
        ['Time', mailTime(at)],
        ['Network address', address],
      ],
    },
    { text: 'If it was not you, reset your password now.' },
    { action: 'Reset the password', href: link },
  ],
});
