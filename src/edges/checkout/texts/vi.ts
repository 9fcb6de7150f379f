// Every word a buyer reads at the checkout, in Vietnamese. The first language: en.ts must have the same keys.
// An error says what happened, what it means for the money, and what to do.

export const vi = {
  order: {
    region: 'Đơn hàng',
    payTo: 'Thanh toán cho',
    hidden: 'Đăng nhập để xem số tiền và nội dung đơn hàng.',
    orderNo: 'Mã đơn hàng',
    expires: 'Hết hạn lúc',
    description: 'Nội dung',
  },
  common: {
    cancel: 'Hủy và quay về cửa hàng',
    backToShop: 'Quay về cửa hàng',
    anotherWallet: 'Dùng ví khác',
    busy: 'Đang xử lý…',
    noMoneyTaken: 'Chưa có khoản tiền nào bị trừ.',
    traceId: 'Mã tra cứu',
  },
  signIn: {
    title: 'Đăng nhập ví để thanh toán',
    phone: 'Số điện thoại',
    pin: 'Mã PIN',
    submit: 'Đăng nhập để thanh toán',
    testWallet: (phone: string, pin: string) => `Ví thử nghiệm: ${phone}, PIN\u00a0${pin}`,
    privacy: 'Cửa hàng không thấy số điện thoại và mã PIN của bạn.',
    errors: {
      credentials: {
        what: 'Số điện thoại hoặc mã PIN không đúng.',
        todo: 'Kiểm tra lại cả hai rồi nhập lại. Nhập sai nhiều lần liên tiếp sẽ tạm khóa đăng nhập.',
      },
      phone_malformed: {
        what: 'Số điện thoại chưa đúng.',
        todo: 'Nhập số điện thoại đăng ký ví, gồm 10 chữ số và bắt đầu bằng số 0.',
      },
      pin_malformed: {
        what: 'Mã PIN chưa đúng dạng.',
        todo: 'Mã PIN chỉ gồm chữ số, từ 6 số trở lên.',
      },
      session_ended: {
        what: 'Phiên đăng nhập đã kết thúc.',
        todo: 'Đăng nhập lại để tiếp tục thanh toán.',
      },
      busy: {
        what: 'Hệ thống đang bận.',
        todo: 'Chờ vài giây rồi thử lại.',
      },
    },
  },
  confirm: {
    title: 'Xác nhận thanh toán',
    wallet: 'Ví thanh toán',
    phone: 'Số điện thoại',
    balanceAfter: 'Số dư sau thanh toán',
    codeWillBeSent: (phone: string) =>
      `Chúng tôi sẽ gửi mã xác thực (OTP) tới ${phone}. Tiền chỉ bị trừ sau khi bạn nhập mã.`,
    pay: (amount: string) => `Xác nhận thanh toán ${amount}`,
    sendCode: 'Xác nhận và nhận mã OTP',
    nextCodeFrom: (time: string) => `Có thể nhận mã mới từ ${time}.`,
    errors: {
      busy: {
        what: 'Hệ thống đang bận.',
        todo: 'Chờ vài giây rồi bấm xác nhận một lần nữa.',
      },
      too_many_codes: {
        what: 'Ví này đã nhận quá nhiều mã trong một giờ qua.',
        todo: 'Bạn có thể dùng ví khác.',
      },
    },
  },
  code: {
    title: 'Nhập mã xác thực (OTP)',
    sentTo: (phone: string) => `Mã gồm 6 chữ số đã được gửi tới ${phone}.`,
    validUntil: (time: string) => `Mã có hiệu lực đến ${time}.`,
    label: 'Mã xác thực',
    pay: (amount: string) => `Thanh toán ${amount}`,
    neverShare: 'Không đưa mã này cho bất kỳ ai, kể cả người tự xưng là nhân viên.',
    resend: 'Gửi lại mã',
    resendFrom: (time: string) => `Chưa nhận được? Có thể gửi lại mã từ ${time}.`,
    resendNow: 'Chưa nhận được mã?',
    resendNever: 'Đã hết số lần gửi lại mã cho giao dịch này.',
    resent: 'Đã gửi mã mới. Mã cũ không còn dùng được.',
    inbox: 'Mở hộp tin nhắn thử nghiệm (thẻ mới)',
    attemptsLeft: (count: number) => `Bạn còn ${count} lần nhập.`,
    errors: {
      wrong: { what: 'Mã xác thực không đúng.', todo: 'Xem lại tin nhắn mới nhất rồi nhập lại mã.' },
      malformed: { what: 'Mã xác thực phải gồm 6 chữ số.', todo: 'Nhập đúng 6 chữ số trong tin nhắn.' },
      expired: { what: 'Mã xác thực đã hết hiệu lực.', todo: 'Bấm “Gửi lại mã” để nhận mã mới.' },
      resend_too_early: {
        what: 'Chưa gửi lại được mã.',
        todo: 'Chờ đến giờ ghi bên dưới rồi bấm “Gửi lại mã”. Mã đã gửi vẫn dùng được.',
      },
      too_many_codes: {
        what: 'Ví này đã nhận quá nhiều mã trong một giờ qua.',
        todo: 'Mã đã gửi vẫn dùng được khi còn hiệu lực.',
      },
      busy: { what: 'Hệ thống đang bận.', todo: 'Chờ vài giây rồi nhập lại mã.' },
      no_attempt_left: {
        what: 'Hiện không còn lượt nhập mã.',
        todo: 'Mã vừa nhập ở nơi khác đang được kiểm tra, hoặc ví đang tạm khóa. Tải lại trang sau vài giây để xem kết quả.',
      },
    },
  },
  refusal: {
    retry: 'Thử lại',
    giveUp: 'Không thanh toán, quay về cửa hàng',
    giveUpOnly: 'Quay về cửa hàng',
    giveUpMeans: 'Quay về cửa hàng sẽ kết thúc đơn hàng này mà không thanh toán.',
    stillOpen: (time: string) => `Đơn hàng được giữ đến ${time}.`,
    tryAfter: (time: string) => `Thử lại được từ ${time}.`,
    balance: 'Số dư ví',
    missing: 'Còn thiếu',
    left: 'Còn dùng được',
    resets: 'Tính lại từ',
    limits: {
      per_payment: 'Hạn mức một lần thanh toán',
      daily: 'Hạn mức trong ngày',
      monthly: 'Hạn mức trong tháng',
      confirmation: 'Mức xác thực được bằng mã OTP',
      site_max: 'Cửa hàng nhận nhiều nhất',
      site_min: 'Cửa hàng nhận ít nhất',
    },
    codes: {
      '04': {
        what: 'Cửa hàng đang tạm ngừng nhận thanh toán',
        why: 'Cửa hàng này hiện không nhận thanh toán qua viPay.',
        todo: 'Quay về cửa hàng để chọn cách thanh toán khác.',
      },
      '09': {
        what: 'Ví chưa dùng để thanh toán được',
        why: 'Ví này chưa được kích hoạt, hoặc chủ ví chưa định danh.',
        todo: 'Hoàn tất kích hoạt và định danh với nhà cung cấp ví rồi thử lại, hoặc dùng ví khác.',
      },
      '10': {
        what: 'Đăng nhập sai quá nhiều lần',
        why: 'Trang thanh toán này tạm thời không nhận đăng nhập, để bảo vệ các ví.',
        todo: 'Chờ một lúc rồi thử lại. Nếu quên mã PIN, hãy đặt lại với nhà cung cấp ví.',
      },
      '12': {
        what: 'Ví đang bị khóa',
        why: 'Ví này đang bị khóa nên không thanh toán được.',
        todo: 'Dùng ví khác, hoặc liên hệ nhà cung cấp ví để mở khóa.',
      },
      '13': {
        what: 'Nhập sai mã xác thực quá nhiều lần',
        why: 'Giao dịch đã dừng lại để bảo vệ ví của bạn. Mã đã gửi không còn dùng được.',
        todo: 'Thử lại để nhận mã mới, hoặc dùng ví khác.',
      },
      '51': {
        what: 'Số dư không đủ',
        why: 'Số dư ví ít hơn số tiền của đơn hàng.',
        todo: 'Dùng ví khác, hoặc nạp thêm tiền vào ví rồi thử lại.',
      },
      '61': {
        what: 'Vượt hạn mức một lần thanh toán',
        why: 'Số tiền của đơn hàng nằm ngoài mức cho phép trong một lần thanh toán.',
        todo: 'Dùng ví có hạn mức cao hơn, hoặc quay về cửa hàng để chọn cách thanh toán khác.',
      },
      '65': {
        what: 'Vượt hạn mức của ví',
        why: 'Đơn hàng này sẽ làm tổng chi tiêu của ví vượt hạn mức.',
        todo: 'Dùng ví khác. Ví này lại thanh toán được khi hạn mức được tính lại.',
      },
      '75': {
        what: 'Hệ thống đang bảo trì',
        why: 'Việc thanh toán tạm dừng trong ít phút.',
        todo: 'Chờ ít phút rồi thử lại.',
      },
      '79': {
        what: 'Nhập sai mã PIN quá nhiều lần',
        why: 'Đăng nhập bằng mã PIN vào ví này đang tạm khóa.',
        todo: 'Dùng ví khác, hoặc chờ mở khóa rồi thử lại. Nếu không phải bạn đã nhập sai, hãy báo cho nhà cung cấp ví.',
      },
      '99': {
        what: 'Chưa thanh toán được',
        why: 'Đã có lỗi ở phía chúng tôi, không phải do bạn.',
        todo: 'Thử lại. Nếu vẫn lỗi, quay về cửa hàng và gửi kèm mã tra cứu.',
      },
    },
    siteLimit: {
      what: 'Cửa hàng không nhận số tiền này',
      why: 'Số tiền của đơn hàng nằm ngoài mức cửa hàng nhận trong một lần thanh toán.',
      todo: 'Quay về cửa hàng để thay đổi đơn hàng.',
    },
    over: {
      daily: 'Vượt hạn mức trong ngày của ví',
      monthly: 'Vượt hạn mức trong tháng của ví',
      confirmation: 'Số tiền cần mức xác thực cao hơn',
    },
  },
  result: {
    paid: 'Đã thanh toán',
    paidWhat: 'Cửa hàng sẽ nhận được kết quả, kể cả khi bạn đóng trang này.',
    review: 'Đã trừ tiền, giao dịch đang được kiểm tra',
    reviewWhat: 'Bạn không cần trả lại. Cửa hàng sẽ báo cho bạn khi kiểm tra xong.',
    cancelled: 'Đã hủy thanh toán',
    cancelledWhat: 'Đơn hàng này đã được hủy, không thanh toán.',
    failed: 'Không thanh toán được',
    failedWhat: 'Đơn hàng đã kết thúc mà không thanh toán.',
    expired: 'Đơn hàng đã hết hạn',
    expiredWhat: 'Đơn hàng không được thanh toán kịp giờ.',
    orderAgain: 'Nếu vẫn muốn mua, hãy đặt lại tại cửa hàng.',
    reason: 'Lý do',
    transactionNo: 'Mã giao dịch',
    paidAt: 'Thời gian',
    finalAt: 'Kết thúc',
    returnBefore: 'Tự động quay về cửa hàng sau',
    returnAfter: 'giây.',
    stay: 'Ở lại trang này',
    stranger: 'Đây chỉ là trạng thái của đơn hàng. Bạn có thể đóng trang này.',
    close: 'Bạn có thể đóng trang này và mở lại cửa hàng.',
  },
  processing: {
    title: 'Đang xác nhận thanh toán',
    what: 'Chúng tôi chưa có kết quả cuối cùng của giao dịch này.',
    money: 'Đừng thanh toán lại: tiền chỉ bị trừ nhiều nhất một lần cho đơn hàng này.',
    todo: 'Trang tự cập nhật sau mỗi 3 giây. Nếu bạn đóng trang, cửa hàng vẫn được báo kết quả.',
    check: 'Xem kết quả ngay',
  },
  error: {
    codeLabel: 'Mã lỗi',
    forDeveloper: 'Dành cho người tích hợp',
    developerHint: 'Tìm mã tra cứu này trong nhật ký yêu cầu của điểm chấp nhận thanh toán để xem chi tiết.',
    occurredAt: 'Thời gian',
    moneyUntouched: 'Yêu cầu này không trừ khoản tiền nào.',
    moneyOnce: 'Tiền của một đơn hàng chỉ bị trừ nhiều nhất một lần.',
    fault: {
      title: 'Không mở được trang thanh toán',
      what: 'Yêu cầu thanh toán từ cửa hàng có lỗi nên chúng tôi không nhận.',
      todo: 'Quay lại cửa hàng và đặt lại. Nếu vẫn lỗi, gửi mã tra cứu cho cửa hàng.',
    },
    kinds: {
      checkout_not_found: {
        title: 'Không tìm thấy trang thanh toán này',
        what: 'Liên kết không đúng hoặc không còn dùng được.',
        todo: 'Quay lại cửa hàng và mở trang thanh toán một lần nữa.',
      },
      not_found: {
        title: 'Không tìm thấy trang',
        what: 'Địa chỉ này không có trên viPay.',
        todo: 'Kiểm tra lại địa chỉ, hoặc quay lại cửa hàng.',
      },
      method_not_allowed: {
        title: 'Không mở được trang theo cách này',
        what: 'Địa chỉ này không nhận loại yêu cầu vừa gửi.',
        todo: 'Quay lại trang trước và thử lại từ đó.',
      },
      form_refused: {
        title: 'Trang đã cũ',
        what: 'Chúng tôi không nhận yêu cầu vừa gửi vì trang đã mở quá lâu hoặc mở từ nơi khác.',
        todo: 'Quay lại trang thanh toán, tải lại rồi thử lại.',
      },
      too_large: {
        title: 'Yêu cầu quá lớn',
        what: 'Nội dung gửi tới vượt mức cho phép nên không được nhận.',
        todo: 'Quay lại trang trước và thử lại.',
      },
      too_many_requests: {
        title: 'Quá nhiều yêu cầu',
        what: 'Có quá nhiều yêu cầu từ mạng của bạn trong thời gian ngắn.',
        todo: 'Chờ một phút rồi thử lại.',
      },
      bad_request: {
        title: 'Yêu cầu không hợp lệ',
        what: 'Chúng tôi không đọc được yêu cầu vừa gửi.',
        todo: 'Quay lại trang trước và thử lại.',
      },
      server_error: {
        title: 'Có lỗi ở phía chúng tôi',
        what: 'Yêu cầu của bạn chưa được xử lý xong.',
        todo: 'Nếu đang thanh toán, mở lại trang thanh toán để xem kết quả trước khi trả lại.',
      },
      unavailable: {
        title: 'Tạm thời không phục vụ được',
        what: 'Hệ thống đang bận hoặc đang bảo trì.',
        todo: 'Nếu đang thanh toán, chờ ít phút rồi mở lại trang thanh toán để xem kết quả trước khi trả lại.',
      },
    },
  },
  expiredApp: {
    title: 'Đơn hàng đã hết hạn',
    what: 'Đơn hàng không được thanh toán kịp giờ.',
    todo: 'Quay lại ứng dụng của cửa hàng để đặt lại.',
  },
};

/** The shape every language has. */
export type Texts = typeof vi;
