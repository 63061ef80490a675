/** The words of the door: who is in, who is let in, and what those read who are not. */

/** Strings of the host's dialog of devices and codes, and of the pages of those who are out. */
export interface DoorCatalogue {
  /** On the button of the top bar while the room is open. */
  button: string;
  title: string;
  close: string;
  locked: string;
  lockedText: string;
  open: string;
  openText: string;
  lock: string;
  unlock: string;
  /** A device as people call it on the telephone: by four characters. */
  device: (name: string) => string;
  since: (hour: string) => string;
  linked: string;
  dropped: string;
  speaks: string;
  own: string;
  nobody: string;
  remove: string;
  removeTitle: (name: string, seat: string) => string;
  removeText: string;
  removeCode: (seat: string) => string;
  removed: (name: string) => string;
  change: string;
  changeTitle: (seat: string) => string;
  changeText: (devices: number) => string;
  changeOwn: string;
  unsure: string;
  code: {
    title: (seat: string) => string;
    once: string;
    code: string;
    link: string;
    copyCode: string;
    copyLink: string;
    copied: string;
    selected: string;
    qr: string;
    /** Those who came in with the old code. */
    out: string;
    outNobody: string;
    done: string;
  };
  guesses: {
    text: (site: string, refused: number, others: number) => string;
    /** For those who hear the page: once for each wave, without the number. */
    said: (site: string) => string;
    change: string;
    lock: string;
  };
  out: Record<'removed' | 'locked' | 'full', { title: string; text: string; mend: string; go: string }>;
  codeChanged: string;
  help: string;
  wait: (seconds: number) => string;
  tooMany: (seconds: number) => string;
  mayTry: string;
}

export const doorVi: DoorCatalogue = {
  button: 'Thiết bị và cửa',
  title: 'Thiết bị và cửa phòng',
  close: 'Đóng',
  locked: 'Phòng đã khóa',
  lockedText: 'Không nhận thiết bị mới. Thiết bị đã vào hội nghị vẫn trở lại được khi mất kết nối.',
  open: 'Phòng đang mở',
  openText: 'Ai có mã của điểm cầu đều vào được.',
  lock: 'Khóa phòng',
  unlock: 'Mở khóa phòng',
  device: (name) => `Máy ${name}`,
  since: (hour) => `vào lúc ${hour}`,
  linked: 'Đang kết nối',
  dropped: 'Mất kết nối, đang chờ',
  speaks: 'Hình và tiếng của điểm cầu',
  own: 'Máy này',
  nobody: 'Chưa có máy nào vào.',
  remove: 'Đưa ra',
  removeTitle: (name, seat) => `Đưa máy ${name} (${seat}) ra khỏi hội nghị?`,
  removeText: 'Hình và tiếng của máy này dừng ngay. Ai có mã vẫn đăng nhập lại được.',
  removeCode: (seat) =>
    `Đổi luôn mã của ${seat}. Các máy khác dùng mã này cũng ra và vào lại bằng mã mới.`,
  removed: (name) => `Đã đưa máy ${name} ra khỏi hội nghị.`,
  change: 'Đổi mã',
  changeTitle: (seat) => `Đổi mã của ${seat}?`,
  changeText: (devices) =>
    devices === 0
      ? 'Mã cũ hết hiệu lực ngay. Hiện không có máy nào khác dùng mã này.'
      : `Mã cũ hết hiệu lực ngay. ${devices} máy đang dùng mã này sẽ ra khỏi hội nghị và vào lại bằng mã mới.`,
  changeOwn: 'Máy này vẫn ở lại trong hội nghị.',
  unsure: 'Nếu chưa thấy mã mới, hãy đổi mã lần nữa.',
  code: {
    title: (seat) => `Mã mới của ${seat}`,
    once: 'Mã chỉ hiện một lần này. Hãy gửi cho điểm cầu qua điện thoại, không gửi vào nhóm chung.',
    code: 'Mã vào họp',
    link: 'Liên kết vào họp',
    copyCode: 'Chép mã',
    copyLink: 'Chép liên kết',
    copied: 'Đã chép.',
    selected: 'Trình duyệt không cho chép. Đã chọn sẵn, hãy bấm Ctrl+C.',
    qr: 'Mã QR của liên kết vào họp',
    out: 'Phải vào lại bằng mã mới:',
    outNobody: 'Không có máy nào phải vào lại.',
    done: 'Đã gửi mã, đóng lại',
  },
  guesses: {
    text: (site, refused, others) =>
      `Có ${refused} lần nhập sai mã ở ${site} trong một phút qua${others === 0 ? '' : `, và ở ${others} điểm cầu khác`}.`,
    said: (site) => `Có nhiều lần nhập sai mã ở ${site}.`,
    change: 'Đổi mã',
    lock: 'Khóa phòng',
  },
  out: {
    removed: {
      title: 'Thiết bị này đã được đưa ra khỏi hội nghị',
      text: 'Chủ tọa đã đưa thiết bị này ra. Camera và micrô của máy đã tắt.',
      mend: 'Nếu có nhầm lẫn, hãy gọi kỹ thuật viên của điểm cầu trung tâm, rồi đăng nhập lại bằng mã của điểm cầu.',
      go: 'Đăng nhập lại',
    },
    locked: {
      title: 'Phòng họp đã khóa',
      text: 'Chủ tọa đã khóa phòng họp, không nhận thêm thiết bị mới.',
      mend: 'Hãy gọi kỹ thuật viên của điểm cầu trung tâm để xin mở khóa, rồi bấm “Thử lại”.',
      go: 'Thử lại',
    },
    full: {
      title: 'Mã này đã đủ số thiết bị',
      text: 'Mã này đã dùng hết số thiết bị được phép.',
      mend: 'Hãy rời hội nghị ở một thiết bị khác dùng mã này, rồi bấm “Thử lại”.',
      go: 'Thử lại',
    },
  },
  codeChanged: 'Mã của điểm cầu đã được đổi. Hãy vào lại bằng mã mới; hỏi mã ở kỹ thuật viên của điểm cầu trung tâm.',
  help: 'Trợ giúp',
  wait: (seconds) => `Thử lại sau ${seconds} giây`,
  tooMany: (seconds) =>
    `Có quá nhiều lần thử mã. Hãy đợi ${seconds} giây rồi bấm lại; mã đang nhập được giữ nguyên.`,
  mayTry: 'Có thể thử lại.',
};

