// The words of the start page. `steps`, `wallets` and `links` are in the order in which they are shown.

import type { Locale } from '../../ground/terms.ts';
import type { DemoWalletBehaviour } from './demo-data.ts';

export type StartTexts = {
  title: string;
  intro: string;
  stepShop: { title: string; text: string; button: string };
  stepPay: { title: string; text: string; more: string; inbox: string };
  stepBack: { title: string; text: string; orders: string };
  phone: string;
  pin: string;
  wallets: string;
  walletsAbout: string;
  behaviours: Record<DemoWalletBehaviour, string>;
  sites: string;
  sitesAbout: string;
  curl: string;
  curlSite: string;
  curlOrder: string;
  curlOpen: string;
  cli: string;
  cliAbout: string;
  cliExamples: Record<'order' | 'notifications' | 'request' | 'topUp' | 'doctor', string>;
  links: string;
  linkNames: Record<'shop' | 'inbox' | 'inboxJson' | 'openApi' | 'health' | 'ready' | 'metrics', string>;
  docs: string;
  docNames: Record<'readme' | 'architecture' | 'api' | 'sample', string>;
};

const vi: StartTexts = {
  title: 'Thử trọn một lần thanh toán',
  intro:
    'Cổng thanh toán viPay đang chạy cùng một cửa hàng mẫu và sáu ví thử nghiệm. Mọi thứ đều thật, chỉ tiền là giả.',
  stepShop: {
    title: 'Mở cửa hàng và đặt một món',
    text: 'Chọn cách cửa hàng kết nối với viPay (v1, v2 hoặc REST), rồi bấm Mua.',
    button: 'Mở cửa hàng mẫu',
  },
  stepPay: {
    title: 'Thanh toán bằng ví thử nghiệm',
    text: 'Đăng nhập ở trang thanh toán:',
    more: 'Món nhỏ chỉ cần mã PIN. Vườn sen đá (5.200.000 ₫) cần thêm mã OTP, được gửi tới',
    inbox: 'hộp thư thử nghiệm',
  },
  stepBack: {
    title: 'Về cửa hàng xem kết quả',
    text: 'Trang đơn hàng cho thấy từng thông điệp đã đến: trình duyệt quay về, thông báo từ máy chủ, chữ ký đúng hay sai.',
    orders: 'Mọi đơn của cửa hàng (JSON)',
  },
  phone: 'Số điện thoại',
  pin: 'Mã PIN',
  wallets: 'Sáu ví thử nghiệm',
  walletsAbout: 'Cùng một mã PIN:',
  behaviours: {
    pays: 'Thanh toán được. Số dư ban đầu 50.000.000 ₫.',
    insufficient: 'Không đủ số dư: chỉ có 10.000 ₫ (mã 51).',
    locked: 'Ví bị khóa (mã 12).',
    unidentified: 'Chủ ví chưa xác minh danh tính (mã 09).',
    near_limit:
      'Sát hạn mức ngày 50.000 ₫: món 45.000 ₫ đầu tiên thanh toán được, món sau bị từ chối (mã 65).',
    pays_too: 'Ví thứ hai thanh toán được, để thử đổi ví.',
  },
  sites: 'Ba điểm chấp nhận thanh toán',
  sitesAbout: 'Của cửa hàng mẫu, mỗi giao thức một điểm. Địa chỉ nhận đơn hàng:',
  curl: 'Đơn hàng đầu tiên bằng curl',
  curlSite: 'Tạo điểm chấp nhận thanh toán của bạn, ở thư mục của viPay. Kết quả có api_key.',
  curlOrder: 'Gửi đơn hàng, thay khóa của bạn vào:',
  curlOpen: 'Mở checkout_url trong câu trả lời rồi thanh toán bằng ví thử nghiệm.',
  cli: 'Dòng lệnh',
  cliAbout: 'Lệnh nào cũng có --json và --help.',
  cliExamples: {
    order: 'một đơn hàng và các lần thanh toán',
    notifications: 'kết quả đã gửi cho cửa hàng',
    request: 'một yêu cầu bị từ chối, theo mã tra cứu',
    topUp: 'nạp thêm tiền cho ví thử nghiệm',
    doctor: 'kiểm tra cài đặt',
  },
  links: 'Các địa chỉ',
  linkNames: {
    shop: 'Cửa hàng mẫu',
    inbox: 'Hộp thư thử nghiệm',
    inboxJson: 'Hộp thư, dạng JSON',
    openApi: 'REST API (OpenAPI 3.1)',
    health: 'Tiến trình còn chạy',
    ready: 'Sẵn sàng làm việc',
    metrics: 'Số đo cho Prometheus',
  },
  docs: 'Đọc thêm trong mã nguồn',
  docNames: {
    readme: 'giới thiệu',
    architecture: 'một lần thanh toán đi qua đâu',
    api: 'REST API',
    sample: 'mã nguồn phía cửa hàng, để chép',
  },
};

