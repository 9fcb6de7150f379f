import { type MailWriter, mailTime } from './mail-content.ts';

export const passwordChangedVi: MailWriter<'password_changed'> = ({ at, address, link }) => ({
  subject: 'Mật khẩu viPay của bạn đã được đổi',
  heading: 'Mật khẩu đã được đổi',
  blocks: [
    { text: 'Mật khẩu tài khoản của bạn vừa được đổi. Các phiên đăng nhập khác đã kết thúc.' },
    {
      facts: [
        ['Thời điểm', mailTime(at)],
        ['Địa chỉ mạng', address],
      ],
    },
    { text: 'Nếu không phải bạn, hãy đặt lại mật khẩu ngay.' },
    { action: 'Đặt lại mật khẩu', href: link },
  ],
});
