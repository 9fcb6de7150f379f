import { type MailWriter, mailTime, plainName } from './mail-content.ts';

export const newDeviceVi: MailWriter<'new_device'> = ({ at, device, address, link }) => ({
  subject: 'Đăng nhập viPay từ thiết bị mới',
  heading: 'Đăng nhập từ thiết bị mới',
  blocks: [
    { text: 'Tài khoản của bạn vừa được đăng nhập từ một thiết bị chưa từng dùng.' },
    {
      facts: [
        ['Thời điểm', mailTime(at)],
        ['Thiết bị', plainName(device)],
        ['Địa chỉ mạng', address],
      ],
    },
    { text: 'Nếu không phải bạn, hãy kết thúc phiên đó và đổi mật khẩu ngay.' },
    { action: 'Xem các phiên đăng nhập', href: link },
  ],
});
