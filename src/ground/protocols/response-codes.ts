// The response codes a merchant and a buyer may see. The reference page is docs/reference/response-codes.md;
// a test holds the two against each other, both ways.

/** Who has to do something before the same order, or a new one, can succeed. */
export type WhoMustAct = 'nobody' | 'buyer' | 'merchant' | 'gateway';

type ResponseCodeEntry = {
  vi: string;
  en: string;
  /** true: an order that ends with this code is over; false: the answer may still change, or no order exists */
  final: boolean;
  whoMustAct: WhoMustAct;
};

export const responseCodes = {
  '00': { vi: 'Giao dịch thành công', en: 'Paid', final: true, whoMustAct: 'nobody' },
  '01': { vi: 'Không tìm thấy đơn hàng', en: 'Order not found', final: false, whoMustAct: 'merchant' },
  '02': {
    vi: 'Mã điểm chấp nhận thanh toán hoặc mã truy cập không đúng',
    en: 'Invalid merchant site or access code',
    final: false,
    whoMustAct: 'merchant',
  },
  '03': { vi: 'Dữ liệu không đúng định dạng', en: 'Malformed data', final: false, whoMustAct: 'merchant' },
  '04': {
    vi: 'Đối tác hoặc điểm chấp nhận thanh toán đang tạm ngừng',
    en: 'Merchant or site suspended',
    final: true,
    whoMustAct: 'merchant',
  },
  '07': {
    vi: 'Đã trừ tiền, giao dịch đang được kiểm tra',
    en: 'Paid, held for review',
    final: true,
    whoMustAct: 'gateway',
  },
  '09': {
    vi: 'Ví chưa kích hoạt hoặc chưa định danh',
    en: 'Wallet not activated or not identified',
    final: true,
    whoMustAct: 'buyer',
  },
  '10': {
    vi: 'Đăng nhập sai quá nhiều lần',
    en: 'Wrong sign-in too often',
    final: true,
    whoMustAct: 'buyer',
  },
  '11': { vi: 'Đơn hàng đã hết hạn', en: 'Order expired', final: true, whoMustAct: 'merchant' },
  '12': { vi: 'Ví đang bị khóa', en: 'Wallet locked', final: true, whoMustAct: 'buyer' },
  '13': { vi: 'Mã xác thực (OTP) không đúng', en: 'Wrong OTP', final: true, whoMustAct: 'buyer' },
  '24': { vi: 'Khách hàng đã hủy', en: 'Cancelled by the buyer', final: true, whoMustAct: 'buyer' },
  '51': { vi: 'Số dư không đủ', en: 'Insufficient balance', final: true, whoMustAct: 'buyer' },
  '61': {
    vi: 'Vượt hạn mức một lần thanh toán',
    en: 'Above the per-payment limit',
    final: true,
    whoMustAct: 'buyer',
  },
  '65': {
    vi: 'Vượt hạn mức ngày hoặc tháng',
    en: 'Above the daily or monthly limit',
    final: true,
    whoMustAct: 'buyer',
  },
  '68': {
    vi: 'Chưa có kết quả, vui lòng truy vấn lại',
    en: 'Result not known yet: query',
    final: false,
    whoMustAct: 'merchant',
  },
  '75': { vi: 'Hệ thống đang bảo trì', en: 'Under maintenance', final: false, whoMustAct: 'gateway' },
  '79': { vi: 'Nhập sai PIN quá nhiều lần', en: 'Wrong PIN too often', final: true, whoMustAct: 'buyer' },
  '91': { vi: 'Không tìm thấy giao dịch', en: 'Payment not found', final: false, whoMustAct: 'merchant' },
  '94': { vi: 'Mã tham chiếu bị trùng', en: 'Duplicate reference', final: false, whoMustAct: 'merchant' },
  '95': {
    vi: 'Giao dịch gốc không thành công',
    en: 'Original payment not successful',
    final: false,
    whoMustAct: 'merchant',
  },
  '97': { vi: 'Chữ ký không hợp lệ', en: 'Wrong signature', final: false, whoMustAct: 'merchant' },
  '99': { vi: 'Lỗi khác', en: 'Other error', final: false, whoMustAct: 'gateway' },
} as const satisfies Record<string, ResponseCodeEntry>;

export type ResponseCode = keyof typeof responseCodes;

/** The code's short text in the order's locale, as it goes to merchants. */
export function responseMessage(code: ResponseCode, locale: 'vi' | 'en'): string {
  return responseCodes[code][locale];
}

/** For values read back from the database: an unknown code is a broken invariant. */
export function asResponseCode(text: string): ResponseCode {
  if (!(text in responseCodes)) throw new Error(`unknown response code ${text}`);
  return text as ResponseCode;
}
