/** Vietnamese: the devices, and their check before the conference. */
import type { Catalogue } from './catalogue';

/** A device by the system's name for it, where there is one. */
const called = (name: string) => (name === '' ? '' : ` “${name}”`);

export const devices: Catalogue['devices'] = {
  button: 'Thiết bị',
  title: 'Camera, micrô và loa',
  close: 'Đóng',
  retry: 'Thử lại',
  troubles: {
    refused: {
      title: 'Trình duyệt chưa được phép dùng camera và micrô.',
      mend: 'Bấm biểu tượng ổ khóa cạnh địa chỉ trang, cho phép camera và micrô, rồi bấm “Thử lại”. Vẫn xem và nghe được hội nghị.',
    },
    system: {
      title: 'Máy tính không cho trình duyệt dùng camera và micrô.',
      mend: 'Mở Cài đặt của máy, mục Quyền riêng tư, bật Camera và Micrô cho trình duyệt, rồi bấm “Thử lại”.',
    },
    missing: {
      title: 'Không tìm thấy camera và micrô.',
      mend: 'Cắm thiết bị vào máy; trang sẽ tự nhận. Vẫn xem và nghe được hội nghị.',
    },
    busy: {
      title: 'Camera và micrô đang bị chương trình khác dùng.',
      mend: 'Đóng chương trình đó (Zoom, Teams, …) rồi bấm “Thử lại”.',
    },
    'no-microphone': {
      title: 'Có camera nhưng không có micrô.',
      mend: 'Cắm micrô vào máy; trang sẽ tự nhận. Chưa có micrô thì chưa phát biểu được.',
    },
    'no-camera': {
      title: 'Có micrô nhưng không có camera.',
      mend: 'Cắm camera vào máy nếu cần hình; trang sẽ tự nhận. Tiếng vẫn hoạt động.',
    },
  },
  mends: {
    video: {
      refused: {
        title: 'Trình duyệt chưa được phép dùng camera.',
        mend: 'Bấm biểu tượng ổ khóa cạnh địa chỉ trang, chọn cho phép camera, rồi bấm “Thử lại”.',
      },
      system: {
        title: 'Máy tính không cho trình duyệt dùng camera.',
        mend: 'Mở Cài đặt của máy, mục Quyền riêng tư, bật Camera cho trình duyệt, rồi bấm “Thử lại”.',
      },
      missing: {
        title: 'Không tìm thấy camera.',
        mend: 'Cắm camera vào máy; trang sẽ tự nhận.',
      },
      busy: {
        title: 'Camera đang bị chương trình khác dùng.',
        mend: 'Đóng chương trình đó (Zoom, Teams, …) rồi bấm “Thử lại”.',
      },
    },
    audio: {
      refused: {
        title: 'Trình duyệt chưa được phép dùng micrô.',
        mend: 'Bấm biểu tượng ổ khóa cạnh địa chỉ trang, chọn cho phép micrô, rồi bấm “Thử lại”.',
      },
      system: {
        title: 'Máy tính không cho trình duyệt dùng micrô.',
        mend: 'Mở Cài đặt của máy, mục Quyền riêng tư, bật Micrô cho trình duyệt, rồi bấm “Thử lại”.',
      },
      missing: {
        title: 'Không tìm thấy micrô.',
        mend: 'Cắm micrô vào máy; trang sẽ tự nhận.',
      },
      busy: {
        title: 'Micrô đang bị chương trình khác dùng.',
        mend: 'Đóng chương trình đó (Zoom, Teams, …) rồi bấm “Thử lại”.',
      },
    },
  },
  insecure: (address) => ({
    title: 'Trình duyệt chỉ mở camera và micrô trên địa chỉ an toàn (https).',
    mend: `Mở trang này bằng địa chỉ ${address} hoặc địa chỉ https mà ban tổ chức đã gửi. Vẫn xem và nghe được hội nghị.`,
  }),
  losses: {
    audio: {
      gone: (lost) => `Micrô${called(lost)} vừa bị rút ra. Cắm lại hoặc cắm micrô khác; trang sẽ tự nhận. Lượt phát biểu vẫn tiếp tục.`,
      replaced: (lost, other) => `Micrô${called(lost)} vừa bị rút ra. Đang dùng micrô${called(other)}, không cần làm gì thêm.`,
      offered: (lost, other) => `Micrô${called(lost)} vừa bị rút ra. Có thể dùng micrô${called(other)}.`,
      back: (lost, other) => `Micrô${called(lost)} đã có lại. Đang dùng micrô${called(other)}.`,
      returned: (lost) => `Micrô${called(lost)} đã có lại và đang hoạt động.`,
    },
    video: {
      gone: (lost) => `Camera${called(lost)} vừa bị rút ra. Cắm lại hoặc cắm camera khác; trang sẽ tự nhận. Tiếng và lượt phát biểu vẫn tiếp tục.`,
      replaced: (lost, other) => `Camera${called(lost)} vừa bị rút ra. Đang dùng camera${called(other)}.`,
      offered: (lost, other) => `Camera${called(lost)} vừa bị rút ra. Có thể dùng camera${called(other)}. Tiếng và lượt phát biểu vẫn tiếp tục.`,
      back: (lost, other) => `Camera${called(lost)} đã có lại. Đang dùng camera${called(other)}.`,
      returned: (lost) => `Camera${called(lost)} đã có lại và đang hoạt động.`,
    },
  },
  use: (device) => (device === '' ? 'Dùng thiết bị này' : `Dùng ${device}`),
  names: { video: 'Camera', audio: 'Micrô', speaker: 'Loa' },
  nth: {
    video: (n) => `Camera ${n}`,
    audio: (n) => `Micrô ${n}`,
    speaker: (n) => `Loa ${n}`,
  },
  none: { video: 'Không dùng camera', audio: 'Không dùng micrô' },
  systemSpeaker: 'Loa mặc định của máy',
};

