/** The log in Vietnamese, and why somebody has the floor. */
import type {
  AgendaKind,
  GrantReason,
  Policy,
  QueueList,
} from '../signal/protocol.gen';
import { isolate } from './isolate';
import type { LogSentences, Names } from './log';
import { vi } from './vi';

const quoted = (text: string) => (text === '' ? '' : `: “${isolate(text)}”`);
const item = (id: number, n: Names) => {
  const title = n.item(id);
  return title === null ? `mục số ${id}` : `mục “${title}”`;
};

export const policiesVi: Record<Policy, string> = {
  manual: 'Theo thứ tự chủ tọa xếp',
  'first-come': 'Ai đăng ký trước',
  'round-robin': 'Điểm cầu ít lượt nhất',
  'least-time': 'Điểm cầu nói ít nhất',
};

export const listsVi: Record<QueueList, string> = {
  prepared: 'Danh sách tham luận',
  open: 'Hàng chờ đăng ký',
};

export const itemKindsVi: Record<AgendaKind, string> = {
  opening: 'Khai mạc',
  report: 'Báo cáo',
  draft: 'Dự thảo',
  guidance: 'Hướng dẫn',
  speeches: 'Tham luận',
  discussion: 'Thảo luận',
  award: 'Khen thưởng',
  conclusion: 'Kết luận',
  closing: 'Bế mạc',
};

/** How long somebody has waited, to the minute. */
export function waitVi(ms: number): string {
  const minutes = Math.floor(Math.max(0, ms) / 60_000);
  if (minutes < 1) return 'dưới 1 phút';
  if (minutes < 60) return `${minutes} phút`;
  return `${Math.floor(minutes / 60)} giờ ${minutes % 60} phút`;
}

/** Why a site has the floor, as the end of a sentence that begins with its name. */
export function reasonVi(reason: GrantReason, length: (ms: number) => string): string {
  switch (reason.why) {
    case 'chair':
      return 'chủ tọa chọn';
    case 'invited':
      return 'chủ tọa mời trực tiếp';
    case 'taken':
      return 'chủ tọa lấy quyền phát biểu';
    case 'place':
      return 'đứng đầu hàng chờ';
    case 'prepared':
      return 'đứng đầu danh sách tham luận';
    case 'first-come':
      return `đăng ký sớm nhất, đã chờ ${waitVi(reason.waited)}`;
    case 'round-robin':
      return `${reason.turns} lượt, đã chờ ${waitVi(reason.waited)}`;
    case 'least-time':
      return `đã nói ${length(reason.spoken)}, đã chờ ${waitVi(reason.waited)}`;
    case 'answer':
      return 'trả lời trong phần hỏi – giải trình';
    case 'restored':
      return 'được trả lại lượt bị ngắt';
    case 'speech-holder':
      return 'đang phát biểu nên được trình chiếu';
  }
}

