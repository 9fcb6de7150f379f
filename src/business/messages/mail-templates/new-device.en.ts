import { type MailWriter, mailTime, plainName } from './mail-content.ts';

export const newDeviceEn: MailWriter<'new_device'> = ({ at, device, address, link }) => ({
  subject: 'New device signed in to viPay',
  heading: 'A new device signed in',
  blocks: [
    { text: 'Your account was signed in to from a device that it had not been used on before.' },
    {
      facts: [
        ['Time', mailTime(at)],
        ['Device', plainName(device)],
        ['Network address', address],
      ],
    },
    { text: 'If it was not you, end that session and change your password now.' },
    { action: 'See your sessions', href: link },
  ],
});