export const check: Catalogue['check'] = {
  title: 'Kiểm tra thiết bị',
  intro: 'Xem hình, nói thử, nghe thử. Xong thì bấm “Vào hội nghị”.',
  enter: 'Vào hội nghị',
  entering: {
    ready: 'Có hình và có tiếng. Micrô sẽ đóng cho đến khi được mời phát biểu.',
    audio: 'Vào không có micrô: xem, nghe và đăng ký được, nhưng không ai nghe thấy bạn.',
    video: 'Vào không có camera: phát biểu được, nhưng các điểm cầu khác không thấy hình của bạn.',
    both: 'Vào không có camera và micrô: chỉ xem, nghe và đăng ký được.',
  },
  notThisSite: 'Đổi điểm cầu',
  asking: 'Trình duyệt đang hỏi quyền dùng camera và micrô. Hãy bấm “Cho phép”.',
  cameraOff: 'Camera đang tắt',
  picture: 'Hình từ camera của bạn',
  cameraWorks: 'Các điểm cầu khác sẽ thấy hình này.',
  microphoneOff: 'Micrô đang tắt: không ai nghe thấy bạn.',
  hearing: {
    unknown: 'Đang đo tiếng…',
    nothing: 'Không nghe thấy gì: hãy nói thử, kiểm tra nút tắt tiếng trên micrô và dây cắm.',
    room: 'Micrô đang hoạt động. Hãy nói thử một câu.',
    speech: 'Đang nghe thấy bạn.',
    heard: 'Đã nghe thấy bạn. Micrô tốt.',
  },
  measure: 'Bấm để đo tiếng',
  level: 'Mức tiếng của micrô',
  speaker: {
    test: 'Phát tiếng thử',
    playing: 'Đang phát…',
    untried: 'Bấm “Phát tiếng thử” để biết có nghe được hội nghị không.',
    ask: 'Bạn có nghe thấy không?',
    yes: 'Tôi nghe thấy',
    no: 'Không nghe thấy',
    works: 'Loa tốt.',
    mend: 'Kiểm tra loa đã cắm và bật chưa, tăng âm lượng của máy và của loa, hoặc chọn loa khác ở trên, rồi phát thử lại.',
    blocked: 'Trình duyệt không phát được tiếng qua loa này. Hãy chọn loa khác.',
  },
  line: {
    title: 'Đường truyền',
    intro: 'Hình và tiếng của bạn được gửi thử đến máy chủ và quay về.',
    waiting: 'Bắt đầu khi camera và micrô đã mở.',
    steps: {
      connecting: 'Đang nối với máy chủ…',
      media: 'Đang gửi thử hình và tiếng…',
      rates: 'Đang đo tốc độ…',
      judging: 'Đang kết luận…',
    },
    run: 'Kiểm tra ngay',
    again: 'Kiểm tra lại',
    verdicts: {
      good: 'Đường truyền tốt.',
      usable: 'Đường truyền dùng được.',
      bad: 'Đường truyền chưa đủ cho hội nghị.',
    },
    failed: (reason) => `Chưa kiểm tra được đường truyền: ${reason}`,
    path: 'Đường đi',
    none: 'không đo được',
    udp: 'UDP',
    tcp: 'TCP',
    rtt: 'Thời gian đi và về',
    loss: 'Dữ liệu bị mất',
    rate: 'Tốc độ',
    up: 'gửi',
    down: 'nhận',
  },
  marks: {
    good: 'Tốt',
    look: 'Cần chú ý',
    bad: 'Chưa được',
    busy: 'Đang kiểm tra',
    todo: 'Chưa thử',
    off: 'Tắt',
  },
};
