import { describe, expect, it } from 'vitest';
import {
  EMPTY,
  isBefore,
  onFrame,
  onSource,
  isComing,
  onTime,
  type Picture,
  presentationSlot,
  type Slot,
  slotOf,
  soundSlots,
  stallsAfter,
} from '../src/lib/media/slots';
import type { SlotSource } from '../src/lib/signal/protocol.gen';

function source(site: string | null, flowing = false, rtp?: number): SlotSource {
  const slot = { mid: '6', kind: 'main', index: 0, site, flowing } as const;
  return rtp === undefined ? slot : { ...slot, rtp };
}

const showing = (site: string): Picture => ({ showing: site, awaiting: null });

describe('a picture', () => {
  it('is a card until the first frame of its source', () => {
    let picture = onSource(EMPTY, source('can-tho'), 0);
    expect(picture.showing).toBeNull();
    picture = onFrame(picture, 5, 10);
    expect(picture.showing).toBeNull();
    picture = onSource(picture, source('can-tho', true, 100), 20);
    expect(picture.showing).toBeNull();
    expect(onFrame(picture, 100, 30)).toEqual(showing('can-tho'));
  });

  it('keeps the old name until the first frame of the new source', () => {
    let picture = onSource(showing('can-tho'), source('nghe-an'), 0);
    expect(picture.showing).toBe('can-tho');
    picture = onSource(picture, source('nghe-an', true, 9_000), 100);
    picture = onFrame(picture, 8_999, 110);
    expect(picture.showing).toBe('can-tho');
    picture = onFrame(picture, 9_000, 120);
    expect(picture).toEqual(showing('nghe-an'));
  });

  it('takes any frame as the new one where the browser tells no timestamp', () => {
    const picture = onSource(showing('can-tho'), source('nghe-an', true, 9_000), 0);
    expect(onFrame(picture, undefined, 1).showing).toBe('nghe-an');
  });

  it('does not wait for ever for a timestamp that never comes', () => {
    const picture = onSource(showing('can-tho'), source('nghe-an', true, 9_000), 0);
    expect(onFrame(picture, 1, 900).showing).toBe('can-tho');
    expect(onFrame(picture, 1, 1_100).showing).toBe('nghe-an');
  });

  it('is taken away when its successor does not come', () => {
    const picture = onSource(showing('can-tho'), source('nghe-an'), 0);
    expect(onTime(picture, 2_900).showing).toBe('can-tho');
    const card = onTime(picture, 3_000);
    expect(card.showing).toBeNull();
    const flows = onSource(card, source('nghe-an', true, 5), 60_000);
    expect(onFrame(flows, 5, 60_010)).toEqual(showing('nghe-an'));
  });

  it('is not promised for ever by a site that has no camera', () => {
    const picture = onSource(EMPTY, source('nghe-an'), 0);
    expect(isComing(onTime(picture, 9_900))).toBe(true);
    const overdue = onTime(picture, 10_000);
    expect(isComing(overdue)).toBe(false);
    expect(isComing(onSource(overdue, source('nghe-an'), 10_100)), 'told again').toBe(false);
    expect(isComing(onSource(overdue, source('can-tho'), 10_100)), 'another').toBe(true);
    const flows = onSource(overdue, source('nghe-an', true, 5), 20_000);
    expect(isComing(flows), 'a camera was plugged in').toBe(true);
    expect(isComing(onTime(flows, 60_000)), 'a slow line here is not its fault').toBe(true);
    expect(onFrame(flows, 5, 20_010)).toEqual(showing('nghe-an'));
  });

  it('is a card at once when the slot is empty', () => {
    expect(onSource(showing('can-tho'), source(null), 0)).toEqual(EMPTY);
  });

  it('is not disturbed by hints that say again what is so', () => {
    const picture = showing('can-tho');
    expect(onSource(picture, source('can-tho', true, 100), 0)).toBe(picture);
    expect(onTime(picture, 1e9)).toBe(picture);
    expect(onFrame(picture, 1, 0)).toBe(picture);
  });

  it('goes back to the old source when the switch is taken back', () => {
    const picture = onSource(showing('can-tho'), source('nghe-an'), 0);
    expect(onSource(picture, source('can-tho', true, 1), 50)).toEqual(showing('can-tho'));
  });
});

it.each([
  [1, 2, true],
  [2, 1, false],
  [7, 7, false],
  [0xffff_fff0, 5, true],
  [5, 0xffff_fff0, false],
])('timestamp %d is before %d: %s', (a, b, before) => {
  expect(isBefore(a, b)).toBe(before);
});

describe('the slot of a site', () => {
  const slots = ['7', '8'].map((mid, index) => ({ mid, kind: 'thumbnail', index }) as Slot);
  const main = { mid: '6', kind: 'main', index: 0 } as Slot;

  it('is the thumbnail that shows it, never the main picture', () => {
    const pictures = new Map([
      ['6', showing('can-tho')],
      ['8', showing('can-tho')],
      ['7', showing('nghe-an')],
    ]);
    expect(slotOf(pictures, [main, ...slots], 'can-tho')?.mid).toBe('8');
    expect(slotOf(pictures, [main, ...slots], 'da-nang')).toBeUndefined();
  });

  it('is not the one that another site is about to take', () => {
    const pictures = new Map([['7', onSource(showing('can-tho'), source('nghe-an'), 0)]]);
    expect(slotOf(pictures, slots, 'can-tho')).toBeUndefined();
    expect(slotOf(pictures, slots, 'nghe-an')?.mid).toBe('7');
  });
});

describe('the presentation', () => {
  const kinds = ['audio', 'main', 'presentation', 'presentation-audio', 'thumbnail'] as const;
  const slots = kinds.map((kind, mid) => ({ mid: String(mid), kind, index: 0 }) as Slot);

  it('has a slot of its own, and its sound is played beside the voices', () => {
    expect(presentationSlot(slots)?.mid).toBe('2');
    expect(presentationSlot(slots.slice(0, 2))).toBeUndefined();
    expect(soundSlots(slots).map(({ mid }) => mid)).toEqual(['0', '3']);
  });

  it('may stand still where a camera may not: a page of text does not move', () => {
    const still = stallsAfter(showing('can-tho'), 'linked', 'presentation');
    expect(still).toBeGreaterThan(2 * stallsAfter(showing('can-tho'), 'linked'));
    const awaited = onSource(showing('can-tho'), source('nghe-an'), 0);
    expect(stallsAfter(awaited, 'linked', 'presentation')).toBeLessThan(still);
  });
});
