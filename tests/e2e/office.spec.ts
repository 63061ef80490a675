/** The first start, and the first office: from the table to a picture on another machine. */
import { expect, type Page, test } from '@playwright/test';
import { Office } from './office';

/** Frames that the largest picture of the page has shown. */
const frames = (page: Page) =>
  page.locator('video').evaluateAll((videos) =>
    Math.max(0, ...videos.map((video) => (video as HTMLVideoElement).getVideoPlaybackQuality().totalVideoFrames)),
  );

test('an office trusts the server and comes in from another machine', async () => {
  test.skip(process.getuid?.() !== 0, 'network namespaces need root');
  const office = new Office();
  try {
    await office.serve();
    // The table names the address that others reach, and no secret stays behind on the disk.
    const base = /https:\/\/10\.213\.7\.1:8443/.exec(office.table)?.[0];
    expect(base).toBe('https://10.213.7.1:8443');
    const link = office.link('can-tho', 'site');
    expect(link).toContain(`${base}/#site=can-tho&code=`);
    expect(office.read('codes.toml')).not.toContain(link.split('code=')[1]);

    // Before the certificate is trusted the browser says so, and nothing is entered.
    const stranger = await (await office.chromium()).newPage();
    await expect(stranger.goto(link)).rejects.toThrow('ERR_CERT_AUTHORITY_INVALID');

    const fingerprint = office.download(`${base}/ca.crt`);
    expect(office.table).toContain(fingerprint);
    office.trust();

    const browser = await office.chromium();
    const site = await browser.newPage();
    await site.goto(link);
    expect(await site.evaluate(() => isSecureContext)).toBe(true);
    expect(new URL(site.url()).hash).toBe('');
    await site.getByRole('button', { name: 'Vào hội nghị' }).click();

    const chair = await browser.newPage();
    await chair.goto(office.link('ha-noi', 'chair'));
    await chair.getByRole('button', { name: 'Vào hội nghị' }).click();
    await chair.getByRole('button', { name: 'Khai mạc' }).first().click();

    // Each has the other's picture, and it moves.
    for (const page of [site, chair]) {
      await expect.poll(() => frames(page)).toBeGreaterThan(20);
    }
    expect(office.log()).toContain('"event":"link.up"');
  } finally {
    await office.close();
  }
});
