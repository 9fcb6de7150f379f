import { type MailWriter, mailTime, plainName } from './mail-content.ts';

export const invitationEn: MailWriter<'invitation'> = ({ inviterName, merchantName, link, validUntil }) => ({
  subject: 'You are invited to a merchant on viPay',
  heading: 'An invitation',
  blocks: [
    { text: 'You are invited to work with a merchant on viPay.' },
    {
      facts: [
        ['Merchant', plainName(merchantName)],
        ['Invited by', plainName(inviterName)],
      ],
    },
    { action: 'See the invitation', href: link },
    { text: `The link works once, until ${mailTime(validUntil)}.` },
    { advice: 'The names are as the inviter wrote them. If you do not know them, ignore this mail.' },
  ],
});
