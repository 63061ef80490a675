import { describe, expect, it } from 'vitest';
import { explain } from '../src/lib/i18n';
import { en } from '../src/lib/i18n/en';
import { hostEn } from '../src/lib/i18n/en.host';
import { sentence, sentenceParts } from '../src/lib/i18n/log';
import { vi } from '../src/lib/i18n/vi';
import { hostVi } from '../src/lib/i18n/vi.host';
import { Refused } from '../src/lib/signal/http';
import type { AgendaDraft, Event, EventMessage } from '../src/lib/signal/protocol.gen';
import { readInvitation } from '../src/pages/invitation';
import { view } from './fixtures';

const by = { site: 'can-tho' };
const DRAFT: AgendaDraft = {
  title: 'Khai mạc',
  kind: 'opening',
  planned: '',
  time: null,
  speakers: [],
};
/** One of each: an event that is missing here does not compile. */
const EVENTS: { [K in Event['event']]: Extract<Event, { event: K }> } = {
  'conference.configured': {
    event: 'conference.configured',
    setup: {
      id: 'x',
      title: { vi: '', en: '' },
      sites: [],
      rules: view().conference.rules,
      deputies: [],
      agenda: [],
    },
  },
  'conference.closed': { event: 'conference.closed' },
  'session.opened': { event: 'session.opened', session: 1, name: 'sáng' },
  'session.closed': { event: 'session.closed', session: 1 },
  'link.up': { event: 'link.up', device: 'd', role: 'site', ...by },
  'link.dropped': { event: 'link.dropped', device: 'd', until: 20_000, ...by },
  'link.resumed': { event: 'link.resumed', device: 'd', ...by },
  'link.ended': { event: 'link.ended', device: 'd', end: 1_000, ...by },
  'floor.requested': {
    event: 'floor.requested',
    request: 1,
    floor: 'speech',
    kind: 'proposal',
    words: 'về kinh phí',
    ...by,
  },
  'floor.accepted': { event: 'floor.accepted', request: 1, place: 2, ...by },
  'floor.denied': { event: 'floor.denied', request: 1, reason: 'hết giờ', ...by },
  'floor.cancelled': { event: 'floor.cancelled', request: 1, ...by },
  'floor.granted': {
    event: 'floor.granted',
    floor: 'speech',
    epoch: 1,
    request: 1,
    kind: 'proposal',
    budget: 300_000,
    limit: 'turn',
    reason: { why: 'round-robin', turns: 0, waited: 14 * 60_000 },
    ...by,
  },
  'floor.released': { event: 'floor.released', epoch: 1, spoke: 151_000, ...by },
  'floor.revoked': {
    event: 'floor.revoked',
    epoch: 1,
    cause: 'overtime',
    reason: '',
    spoke: 300_000,
    ...by,
  },
  'floor.warned': { event: 'floor.warned', epoch: 1, left: 60_000, ...by },
  'floor.overtime': { event: 'floor.overtime', epoch: 1, ...by },
  'floor.extended': { event: 'floor.extended', epoch: 1, added: 120_000, ...by },
  'floor.paused': { event: 'floor.paused', epoch: 1, until: 20_000, cause: 'link', ...by },
  'floor.resumed': { event: 'floor.resumed', epoch: 1, cause: 'chair', ...by },
  'floor.prepared': {
    event: 'floor.prepared',
    request: 2,
    words: '',
    beneficiary: 'Lê Thị B',
    budget: 600_000,
    ...by,
  },
  'floor.moved': { event: 'floor.moved', request: 1, place: 2, ...by },
  'floor.deferred': { event: 'floor.deferred', request: 1, place: 3, ...by },
  'floor.called': {
    event: 'floor.called',
    request: 1,
    until: 30_000,
    reason: { why: 'place' },
    ...by,
  },
  'floor.ready': { event: 'floor.ready', request: 1, ...by },
  'floor.skipped': { event: 'floor.skipped', request: 1, ...by },
  'floor.media-seen': { event: 'floor.media-seen', epoch: 1, ...by },
  'floor.silent': { event: 'floor.silent', epoch: 1, ...by },
  'floor.list-changed': { event: 'floor.list-changed', list: 'prepared', open: true },
  'floor.policy-changed': { event: 'floor.policy-changed', policy: 'round-robin' },
  'presentation.locked': { event: 'presentation.locked', locked: true },
  'microphone.all-muted': { event: 'microphone.all-muted', muted: true },
  'announcement.set': { event: 'announcement.set', text: 'Nghỉ giải lao' },
  'agenda.added': { event: 'agenda.added', item: 1, place: 1, ...DRAFT },
  'agenda.edited': { event: 'agenda.edited', item: 1, ...DRAFT },
  'agenda.removed': { event: 'agenda.removed', item: 1 },
  'agenda.moved': { event: 'agenda.moved', item: 1, place: 2 },
  'agenda.started': { event: 'agenda.started', item: 1 },
  'agenda.finished': { event: 'agenda.finished', item: 1 },
  'document.added': {
    event: 'document.added',
    document: 1,
    item: 1,
    title: 'Đề cương',
    source: { source: 'link', url: 'https://example.vn/' },
  },
  'document.removed': { event: 'document.removed', document: 1, item: 1 },
  'chair.passed': { event: 'chair.passed', term: 2, role: 'deputy', ...by },
  'chat.sent': { event: 'chat.sent', from: 'can-tho', role: 'site', text: 'Alô', ...by },
  'microphone.overridden': { event: 'microphone.overridden', open: true },
  'picture.main-chosen': { event: 'picture.main-chosen', ...by },
  'attendance.headcount-declared': {
    event: 'attendance.headcount-declared',
    present: 11,
    ...by,
  },
  'device.removed': { event: 'device.removed', device: 'd', role: 'site', ...by },
  'code.changed': { event: 'code.changed', role: 'site', ...by },
  'room.locked': { event: 'room.locked', locked: true },
  'server.outage': { event: 'server.outage', from: 0, to: 65_000 },
};

