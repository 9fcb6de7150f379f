// The words of the shop's pages, Vietnamese and English side by side.

export type Locale = 'vi' | 'en';

export const words = {
  shop: { vi: 'Cửa hàng Sen Đá', en: 'Sen Đá succulents' },
  headline: { vi: 'Một chút xanh cho bàn làm việc', en: 'A little green for your desk' },
  demo: {
    vi: 'Cửa hàng mẫu của viPay: không có hàng thật, không có tiền thật.',
    en: 'A viPay demo shop: no real goods, no real money.',
  },
  other: { vi: 'English', en: 'Tiếng Việt' },
  payBy: { vi: 'Cửa hàng kết nối với viPay qua', en: 'The shop speaks to viPay by' },
  buy: { vi: 'Mua', en: 'Buy' },
  orderTitle: { vi: 'Đơn hàng', en: 'Order' },
  reference: { vi: 'Mã tham chiếu', en: 'Reference' },
  orderNo: { vi: 'Mã đơn hàng', en: 'Order number' },
  transactionNo: { vi: 'Mã giao dịch', en: 'Transaction' },
  responseCode: { vi: 'Mã phản hồi', en: 'Response code' },
  protocol: { vi: 'Giao thức', en: 'Protocol' },
  goToPay: { vi: 'Tới trang thanh toán', en: 'Go to payment' },
  cancel: { vi: 'Hủy đơn hàng', en: 'Cancel the order' },
  backToShop: { vi: 'Về cửa hàng', en: 'Back to the shop' },
  buyAgain: { vi: 'Chọn lại sản phẩm', en: 'Choose again' },
  stopRefresh: { vi: 'Dừng tự cập nhật', en: 'Stop updating' },
  startRefresh: { vi: 'Tự cập nhật lại', en: 'Update again' },
  wire: { vi: 'Những gì cửa hàng đã nhận được', en: 'What the shop has received' },
  wireTimes: { vi: 'Giờ Việt Nam (GMT+7).', en: 'Times in GMT+7.' },
  asReceived: { vi: 'Xem nguyên văn', en: 'As received' },
  signatureValid: { vi: 'Chữ ký đúng', en: 'Signature valid' },
  signatureInvalid: { vi: 'Chữ ký sai, không tin', en: 'Signature wrong, not believed' },
  code: { vi: 'mã', en: 'code' },
  answered: { vi: 'đã trả lời', en: 'answered' },
  notBelieved: { vi: 'Kết quả này không đáng tin', en: 'This result is not believed' },
  notBelievedText: {
    vi: 'Chữ ký trong địa chỉ không đúng, nên cửa hàng bỏ qua. Nếu bạn đã thanh toán, tiền vẫn an toàn: cổng thanh toán báo thẳng cho cửa hàng, không cần qua trang này.',
    en: 'The signature in the address is wrong, so the shop ignores it. If you have paid, your money is safe: the gateway tells the shop directly, without this page.',
  },
  notFound: { vi: 'Không tìm thấy trang này', en: 'There is no such page' },
  notFoundText: {
    vi: 'Địa chỉ có thể bị gõ nhầm, hoặc đơn hàng đã cũ. Bạn không bị trừ tiền.',
    en: 'The address may be mistyped, or the order is old. Nothing has been charged here.',
  },
  badForm: { vi: 'Chưa chọn được sản phẩm', en: 'Nothing was chosen' },
  badFormText: {
    vi: 'Đơn hàng chưa được tạo và bạn chưa bị trừ tiền. Hãy quay lại cửa hàng và chọn lại.',
    en: 'No order was made and nothing was charged. Please go back to the shop and choose again.',
  },
  broken: { vi: 'Cửa hàng gặp lỗi', en: 'The shop met an error' },
  brokenText: {
    vi: 'Vui lòng thử lại sau ít phút. Nếu bạn đã thanh toán, tiền vẫn an toàn và đơn hàng sẽ được cập nhật.',
    en: 'Please try again in a few minutes. If you have paid, your money is safe and the order will be updated.',
  },
} satisfies Record<string, Record<Locale, string>>;

export const protocolNames = {
  'classic-v1': { vi: 'Cổ điển v1', en: 'Classic v1' },
  'classic-v2': { vi: 'Cổ điển v2', en: 'Classic v2' },
  rest: { vi: 'REST', en: 'REST' },
};

export const eventNames = {
  created: { vi: 'Tạo đơn hàng', en: 'Order created' },
  refused: { vi: 'Cổng thanh toán từ chối đơn', en: 'The gateway refused the order' },
  return: { vi: 'Trình duyệt quay về', en: 'Browser returned' },
  notification: { vi: 'Thông báo từ máy chủ', en: 'Server notification' },
  query: { vi: 'Cửa hàng đã hỏi lại', en: 'The shop asked' },
};

/** What happened, what it means for the money, what to do. */
export const stateWords = {
  waiting: {
    title: { vi: 'Chờ thanh toán', en: 'Waiting for payment' },
    text: {
      vi: 'Đơn này chưa được thanh toán, hoặc kết quả chưa về tới cửa hàng.',
      en: 'This order is not paid yet, or its result has not reached the shop.',
    },
  },
  returned: {
    title: { vi: 'Đã quay về, đang chờ xác nhận', en: 'Returned, waiting for confirmation' },
    text: {
      vi: 'Cửa hàng đang chờ thông báo từ máy chủ của cổng thanh toán; riêng việc trình duyệt quay về chưa phải là bằng chứng.',
      en: "The shop waits for the server's notification from the gateway; a browser that returns is no proof by itself.",
    },
  },
  unsent: {
    title: { vi: 'Chưa mở được trang thanh toán', en: 'The payment page could not be opened' },
    text: {
      vi: 'Cổng thanh toán không trả lời kịp. Bạn chưa bị trừ tiền; hãy thử mua lại sau ít phút.',
      en: 'The gateway did not answer in time. You have not been charged; please try again in a few minutes.',
    },
  },
  paid: {
    title: { vi: 'Đã thanh toán', en: 'Paid' },
    text: {
      vi: 'Cửa hàng đã nhận được tiền và đang gói cây cho bạn.',
      en: 'The shop has received your payment and is wrapping your plant.',
    },
  },
  held: {
    title: { vi: 'Đã thanh toán, đang kiểm tra', en: 'Paid, being checked' },
    text: {
      vi: 'Bạn đã bị trừ tiền, không cần thanh toán lại. Cổng thanh toán đang kiểm tra giao dịch; cửa hàng sẽ giao cây khi kiểm tra xong.',
      en: 'You have been charged and need not pay again. The gateway is checking the payment; the plant is sent when that is done.',
    },
  },
  failed: {
    title: { vi: 'Thanh toán không thành công', en: 'Payment failed' },
    text: {
      vi: 'Bạn chưa bị trừ tiền cho đơn này. Bạn có thể chọn lại và thanh toán bằng cách khác.',
      en: 'You have not been charged for this order. You can choose again and pay another way.',
    },
  },
  cancelled: {
    title: { vi: 'Đã hủy', en: 'Cancelled' },
    text: {
      vi: 'Đơn hàng đã hủy, bạn không bị trừ tiền.',
      en: 'The order is cancelled and nothing was charged.',
    },
  },
  expired: {
    title: { vi: 'Đã hết hạn', en: 'Expired' },
    text: {
      vi: 'Đơn hàng hết hạn trước khi được thanh toán, bạn không bị trừ tiền.',
      en: 'The order expired before it was paid and nothing was charged.',
    },
  },
};
