import { describe, expect, it } from 'vitest';
import { en } from '../src/lib/i18n/en';
import { vi } from '../src/lib/i18n/vi';
import type { Event, RevokeCause } from '../src/lib/signal/protocol.gen';
import { floorEnd } from '../src/lib/ui/floorEnd';

const site = 'can-tho';
const requested: Event = {
  event: 'floor.requested',
  request: 1,
  floor: 'speech',
  kind: 'discussion',
  words: '',
  site,
};
const granted: Event = {
  event: 'floor.granted',
  floor: 'speech',
  epoch: 1,
  request: 1,
  kind: 'discussion',
  budget: 300_000,
  site,
};
const denied: Event = { event: 'floor.denied', request: 1, reason: 'hết giờ', site };
const revoked: Event = {
  event: 'floor.revoked',
  epoch: 1,
  cause: 'chair',
  reason: '',
  spoke: 1_000,
  site,
};

/** What the site is told after these events. */
const told = (...events: Event[]) =>
  floorEnd(
    events.map((event, i) => ({ seq: i + 1, at: i, ...event })),
    site,
  );

describe('a site', () => {
  it('is told that its request was denied, with the reason', () => {
    expect(told(requested, denied)).toMatchObject({ event: 'floor.denied', reason: 'hết giờ' });
  });

  it.each<RevokeCause>(['chair', 'preempted', 'overtime', 'link-lost', 'session-closed'])(
    'is told that its turn was ended: %s',
    (cause) => {
      const end = told(requested, granted, { ...revoked, cause }, { event: 'session.closed', session: 1 });
      expect(end).toMatchObject({ event: 'floor.revoked', cause });
    },
  );

  it('goes on to be told while others speak', () => {
    const other = 'ha-noi';
    expect(told(denied, { ...requested, site: other }, { ...granted, site: other })?.seq).toBe(1);
  });

  it.each([
    ['it requests again', requested],
    ['it is granted', granted],
    ['another session opens', { event: 'session.opened', session: 2, name: 'chiều' }],
  ] as const)('is told no more once %s', (_, next) => {
    expect(told(denied, next)).toBeNull();
    expect(told(revoked, next)).toBeNull();
  });

  it('is not told of what befell another, nor of what it did itself', () => {
    const released: Event = { event: 'floor.released', epoch: 1, spoke: 1_000, site };
    expect(told({ ...denied, site: 'ha-noi' }, { ...revoked, site: 'ha-noi' })).toBeNull();
    expect(told(granted, released)).toBeNull();
  });

  it('reads another sentence for each cause', () => {
    expect(vi.floorEnd.revoked.chair).toBe('Chủ tọa đã kết thúc lượt phát biểu');
    for (const { floorEnd: words } of [vi, en]) {
      const all = [words.denied, ...Object.values(words.revoked)];
      expect(new Set(all).size).toBe(all.length);
    }
  });
});