/** An event as it comes over the wire. */
const message = (event: Event): EventMessage => ({ seq: 1, at: 0, ...event });

describe.each(['vi', 'en'] as const)('the log in %s', (language) => {
  it.each(Object.values(EVENTS))('has a sentence for $event', (event) => {
    const text = sentence(message(event), view(), language);
    expect(text).toMatch(/^\p{Lu}.*\.$/su);
    expect(text).not.toMatch(/undefined|null|NaN|\[object/);
    if ('site' in event) expect(text).toContain('Cần Thơ');
  });
});

it('puts what matters into the sentence', () => {
  const say = (event: Event) => sentence(message(event), view(), 'vi');
  expect(say(EVENTS['floor.requested'])).toBe(
    'Cần Thơ đăng ký phát biểu (kiến nghị): “về kinh phí”.',
  );
  expect(say(EVENTS['floor.revoked'])).toBe('Lượt của Cần Thơ dừng sau 05:00: hết thời gian.');
  expect(say(EVENTS['floor.released'])).toContain('02:31');
  expect(say(EVENTS['floor.granted'])).toBe(
    'Cần Thơ được mời phát biểu, thời lượng 05:00: 0 lượt, đã chờ 14 phút.',
  );
  const granted = EVENTS['floor.granted'];
  expect(say({ ...granted, site: 'ha-noi', reason: { why: 'taken' } })).toBe(
    'Hà Nội: chủ tọa phát biểu.',
  );
  expect(say({ ...granted, floor: 'presentation', reason: { why: 'speech-holder' } })).toBe(
    'Cần Thơ được trình chiếu: đang phát biểu nên được trình chiếu.',
  );
  expect(say({ ...granted, limit: 'site', reason: { why: 'chair' } })).toContain(
    'phần còn lại của điểm cầu',
  );
  const asked = { ...EVENTS['floor.requested'], beneficiary: 'Ông A' };
  expect(say(asked)).toBe('Cần Thơ đăng ký phát biểu cho Ông A (kiến nghị): “về kinh phí”.');
  expect(say({ ...asked, floor: 'presentation' })).toContain('xin trình chiếu');
  expect(say(EVENTS['agenda.removed'])).toBe('Chương trình bỏ mục số 1.');
  expect(say(EVENTS['floor.extended'])).toBe('Cần Thơ được thêm 02:00.');
  expect(say({ ...EVENTS['chat.sent'], site: null })).toContain('mọi điểm cầu');
  expect(say({ ...EVENTS['code.changed'], site: 'ha-noi', role: 'secretary' })).toBe(
    'Mã vào họp (Hà Nội, thư ký) được đổi.',
  );
  expect(say({ event: 'room.locked', locked: false })).toBe('Phòng họp được mở khóa.');
  expect(say({ event: 'picture.main-chosen', site: null })).toContain('theo người phát biểu');
});

it('sets names and users’ words apart, and lets no word break out', () => {
  const words = 'về \u2069kinh\u2067 phí';
  const event = { ...EVENTS['floor.requested'], words };
  expect(sentenceParts(message(event), view(), 'vi')).toEqual([
    { text: 'Cần Thơ', isolated: true },
    { text: ' đăng ký phát biểu (kiến nghị): “', isolated: false },
    { text: 'về kinh phí', isolated: true },
    { text: '”.', isolated: false },
  ]);
});

it('shows an event of a newer server by its name', () => {
  const event = { seq: 1, at: 0, event: 'vote.opened' } as unknown as { event: 'conference.closed' };
  expect(sentence({ seq: 1, at: 0, ...event }, view(), 'vi')).toBe('vote.opened');
});

describe('the catalogues', () => {
  const strings = (part: unknown, path = ''): [string, unknown][] =>
    typeof part === 'object' && part !== null
      ? Object.entries(part).flatMap(([key, value]) => strings(value, `${path}.${key}`))
      : [[path, part]];

  it('have the same keys and no empty string', () => {
    const keys = (of: unknown) => strings(of).map(([path]) => path).sort();
    expect(keys(en)).toEqual(keys(vi));
    for (const [path, value] of [...strings(vi), ...strings(en)]) {
      if (typeof value === 'string') expect(value, path).not.toBe('');
    }
  });

  it('differ in the sentences of the log', () => {
    for (const event of Object.values(EVENTS)) {
      const say = (language: 'vi' | 'en') => sentence(message(event), view(), language);
      expect(say('en'), event.event).not.toBe(say('vi'));
    }
  });
});

describe('a refusal', () => {
  const body = { code: 'stale-epoch', message: { vi: 'Lượt đã qua.', en: 'That turn is over.' } };
  it('is said in the server’s words', () => {
    expect(explain(new Refused(body), 'vi')).toBe('Lượt đã qua.');
    expect(explain(new Refused(body), 'en')).toBe('That turn is over.');
  });
});

describe('an invitation', () => {
  it('is read from the fragment', () => {
    expect(readInvitation('#site=can-tho&code=7K2M-9QXR')).toEqual({
      site: 'can-tho',
      code: '7K2M-9QXR',
    });
  });

  it('without a code names the site, and the code is to be typed', () => {
    expect(readInvitation('#site=can-tho')).toEqual({ site: 'can-tho', code: '' });
  });

  it.each(['', '#', '#code=1', '#site=&code='])('is not in %j', (fragment) => {
    expect(readInvitation(fragment)).toBeNull();
  });
});

it('say of the desk the same things in both languages', () => {
  const keys = (part: unknown, path = ''): string[] =>
    typeof part === 'object' && part !== null
      ? Object.entries(part).flatMap(([key, value]) => keys(value, `${path}.${key}`))
      : [`${path}: ${typeof part}${part === '' ? ' (empty)' : ''}`];
  expect(keys(hostEn).sort()).toEqual(keys(hostVi).sort());
  expect(keys(hostVi).filter((key) => key.endsWith('(empty)'))).toEqual([]);
});

describe('why somebody has the floor', () => {
  const length = () => '02:10';
  it('is told with the figures that decided', () => {
    const waited = 14 * 60_000;
    expect(hostVi.reason({ why: 'round-robin', turns: 0, waited }, length)).toBe(
      '0 lượt, đã chờ 14 phút',
    );
    expect(hostVi.reason({ why: 'least-time', spoken: 130_000, waited }, length)).toBe(
      'đã nói 02:10, đã chờ 14 phút',
    );
    expect(hostEn.reason({ why: 'round-robin', turns: 1, waited: 65 * 60_000 }, length)).toBe(
      '1 turn, waited 1 h 5 min',
    );
  });

  it('has no wait below a minute', () => {
    expect(hostVi.wait(59_999)).toBe('dưới 1 phút');
    expect(hostVi.wait(-5)).toBe('dưới 1 phút');
  });
});

it('says itself that things have changed', () => {
  const body = { code: 'changed', message: { vi: 'Đã đổi.', en: 'Changed.' } };
  expect(explain(new Refused(body), 'vi')).toBe(vi.changed);
});