const en: StartTexts = {
  title: 'Try one payment, end to end',
  intro:
    'The viPay payment gateway is running, with a demo shop and six test wallets. Everything is real but the money.',
  stepShop: {
    title: 'Open the shop and order something',
    text: 'Choose how the shop speaks to viPay (v1, v2 or REST), then press Buy.',
    button: 'Open the demo shop',
  },
  stepPay: {
    title: 'Pay with a test wallet',
    text: 'Sign in at the checkout:',
    more: 'Small things need the PIN alone. The succulent garden (5.200.000 ₫) also asks for a code, which is sent to the',
    inbox: 'test inbox',
  },
  stepBack: {
    title: 'Back in the shop, see what arrived',
    text: 'The order’s page shows every message the shop received: the browser’s return, the server’s notification, whether the signature is right.',
    orders: 'All orders of the shop (JSON)',
  },
  phone: 'Phone number',
  pin: 'PIN',
  wallets: 'Six test wallets',
  walletsAbout: 'All have the same PIN:',
  behaviours: {
    pays: 'Pays. Begins with 50.000.000 ₫.',
    insufficient: 'Insufficient balance: only 10.000 ₫ (code 51).',
    locked: 'The wallet is locked (code 12).',
    unidentified: 'Not identified (code 09).',
    near_limit:
      'Near its daily limit of 50.000 ₫: the first thing for 45.000 ₫ is paid, the next refused (code 65).',
    pays_too: 'A second wallet that pays, for changing wallets.',
  },
  sites: 'Three merchant sites',
  sitesAbout: 'Of the demo shop, one for each protocol. Where their orders come in:',
  curl: 'A first order by curl',
  curlSite: 'Make a merchant site of your own, in viPay’s folder. The answer holds the api_key.',
  curlOrder: 'Send an order with your key in it:',
  curlOpen: 'Open the checkout_url of the answer and pay with a test wallet.',
  cli: 'The command line',
  cliAbout: 'Every command takes --json and --help.',
  cliExamples: {
    order: 'an order and its payments',
    notifications: 'results sent to the shop',
    request: 'a refused request, by its trace id',
    topUp: 'more money for a test wallet',
    doctor: 'checks the set-up',
  },
  links: 'Addresses',
  linkNames: {
    shop: 'Demo shop',
    inbox: 'Test inbox',
    inboxJson: 'Inbox as JSON',
    openApi: 'REST API (OpenAPI 3.1)',
    health: 'The process answers',
    ready: 'It can do its work',
    metrics: 'Numbers for Prometheus',
  },
  docs: 'More in the source',
  docNames: {
    readme: 'introduction',
    architecture: 'the way of one payment',
    api: 'the REST API',
    sample: 'the shop’s side, to copy',
  },
};

export const startTexts: Record<Locale, StartTexts> = { vi, en };
