import type { Catalogue } from './catalogue';
import { doorVi } from './door';
import { isolate } from './isolate';
import { check, devices } from './vi.check';
import { wall } from './vi.wall';

const quoted = (text: string) => (text === '' ? '' : `: “${isolate(text)}”`);

export const vi: Catalogue = {
  otherLanguage: 'English',
  product: 'Điểm Cầu',
  skip: 'Đến nội dung chính',
  loading: 'Đang kết nối với hội nghị…',
  roles: {
    chair: 'Chủ tọa',
    deputy: 'Phó chủ tọa',
    secretary: 'Thư ký',
    technician: 'Kỹ thuật viên',
    site: 'Điểm cầu',
    display: 'Màn hình hội trường',
  },
  kinds: {
    'point-of-order': 'Ý kiến về thủ tục',
    explanation: 'Giải trình',
    'prepared-speech': 'Tham luận',
    proposal: 'Kiến nghị',
    discussion: 'Thảo luận',
  },
  links: { linked: 'Đã kết nối', dropped: 'Mất kết nối', absent: 'Chưa kết nối' },
  revoked: {
    chair: 'chủ tọa kết thúc lượt',
    preempted: 'chủ tọa trao quyền cho nơi khác',
    overtime: 'hết thời gian',
    'link-lost': 'mất kết nối',
    'session-closed': 'buổi họp kết thúc',
  },
  floorEnd: {
    denied: 'Chủ tọa đã từ chối đăng ký phát biểu',
    revoked: {
      chair: 'Chủ tọa đã kết thúc lượt phát biểu',
      preempted: 'Chủ tọa đã trao quyền phát biểu cho nơi khác',
      overtime: 'Lượt phát biểu đã dừng vì hết thời gian',
      'link-lost': 'Lượt phát biểu đã dừng vì mất kết nối',
      'session-closed': 'Lượt phát biểu đã dừng vì buổi họp kết thúc',
    },
  },
  signIn: {
    title: 'Vào hội nghị',
    intro: 'Chọn điểm cầu và nhập mã do ban tổ chức cấp.',
    site: 'Điểm cầu',
    chooseSite: 'Chọn điểm cầu',
    siteHint: 'Tên viết liền, không dấu, ví dụ: can-tho',
    code: 'Mã vào họp',
    codeHint: 'Không phân biệt chữ hoa, chữ thường và dấu gạch.',
    submit: 'Vào họp',
    working: 'Đang vào…',
    signedOut: 'Phiên đăng nhập đã hết. Hãy đăng nhập lại.',
  },
  bar: {
    noSession: 'Chưa mở buổi họp',
    closed: 'Hội nghị đã bế mạc',
    leave: 'Rời hội nghị',
    leaveAsk: 'Rời hội nghị?',
    leaveText: 'Thời gian có mặt của thiết bị này dừng lại ngay. Có thể vào lại bằng mã cũ.',
    clock: 'Giờ hội nghị',
    signals: { open: 'Đã nối máy chủ', connecting: 'Đang nối…', lost: 'Mất kết nối máy chủ' },
  },
  link: {
    lost: 'Mất kết nối với máy chủ. Đang tự kết nối lại…',
    restarting: 'Máy chủ đang khởi động lại. Trang sẽ tự kết nối lại…',
    kept: 'Tạm thời chưa đăng ký và điều hành được; chỗ trong hàng chờ được giữ nguyên.',
    mediaFlows: 'Hình và tiếng vẫn chạy.',
    mediaStopped: 'Hình và tiếng cũng đang gián đoạn.',
    retry: 'Thử ngay',
    media: 'Hình và tiếng đang gián đoạn, đang tự nối lại. Đăng ký và điều hành vẫn hoạt động.',
    weak: 'Đường truyền yếu, hình và tiếng của điểm cầu này có thể ngắt quãng.',
    weakMend: 'Hãy dùng cáp mạng thay cho Wi-Fi và đóng các chương trình khác đang dùng mạng.',
    mediaRefused: (reason) => `Chưa nối được hình và tiếng: ${reason} Trang sẽ tự thử lại.`,
  },
  closed: {
    thanks: 'Cảm ơn quý đại biểu đã tham dự.',
    devices: 'Camera và micrô của máy này đã tắt.',
  },
  replaced: {
    title: 'Trang này đang mở ở một thẻ khác',
    text: 'Mỗi trình duyệt chỉ vào họp ở một thẻ. Hình, tiếng và micrô đang ở thẻ kia.',
    use: 'Dùng thẻ này',
  },
  devices,
  check,
  sound: {
    blocked: 'Trình duyệt đang chặn âm thanh của hội nghị.',
    enable: 'Bật âm thanh',
  },
  mic: {
    title: 'Micrô',
    states: {
      closed: { name: 'Đóng', text: 'Micrô mở khi được mời phát biểu.' },
      open: { name: 'Đang mở', text: 'Toàn hội nghị đang nghe thấy.' },
      'muted-ahead': { name: 'Tự tắt', text: 'Micrô sẽ không mở khi được mời.' },
      elsewhere: {
        name: 'Mở ở thiết bị khác',
        text: 'Micrô đang mở ở thiết bị khác của điểm cầu.',
      },
      muted: { name: 'Tự tắt', text: 'Đã tắt tại đây. Bật lại để hội nghị nghe thấy.' },
      silent: { name: 'Không có tiếng', text: 'Micrô mở nhưng không thu được tiếng. Kiểm tra micrô.' },
      'no-device': { name: 'Không có micrô', text: 'Máy này chưa có micrô dùng được.' },
    },
    mute: 'Tắt micrô',
    unmute: 'Bật lại',
  },
  picture: {
    main: 'Hình chính',
    own: 'Hình của điểm cầu',
    ownText: 'Bạn',
    noCamera: 'Không có camera',
    nobody: 'Chưa có hình',
    nobodyText: 'Hình của người phát biểu sẽ hiện ở đây.',
    ownOnMain: 'Hình của bạn đang lên màn hình chính',
    siteOnMain: 'Điểm cầu của bạn đang lên màn hình chính',
    siteOnMainText: 'Máy này không hiện lại hình của chính điểm cầu mình.',
    connecting: 'Đang nối hình và tiếng…',
    waiting: (site) => `Đang chờ hình từ ${site}`,
    stalled: (site) => `Hình từ ${site} đang dừng`,
    absent: (site) => `${site} chưa kết nối`,
    dropped: (site) => `${site} mất kết nối, đang chờ trở lại`,
    none: (site) => `${site} không gửi hình`,
    sameSite: 'Cùng điểm cầu',
    chosen: 'Chủ tọa chọn',
    strip: 'Các điểm cầu',
  },
  turn: {
    title: 'Lượt phát biểu',
    nobody: 'Chưa có ai phát biểu',
    nobodyText: 'Chủ tọa sẽ mời điểm cầu phát biểu.',
    holder: 'Đang phát biểu',
    you: 'Bạn đang phát biểu',
    left: 'Còn lại',
    over: 'Quá giờ',
    standing: 'Đồng hồ tạm dừng',
    grace: (seconds) => `Mất kết nối. Chờ trở lại trong ${seconds} giây.`,
    spoken: 'Đã nói',
    unknown: 'Mất kết nối với máy chủ: đồng hồ tạm chưa cập nhật.',
    release: 'Kết thúc phát biểu',
  },
  request: {
    kind: 'Loại ý kiến',
    words: 'Nội dung tóm tắt',
    wordsHint: 'Vài từ, không bắt buộc',
    submit: 'Đăng ký phát biểu',
    needsSession: 'Đăng ký được khi buổi họp đã mở.',
    waiting: 'Đã đăng ký',
    pending: 'Đang chờ chủ tọa chấp nhận',
    place: (place) => `Thứ ${place} trong hàng chờ`,
    next: 'Lượt kế tiếp',
    cancel: 'Hủy đăng ký',
  },
  queue: {
    title: 'Hàng chờ phát biểu',
    empty: 'Chưa có điểm cầu nào đăng ký.',
    pending: 'Chờ chấp nhận',
    at: (hour) => `lúc ${hour}`,
  },
  headcount: {
    label: 'Số đại biểu có mặt',
    submit: 'Khai báo',
    saved: (present) => `Đã khai báo ${present} đại biểu.`,
    expected: (expected) => `Giấy mời: ${expected}`,
    of: (present, expected) => `${present}/${expected}`,
    present: 'Đại biểu có mặt trên số mời',
  },
  host: {
    sites: 'Các điểm cầu',
    grant: 'Mời phát biểu',
    accept: 'Chấp nhận',
    deny: 'Từ chối',
    denyTitle: (site) => `Từ chối đăng ký của ${site}`,
    reason: 'Lý do',
    reasonHint: 'Điểm cầu sẽ thấy lý do này.',
    invite: 'Mời',
    onMain: 'Hình chính',
    followFloor: 'Hình theo người phát biểu',
    take: 'Chủ tọa phát biểu',
    revoke: 'Kết thúc lượt',
    revokeTitle: (site) => `Kết thúc lượt của ${site}`,
    override: 'Mở micrô chủ tọa',
    overrideOpen: 'Đóng micrô chủ tọa',
    openMic: 'Micrô mở',
    openMicText: (site) => `${site} để micrô mở khi chưa được mời. Không ai nghe thấy.`,
    heard: 'Đang được nghe',
    notHeard: 'Micrô đóng',
    linked: (count, of) => `${count}/${of} điểm cầu`,
    total: (present, expected) => `${present}/${expected} đại biểu`,
    session: 'Buổi họp',
    sessionName: 'Tên buổi',
    openSession: 'Khai mạc buổi họp',
    closeSession: 'Kết thúc buổi họp',
    closeSessionText: 'Lượt phát biểu đang diễn ra sẽ dừng và hàng chờ được xóa.',
    closeConference: 'Bế mạc hội nghị',
    closeConferenceText: 'Hội nghị kết thúc hẳn và không mở lại được. Hãy tải danh sách có mặt sau khi bế mạc.',
    attendance: 'Tải danh sách có mặt',
    log: 'Diễn biến',
    logEmpty: 'Chưa có diễn biến nào.',
  },
  door: doorVi,
  wall,
  cancel: 'Quay lại',
  dismiss: 'Đã hiểu',
  live: {
    granted: (site) => `${site} đang phát biểu`,
    yours: 'Mời phát biểu. Micrô đã mở.',
    free: 'Không có ai phát biểu',
  },
  log: {
    'conference.configured': ({ setup }) => `Cấu hình hội nghị: ${setup.sites.length} điểm cầu.`,
    'conference.closed': () => 'Bế mạc hội nghị.',
    'session.opened': ({ name }) => `Khai mạc buổi ${isolate(name)}.`,
    'session.closed': () => 'Kết thúc buổi họp.',
    'link.up': ({ site, role }, n) =>
      role === 'site' ? `${n.site(site)} vào hội nghị.` : `${vi.roles[role]} vào hội nghị.`,
    'link.dropped': ({ site, until }, n) =>
      `${n.site(site)} mất kết nối, được chờ đến ${n.hour(until)}.`,
    'link.resumed': ({ site }, n) => `${n.site(site)} kết nối trở lại.`,
    'link.ended': ({ site, end }, n) => `${n.site(site)} ra khỏi hội nghị lúc ${n.hour(end)}.`,
    'floor.requested': ({ site, kind, words }, n) =>
      `${n.site(site)} đăng ký phát biểu (${vi.kinds[kind].toLowerCase()})${quoted(words)}.`,
    'floor.accepted': ({ site, place }, n) => `${n.site(site)} vào hàng chờ, thứ ${place}.`,
    'floor.denied': ({ site, reason }, n) =>
      `Chủ tọa từ chối đăng ký của ${n.site(site)}${quoted(reason)}.`,
    'floor.cancelled': ({ site }, n) => `Đăng ký của ${n.site(site)} được hủy.`,
    'floor.granted': ({ site, budget, by }, n) =>
      by?.site === site
        ? `${n.site(site)}: chủ tọa phát biểu.`
        : `${n.site(site)} được mời phát biểu, thời lượng ${n.length(budget)}.`,
    'floor.released': ({ site, spoke }, n) =>
      `${n.site(site)} kết thúc phát biểu sau ${n.length(spoke)}.`,
    'floor.revoked': ({ site, cause, reason, spoke }, n) =>
      `Lượt của ${n.site(site)} dừng sau ${n.length(spoke)}: ${vi.revoked[cause]}${reason === '' ? '' : ` (“${isolate(reason)}”)`}.`,
    'floor.warned': ({ site, left }, n) =>
      `${n.site(site)} còn ${Math.round(left / 1000)} giây.`,
    'floor.overtime': ({ site }, n) => `${n.site(site)} nói quá giờ.`,
    'floor.paused': ({ site, until }, n) =>
      `Đồng hồ của ${n.site(site)} tạm dừng vì mất kết nối${until === null ? '' : `, chờ đến ${n.hour(until)}`}.`,
    'floor.resumed': ({ site }, n) => `${n.site(site)} phát biểu tiếp.`,
    'microphone.overridden': ({ open }) =>
      open ? 'Micrô chủ tọa mở song song.' : 'Micrô chủ tọa thôi mở song song.',
    'picture.main-chosen': ({ site }, n) =>
      site === null ? 'Hình chính theo người phát biểu.' : `${n.site(site)} lên hình chính.`,
    'attendance.headcount-declared': ({ site, present }, n) =>
      `${n.site(site)} khai báo ${present} đại biểu có mặt.`,
    'device.removed': ({ site, role }, n) =>
      role === 'site'
        ? `Chủ tọa đưa một thiết bị của ${n.site(site)} ra khỏi hội nghị.`
        : `Chủ tọa đưa một thiết bị (${n.site(site)}, ${vi.roles[role].toLowerCase()}) ra khỏi hội nghị.`,
    'code.changed': ({ site, role }, n) =>
      role === 'site'
        ? `Mã vào họp của ${n.site(site)} được đổi.`
        : `Mã vào họp (${n.site(site)}, ${vi.roles[role].toLowerCase()}) được đổi.`,
    'room.locked': ({ locked }) =>
      locked ? 'Phòng họp được khóa: không nhận thiết bị mới.' : 'Phòng họp được mở khóa.',
    'server.outage': ({ from, to }, n) =>
      `Máy chủ gián đoạn ${n.length(to - from)} (${n.hour(from)} đến ${n.hour(to)}); thời gian được trả lại cho lượt đang chạy.`,
  },
};
