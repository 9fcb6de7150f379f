import type { MailContent } from './mail-content.ts';

export const testMailVi = (publicUrl: string): MailContent => ({
  subject: 'Thư thử từ viPay',
  heading: 'Thư thử',
  blocks: [
    { text: 'Máy chủ thư đã nhận thư này. Cài đặt gửi thư của cổng thanh toán dùng được.' },
    { action: 'Mở cổng thanh toán', href: `${publicUrl}/` },
  ],
});
