import { describe, expect, it } from 'vitest';
import { vi as t } from '../src/lib/i18n/vi';
import { onSource, type Picture, stallsAfter } from '../src/lib/media/slots';
import type { LinkState } from '../src/lib/signal/protocol.gen';
import { mainCard, siteCard, visibleSite } from '../src/lib/ui/cards';
import { view } from './fixtures';

/** The view in which Hà Nội, on the main picture, has this link. */
function seen(link: LinkState) {
  const [hanoi, cantho] = view().sites;
  return view({ sites: [{ ...hanoi!, link }, cantho!], picture: { main: 'ha-noi', chosen: false } });
}

const showing: Picture = { showing: 'ha-noi', awaiting: null };
const hint = { mid: '6', kind: 'main', index: 0 } as const;
const missing = { connected: true, awaited: false, held: false, stalled: false };

describe('a picture of a site', () => {
  it('is not shown once the site is gone, though its last frame is still there', () => {
    expect(visibleSite(seen('linked'), showing)).toBe('ha-noi');
    expect(visibleSite(seen('absent'), showing)).toBeNull();
  });

  it('outlives the signalling of a site whose link dropped, but counts as frozen soon', () => {
    expect(visibleSite(seen('dropped'), showing)).toBe('ha-noi');
    expect(stallsAfter(showing, 'linked')).toBeGreaterThan(2_000);
    expect(stallsAfter(showing, 'dropped')).toBeLessThanOrEqual(1_000);
  });

  it('counts as frozen soon when its successor is awaited and it gives no more frames', () => {
    const switching = onSource(showing, { ...hint, site: 'can-tho', flowing: false }, 0);
    expect(stallsAfter(switching, 'linked')).toBeLessThanOrEqual(1_000);
  });

  it('gives way to a card at once when the slot is empty', () => {
    const empty = onSource(showing, { ...hint, site: null, flowing: false }, 0);
    expect(visibleSite(seen('linked'), empty)).toBeNull();
  });
});

describe('a card', () => {
  it.each([
    ['absent', 'Hà Nội chưa kết nối'],
    ['dropped', 'Hà Nội mất kết nối, đang chờ trở lại'],
    ['linked', 'Hà Nội không gửi hình'],
  ] as const)('says why there is no picture of a site that is %s', (link, text) => {
    expect(siteCard(seen(link), 'ha-noi', missing, t, 'vi')).toEqual({ title: 'Hà Nội', text });
    expect(mainCard(seen(link), null, missing, t, 'vi')).toEqual({ title: 'Hà Nội', text });
  });

  it('blames the line, not the site, for a picture that the line does not carry', () => {
    const held = onSource(showing, { ...hint, site: 'ha-noi', flowing: false, held: true }, 0);
    expect(visibleSite(seen('linked'), held), 'it is gone at once').toBeNull();
    const kept = { ...missing, awaited: true, held: held.awaiting?.held === true };
    const text = 'Tạm tắt hình Hà Nội: đường truyền tại đây không đủ';
    expect(siteCard(seen('linked'), 'ha-noi', kept, t, 'vi').text).toBe(text);
    expect(siteCard(seen('absent'), 'ha-noi', kept, t, 'vi').text).toBe('Hà Nội chưa kết nối');
    const back = onSource(held, { ...hint, site: 'ha-noi', flowing: false }, 10);
    expect(back.awaiting?.held).toBe(false);
  });

  it('says that a picture has stopped', () => {
    const stalled = { ...missing, stalled: true };
    expect(siteCard(seen('linked'), 'ha-noi', stalled, t, 'vi').text).toBe(
      'Hình từ Hà Nội đang dừng',
    );
  });

  it('claims no camera of this device while its site is on the main picture', () => {
    const mine = view({ picture: { main: 'can-tho', chosen: true } });
    expect(mainCard(mine, null, missing, t, 'vi').title).toBe(
      'Điểm cầu của bạn đang lên màn hình chính',
    );
  });
});
