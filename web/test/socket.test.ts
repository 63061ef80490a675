import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Refused } from '../src/lib/signal/http';
import type { EventMessage, Hint, ViewPatch, Welcome } from '../src/lib/signal/protocol.gen';
import { type Link, SignalSocket, uuid } from '../src/lib/signal/socket';
import { FakeWorld, resumed, welcome } from './fixtures';

class Heard {
  links: Link['state'][] = [];
  patches: ViewPatch[] = [];
  welcomes: Welcome[] = [];
  events: EventMessage[] = [];
  hints: Hint[] = [];
  link = (link: Link) => void this.links.push(link.state);
  welcome = (one: Welcome) => void this.welcomes.push(one);
  event = (one: EventMessage) => void this.events.push(one);
  patch = (one: ViewPatch) => void this.patches.push(one);
  hint = (one: Hint) => void this.hints.push(one);
}

function begin() {
  const world = new FakeWorld();
  const heard = new Heard();
  const socket = new SignalSocket(heard, world);
  socket.start();
  return { world, heard, socket };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const request = { cmd: 'floor.request', floor: 'speech', kind: 'discussion', words: '' } as const;

describe('commands', () => {
  it('wait for the welcome, then go out in order', () => {
    const { world, socket } = begin();
    void socket.command(request);
    void socket.command({ cmd: 'floor.take' });
    expect(world.last.sent).toEqual([]);
    world.last.says({ welcome: welcome(0) });
    expect(world.last.commands()).toEqual(['floor.request', 'floor.take']);
  });

  it('get the answer to their own id, or the refusal', async () => {
    const { world, socket } = begin();
    world.last.says({ welcome: welcome(0) });
    const first = socket.command(request);
    const second = socket.command({ cmd: 'floor.take' });
    const [a, b] = world.last.sent;
    const message = { vi: 'Chỉ chủ tọa', en: 'Only the chair' };
    world.last.says({ re: b!.id, error: { code: 'not-chair', message } });
    world.last.says({ re: a!.id, ok: { seq: 7 } });
    await expect(first).resolves.toEqual({ seq: 7 });
    const refusal = await second.catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Refused);
    expect((refusal as Refused).body).toEqual({ code: 'not-chair', message });
  });

  it('without an answer are repeated after a reconnect with the same key, once', async () => {
    const { world, socket } = begin();
    world.last.says({ welcome: welcome(0) });
    const answered = socket.command({ cmd: 'floor.take' });
    const open = socket.command(request);
    const [done, lost] = world.last.sent;
    world.last.says({ re: done!.id, ok: { seq: 1 } });
    await answered;
    world.last.breaks();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(world.sockets).toHaveLength(2);
    world.last.says({ welcome: welcome(1) });
    expect(world.last.sent).toEqual([lost]);
    world.last.says({ re: lost!.id, ok: { seq: 2 } });
    await expect(open).resolves.toEqual({ seq: 2 });
  });

  it('have a key each', () => {
    const { world, socket } = begin();
    world.last.says({ welcome: welcome(0) });
    void socket.command(request);
    void socket.command(request);
    const keys = world.last.sent.map(({ key }) => key);
    expect(new Set(keys).size).toBe(2);
    expect(keys).not.toContain(undefined);
  });

  it('of the media are not repeated: an old offer is worth nothing', async () => {
    const { world, socket } = begin();
    world.last.says({ welcome: welcome(0) });
    const join = socket.ask({ cmd: 'media.join', sdp: 'v=0' });
    const outcome = expect(join).rejects.toMatchObject({ body: { code: 'link-lost' } });
    world.last.breaks();
    await outcome;
    await vi.advanceTimersByTimeAsync(1_000);
    world.last.says({ welcome: welcome(0) });
    expect(world.last.sent).toEqual([]);
  });
});

