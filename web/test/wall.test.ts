import { describe, expect, it } from 'vitest';
import { vi as t } from '../src/lib/i18n/vi';
import type { Slot } from '../src/lib/media/slots';
import { Refused } from '../src/lib/signal/http';
import { presentationCard } from '../src/lib/ui/cards';
import { isPresentationShown, isPresentedElsewhere } from '../src/lib/ui/screenShare';
import { isWall, retryDelay, wallOptions } from '../src/pages/wall';
import { turn, view } from './fixtures';

describe('the address of a wall screen', () => {
  it.each([
    ['/display', true],
    ['/display/', true],
    ['/', false],
    ['/site', false],
    ['/displays', false],
  ])('%s is one: %s', (path, is) => {
    expect(isWall(path)).toBe(is);
  });

  it('is silent unless it says otherwise', () => {
    expect(wallOptions('')).toEqual({ sound: false, language: null });
    expect(wallOptions('?sound=1&lang=en')).toEqual({ sound: true, language: 'en' });
    expect(wallOptions('?sound=yes&lang=de')).toEqual({ sound: false, language: null });
  });
});

describe('a screen signs in again by itself', () => {
  const refused = (status: number, retryAfter: number | null = null) =>
    new Refused({ code: 'x', message: { vi: '', en: '' } }, status, retryAfter);

  it('when the server was away, or wants a pause', () => {
    expect(retryDelay(refused(0))).toBe(5_000);
    expect(retryDelay(refused(503))).toBe(5_000);
    expect(retryDelay(refused(429, 60))).toBe(60_000);
  });

  it('never with a code that was refused: every try is counted as a guess', () => {
    expect(retryDelay(refused(401))).toBeNull();
    expect(retryDelay(refused(403))).toBeNull();
  });
});

describe('the presentation', () => {
  const slots = [{ mid: '7', kind: 'presentation', index: 0 }] as unknown as Slot[];
  const of = (site: string, device = 'd9') => ({
    ...view().presentation,
    turn: turn({ site, device }),
  });
  const showing = (site: string | null) => new Map([['7', { showing: site, awaiting: null }]]);
  const missing = { connected: true, awaited: false, held: false, stalled: false };
  const card = (presentation: ReturnType<typeof of>, change = {}) =>
    presentationCard(view({ presentation }), { ...missing, ...change }, t, 'vi');

  it('takes the room of the large picture only while it is really to be seen', () => {
    expect(isPresentationShown(slots, showing('ha-noi'), of('ha-noi'))).toBe(true);
    expect(isPresentationShown(slots, showing(null), of('ha-noi'))).toBe(false);
    expect(isPresentationShown(slots, showing('nghe-an'), of('ha-noi')), 'the one before').toBe(false);
    expect(isPresentationShown([], showing('ha-noi'), of('ha-noi'))).toBe(false);
    expect(isPresentationShown(slots, showing('ha-noi'), view().presentation)).toBe(false);
  });

  it('of another site is waited for; the own one is not sent here', () => {
    expect(isPresentedElsewhere(view({ presentation: of('ha-noi') }))).toBe(true);
    expect(isPresentedElsewhere(view({ presentation: of('can-tho', 'd2') }))).toBe(false);
    expect(isPresentedElsewhere(view())).toBe(false);
  });

  it('has a card that says why it is not there', () => {
    expect(card(of('ha-noi')).title).toBe('Hà Nội chuẩn bị trình chiếu');
    expect(card(of('ha-noi'), { stalled: true }).text).toBe('Hình trình chiếu từ Hà Nội đang dừng');
    expect(card(of('ha-noi'), { connected: false }).text).toBe('Đang nối hình và tiếng…');
    expect(card(of('can-tho', 'd1')).title).toBe('Trình chiếu từ máy này');
    expect(card(of('can-tho', 'd2')).title).toBe('Điểm cầu của bạn trình chiếu');
  });
});
