import { describe, expect, it } from 'vitest';
import { explain, sentence, sentenceParts } from '../src/lib/i18n';
import { en } from '../src/lib/i18n/en';
import { vi } from '../src/lib/i18n/vi';
import { Refused } from '../src/lib/signal/http';
import type { Event } from '../src/lib/signal/protocol.gen';
import { readInvitation } from '../src/pages/invitation';
import { view } from './fixtures';

const by = { site: 'can-tho' };
/** One of each: an event that is missing here does not compile. */
const EVENTS: { [K in Event['event']]: Extract<Event, { event: K }> } = {
  'conference.configured': {
    event: 'conference.configured',
    setup: {
      id: 'x',
      title: { vi: '', en: '' },
      sites: [],
      rules: view().conference.rules,
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
  'floor.paused': { event: 'floor.paused', epoch: 1, until: 20_000, ...by },
  'floor.resumed': { event: 'floor.resumed', epoch: 1, ...by },
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

describe.each(['vi', 'en'] as const)('the log in %s', (language) => {
  it.each(Object.values(EVENTS))('has a sentence for $event', (event) => {
    const text = sentence({ seq: 1, at: 0, ...event }, view(), language);
    expect(text).toMatch(/^\p{Lu}.*\.$/su);
    expect(text).not.toMatch(/undefined|null|NaN|\[object/);
    if ('site' in event) expect(text).toContain('Cần Thơ');
  });
});

it('puts what matters into the sentence', () => {
  const say = (event: Event) => sentence({ seq: 1, at: 0, ...event }, view(), 'vi');
  expect(say(EVENTS['floor.requested'])).toBe(
    'Cần Thơ đăng ký phát biểu (kiến nghị): “về kinh phí”.',
  );
  expect(say(EVENTS['floor.revoked'])).toBe('Lượt của Cần Thơ dừng sau 05:00: hết thời gian.');
  expect(say(EVENTS['floor.released'])).toContain('02:31');
  const taken = { ...EVENTS['floor.granted'], site: 'ha-noi' };
  expect(say(taken)).toBe('Hà Nội được mời phát biểu, thời lượng 05:00.');
  const by = { site: 'ha-noi', role: 'chair' } as const;
  expect(sentence({ seq: 1, at: 0, by, ...taken }, view(), 'vi')).toBe(
    'Hà Nội: chủ tọa phát biểu.',
  );
  expect(say({ ...EVENTS['code.changed'], site: 'ha-noi', role: 'secretary' })).toBe(
    'Mã vào họp (Hà Nội, thư ký) được đổi.',
  );
  expect(say({ event: 'room.locked', locked: false })).toBe('Phòng họp được mở khóa.');
  expect(say({ event: 'picture.main-chosen', site: null })).toContain('theo người phát biểu');
});

it('sets names and users’ words apart, and lets no word break out', () => {
  const words = 'về \u2069kinh\u2067 phí';
  const event = { ...EVENTS['floor.requested'], words };
  expect(sentenceParts({ seq: 1, at: 0, ...event }, view(), 'vi')).toEqual([
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
      const say = (language: 'vi' | 'en') => sentence({ seq: 1, at: 0, ...event }, view(), language);
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