describe('what is asked ahead', () => {
  const join = { cmd: 'media.join', sdp: 'v=0' } as const;

  it('goes out when the connection is open, once, and is answered', async () => {
    const { world, socket } = begin();
    const early = socket.askAhead(join);
    void socket.command(request);
    expect(world.last.sent).toEqual([]);
    world.last.opens();
    const late = socket.askAhead(join);
    expect(world.last.commands()).toEqual(['media.join', 'media.join']);
    world.last.says({ welcome: welcome(0) });
    expect(world.last.commands()).toEqual(['media.join', 'media.join', 'floor.request']);
    const [first, second] = world.last.sent;
    world.last.says({ re: second!.id, ok: { sdp: 'second' } });
    world.last.says({ re: first!.id, ok: { sdp: 'first' } });
    await expect(early).resolves.toEqual({ sdp: 'first' });
    await expect(late).resolves.toEqual({ sdp: 'second' });
  });

  it('is answered also by what overtakes the welcome, which is then not asked again', async () => {
    const { world, heard, socket } = begin();
    const hasty = socket.askAhead(join);
    const message = { vi: 'Thao tác quá nhanh.', en: 'Too many requests.' };
    const refused = expect(hasty).rejects.toMatchObject({ body: { code: 'too-fast' } });
    world.last.opens();
    const [asked] = world.last.sent;
    world.last.says({ re: asked!.id, error: { code: 'too-fast', message } });
    await refused;
    expect(heard.links).toEqual(['connecting']);
    world.last.says({ welcome: welcome(0) });
    expect(world.last.commands()).toEqual(['media.join']);
  });

  it('is as anything else after the welcome', () => {
    const { world, socket } = begin();
    world.last.opens();
    world.last.says({ welcome: welcome(0) });
    void socket.askAhead(join);
    expect(world.last.commands()).toEqual(['media.join']);
  });

  it('is refused with the connection, and is not kept for the next one', async () => {
    const { world, socket } = begin();
    const lost = { body: { code: 'link-lost' } };
    const before = expect(socket.askAhead(join)).rejects.toMatchObject(lost);
    world.last.breaks();
    await before;
    await expect(socket.askAhead(join)).rejects.toMatchObject(lost);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(world.sockets).toHaveLength(2);
    world.last.opens();
    world.last.says({ welcome: welcome(0) });
    expect(world.last.sent).toEqual([]);
  });
});

describe('the order of events', () => {
  it('is resumed after the last one, and none is handed on twice', async () => {
    const { world, heard } = begin();
    expect(world.last.after).toBeNull();
    world.last.says({ welcome: welcome(4) });
    world.last.says(resumed(5));
    world.last.says(resumed(5));
    world.last.says({ seq: 6 });
    world.last.says(resumed(7));
    world.last.says(resumed(4));
    expect(heard.events.map(({ seq }) => seq)).toEqual([5, 7]);
    world.last.breaks();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(world.last.after).toBe(7);
  });

  it('hands on the view of an event that this role may not see, once', () => {
    const { world, heard } = begin();
    world.last.says({ welcome: welcome(4) });
    const patch = { picture: { main: 'can-tho', chosen: false } };
    world.last.says({ seq: 5, view: patch });
    world.last.says({ seq: 5, view: patch });
    world.last.says({ seq: 6 });
    expect(heard.patches).toEqual([patch]);
    expect(heard.events).toEqual([]);
  });

  it('with a gap is not believed: the link is made anew from the last good event', async () => {
    const { world, heard } = begin();
    world.last.says({ welcome: welcome(4) });
    const first = world.last;
    first.says(resumed(6));
    expect(heard.events).toEqual([]);
    expect(first.closed).toBe(true);
    first.says(resumed(7));
    expect(heard.events).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(world.last).not.toBe(first);
    expect(world.last.after).toBe(4);
  });
});

