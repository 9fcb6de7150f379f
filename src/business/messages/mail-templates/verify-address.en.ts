import { type MailWriter, mailTime } from './mail-content.ts';

export const verifyAddressEn: MailWriter<'verify_address'> = ({ link, validUntil }) => ({
  subject: 'Confirm your email address',
  heading: 'Confirm your email address',
  blocks: [
    {
      text: 'Somebody used this address to sign up for a viPay merchant account. If it was you, confirm the address.',
    },
    { action: 'Confirm the address', href: link },
    { text: `The link works once, until ${mailTime(validUntil)}.` },
    { advice: 'If it was not you, ignore this mail: no account is opened.' },
  ],
});
