/**
 * What a person waits for who comes back to the page: from the opening of the WebSocket to the first
 * picture on the main place. Prints `join <ms> ms`, the median of ten page loads, signed in and with
 * the page's files in the browser's cache. Where the time goes is printed beside it.
 */
import { expect, test } from '@playwright/test';
import { Server } from './server';
import { Place, SITES } from './sites';

const LOADS = 10;

/** Milliseconds since the WebSocket was opened, in the order in which they come. */
interface Marks {
  welcome: number;
  /** The answer is here … */
  answered: number;
  /** … and set. */
  set: number;
  connected: number;
  picture: number;
}

type Stopwatch = { firstPicture: Promise<Marks> };

/** Notes when the page opens its WebSocket, when a frame is in the main picture, and between. */
function stopwatch(): void {
  let opened = Number.NaN;
  const marks: Marks = { welcome: NaN, answered: NaN, set: NaN, connected: NaN, picture: NaN };
  const mark = (name: keyof Marks, at = performance.now()): void => {
    if (Number.isNaN(marks[name])) marks[name] = at - opened;
  };
  window.WebSocket = class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      if (Number.isNaN(opened)) opened = performance.now();
      super(url, protocols);
      this.addEventListener('message', () => mark('welcome'), { once: true });
    }
  };
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      this.addEventListener('connectionstatechange', () => {
        if (this.connectionState === 'connected') mark('connected');
      });
    }
    override async setRemoteDescription(answer: RTCSessionDescriptionInit): Promise<void> {
      mark('answered');
      await super.setRemoteDescription(answer);
      mark('set');
    }
  };
  const firstPicture = new Promise<Marks>((resolve) => {
    const watched = new WeakSet<HTMLVideoElement>();
    const look = (): void => {
      const video = document.querySelector<HTMLVideoElement>('video[data-testid="main-video"]');
      if (video === null || watched.has(video)) return;
      watched.add(video);
      video.requestVideoFrameCallback((now) => {
        observer.disconnect();
        mark('picture', now);
        resolve(marks);
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
    const loads: Marks[] = [];
    for (let load = 0; load < LOADS; load += 1) {
      await place.page.goto(`${server.url}/site`);
      loads.push(await place.page.evaluate(() => (window as unknown as Stopwatch).firstPicture));
      expect(await place.readPicture('main-video'), 'the picture is the chair\'s').toBe(central.id);
    }
    const median = (name: keyof Marks): string => {
      const times = loads.map((marks) => marks[name]).sort((a, b) => a - b);
      return ((times[LOADS / 2 - 1]! + times[LOADS / 2]!) / 2).toFixed(1);
    };
    console.log(
      `after the WebSocket was opened: welcome ${median('welcome')} ms, answer ${median('answered')} ms, ` +
        `set ${median('set')} ms, connected ${median('connected')} ms, picture ${median('picture')} ms`,
    );
    console.log(`each load: ${loads.map(({ picture }) => picture.toFixed(0)).join(' ')} ms`);
    console.log(`join ${median('picture')} ms`);
    await Promise.all([chair.context.close(), place.context.close()]);
  } finally {
    await server.stop();
  }
});
