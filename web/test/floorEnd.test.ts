import { describe, expect, it } from 'vitest';
import { en } from '../src/lib/i18n/en';
import { vi } from '../src/lib/i18n/vi';
import type { Event, EventMessage, RevokeCause } from '../src/lib/signal/protocol.gen';
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
  limit: 'turn',
  reason: { why: 'chair' },
  site,
};
const cancelled: Event = { event: 'floor.cancelled', request: 1, site };
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
  floorEnd(logged(...events), site);
/** As the log has them. */
const logged = (...events: Event[]) =>
  events.map((event, i) => ({ seq: i + 1, at: i, ...event }) as EventMessage);

describe('a site', () => {
  it('is told that its request was denied, with the reason', () => {
    expect(told(requested, denied)).toMatchObject({
      entry: { event: 'floor.denied', reason: 'hết giờ' },
      floor: 'speech',
    });
  });

  it.each<RevokeCause>(['chair', 'preempted', 'overtime', 'link-lost', 'session-closed'])(
    'is told that its turn was ended: %s',
    (cause) => {
      const end = told(requested, granted, { ...revoked, cause }, { event: 'session.closed', session: 1 });
      expect(end?.entry).toMatchObject({ event: 'floor.revoked', cause });
    },
  );

  it('goes on to be told while others speak', () => {
    const other = 'ha-noi';
    const others = [{ ...requested, site: other }, { ...granted, site: other }] as Event[];
    expect(told(denied, ...others)?.entry.seq).toBe(1);
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

  it('is told that somebody else removed its request, and not what it did itself', () => {
    const by = (role: 'chair' | 'site') => {
      const [asked, gone] = logged(requested, cancelled);
      return floorEnd([asked!, { ...gone!, by: { site: 'ha-noi', role } } as EventMessage], site);
    };
    expect(by('chair')?.entry.event).toBe('floor.cancelled');
    expect(by('site')).toBeNull();
    expect(told(requested, cancelled), 'the session closed').toBeNull();
  });

  it('is told of the presentation apart from the speech', () => {
    const screen = { ...granted, floor: 'presentation', epoch: 7 } as Event;
    const ended = { ...revoked, epoch: 7 } as Event;
    expect(told(granted, screen, ended)?.floor).toBe('presentation');
    const wish = { ...requested, floor: 'presentation', request: 9 } as Event;
    expect(told(wish, { event: 'floor.denied', request: 9, reason: '', site })?.floor).toBe('presentation');
    // Asking to speak again says nothing of the screen, and the other way round.
    expect(told(screen, ended, requested)?.floor).toBe('presentation');
    expect(told(requested, denied, screen)?.floor).toBe('speech');
    expect(told(screen, ended, wish)).toBeNull();
  });

  it('reads another sentence for each cause', () => {
    expect(vi.floorEnd.revoked.chair).toBe('Chủ tọa đã kết thúc lượt phát biểu');
    for (const { floorEnd: words } of [vi, en]) {
      const all = [words.denied, ...Object.values(words.revoked)];
      expect(new Set(all).size).toBe(all.length);
    }
  });
});