describe('the link', () => {
  it('pings every five seconds and lives as long as something comes', async () => {
    const { world, heard } = begin();
    world.last.says({ welcome: welcome(0) });
    for (let i = 0; i < 10; i += 1) {
      await vi.advanceTimersByTimeAsync(5_000);
      const ping = world.last.sent.at(-1)!;
      expect(ping.cmd).toBe('link.ping');
      world.last.says({ re: ping.id, ok: {} });
    }
    expect(world.sockets).toHaveLength(1);
    expect(heard.links.at(-1)).toBe('open');
  });

  it('is given up after 11 s of silence, though nothing closed it', async () => {
    const { world, heard } = begin();
    world.last.says({ welcome: welcome(0) });
    await vi.advanceTimersByTimeAsync(10_900);
    expect(heard.links.at(-1)).toBe('open');
    await vi.advanceTimersByTimeAsync(200);
    expect(heard.links.at(-1)).toBe('lost');
    await vi.advanceTimersByTimeAsync(500);
    expect(world.sockets).toHaveLength(2);
  });

  it('waits longer between attempts that fail, up to 8 s, and tries at once when told', async () => {
    const { world, heard, socket } = begin();
    const waits: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      const before = world.sockets.length;
      const start = Date.now();
      world.last.breaks();
      while (world.sockets.length === before) await vi.advanceTimersByTimeAsync(10);
      waits.push(Date.now() - start);
    }
    expect([...waits].sort((a, b) => a - b)).toEqual(waits);
    expect(waits[0]).toBeLessThan(300);
    expect(waits.at(-1)).toBeLessThanOrEqual(8_010);
    world.last.breaks();
    const before = world.sockets.length;
    socket.retryNow();
    expect(world.sockets).toHaveLength(before + 1);
    expect(heard.links.filter((state) => state === 'lost')).toHaveLength(1);
  });

  it('gives up a connection that never says welcome', async () => {
    const { world } = begin();
    await vi.advanceTimersByTimeAsync(8_500);
    expect(world.sockets.length).toBeGreaterThan(1);
  });

  it('ends when this browser is no longer signed in', async () => {
    const { world, heard } = begin();
    world.isSignedIn = false;
    world.last.breaks();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(heard.links.at(-1)).toBe('ended');
    expect(world.sockets).toHaveLength(1);
  });

  it.each([
    [4001, 'replaced'],
    [4003, 'removed'],
    [4004, 'locked'],
    [4005, 'code-changed'],
    [4006, 'full'],
  ])('closed with %d is over (%s), and what waited is told', async (code, cause) => {
    const { world, socket } = begin();
    world.last.says({ welcome: welcome(0) });
    const open = expect(socket.command(request)).rejects.toBeInstanceOf(Refused);
    world.last.breaks(code);
    await open;
    socket.retryNow();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(world.sockets).toHaveLength(1);
    expect(socket.link).toEqual({ state: 'ended', cause });
  });

  it('refused before its welcome is over too, and nothing more is asked', async () => {
    const { world, socket } = begin();
    world.isSignedIn = false;
    world.last.breaks(4004);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(world.sockets).toHaveLength(1);
    expect(socket.link).toEqual({ state: 'ended', cause: 'locked' });
  });

  it('stays down when the device has left', async () => {
    const { world, socket } = begin();
    world.last.says({ welcome: welcome(0) });
    world.last.breaks(4000);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(world.sockets).toHaveLength(1);
    expect(socket.link).toEqual({ state: 'ended', cause: 'left' });
  });

  it.each([
    [4008, false],
    [1012, true],
    [1006, false],
  ])('closed with %d comes back soon; the server restarts: %s', async (code, restarting) => {
    const { world, socket } = begin();
    world.last.says({ welcome: welcome(0) });
    world.last.breaks(code);
    expect(socket.link).toMatchObject({ state: 'lost', restarting });
    await vi.advanceTimersByTimeAsync(250);
    expect(world.sockets).toHaveLength(2);
  });

  it.each([1008, 1009])('closed with %d comes back as late as it ever does', async (code) => {
    const { world, heard } = begin();
    world.last.says({ welcome: welcome(0) });
    world.last.breaks(code);
    await vi.advanceTimersByTimeAsync(5_900);
    expect(world.sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(world.sockets).toHaveLength(2);
    world.last.says({ welcome: welcome(0) });
    expect(heard.links.at(-1)).toBe('open');
    world.last.breaks();
    await vi.advanceTimersByTimeAsync(250);
    expect(world.sockets).toHaveLength(3);
  });

  it('stays down after stop, and what waited is told', async () => {
    const { world, socket } = begin();
    world.last.says({ welcome: welcome(0) });
    const open = expect(socket.command(request)).rejects.toBeInstanceOf(Refused);
    socket.stop();
    await open;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(world.sockets).toHaveLength(1);
  });
});

it('makes keys that are random UUIDs of version 4', () => {
  const keys = Array.from({ length: 100 }, uuid);
  for (const key of keys) {
    expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
  expect(new Set(keys).size).toBe(100);
});
