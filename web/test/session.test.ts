import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServerClock } from '../src/lib/signal/clock';
import { Session } from '../src/lib/signal/session';
import { applyPatch, may, requestOf } from '../src/lib/signal/view';
import { FakeWorld, device, request, resumed, turn, view, welcome } from './fixtures';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function begin() {
  const world = new FakeWorld();
  const session = new Session(world, new ServerClock());
  session.start();
  return { world, session };
}

describe('a patch', () => {
  it('replaces its parts and leaves the others as they were', () => {
    const before = view();
    const floor = { ...before.floor, turns: [turn()] };
    const after = applyPatch(before, { floor });
    expect(after).toEqual({ ...before, floor });
    expect(after.sites).toBe(before.sites);
    expect(before.floor.turns).toEqual([]);
  });

  it('takes the devices and the lock', () => {
    const devices = [device('d1', 'can-tho', { linked: false }), device('d2', 'can-tho')];
    const conference = { ...view().conference, locked: true };
    const after = applyPatch(view(), { devices, conference });
    expect(after.devices).toEqual(devices);
    expect(after.conference.locked).toBe(true);
  });

  it('that is absent changes nothing', () => {
    const before = view();
    expect(applyPatch(before, undefined)).toBe(before);
  });
});

it('finds the open request of a site among those in the queue and those that wait', () => {
  const asks = request(3, 'ha-noi');
  const floor = {
    ...view().floor,
    queue: [{ ...asks, place: 1 }],
    pending: [{ ...asks, id: 4, site: 'can-tho', place: null }],
  };
  expect(requestOf(view({ floor }), 'can-tho')?.id).toBe(4);
  expect(requestOf(view({ floor }), 'ha-noi')?.id).toBe(3);
  expect(requestOf(view({ floor }), 'nghe-an')).toBeUndefined();
});