export const doorEn: DoorCatalogue = {
  button: 'Devices and door',
  title: 'Devices and the door of the room',
  close: 'Close',
  locked: 'Room locked',
  lockedText: 'No new devices. Those that were in come back when they lose their connection.',
  open: 'Room open',
  openText: 'Whoever has a site’s code comes in.',
  lock: 'Lock the room',
  unlock: 'Unlock the room',
  device: (name) => `Device ${name}`,
  since: (hour) => `since ${hour}`,
  linked: 'Connected',
  dropped: 'Connection lost, waited for',
  speaks: 'Picture and sound of the site',
  own: 'This device',
  nobody: 'No device yet.',
  remove: 'Remove',
  removeTitle: (name, seat) => `Remove device ${name} (${seat})?`,
  removeText: 'Its picture and sound stop at once. Whoever has the code can sign in again.',
  removeCode: (seat) =>
    `Change the code of ${seat} as well. Other devices with this code are out too, and come back with the new one.`,
  removed: (name) => `Device ${name} was removed.`,
  change: 'Change code',
  changeTitle: (seat) => `Change the code of ${seat}?`,
  changeText: (devices) =>
    devices === 0
      ? 'The old code ends at once. No other device uses it now.'
      : `The old code ends at once. Devices that use it now, ${devices}, are out and come back with the new code.`,
  changeOwn: 'This device stays in the conference.',
  unsure: 'If you have not seen a new code, change it once more.',
  code: {
    title: (seat) => `New code of ${seat}`,
    once: 'It is shown this once. Give it to the site by telephone, not in a group chat.',
    code: 'Code',
    link: 'Link',
    copyCode: 'Copy code',
    copyLink: 'Copy link',
    copied: 'Copied.',
    selected: 'The browser does not let the page copy. It is selected: press Ctrl+C.',
    qr: 'QR code of the link',
    out: 'Must come back with the new code:',
    outNobody: 'No device has to come back.',
    done: 'Code passed on, close',
  },
  guesses: {
    text: (site, refused, others) =>
      `${refused} wrong codes for ${site} in the last minute${others === 0 ? '' : `, and some for ${others} other site${others === 1 ? '' : 's'}`}.`,
    said: (site) => `Many wrong codes are entered for ${site}.`,
    change: 'Change code',
    lock: 'Lock the room',
  },
  out: {
    removed: {
      title: 'This device was removed from the conference',
      text: 'The chair removed this device. Its camera and microphone are off.',
      mend: 'If this is a mistake, call the technician of the central site, then sign in again with your site’s code.',
      go: 'Sign in again',
    },
    locked: {
      title: 'The room is locked',
      text: 'The chair locked the room: no new devices come in.',
      mend: 'Call the technician of the central site to have it unlocked, then press “Try again”.',
      go: 'Try again',
    },
    full: {
      title: 'This code is used by as many devices as it may be',
      text: 'This code is in use on as many devices as the rules allow.',
      mend: 'Leave the conference on another device that uses this code, then press “Try again”.',
      go: 'Try again',
    },
  },
  codeChanged: 'Your site’s code was changed. Come back with the new one; ask the centre’s technician for it.',
  help: 'Help',
  wait: (seconds) => `Try again in ${seconds} s`,
  tooMany: (seconds) =>
    `Too many codes were tried. Wait ${seconds} s, then press again; what you typed stays.`,
  mayTry: 'You may try again.',
};
