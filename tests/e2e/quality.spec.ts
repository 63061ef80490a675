/** Pictures are as good as the line. */
import { expect, test } from '@playwright/test';
import { Server } from './server';
import { Place, SITES } from './sites';

let server: Server;

test.beforeEach(async () => {
  server = await Server.start();
});

test.afterEach(async ({ browser }) => {
  await Promise.allSettled(browser.contexts().map((context) => context.close()));
  await server?.stop();
});

test('on a good line a camera is sent with all that it may have', async ({ browser }) => {
  const [hanoi, danang, hcm] = SITES;
  const chair = await Place.open(browser, server, hanoi!);
  // A room, not a code: a picture that is worth the rate.
  const site = await Place.open(browser, server, danang!, { room: 'Đà Nẵng' });
  // Somebody must show it large: of what nobody watches less is sent.
  await Place.open(browser, server, hcm!, { viewport: { width: 1920, height: 1080 } });
  await expect(chair.by('link-da-nang')).toHaveAttribute('data-state', 'linked');
  await chair.by('on-main-da-nang').click();
  await expect.poll(() => site.page.evaluate(() => window.cameraRate()), { timeout: 300_000 }).toBeGreaterThan(800_000);
});
