/** A conference in the middle of its work, as the host and a site see it: for the README and /help. */
import { expect, test } from '@playwright/test';
import { drawInstructions } from './instructions';
import { Server } from './server';
import { Place, SITES } from './sites';

const ROOMS: Record<string, string> = {
  'ha-noi': 'Hà Nội',
  'da-nang': 'Đà Nẵng',
  'tp-hcm': 'TP. Hồ Chí Minh',
  'can-tho': 'Cần Thơ',
  'thai-nguyen': 'Thái Nguyên',
  'nghe-an': 'Nghệ An',
};

test('host and site', async ({ browser }) => {
  // Six pictures of 720 lines are coded and decoded, and a picture is worth waiting for.
  test.setTimeout(400_000);
  const server = await Server.start();
  const places: Place[] = [];
  for (const site of SITES) {
    const viewport = { width: 1600, height: 900 };
    places.push(await Place.open(browser, server, site, { room: ROOMS[site.id] ?? null, rate: 4, viewport }));
  }
  const place = (id: string): Place => places.find(({ site }) => site.id === id)!;
  const chair = place('ha-noi');
  await chair.by('session-open').click();
  for (const { page, site } of places) {
    if (site.role !== 'site') continue;
    await page.getByTestId('headcount-input').fill(String(4 + (site.id.length % 9)));
    await page.getByTestId('headcount-submit').click();
  }
  for (const [id, words] of [
    ['can-tho', 'Bố trí cán bộ văn phòng'],
    ['nghe-an', 'Công tác thi đua, khen thưởng'],
    ['da-nang', 'Thời gian năm học'],
  ] as const) {
    await place(id).by('words-input').fill(words);
    await place(id).by('request-button').click();
    await expect(chair.by(`queue-item-${id}`)).toBeVisible();
  }
  await chair.by('grant-can-tho').click();
  const watcher = place('da-nang');
  for (const { page } of [chair, watcher]) {
    await expect(page.getByTestId('main-label')).toHaveAttribute('data-site', 'can-tho');
  }
  const decoded = (): Promise<number> =>
    watcher.page.evaluate(
      () => document.querySelector<HTMLVideoElement>('video[data-testid="main-video"]')!.getVideoPlaybackQuality().totalVideoFrames,
    );
  await expect.poll(decoded).toBeGreaterThan(20);
  await chair.page.screenshot({ path: 'pictures/host.png' });
  await watcher.page.screenshot({ path: 'pictures/site.png' });
  await drawInstructions(chair, place('thai-nguyen'));
  await Promise.all(places.map(({ context }) => context.close()));
  await server.stop();
});