describe('the session', () => {
  it('asks for the small pictures once, and again on every new connection', () => {
    const { world, session } = begin();
    const asked = () => world.last.sent.filter(({ cmd }) => cmd === 'media.watch');
    session.watch(['can-tho', 'nghe-an']);
    world.last.says({ welcome: welcome(1) });
    expect(asked().map(({ sites }) => sites)).toEqual([['can-tho', 'nghe-an']]);
    session.watch(['can-tho', 'nghe-an']);
    expect(asked()).toHaveLength(1);
    session.watch(['da-nang']);
    expect(asked().at(-1)?.sites).toEqual(['da-nang']);
    world.last.breaks();
    session.retryNow();
    world.last.says({ welcome: welcome(1) });
    expect(asked().map(({ sites }) => sites)).toEqual([['da-nang']]);
  });

  it('says how tall it shows its slots, and again on every new connection', () => {
    const { world, session } = begin();
    const said = () => world.last.sent.filter(({ cmd }) => cmd === 'media.sizes');
    world.last.says({ welcome: welcome(1) });
    expect(said()).toEqual([]);
    session.show([{ mid: '4', height: 720 }]);
    expect(said().map(({ sizes }) => sizes)).toEqual([[{ mid: '4', height: 720 }]]);
    world.last.breaks();
    session.retryNow();
    world.last.says({ welcome: welcome(1) });
    expect(said()).toHaveLength(1);
  });

  it('knows which layers of its camera are watched, as the server last said', () => {
    const { world, session } = begin();
    world.last.says({ welcome: welcome(1) });
    expect(session.layers.get()).toBeNull();
    world.last.says({ hint: 'layers', active: ['q', 'f'] });
    world.last.says({ hint: 'layers', active: ['q'] });
    expect(session.layers.get()).toEqual(['q']);
  });

  it('shows the view of the welcome, then the patches of the events', () => {
    const { world, session } = begin();
    expect(session.view.get()).toBeNull();
    world.last.says({ welcome: welcome(1) });
    const picture = { main: 'can-tho', chosen: true };
    world.last.says({ ...resumed(2), view: { picture } });
    expect(session.view.get()).toEqual(view({ picture }));
  });

  it('follows what it may not see: another site’s link, without a line in the log', () => {
    const { world, session } = begin();
    world.last.says({ welcome: welcome(1) });
    const sites = view().sites.map((site) => ({ ...site, link: 'dropped' as const }));
    world.last.says({ seq: 2, view: { sites } });
    expect(session.view.get()).toEqual(view({ sites }));
    expect(session.log.get()).toEqual([]);
  });

  it('says that the media is weak until it is connected, or the server is another', async () => {
    const { world, session } = begin();
    world.last.says({ welcome: welcome(0) });
    const is = (state: 'connected' | 'weak' | 'gone') => world.last.says({ hint: 'media', state });
    is('weak');
    expect(session.mediaWeak.get()).toBe(true);
    is('connected');
    expect(session.mediaWeak.get()).toBe(false);
    is('weak');
    is('gone');
    expect(session.mediaWeak.get()).toBe(false);
    expect(session.mediaGone.get()).toBe(1);
    is('weak');
    world.last.breaks();
    await vi.advanceTimersByTimeAsync(1_000);
    world.last.says({ welcome: welcome(0, { instance: 'b' }) });
    expect(session.mediaWeak.get()).toBe(false);
  });

  it('keeps one log through a reconnect, without holes and without doubles', async () => {
    const { world, session } = begin();
    world.last.says({ welcome: welcome(2, { log: [resumed(1), resumed(2)] }) });
    world.last.says(resumed(3));
    world.last.breaks();
    await vi.advanceTimersByTimeAsync(1_000);
    world.last.says({ welcome: welcome(5, { log: [resumed(3), resumed(4), resumed(5)] }) });
    expect(session.log.get().map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  });

  it('drops its log when the server has another one', async () => {
    const { world, session } = begin();
    world.last.says({ welcome: welcome(2, { log: [resumed(1), resumed(2)] }) });
    world.last.breaks();
    await vi.advanceTimersByTimeAsync(1_000);
    world.last.says({ welcome: welcome(1, { instance: 'b', log: [resumed(1)] }) });
    expect(session.log.get().map(({ seq }) => seq)).toEqual([1]);
    expect(session.instance.get()).toBe('b');
  });

  it('keeps levels that a hint does not name, and forgets alarms that have stopped', () => {
    const { world, session } = begin();
    world.last.says({ welcome: welcome(0) });
    const level = (site: string, value: number) => ({ site, level: value, heard: true });
    world.last.says({ hint: 'levels', levels: [level('ha-noi', 40), level('can-tho', 10)] });
    world.last.says({ hint: 'levels', levels: [level('can-tho', 0)] });
    expect(session.levels.get().get('ha-noi')?.level).toBe(40);
    expect(session.levels.get().get('can-tho')?.level).toBe(0);
    const alarm = { hint: 'open-microphone', site: 'nghe-an' } as const;
    world.last.says({ ...alarm, device: 'x', open: true });
    world.last.says({ ...alarm, device: 'y', open: true });
    world.last.says({ ...alarm, device: 'x', open: false });
    expect([...session.openMicrophones.get()]).toEqual([['y', 'nghe-an']]);
  });

  it('leaves with a word to the server', async () => {
    const { world, session } = begin();
    world.last.says({ welcome: welcome(0) });
    const socket = world.last;
    const left = session.leave();
    expect(socket.commands()).toEqual(['link.leave']);
    socket.says({ re: socket.sent[0]!.id, ok: {} });
    await left;
    expect(session.link.get()).toEqual({ state: 'ended', cause: 'left' });
    expect(socket.closed).toBe(true);
  });
});

describe('a command', () => {
  const last = (world: FakeWorld) => world.last.sent.at(-1);

  it('that somebody chose by what was shown carries the newest event', () => {
    const { world, session } = begin();
    world.last.says({ welcome: welcome(7) });
    world.last.says(resumed(8));
    void session.command({ cmd: 'floor.next', floor: 'speech' });
    expect(last(world)).toMatchObject({ cmd: 'floor.next', seq: 8 });
  });

  it('that was chosen a while ago carries what was known then', () => {
    const { world, session } = begin();
    world.last.says({ welcome: welcome(7) });
    const { seq } = session;
    world.last.says(resumed(8));
    void session.command({ cmd: 'floor.move', request: 1, place: 2 }, seq);
    expect(last(world)).toMatchObject({ cmd: 'floor.move', seq: 7 });
  });

  it('that is right whatever happened carries none', () => {
    const { world, session } = begin();
    world.last.says({ welcome: welcome(7) });
    void session.command({ cmd: 'floor.accept', request: 1 });
    expect(last(world)).not.toHaveProperty('seq');
    void session.command({ cmd: 'floor.accept', request: 1, place: 2 });
    expect(last(world)).toHaveProperty('seq', 7);
    void session.command({ cmd: 'microphone.mute-all', muted: true });
    expect(last(world)).not.toHaveProperty('seq');
  });

  it('is repeated after a reconnect with what was known when it was chosen', async () => {
    const { world, session } = begin();
    world.last.says({ welcome: welcome(7) });
    void session.command({ cmd: 'floor.take' });
    world.last.breaks();
    await vi.advanceTimersByTimeAsync(1_000);
    world.last.says({ welcome: welcome(9) });
    expect(world.last.sent[0]).toMatchObject({ cmd: 'floor.take', seq: 7 });
  });
});

describe('guessed codes', () => {
  const hint = (refused: number) => ({ hint: 'guesses', site: 'can-tho', refused }) as const;

  it('are told with the newest number while that is true', async () => {
    const { world, session } = begin();
    world.last.says({ welcome: welcome(0) });
    world.last.says(hint(6));
    world.last.says(hint(12));
    expect(session.guessAlarm.get()).toEqual({ site: 'can-tho', refused: 12, others: 0 });
    await vi.advanceTimersByTimeAsync(61_000);
    expect(session.guessAlarm.get()).toBeNull();
  });

  it('are not told again when somebody has read it', () => {
    const { world, session } = begin();
    world.last.says({ welcome: welcome(0) });
    world.last.says(hint(6));
    session.dismissGuesses();
    expect(session.guessAlarm.get()).toBeNull();
    world.last.says(hint(7));
    expect(session.guessAlarm.get()).toBeNull();
  });

  it('keep nothing running after the end', () => {
    const { world, session } = begin();
    world.last.says({ welcome: welcome(0) });
    world.last.says(hint(6));
    session.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('what may be done', () => {
  const chair = (chairs: boolean) => ({
    ...view().me,
    role: 'chair' as const,
    chairs,
    may: ['floor.next', 'chair.reclaim'],
  });

  it('is little for a chair on whose chair another sits', () => {
    const beside = view({ me: chair(false) });
    expect(may(beside, 'floor.next')).toBe(false);
    expect(may(beside, 'chair.reclaim')).toBe(true);
    expect(may(view({ me: chair(true) }), 'floor.next')).toBe(true);
  });

  it('does not hang on the chair for others', () => {
    const me = { ...view().me, role: 'secretary' as const, may: ['agenda.add'] };
    expect(may(view({ me }), 'agenda.add')).toBe(true);
    expect(may(view({ me }), 'floor.next')).toBe(false);
  });
});
