import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isAlive } from '../src/lib/media/life';
import { SignalSocket } from '../src/lib/signal/socket';
import { Session } from '../src/lib/signal/session';
import { watchComeback } from '../src/lib/ui/comeback';
import { watchTabs } from '../src/lib/ui/oneTab';
import { Room } from '../src/lib/ui/room';
import type { Media } from '../src/lib/media/media';
import { Entry } from '../src/pages/entry';
import { FakeWorld, welcome } from './fixtures';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const nobody = {
  link: () => undefined,
  welcome: () => undefined,
  event: () => undefined,
  patch: () => undefined,
  hint: () => undefined,
};

function open() {
  const world = new FakeWorld();
  const socket = new SignalSocket(nobody, world);
  socket.start();
  world.last.says({ welcome: welcome(0) });
  return { world, socket };
}

describe('a link after a sleep', () => {
  it('is asked at once, and stays when it answers', async () => {
    const { world, socket } = open();
    socket.checkNow();
    const ping = world.last.sent.at(-1);
    expect(ping?.cmd).toBe('link.ping');
    world.last.says({ re: ping?.id ?? 0, ok: {} });
    await vi.advanceTimersByTimeAsync(4_000);
    expect([socket.link.state, world.sockets.length]).toEqual(['open', 1]);
  });

  it('is made anew when it does not answer soon, long before a ping would tell', async () => {
    const { world, socket } = open();
    socket.checkNow();
    await vi.advanceTimersByTimeAsync(3_500);
    expect(world.sockets).toHaveLength(2);
  });

  it('does not wait for an attempt from before the sleep', async () => {
    const { world, socket } = open();
    world.last.breaks();
    await vi.advanceTimersByTimeAsync(300);
    expect(world.sockets).toHaveLength(2);
    vi.setSystemTime(Date.now() + 600_000);
    socket.checkNow();
    expect([world.sockets.length, world.sockets[1]?.closed]).toEqual([3, true]);
    socket.checkNow();
    expect(world.sockets, 'one is enough').toHaveLength(3);
  });

  it('stays ended where another tab took over', () => {
    const { world, socket } = open();
    world.last.breaks(4001);
    socket.checkNow();
    expect([socket.link.state, world.sockets.length]).toEqual(['ended', 1]);
  });
});

describe('a media connection after a sleep', () => {
  it('lives when anything comes in', async () => {
    let heard = 10;
    const alive = isAlive({ heard: async () => heard });
    await vi.advanceTimersByTimeAsync(1_000);
    heard += 1;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await alive).toBe(true);
  });

  it('is dead when nothing does', async () => {
    const alive = isAlive({ heard: async () => 10 });
    await vi.advanceTimersByTimeAsync(3_500);
    expect(await alive).toBe(false);
  });
});

describe('the page wakes', () => {
  function page() {
    const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
    const window = new EventTarget();
    vi.stubGlobal('document', document);
    vi.stubGlobal('window', window);
    const onBack = vi.fn();
    const end = watchComeback(onBack);
    return { document, window, onBack, end };
  }

  it('when it is visible again, and not when it is hidden', () => {
    const { document, onBack } = page();
    document.visibilityState = 'hidden';
    document.dispatchEvent(new Event('visibilitychange'));
    expect(onBack).not.toHaveBeenCalled();
    document.visibilityState = 'visible';
    document.dispatchEvent(new Event('visibilitychange'));
    expect(onBack).toHaveBeenCalledOnce();
  });

  it('after a freeze, out of the browser’s store, and with the network', () => {
    const { document, window, onBack } = page();
    document.dispatchEvent(new Event('resume'));
    window.dispatchEvent(new Event('pageshow'));
    window.dispatchEvent(new Event('online'));
    expect(onBack).toHaveBeenCalledTimes(3);
  });

  it('when a lid was opened and no event says so: time has jumped', () => {
    const { onBack } = page();
    let jump = 0;
    const counter = performance.now.bind(performance);
    vi.stubGlobal('performance', { now: () => counter() + jump });
    vi.advanceTimersByTime(10_000);
    expect(onBack).not.toHaveBeenCalled();
    jump = 60_000;
    vi.advanceTimersByTime(2_000);
    expect(onBack).toHaveBeenCalledOnce();
  });

  it('no more after its end', () => {
    const { window, onBack, end } = page();
    end();
    window.dispatchEvent(new Event('online'));
    expect(onBack).not.toHaveBeenCalled();
  });
});

describe('two tabs of one browser', () => {
  it('the newer tells the older, even one whose link is lost', async () => {
    vi.useRealTimers();
    const older = vi.fn();
    const newer = vi.fn();
    const first = watchTabs(older);
    const second = watchTabs(newer);
    second.claim();
    await vi.waitFor(() => expect(older).toHaveBeenCalledOnce());
    expect(newer).not.toHaveBeenCalled();
    first.close();
    second.close();
  });

  it('a lost link that was replaced does not come back', async () => {
    const { world, socket } = open();
    world.last.breaks();
    socket.stop('replaced');
    await vi.advanceTimersByTimeAsync(60_000);
    expect([world.sockets.length, socket.link]).toEqual([1, { state: 'ended', cause: 'replaced' }]);
  });
});

describe('the entry', () => {
  const kept = () => {
    const items = new Map<string, string>();
    return {
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => void items.set(key, value),
      removeItem: (key: string) => void items.delete(key),
    };
  };
  const site = { conference: 'h', site: 'can-tho', role: 'site', device: 'd' } as never;

  it('goes by the devices once, and straight in after a reload', () => {
    const memory = kept();
    expect(new Entry(memory).needsCheck(site)).toBe(true);
    new Entry(memory).enter(site);
    expect(new Entry(memory).needsCheck(site)).toBe(false);
  });

  it('goes by the devices again for another site, and after leaving', () => {
    const entry = new Entry(kept());
    entry.enter(site);
    const other = { conference: 'h', site: 'nghe-an', role: 'site', device: 'd' } as never;
    expect(entry.needsCheck(other)).toBe(true);
    entry.leave();
    expect(entry.needsCheck(site)).toBe(true);
  });

  it('asks nobody who sends nothing', () => {
    const secretary = { conference: 'h', site: 'ha-noi', role: 'secretary', device: 'd' } as never;
    expect(new Entry(kept()).needsCheck(secretary)).toBe(false);
  });

  it('rests after it was replaced, also when the browser loads the tab again, until it is asked', () => {
    const memory = kept();
    new Entry(memory).enter(site);
    new Entry(memory).rest();
    expect(new Entry(memory).rests).toBe(true);
    new Entry(memory).wake();
    expect([new Entry(memory).rests, new Entry(memory).needsCheck(site)]).toEqual([false, false]);
  });
});

describe('the clock of a turn', () => {
  it('stands while the link is lost, and goes on with the server’s time when it is back', () => {
    const world = new FakeWorld();
    const session = new Session(world);
    const room = new Room(session, { stop: () => undefined } as unknown as Media);
    session.start();
    world.last.says({ welcome: welcome(0, { at: 100_000 }) });
    vi.advanceTimersByTime(1_000);
    expect(room.turnNow.get()).toBe(101_000);
    world.last.breaks();
    vi.advanceTimersByTime(200);
    expect(room.turnNow.get()).toBe(101_000);
    expect(room.now.get()).toBe(101_200);
    vi.advanceTimersByTime(800);
    world.last.says({ welcome: welcome(1, { at: 140_000 }) });
    vi.advanceTimersByTime(200);
    expect(room.turnNow.get()).toBe(140_200);
    room.stop();
  });
});
