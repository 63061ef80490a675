import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ShownSizes, shownHeight, stepOf } from '../src/lib/media/sizes';
import type { SlotSize } from '../src/lib/signal/protocol.gen';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function begin() {
  const told: SlotSize[][] = [];
  const sizes = new ShownSizes((now) => told.push(now));
  const settle = () => void vi.advanceTimersByTime(1_000);
  return { told, sizes, settle };
}

describe('how tall a picture is shown', () => {
  it('follows from its box and how it fills it', () => {
    const box = { width: 1600, height: 1000 };
    expect(shownHeight(box, 'contain', 0)).toBe(900);
    expect(shownHeight(box, 'cover', 0)).toBe(1000);
    expect(shownHeight({ width: 160, height: 60 }, 'cover', 16 / 9)).toBe(90);
    expect(shownHeight({ width: 720, height: 720 }, 'contain', 9 / 16)).toBe(720);
  });

  it('is told in steps', () => {
    expect([0, 1, 90, 100, 150, 200, 206, 208, 400, 700, 1_500, 9_000].map(stepOf)).toEqual([
      0, 90, 90, 90, 180, 180, 180, 270, 360, 720, 2160, 2160,
    ]);
  });

  it('is told once the window has come to rest, and only when it changed', () => {
    const { told, sizes, settle } = begin();
    const [main, small] = [{}, {}];
    for (let height = 300; height < 720; height += 10) {
      sizes.set(main, '4', height);
      vi.advanceTimersByTime(20);
    }
    sizes.set(small, '5', 80);
    settle();
    const expected = [{ mid: '4', height: 720 }, { mid: '5', height: 90 }];
    expect(told).toEqual([expected]);
    sizes.set(main, '4', 705);
    settle();
    expect(told).toHaveLength(1);
    sizes.forget(small);
    sizes.forget(small);
    settle();
    expect(told.slice(1)).toEqual([[{ mid: '4', height: 720 }]]);
  });

  it('is that of the largest where a slot is shown twice', () => {
    const { told, sizes, settle } = begin();
    const [one, two] = [{}, {}];
    sizes.set(one, '4', 90);
    sizes.set(two, '4', 540);
    settle();
    sizes.forget(two);
    settle();
    expect(told).toEqual([[{ mid: '4', height: 540 }], [{ mid: '4', height: 90 }]]);
  });

  it('is not told any more when the page ends', () => {
    const { told, sizes, settle } = begin();
    sizes.set({}, '4', 90);
    sizes.stop();
    settle();
    expect(told).toEqual([]);
  });
});
