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

/** The share that was lost, and how many in a row on average. */
function losses(took: (number | null)[]): { share: number; row: number } {
  const lost = took.filter((one) => one === null).length;
  const begun = took.filter((one, nth) => one === null && took[nth - 1] !== null).length;
  return { share: lost / took.length, row: lost / begun };
}

test('a share is lost, each by its own chance', () => {
  const { took, way } = run({ loss: 0.1 }, { count: 100_000 });
  expect(way.tally.passed + way.tally.lost).toBe(100_000);
  const { share, row } = losses(took);
  expect(way.tally.lost / 100_000).toBe(share);
  expect(Math.abs(share - 0.1)).toBeLessThan(0.01);
  expect(Math.abs(row - 1 / 0.9), 'after a loss comes another as often as after none').toBeLessThan(0.05);
});

for (const burst of [3, 8]) {
  test(`the same share is lost ${burst} in a row on average`, () => {
    const { share, row } = losses(run({ loss: 0.1, burst }, { count: 100_000 }).took);
    expect(Math.abs(share - 0.1)).toBeLessThan(0.01);
    expect(Math.abs(row / burst - 1)).toBeLessThan(0.1);
  });
}

for (const impairment of [{ loss: 0.1 }, { loss: 0.1, burst: 5 }, { jitter: 30 }, { reorder: 0.1 }]) {
  test(`the same seed has the same ${Object.keys(impairment).join(' in ')} again, and another has not`, () => {
    const { took } = run(impairment);
    expect(run(impairment).took).toEqual(took);
    expect(run(impairment, { seed: 2 }).took).not.toEqual(took);
  });
}

test('all of it at once is each of it', () => {
  // Half of what the line carries.
  const all = { loss: 0.1, burst: 4, delay: 40, jitter: 30, reorder: 0.05, late: 50, rate: 1_000_000 };
  const { took, arrived } = run(all, { count: 100_000, every: 20 });
  const { share, row } = losses(took);
  expect(Math.abs(share - 0.1)).toBeLessThan(0.01);
  expect(Math.abs(row - 4)).toBeLessThan(0.4);
  // 10 ms on the line, and the delay.
  expect(Math.min(...arrived.slice(0, 10_000))).toBeGreaterThanOrEqual(50);
  const slow = arrived.filter((one) => one > 70).length / arrived.length;
  expect(slow, 'a third by jitter').toBeGreaterThan(0.3);
  const late = arrived.filter((one) => one >= 100).length / arrived.length;
  expect(late).toBeGreaterThan(0.04);
  expect(late).toBeLessThan(0.07);
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
