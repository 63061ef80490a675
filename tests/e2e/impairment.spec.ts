/** The bad line by itself, in virtual time. */
import { expect, test } from '@playwright/test';
import { type Impairment, Way } from './impairment';

/** Sends `count` datagrams of 1,222 bytes (10,000 bits with their headers), one every `every` ms. */
function run(impairment: Partial<Impairment>, { count = 1_000, every = 10, seed = 1 } = {}) {
  const way = new Way(seed);
  way.set(impairment);
  const took = Array.from({ length: count }, (_, nth) => {
    const at = way.send(nth * every, 1_222);
    return at === null ? null : at - nth * every;
  });
  const arrived = took.filter((one) => one !== null);
  return { way, took, arrived };
}

test('a line that was told nothing passes all at once', () => {
  const { took, way } = run({});
  expect(new Set(took)).toEqual(new Set([0]));
  expect(way.tally).toEqual({ passed: 1_000, lost: 0, dropped: 0 });
});

test('a share is lost, the same ones for the same seed', () => {
  const { took, way } = run({ loss: 0.1 }, { count: 10_000 });
  expect(way.tally.lost).toBeGreaterThan(900);
  expect(way.tally.lost).toBeLessThan(1_100);
  expect(way.tally.passed + way.tally.lost).toBe(10_000);
  expect(run({ loss: 0.1 }, { count: 10_000 }).took).toEqual(took);
  expect(run({ loss: 0.1 }, { count: 10_000, seed: 2 }).took).not.toEqual(took);
  // Losses are no bursts: after one comes another as often as after none.
  const pairs = took.filter((one, nth) => one === null && took[nth + 1] === null).length;
  expect(pairs).toBeGreaterThan(60);
  expect(pairs).toBeLessThan(140);
});

test('delay is for all, jitter for each, and the order stays', () => {
  const { took, arrived } = run({ delay: 40, jitter: 30 });
  expect(Math.min(...arrived)).toBeGreaterThanOrEqual(40);
  expect(Math.max(...arrived)).toBeLessThan(70);
  expect(Math.max(...arrived) - Math.min(...arrived)).toBeGreaterThan(20);
  const times = took.map((one, nth) => nth * 10 + one!);
  expect(times).toEqual(times.toSorted((one, other) => one - other));
});

test('who is late is overtaken, and holds nobody up', () => {
  const { arrived } = run({ reorder: 0.05, late: 25, delay: 10 });
  const late = arrived.filter((one) => one > 10);
  expect(new Set(late)).toEqual(new Set([35]));
  expect(late.length).toBeGreaterThan(25);
  expect(late.length).toBeLessThan(80);
});

test('a line carries its rate, and what its queue has no room for is dropped', () => {
  // Twice what it carries: 1 Mbit/s is one in 10 ms.
  const { way, arrived } = run({ rate: 1_000_000, queue: 100 }, { every: 5 });
  expect(way.tally.passed).toBeGreaterThan(500);
  expect(way.tally.passed).toBeLessThanOrEqual(511);
  expect(way.tally.dropped).toBe(1_000 - way.tally.passed);
  expect(arrived[0]).toBe(10);
  expect(Math.max(...arrived)).toBeLessThanOrEqual(110);
  // Half of what it carries: nothing waits.
  expect(new Set(run({ rate: 1_000_000 }, { every: 20 }).arrived)).toEqual(new Set([10]));
});

test('what is lost takes its time on the line too', () => {
  const { way } = run({ rate: 1_000_000, queue: 100, loss: 0.5 }, { every: 5 });
  expect(way.tally.passed + way.tally.lost).toBeLessThanOrEqual(511);
});

test('it can be changed on the way, and what waits keeps its place', () => {
  const way = new Way(1);
  way.set({ rate: 1_000_000, queue: 500 });
  const before = Array.from({ length: 20 }, () => way.send(0, 1_222)!);
  expect(before.at(-1)).toBeCloseTo(200);
  way.set({ rate: 100_000, queue: 500 });
  expect(way.send(0, 1_222), 'at the new rate, behind the others').toBeCloseTo(300);
  way.set({});
  expect(way.send(1, 1_222), 'not before those that wait').toBeCloseTo(300);
  expect(way.send(301, 1_222)).toBe(301);
});
