import { describe, expect, it } from 'vitest';
import { vi as t } from '../src/lib/i18n/vi';
import type { EventMessage, SpeechKind, View } from '../src/lib/signal/protocol.gen';
import {
  answeredSite,
  BudgetWatch,
  floorNews,
  kindsLeft,
  nextSite,
  ownCall,
  ownRequests,
  stripOrder,
  turnOf,
  warningOf,
} from '../src/lib/ui/floorShown';
import { request, site, turn, view } from './fixtures';

type Floor = View['floor'];
const floor = (change: Partial<Floor>, rest: Partial<View> = {}): View =>
  view({ ...rest, floor: { ...view().floor, ...change } });
const KINDS = Object.keys(t.kinds) as SpeechKind[];

describe('the own requests', () => {
  const some = floor({
    queue: [request(1, 'ha-noi', { place: 1 }), request(2, 'can-tho', { place: 2 })],
    pending: [request(3, 'can-tho', { kind: 'point-of-order' })],
    prepared: [request(4, 'can-tho', { kind: 'prepared-speech', place: 1 })],
  });

  it('are those of the own site, what it asked for first', () => {
    expect(ownRequests(some).map(({ request: { id }, standing }) => [id, standing])).toEqual([
      [2, 'queue'],
      [3, 'pending'],
      [4, 'prepared'],
    ]);
  });

  it('leave no kind over when there are as many as the rules allow', () => {
    expect(kindsLeft(some, KINDS)).toEqual([]);
  });

  it('leave the other kinds over for a second one; a prepared speech counts for nothing', () => {
    const one = floor({
      queue: [request(2, 'can-tho', { place: 1, kind: 'proposal' })],
      prepared: [request(4, 'can-tho', { kind: 'prepared-speech', place: 1 })],
    });
    expect(kindsLeft(one, KINDS)).toEqual(KINDS.filter((kind) => kind !== 'proposal'));
  });
});

describe('a dialogue', () => {
  const question = turn({ epoch: 4, site: 'ha-noi' });
  const answer = turn({ epoch: 5, reason: { why: 'answer', to: 4 } });

  it('shows whom an answer belongs to', () => {
    expect(answeredSite(answer, [question, answer], [])).toBe('ha-noi');
    expect(answeredSite(question, [question, answer], [])).toBeUndefined();
  });

  it('remembers the question once it has ended', () => {
    const granted = { event: 'floor.granted', epoch: 4, site: 'ha-noi', seq: 1, at: 0 };
    expect(answeredSite(answer, [answer], [granted as EventMessage])).toBe('ha-noi');
    expect(answeredSite(answer, [answer], [])).toBeUndefined();
  });

  it('has a turn for each of its sites', () => {
    const both = floor({ turns: [question, answer] });
    expect(turnOf(both, 'can-tho')?.epoch).toBe(5);
    expect(turnOf(both, 'da-nang')).toBeUndefined();
  });
});

it.each([
  [60_001, null],
  [60_000, 60],
  [30_001, 60],
  [30_000, 30],
  [10_000, 10],
  [1, 10],
  [0, null],
  [-5_000, null],
])('%d ms left are under the threshold %s', (left, under) => {
  expect(warningOf(left)).toBe(under);
});

describe('time that is given', () => {
  it('is told for a while, and of the turn that got it', () => {
    const watch = new BudgetWatch();
    const [one, other] = [turn({ epoch: 1 }), turn({ epoch: 2 })];
    watch.see([one, other], 0);
    expect(watch.given(1, 0)).toBeNull();
    watch.see([{ ...one, budget: 360_000 }, other], 1_000);
    expect(watch.given(1, 1_000)).toBe(60_000);
    expect(watch.given(2, 1_000)).toBeNull();
    expect(watch.given(1, 20_000)).toBeNull();
  });

  it('is forgotten with the turn', () => {
    const watch = new BudgetWatch();
    watch.see([turn()], 0);
    watch.see([], 1);
    watch.see([turn({ budget: 900_000 })], 2);
    expect(watch.given(1, 2)).toBeNull();
  });
});

describe('who is next', () => {
  const called = { request: 7, site: 'can-tho', until: 30_000, ready: false };
  it('is whoever was called, else whom the policy names', () => {
    const queue = [request(5, 'ha-noi', { place: 1 })];
    expect(nextSite(floor({ queue, next: 5, called }))).toBe('can-tho');
    expect(nextSite(floor({ queue, next: 5 }))).toBe('ha-noi');
    expect(nextSite(floor({ queue }))).toBeNull();
  });

  it('is told to the site that was called, and to no other', () => {
    expect(ownCall(floor({ called }))).toEqual(called);
    expect(ownCall(floor({ called: { ...called, site: 'ha-noi' } }))).toBeNull();
  });
});

it('shows the few sites in their order, and of many those first who matter now', () => {
  expect(stripOrder(view()).map(({ id }) => id)).toEqual(['ha-noi', 'can-tho']);
  const sites = Array.from({ length: 20 }, (_, i) => site(`s${i}`, `S${i}`));
  const many = floor({ turns: [turn({ site: 's9' })] }, { sites });
  const order = stripOrder(many).map(({ id }) => id);
  expect(order.slice(0, 3)).toEqual(['s9', 's0', 's1']);
  expect(order).toHaveLength(20);
});

describe('what is said of the floor', () => {
  const say = (of: View, now = 1_000) => floorNews(of, now, t, 'vi');
  const speaks = (change = {}) => turn({ running_since: 0, ...change });

  it('names who speaks', () => {
    expect(say(floor({}))).toBe('Không có ai phát biểu');
    expect(say(floor({ turns: [speaks({ site: 'ha-noi' })] }))).toBe('Hà Nội đang phát biểu');
    const both = [speaks({ site: 'ha-noi' }), speaks({ epoch: 2, site: 'nghe-an' })];
    expect(say(floor({ turns: both }))).toBe('Hỏi – giải trình: Hà Nội, nghe-an');
  });

  it('tells the own site its warnings once each, not every second', () => {
    const own = floor({ turns: [speaks()] }, { me: { ...view().me, heard: true } });
    expect(say(own)).toBe('Mời phát biểu. Micrô đã mở.');
    expect(say(own, 239_000)).toBe(say(own));
    expect(say(own, 241_000)).toBe('Còn 60 giây.');
    expect(say(own, 260_000)).toBe('Còn 60 giây.');
    expect(say(own, 271_000)).toBe('Còn 30 giây.');
    expect(say(own, 295_000)).toBe('Còn 10 giây.');
    expect(say(own, 301_000)).toBe('Đã hết giờ.');
  });

  it('does not warn of what a short turn had from the start', () => {
    const own = floor({ turns: [speaks({ budget: 30_000 })] }, { me: { ...view().me, heard: true } });
    expect(say(own)).toBe('Mời phát biểu. Micrô đã mở.');
    expect(say(own, 21_000)).toBe('Còn 10 giây.');
  });

  it('tells a pause, and that the chair closed every microphone', () => {
    const paused = floor({ turns: [speaks({ running_since: null, paused: ['chair'] })] });
    expect(say(paused)).toBe('Đồng hồ tạm dừng.');
    expect(say(floor({ turns: [speaks()], all_muted: true }))).toBe('Chủ tọa đã tắt mọi micrô.');
  });

  it('tells the site that it is next, until it has answered', () => {
    const called = { request: 7, site: 'can-tho', until: 30_000, ready: false };
    expect(say(floor({ called }))).toContain('Chúng tôi đã sẵn sàng');
    expect(say(floor({ called: { ...called, ready: true } }))).toBe('Không có ai phát biểu');
  });
});
