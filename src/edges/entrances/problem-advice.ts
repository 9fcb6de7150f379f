// What to do about each problem of the API, in one or two sentences; shown at the problem's own address.

import type { ProblemSlug } from '../../ground/http/index.ts';
import type { Locale } from '../../ground/terms.ts';

export const problemAdvice: Record<ProblemSlug, Record<Locale, string>> = {
  'malformed-request': {
    vi: 'Một trường bị thiếu, thừa hoặc sai định dạng; errors nêu tên từng trường. Sửa rồi gửi lại với Idempotency-Key mới.',
    en: 'A field is missing, unknown or malformed; errors names each. Correct it and send it again.',
  },
  'order-refused': {
    vi: 'Số tiền, thời hạn hoặc địa chỉ không nằm trong thỏa thuận của điểm chấp nhận thanh toán; detail nêu lý do.',
    en: 'The amount, the lifetime or an address is outside what was agreed for the site; detail says which. Correct it and send it with a new key.',
  },
  unauthorized: {
    vi: 'Gửi Authorization: Bearer và khóa bí mật còn hiệu lực của điểm chấp nhận thanh toán (sk_sandbox_… hoặc sk_live_…).',
    en: 'Send Authorization: Bearer and a valid secret key of the site (sk_sandbox_… or sk_live_…).',
  },
  'protocol-disabled': {
    vi: 'Điểm chấp nhận thanh toán này không dùng REST API. Liên hệ chúng tôi để bật.',
    en: 'This site does not use the REST API. Ask us to enable it.',
  },
  'site-suspended': {
    vi: 'Đối tác hoặc điểm chấp nhận thanh toán đang tạm ngừng: không nhận đơn hàng mới, đơn hàng cũ vẫn tra cứu được.',
    en: 'The merchant or the site is suspended: no new orders, while orders you have can still be read and cancelled.',
  },
  'order-not-found': {
    vi: 'Không có đơn hàng với mã này ở điểm chấp nhận thanh toán của khóa bạn dùng. Kiểm tra mã và môi trường.',
    en: 'The site of your key has no order with this id. Check the id and the environment.',
  },
  'not-found': { vi: 'Không có gì ở địa chỉ này.', en: 'There is nothing at this address.' },
  'method-not-allowed': {
    vi: 'Địa chỉ này nhận phương thức khác; xem tiêu đề Allow.',
    en: 'This address takes another method; see the Allow header.',
  },
  'request-timeout': {
    vi: 'Yêu cầu đến quá chậm. Gửi lại.',
    en: 'The request arrived too slowly. Send it again.',
  },
  'order-already-final': {
    vi: 'Đơn hàng đã có kết quả cuối cùng và giữ nguyên; order cho biết kết quả. Đơn đã thanh toán thì hoàn tiền thay vì hủy.',
    en: 'The order has its final result and keeps it; order shows which. A paid order is refunded, not cancelled.',
  },
  'duplicate-reference': {
    vi: 'merch_txn_ref đã thuộc về một đơn hàng có nội dung khác. Dùng mã tham chiếu mới.',
    en: 'merch_txn_ref belongs to an order with another content. Use a new reference.',
  },
  'request-in-flight': {
    vi: 'Yêu cầu đầu tiên với Idempotency-Key này chưa có kết quả. Chờ theo Retry-After rồi gửi lại đúng yêu cầu đó.',
    en: 'The first request with this Idempotency-Key is not answered yet. Wait as Retry-After says, then send the same again.',
  },
  'request-too-large': { vi: 'Nội dung lớn hơn 64 KiB.', en: 'The body is larger than 64 KiB.' },
  'address-too-long': { vi: 'Địa chỉ quá dài.', en: 'The address is too long.' },
  'unsupported-media-type': {
    vi: 'Gửi Content-Type: application/json, nội dung không nén (không có Content-Encoding).',
    en: 'Send Content-Type: application/json, and the body uncompressed (no Content-Encoding).',
  },
  'expectation-failed': {
    vi: 'Bỏ tiêu đề Expect, hoặc chỉ gửi Expect: 100-continue.',
    en: 'Leave the Expect header out, or send Expect: 100-continue and nothing else.',
  },
  'misdirected-request': {
    vi: 'Gọi cổng bằng địa chỉ công khai của nó. Nếu có proxy đứng trước, để proxy chuyển nguyên tiêu đề Host; tên khác thì khai trong VIPAY_ALLOWED_HOSTS.',
    en: 'Ask the gateway by its public address. A proxy in front passes the Host header on as it came; further names are listed in VIPAY_ALLOWED_HOSTS.',
  },
  'idempotency-key-reused': {
    vi: 'Idempotency-Key này đã dùng cho một yêu cầu có nội dung khác. Dùng khóa mới cho yêu cầu mới.',
    en: 'This Idempotency-Key came before with another body. Use a new key for a new request.',
  },
  'headers-too-large': {
    vi: 'Các tiêu đề lớn hơn 32 KiB. Trình duyệt: xóa cookie của trang này rồi thử lại.',
    en: 'The headers are larger than 32 KiB. In a browser: remove the cookies of this site and try again.',
  },
  'internal-error': {
    vi: 'Lỗi của chúng tôi; chưa rõ kết quả. Gửi lại với cùng Idempotency-Key, hoặc tra cứu; nếu vẫn lỗi, báo trace_id cho chúng tôi.',
    en: 'Our fault, and the outcome is not known to you. Send the same again with the same Idempotency-Key, or query; if it stays, tell us the trace_id.',
  },
  unavailable: {
    vi: 'Hệ thống tạm thời không phục vụ. Chờ theo Retry-After rồi gửi lại với cùng Idempotency-Key.',
    en: 'The service is away for a moment. Wait as Retry-After says, then send the same again with the same Idempotency-Key.',
  },
};
