import { type MailWriter, mailTime } from './mail-content.ts';

export const passwordResetVi: MailWriter<'password_reset'> = ({ link, validUntil }) => ({
  subject: 'Đặt lại mật khẩu viPay',
  heading: 'Đặt lại mật khẩu',
  blocks: [
    {
      text: 'Có người đã yêu cầu đặt lại mật khẩu cho tài khoản của bạn. Nếu là bạn, hãy chọn mật khẩu mới.',
    },
    { action: 'Chọn mật khẩu mới', href: link },
    { text: `Liên kết dùng được một lần, đến ${mailTime(validUntil)}.` },
    {
      advice:
        'Nếu không phải bạn, hãy bỏ qua thư này: mật khẩu của bạn vẫn như cũ. Không chuyển tiếp thư này cho ai.',
    },
  ],
});