export const logVi: LogSentences = {
  'conference.configured': ({ setup }) => `Cấu hình hội nghị: ${setup.sites.length} điểm cầu.`,
  'conference.closed': () => 'Bế mạc hội nghị.',
  'session.opened': ({ name }) => `Khai mạc buổi ${isolate(name)}.`,
  'session.closed': () => 'Kết thúc buổi họp.',
  'link.up': ({ site, role }, n) =>
    role === 'site' ? `${n.site(site)} vào hội nghị.` : `${vi.roles[role]} vào hội nghị (${n.site(site)}).`,
  'link.dropped': ({ site, until }, n) =>
    `${n.site(site)} mất kết nối, được chờ đến ${n.hour(until)}.`,
  'link.resumed': ({ site }, n) => `${n.site(site)} kết nối trở lại.`,
  'link.ended': ({ site, end }, n) => `${n.site(site)} ra khỏi hội nghị lúc ${n.hour(end)}.`,
  'floor.requested': ({ site, floor, kind, words, beneficiary }, n) => {
    const who = beneficiary ? ` cho ${isolate(beneficiary)}` : '';
    return floor === 'presentation'
      ? `${n.site(site)} xin trình chiếu${who}${quoted(words)}.`
      : `${n.site(site)} đăng ký phát biểu${who} (${vi.kinds[kind].toLowerCase()})${quoted(words)}.`;
  },
  'floor.prepared': ({ site, words, beneficiary, budget }, n) =>
    `${n.site(site)} vào danh sách tham luận${beneficiary === '' ? '' : ` (${isolate(beneficiary)})`}${budget === null ? '' : `, thời lượng ${n.length(budget)}`}${quoted(words)}.`,
  'floor.accepted': ({ site, place }, n) => `${n.site(site)} vào hàng chờ, thứ ${place}.`,
  'floor.moved': ({ site, place }, n) => `Chủ tọa chuyển ${n.site(site)} đến vị trí thứ ${place}.`,
  'floor.deferred': ({ site, place }, n) =>
    `Chủ tọa hoãn ${n.site(site)} xuống cuối hàng chờ, thứ ${place}.`,
  'floor.denied': ({ site, reason }, n) =>
    `Chủ tọa từ chối đăng ký của ${n.site(site)}${quoted(reason)}.`,
  'floor.cancelled': ({ site }, n) => `Đăng ký của ${n.site(site)} được hủy.`,
  'floor.granted': ({ site, floor, budget, limit, reason }, n) => {
    const why = reasonVi(reason, n.length);
    if (floor === 'presentation') return `${n.site(site)} được trình chiếu: ${why}.`;
    if (reason.why === 'taken') return `${n.site(site)}: chủ tọa phát biểu.`;
    const kept = { turn: '', site: ' (phần còn lại của điểm cầu)', item: ' (phần còn lại của mục)' };
    return `${n.site(site)} được mời phát biểu, thời lượng ${n.length(budget)}${kept[limit]}: ${why}.`;
  },
  'floor.released': ({ site, spoke }, n) =>
    `${n.site(site)} kết thúc sau ${n.length(spoke)}.`,
  'floor.revoked': ({ site, cause, reason, spoke }, n) =>
    `Lượt của ${n.site(site)} dừng sau ${n.length(spoke)}: ${vi.revoked[cause]}${reason === '' ? '' : ` (“${isolate(reason)}”)`}.`,
  'floor.extended': ({ site, added }, n) => `${n.site(site)} được thêm ${n.length(added)}.`,
  'floor.warned': ({ site, left }, n) => `${n.site(site)} còn ${Math.round(left / 1000)} giây.`,
  'floor.overtime': ({ site }, n) => `${n.site(site)} nói quá giờ.`,
  'floor.paused': ({ site, until, cause }, n) => {
    const why = {
      link: 'vì mất kết nối',
      chair: 'theo lệnh chủ tọa',
      muted: 'vì mọi micrô đang tắt',
    }[cause];
    return `Đồng hồ của ${n.site(site)} tạm dừng ${why}${until === null ? '' : `, chờ đến ${n.hour(until)}`}.`;
  },
  'floor.resumed': ({ site, cause }, n) => {
    const why = {
      link: 'đã kết nối trở lại',
      chair: 'chủ tọa cho tiếp tục',
      muted: 'micrô được mở lại',
    }[cause];
    return `${n.site(site)} phát biểu tiếp: ${why}.`;
  },
  'floor.called': ({ site, until, reason }, n) =>
    `${n.site(site)} được báo chuẩn bị phát biểu, trả lời trước ${n.hour(until)}: ${reasonVi(reason, n.length)}.`,
  'floor.ready': ({ site }, n) => `${n.site(site)} đã sẵn sàng phát biểu.`,
  'floor.skipped': ({ site }, n) => `${n.site(site)} không trả lời: tạm bỏ qua một lần, giữ nguyên chỗ.`,
  'floor.media-seen': ({ site }, n) => `Đã nghe thấy tiếng của ${n.site(site)}.`,
  'floor.silent': ({ site }, n) => `${n.site(site)} đã có quyền phát biểu nhưng chưa có tiếng.`,
  'floor.list-changed': ({ list, open }) => `${listsVi[list]} được ${open ? 'mở' : 'đóng'}.`,
  'floor.policy-changed': ({ policy }) =>
    `Cách chọn người kế tiếp: ${policiesVi[policy].toLowerCase()}.`,
  'presentation.locked': ({ locked }) =>
    locked ? 'Trình chiếu được khóa: chỉ điểm cầu của chủ tọa được trình chiếu.' : 'Trình chiếu được mở khóa.',
  'microphone.overridden': ({ open }) =>
    open ? 'Micrô chủ tọa mở song song.' : 'Micrô chủ tọa thôi mở song song.',
  'microphone.all-muted': ({ muted }) =>
    muted ? 'Chủ tọa tắt mọi micrô; đồng hồ đứng lại.' : 'Micrô được mở lại cho người có quyền phát biểu.',
  'picture.main-chosen': ({ site }, n) =>
    site === null ? 'Hình chính theo người phát biểu.' : `${n.site(site)} lên hình chính.`,
  'announcement.set': ({ text }) =>
    text === null ? 'Thông báo được gỡ.' : `Thông báo đến mọi điểm cầu${quoted(text)}.`,
  'agenda.added': ({ place, title }) => `Chương trình có thêm mục “${isolate(title)}”, thứ ${place}.`,
  'agenda.edited': ({ title }) => `Mục “${isolate(title)}” của chương trình được sửa.`,
  'agenda.removed': ({ item: id }, n) => `Chương trình bỏ ${item(id, n)}.`,
  'agenda.moved': ({ item: id, place }, n) => `Chương trình: ${item(id, n)} chuyển đến thứ ${place}.`,
  'agenda.started': ({ item: id }, n) => `Bắt đầu ${item(id, n)}.`,
  'agenda.finished': ({ item: id }, n) => `Kết thúc ${item(id, n)}.`,
  'document.added': ({ item: id, title }, n) =>
    `Thêm tài liệu “${isolate(title)}” vào ${item(id, n)}.`,
  'document.removed': ({ item: id }, n) => `Gỡ một tài liệu khỏi ${item(id, n)}.`,
  'chair.passed': ({ site, role }, n) =>
    `Quyền chủ tọa chuyển cho ${vi.roles[role].toLowerCase()} tại ${n.site(site)}.`,
  'chat.sent': ({ site, from }, n) =>
    site === null
      ? `${n.site(from)} nhắn tin cho mọi điểm cầu.`
      : site === from
        ? `${n.site(from)} nhắn tin cho trung tâm.`
        : `Trung tâm nhắn tin cho ${n.site(site)}.`,
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
};
