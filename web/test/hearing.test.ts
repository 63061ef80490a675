import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { HearingTest } from '../src/lib/media/hearing';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const ROOM = 0.003;
const VOICE = 0.08;

function begin() {
  let level: number | null = 0;
  const meter = { read: () => level, close: vi.fn() };
  const test = new HearingTest();
  test.start(meter);
  const after = (ms: number, loud: number | null) => {
    level = loud;
    vi.advanceTimersByTime(ms);
    return test.hearing.get();
  };
  return { test, meter, after };
}

it('says nothing before it knows', () => {
  expect(begin().after(500, 0)).toBe('unknown');
});

it('hears the room, then the person, and remembers it in the pause after a sentence', () => {
  const { after } = begin();
  expect(after(500, ROOM)).toBe('room');
  expect(after(100, VOICE)).toBe('speech');
  expect(after(800, ROOM)).toBe('speech');
  expect(after(1_000, ROOM)).toBe('heard');
  expect(after(100, VOICE)).toBe('speech');
});

it('hears nothing of a muted microphone, whatever it heard before', () => {
  const { after } = begin();
  after(500, VOICE);
  expect(after(2_800, 0)).toBe('heard');
  expect(after(300, 0)).toBe('nothing');
  expect(after(100, VOICE)).toBe('speech');
});

it('does not call it nothing when the level cannot be told', () => {
  expect(begin().after(10_000, null)).toBe('unknown');
});

it('lets go of the meter', () => {
  const { test, meter } = begin();
  test.stop();
  expect(meter.close).toHaveBeenCalledOnce();
  expect([test.hearing.get(), test.level.get()]).toEqual(['unknown', 0]);
});
