import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { neededCounts, rememberCounts, rememberedCounts, suffices } from '../src/lib/media/slotCounts';
import { site, view } from './fixtures';

const USUAL = { audio: 4, thumbnail: 12, presentation: true };
const kept = new Map<string, string>();

beforeEach(() => {
  kept.clear();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  });
});
afterEach(() => vi.unstubAllGlobals());

function ofSites(count: number) {
  const sites = Array.from({ length: count }, (_, n) => site(`site-${n}`, `Site ${n}`));
  return neededCounts(view({ sites }));
}

it('has a small picture for each other site, and no more than the rules say', () => {
  const { thumbnail_slots: most } = view().conference.rules;
  expect(ofSites(6).thumbnail).toBe(Math.min(most, 5));
  expect(ofSites(63).thumbnail).toBe(most);
  expect(ofSites(1).thumbnail).toBe(0);
});

it('remembers what the last conference needed', () => {
  expect(rememberedCounts()).toEqual(USUAL);
  rememberCounts({ ...USUAL, audio: 3, thumbnail: 5 });
  expect(rememberedCounts()).toEqual({ ...USUAL, audio: 3, thumbnail: 5 });
  for (const rubbish of ['', '3', 'a b', '-1 5', '3 1000', '1.5 2']) {
    kept.set('slot-counts', rubbish);
    expect(rememberedCounts(), rubbish).toEqual(USUAL);
  }
});

it('takes an offer with small pictures to spare, and no other', () => {
  const needed = { ...USUAL, thumbnail: 5 };
  expect(suffices(USUAL, needed)).toBe(true);
  expect(suffices(needed, needed)).toBe(true);
  expect(suffices({ ...USUAL, thumbnail: 4 }, needed)).toBe(false);
  expect(suffices({ ...USUAL, audio: 3 }, needed)).toBe(false);
});
