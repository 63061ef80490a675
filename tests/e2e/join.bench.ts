/**
 * What a person waits for who comes back to the page: from the opening of the WebSocket to the first
 * picture on the main place. Prints `join <ms> ms`, the median of ten page loads, signed in and with
 * the page's files in the browser's cache.
 */
import { expect, test } from '@playwright/test';
import { Server } from './server';
import { Place, SITES } from './sites';

const LOADS = 10;

type Stopwatch = { firstPicture: Promise<number> };

/** Notes when the page opens its WebSocket, and when a frame is in the main picture. */
function stopwatch(): void {
  let opened = Number.NaN;
  window.WebSocket = class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      if (Number.isNaN(opened)) opened = performance.now();
      super(url, protocols);
    }
  };
  const firstPicture = new Promise<number>((resolve) => {
    const watched = new WeakSet<HTMLVideoElement>();
    const look = (): void => {
      const video = document.querySelector<HTMLVideoElement>('video[data-testid="main-video"]');
      if (video === null || watched.has(video)) return;
      watched.add(video);
      video.requestVideoFrameCallback((now) => {
        observer.disconnect();
        resolve(now - opened);
      });
    };
    const observer = new MutationObserver(look);
    observer.observe(document, { childList: true, subtree: true });
  });
  Object.assign(window, { firstPicture } satisfies Stopwatch);
}

test('a page joins', async ({ browser }) => {
  const [central, member] = [SITES[0]!, SITES[3]!];
  const server = await Server.start();
  try {
    const chair = await Place.open(browser, server, central, { rate: 30 });
    await chair.by('session-open').click();
    await chair.by('take-floor').click();
    const place = await Place.open(browser, server, member);
    await expect.poll(() => place.readPicture('main-video')).toBe(central.id);

    await place.context.addInitScript(stopwatch);
    const times: number[] = [];
    for (let load = 0; load < LOADS; load += 1) {
      await place.page.goto(`${server.url}/site`);
      times.push(await place.page.evaluate(() => (window as unknown as Stopwatch).firstPicture));
      expect(await place.readPicture('main-video'), 'the picture is the chair\'s').toBe(central.id);
    }
    times.sort((a, b) => a - b);
    const median = (times[LOADS / 2 - 1]! + times[LOADS / 2]!) / 2;
    console.log(`join ${median.toFixed(1)} ms`);
    await Promise.all([chair.context.close(), place.context.close()]);
  } finally {
    await server.stop();
  }
});
