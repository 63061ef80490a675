/** Lips and voice belong together, also after the floor has gone round. */
import { expect, test } from '@playwright/test';
import { BeatDetector } from './beats';
import { Server } from './server';
import { Place, SITES } from './sites';

/** How far sound and picture may be apart; ms. */
const TOGETHER = 80;
/** A fault that people would notice, made on purpose; ms. */
const FAULT = 200;

let server: Server;

test.beforeEach(async () => {
  server = await Server.start();
});

test.afterEach(() => server.stop());

test('a flash and a beep from one source stay together after three switches of the speaker, and a fault is seen', async ({ browser }) => {
  const [hanoi, danang, hcm] = SITES;
  // The detector is a script of the test's, which the page's own policy does not know.
  const chair = await Place.open(browser, server, hanoi!, { bypassCSP: true });
  const beating = { scene: 'beat', rate: 20, bypassCSP: true } as const;
  const sources = [
    await Place.open(browser, server, danang!, beating),
    await Place.open(browser, server, hcm!, beating),
  ];
  await chair.by('session-open').click();

  const detected = new Map<Place, number>();
  for (const source of sources) {
    detected.set(source, await BeatDetector.calibrate(source));
  }
  let detector: BeatDetector | undefined;
  const [first, second] = sources as [Place, Place];
  for (const [turn, source] of [first, second, first, second].entries()) {
    await chair.by(`invite-${source.site.id}`).click();
    await expect(chair.by('main-label')).toHaveAttribute('data-site', source.site.id);
    detector ??= await BeatDetector.at(chair);
    const own = detected.get(source)!;
    const late = await detector.settle((late) => Math.abs(late - own) <= TOGETHER, `both together after ${turn} switches`);
    if (process.env.FIGURES) console.log(`${late - own} ms apart after ${turn} switches`);
  }

  // What was measured could have been otherwise: a microphone that really is late is found to be so late.
  await second.page.evaluate((late) => window.plugs.delay(late), FAULT);
  const faulty = detected.get(second)! + FAULT;
  const late = await detector!.settle((late) => Math.abs(late - faulty) <= TOGETHER, `sound ${FAULT} ms late`);
  if (process.env.FIGURES) console.log(`${late - detected.get(second)!} ms apart with a fault of ${FAULT}`);
  await Promise.all([chair, ...sources].map(({ context }) => context.close()));
});
