import { type MailWriter, mailTime, plainName } from './mail-content.ts';

export const invitationVi: MailWriter<'invitation'> = ({ inviterName, merchantName, link, validUntil }) => ({
  subject: 'Bạn được mời tham gia một đối tác trên viPay',
  heading: 'Lời mời tham gia',
  blocks: [
    { text: 'Bạn được mời làm việc cùng một đối tác trên viPay.' },
    {
      facts: [
        ['Đối tác', plainName(merchantName)],
        ['Người mời', plainName(inviterName)],
      ],
    },
    { action: 'Xem lời mời', href: link },
    { text: `Liên kết dùng được một lần, đến ${mailTime(validUntil)}.` },
    { advice: 'Tên do người mời tự khai. Nếu bạn không biết họ, hãy bỏ qua thư này.' },
  ],
});
