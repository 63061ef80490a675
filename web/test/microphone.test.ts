import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Microphone, type MicMemory } from '../src/lib/media/microphone';

class Room {
  level: number | null = 0.1;
  announced = 0;
  meters = 0;
  announce = () => void (this.announced += 1);
  meter = () => {
    this.meters += 1;
    return { read: () => this.level, close: () => void (this.meters -= 1) };
  };
}

const track = () => ({ enabled: true }) as MediaStreamTrack;

/** What outlives a page. */
function kept(): MicMemory {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the microphone', () => {
  it('opens on a grant with a sound, and closes on a revoke without one', () => {
    const room = new Room();
    const mic = new Microphone(room);
    const sent = track();
    mic.setTrack(sent);
    expect([mic.state.get(), sent.enabled]).toEqual(['closed', false]);
    mic.setHeard(true);
    expect([mic.state.get(), sent.enabled, room.announced]).toEqual(['open', true, 1]);
    mic.setHeard(false);
    expect([mic.state.get(), sent.enabled, room.announced]).toEqual(['closed', false, 1]);
    expect(room.meters).toBe(0);
  });

  it('remembers through turns that a person muted it by hand', () => {
    const room = new Room();
    const mic = new Microphone(room);
    const sent = track();
    mic.setTrack(sent);
    mic.setHeard(true);
    mic.setMuted(true);
    expect([mic.state.get(), sent.enabled]).toEqual(['muted', false]);
    mic.setHeard(false);
    expect(mic.state.get()).toBe('muted-ahead');
    mic.setHeard(true);
    expect([mic.state.get(), sent.enabled, room.announced]).toEqual(['muted', false, 1]);
    mic.setMuted(false);
    expect([mic.state.get(), sent.enabled]).toEqual(['open', true]);
  });

  it('stays muted by hand in the page that follows, until a person unmutes it', () => {
    const memory = kept();
    new Microphone(new Room(), memory).setMuted(true);
    const mic = new Microphone(new Room(), memory);
    const sent = track();
    mic.setTrack(sent);
    mic.setHeard(true);
    expect([mic.state.get(), mic.muted.get(), sent.enabled]).toEqual(['muted', true, false]);
    mic.setMuted(false);
    expect(new Microphone(new Room(), memory).muted.get()).toBe(false);
  });

  it('mutes and opens in a browser that keeps nothing', () => {
    const refuses = () => {
      throw new DOMException('', 'SecurityError');
    };
    const memory = { getItem: refuses, setItem: refuses, removeItem: refuses };
    const mic = new Microphone(new Room(), memory);
    mic.setTrack(track());
    mic.setHeard(true);
    mic.setMuted(true);
    expect(mic.state.get()).toBe('muted');
    mic.setMuted(false);
    expect(mic.state.get()).toBe('open');
  });

  it('says before the turn that it was muted by hand', () => {
    const mic = new Microphone(new Room());
    mic.setMuted(true);
    expect(mic.state.get()).toBe('no-device');
    mic.setTrack(track());
    expect(mic.state.get()).toBe('muted-ahead');
    mic.setMuted(false);
    expect(mic.state.get()).toBe('closed');
  });

  it('is called silent after five seconds without a level, and open again with one', () => {
    const room = new Room();
    room.level = 0;
    const mic = new Microphone(room);
    mic.setTrack(track());
    mic.setHeard(true);
    vi.advanceTimersByTime(4_800);
    expect(mic.state.get()).toBe('open');
    vi.advanceTimersByTime(400);
    expect(mic.state.get()).toBe('silent');
    room.level = 0.2;
    vi.advanceTimersByTime(200);
    expect([mic.state.get(), mic.level.get()]).toEqual(['open', 0.2]);
  });

  it('is not called silent when the level cannot be told', () => {
    const room = new Room();
    room.level = null;
    const mic = new Microphone(room);
    mic.setTrack(track());
    mic.setHeard(true);
    vi.advanceTimersByTime(60_000);
    expect(mic.state.get()).toBe('open');
  });

  it('goes on with another device in the middle of a turn', () => {
    const room = new Room();
    const mic = new Microphone(room);
    mic.setTrack(track());
    mic.setHeard(true);
    mic.setTrack(null);
    expect([mic.state.get(), room.meters]).toEqual(['no-device', 0]);
    const other = track();
    other.enabled = false;
    mic.setTrack(other);
    expect([mic.state.get(), other.enabled, room.meters]).toEqual(['open', true, 1]);
  });
});
