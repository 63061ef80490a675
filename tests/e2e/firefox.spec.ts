/**
 * An office with Firefox: it sees and hears a site with Chromium, and is seen and heard by it. Firefox sends no
 * check to a loopback address, so the office is another machine. That machine has no loudspeaker, without which
 * Firefox measures no sound: what comes there is counted, and what goes out is heard at the other end.
 */
import { existsSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { FIREFOX } from './browsers';
import { expectGoodLine } from './line-verdict';
import { Office } from './office';
import { Place, SITES } from './sites';

const site = (id: string) => SITES.find((one) => one.id === id)!;
/** Of 255, so much the pixels of a moving picture change in a second; noise of the coding is less. */
const MOVES = 1;
/** Packets of sound: half a second of it. */
const SOUNDS = 25;

/** Packets of sound that have come to a page. */
function soundPackets({ page }: Place): Promise<number> {
  return page.evaluate(async () => {
    const open = window.connections.filter(({ connectionState }) => connectionState === 'connected');
    const reports = await Promise.all(open.map((connection) => connection.getStats()));
    const entries = reports.flatMap((report) => [...report.values()]);
    const sound = entries.filter(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio');
    return sound.reduce((sum, { packetsReceived }) => sum + packetsReceived, 0) as number;
  });
}

test('a site with Firefox and one with Chromium meet', async () => {
  test.skip(process.getuid?.() !== 0, 'network namespaces need root');
  test.skip(!existsSync(FIREFOX), `there is no Firefox at ${FIREFOX}`);
  const office = new Office();
  try {
    await office.serve();
    office.download(`${office.url}/ca.crt`);
    office.trust();
    const [firefox, chromium] = await Promise.all([office.firefox(site('can-tho').tone), office.chromium()]);
    // Its camera and microphone are the browser's own, opened and tried by the page's own means.
    const place = await Place.open(firefox, office, site('can-tho'), { equipped: 'own', check: 'stay' });
    const chair = await Place.open(chromium, office, site('ha-noi'));

    await test.step('the device check', async () => {
      await expect.poll(() => place.readMotion('check-video')).toBeGreaterThan(MOVES);
      await expectGoodLine(place);
      await place.enter();
    });
    const link = chair.by('tile-can-tho').getByTestId('link-can-tho');
    await expect(link).toHaveAttribute('data-state', 'linked');
    await chair.by('session-open').click();
    expect(await chair.readSound(), 'nobody has the floor').toEqual([]);

    await test.step('the site speaks', async () => {
      await place.by('request-button').click();
      await chair.by('grant-can-tho').click();
      await expect(chair.by('main-label')).toHaveAttribute('data-site', 'can-tho');
      await expect.poll(() => chair.readMotion('main-video')).toBeGreaterThan(MOVES);
      await expect.poll(() => chair.readSound()).toEqual(['can-tho']);
      await expect.poll(() => place.readPicture('main-video')).toBe('ha-noi');
      // It is heard over there, so it would have come here too.
      expect(await soundPackets(place), 'nobody hears themselves').toBe(0);
    });
    await test.step('its floor is taken away', async () => {
      await chair.by('revoke').click();
      await chair.by('revoke-dialog-confirm').click();
      await chair.expectSilence('after the revoke');
      await expect(place.by('mic-state')).toHaveAttribute('data-state', 'closed');
    });

    await test.step('the chair speaks', async () => {
      const before = await soundPackets(place);
      await chair.by('take-floor').click();
      await expect(place.by('main-label')).toHaveAttribute('data-site', 'ha-noi');
      await expect.poll(() => place.readPicture('main-video')).toBe('ha-noi');
      await expect.poll(() => soundPackets(place)).toBeGreaterThan(before + SOUNDS);
    });

    await test.step('the site leaves', async () => {
      await place.by('leave-button').click();
      await place.by('leave-confirm').click();
      await expect(place.by('sign-in-submit')).toBeVisible();
      await expect(link).not.toHaveAttribute('data-state', 'linked');
    });

    // Both browsers took the cipher that costs least.
    const told = office.said.matchAll(/A peer is connected .*profile\S*=(\w+)/g);
    const profiles = [...told].map(([, profile]) => profile);
    expect(profiles.length).toBeGreaterThanOrEqual(3);
    expect(new Set(profiles)).toEqual(new Set(['AeadAes128Gcm']));
  } finally {
    await office.close();
  }
});
