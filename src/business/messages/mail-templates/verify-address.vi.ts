import { type MailWriter, mailTime } from './mail-content.ts';

export const verifyAddressVi: MailWriter<'verify_address'> = ({ link, validUntil }) => ({
  subject: 'Xác nhận địa chỉ thư điện tử của bạn',
  heading: 'Xác nhận địa chỉ thư điện tử',
  blocks: [
    {
      text: 'Có người đã dùng địa chỉ này để đăng ký tài khoản đối tác viPay. Nếu là bạn, hãy xác nhận địa chỉ.',
    },
    { action: 'Xác nhận địa chỉ', href: link },
    { text: `Liên kết dùng được một lần, đến ${mailTime(validUntil)}.` },
    { advice: 'Nếu không phải bạn, hãy bỏ qua thư này: không có tài khoản nào được mở.' },
  ],
});
