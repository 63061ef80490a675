import { describe, expect, it } from 'vitest';
import {
  formatCountdown,
  formatHour,
  formatLength,
  ServerClock,
  turnTime,
} from '../src/lib/signal/clock';
import { turn } from './fixtures';

describe('the server clock', () => {
  it('follows the server, not the machine', () => {
    let counter = 50;
    const clock = new ServerClock(() => counter, 0);
    clock.set(1_700_000_000_000);
    counter += 2_500;
    expect(clock.now()).toBe(1_700_000_002_500);
    clock.set(5_000);
    expect(clock.now()).toBe(5_000);
  });
});

describe('a turn', () => {
  it('runs from the grant', () => {
    const time = turnTime(turn({ running_since: 10_000 }), 70_000);
    expect(time).toMatchObject({ spoken: 60_000, left: 240_000, standing: false });
  });

  it('stands still while paused, with what was spoken before', () => {
    const paused = turn({ spoken: 60_000, running_since: null, grace_until: 90_000 });
    expect(turnTime(paused, 70_000)).toEqual(turnTime(paused, 89_000));
    expect(turnTime(paused, 70_000)).toMatchObject({ left: 240_000, standing: true });
  });

  it('goes on after the pause where it stood', () => {
    const time = turnTime(turn({ spoken: 60_000, running_since: 100_000 }), 101_000);
    expect(time.left).toBe(239_000);
  });

  it('counts past zero', () => {
    const time = turnTime(turn({ budget: 5_000, running_since: 0 }), 12_000);
    expect(time).toMatchObject({ left: -7_000, spoken: 12_000, urgency: 'over' });
  });

  it('does not run backwards when the page is a little behind the server', () => {
    expect(turnTime(turn({ running_since: 1_000 }), 900).left).toBe(300_000);
  });

  it.each([
    [60_001, 'calm'],
    [60_000, 'soon'],
    [10_001, 'soon'],
    [10_000, 'urgent'],
    [1, 'urgent'],
    [0, 'over'],
  ] as const)('with %d ms left is %s', (left, urgency) => {
    expect(turnTime(turn({ budget: left, running_since: null }), 0).urgency).toBe(urgency);
  });
});

describe('people read', () => {
  it.each([
    [300_000, '05:00'],
    [299_999, '05:00'],
    [299_000, '04:59'],
    [1, '00:01'],
    [0, '00:00'],
    [-1, '+00:00'],
    [-1_000, '+00:01'],
    [-61_500, '+01:01'],
    [3_600_000, '1:00:00'],
  ])('a countdown of %d ms as %s', (left, text) => {
    expect(formatCountdown(left)).toBe(text);
  });

  it('a length in whole seconds that are over', () => {
    expect(formatLength(151_999)).toBe('02:31');
  });

  it('the hour of the conference room, wherever the browser is', () => {
    const noon = Date.UTC(2013, 4, 10, 5, 7, 9);
    expect(formatHour(noon)).toBe('12:07');
    expect(formatHour(noon, true)).toBe('12:07:09');
  });
});
