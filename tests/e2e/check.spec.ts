/** Before the conference: devices and line are looked at, and nobody is kept out. */
import { expect, test } from '@playwright/test';
import { expectNoBarriers } from './axe';
import {
  CAMERA,
  type Equipped,
  MICROPHONE,
  OTHER_CAMERA,
  OTHER_SPEAKER,
  PLUGGED_IN,
  SPEAKER,
} from './devices';
import { Line } from './line';
import { expectGoodLine } from './line-verdict';
import { Server } from './server';
import { Place, SITES, type Ways } from './sites';

const site = (id: string) => SITES.find((one) => one.id === id)!;
const equipped = (change: Partial<Equipped>): Equipped => ({ ...PLUGGED_IN, ...change });

let server: Server;
let places: Place[] = [];

test.beforeEach(async () => {
  server = await Server.start();
  places = [];
});

test.afterEach(async () => {
  await Promise.allSettled(places.map(({ context }) => context.close()));
  await server?.stop();
});

test('camera, microphone and loudspeaker are seen and heard, chosen, and remembered', async ({ browser }) => {
  const plugs = [CAMERA, OTHER_CAMERA, MICROPHONE, SPEAKER, OTHER_SPEAKER];
  const place = await Place.open(browser, server, site('can-tho'), { check: 'stay', equipped: equipped({ plugs }) });
  places.push(place);
  const { page } = place;
  await expect.poll(() => place.readPicture('check-video')).toBe('can-tho');

  await expect(place.by('hearing')).toHaveAttribute('data-hearing', 'speech');
  await page.evaluate(() => window.plugs.silence(true));
  await expect(place.by('hearing')).toHaveAttribute('data-hearing', 'nothing');
  await expect(place.by('hearing')).toContainText('nút tắt tiếng');
  await page.evaluate(() => window.plugs.silence(false));
  await expect(place.by('hearing')).toHaveAttribute('data-hearing', 'speech');

  await place.by('choose-speaker').selectOption(OTHER_SPEAKER.id);
  await place.by('play-test').click();
  const played = () =>
    place.by('test-sound').evaluate((element: HTMLAudioElement) => [element.sinkId, element.currentTime > 0.5] as const);
  await expect.poll(played).toEqual([OTHER_SPEAKER.id, true]);
  await place.by('hear-no').click();
  await expect(place.by('speaker-words')).toContainText('âm lượng');
  await place.by('play-test').click();
  await place.by('hear-yes').click();
  await expect(place.by('check-speaker')).toHaveAttribute('data-mark', 'good');

  await place.by('choose-video').selectOption(OTHER_CAMERA.id);
  await expect.poll(() => page.evaluate(() => window.plugs.open().toSorted())).toEqual([OTHER_CAMERA.id, MICROPHONE.id]);
  await place.enter();
  await expect(place.by('phase')).toBeVisible();
  expect(await page.evaluate(() => window.plugs.open().toSorted()), 'nothing was opened twice').toEqual([OTHER_CAMERA.id, MICROPHONE.id]);
  await expect(place.by('audio-slot-0')).toHaveJSProperty('sinkId', OTHER_SPEAKER.id);

  await page.reload();
  await expect(place.by('phase')).toBeVisible();
  await expect.poll(() => page.evaluate(() => window.plugs.open().toSorted())).toEqual([OTHER_CAMERA.id, MICROPHONE.id]);
});

test('whoever left on purpose goes by the devices again', async ({ browser }) => {
  const place = await Place.open(browser, server, site('can-tho'));
  places.push(place);
  await place.by('leave-button').click();
  await place.by('leave-confirm').click();
  await expect(place.by('sign-in-submit')).toBeVisible();
  await place.page.goto(server.link('can-tho', 'site'));
  await expect(place.by('check-page')).toBeVisible();
});

test('the line is tried over the real media path', async ({ browser }) => {
  const place = await Place.open(browser, server, site('can-tho'), { check: 'stay' });
  places.push(place);
  // Everything is measured, both ways: the picture really goes there and comes back.
  await expectGoodLine(place);
  await place.by('line-again').click();
  await expect(place.by('line-progress')).toBeVisible();
  await place.enter();
  await expect(place.by('phase')).toBeVisible();
});

test('a line without UDP is told from one that carries nothing, and neither keeps anybody out', async ({ browser }) => {
  const dead = await Line.between(server.httpPort, server.mediaPort);
  const cut = await Line.between(server.httpPort, server.mediaPort);
  cut.cut();
  const ways: [string, Ways][] = [
    ['thai-nguyen', { tcp: true }],
    // Pages come through; media goes into the void.
    ['nghe-an', { line: { httpPort: dead.httpPort, mediaPort: cut.mediaPort } as Line }],
  ];
  const [tcp, none] = (await Promise.all(
    ways.map(([id, way]) => Place.open(browser, server, site(id), { ...way, check: 'stay' })),
  )) as [Place, Place];
  places.push(tcp, none);
  await expect(tcp.by('line-figures')).toHaveAttribute('data-transport', 'tcp');
  await expect(none.by('line-figures')).toHaveAttribute('data-transport', 'none');
  await expect(none.by('line-verdict')).toHaveAttribute('data-verdict', 'bad');
  for (const place of [tcp, none]) {
    await expect(place.page.locator('[data-testid^="finding-"]').first()).toBeVisible();
    await place.enter();
    await expect(place.by('phase')).toBeVisible();
  }
  dead.close();
  cut.close();
});

test('no device, a refusal, and an address without TLS: each with its words, and a way in', async ({ browser }) => {
  const open = async (change: Partial<Equipped>): Promise<Place> => {
    const place = await Place.open(browser, server, site('can-tho'), { check: 'stay', equipped: equipped(change) });
    places.push(place);
    return place;
  };
  const empty = await open({ plugs: [SPEAKER] });
  await expect(empty.by('camera-mend')).toContainText('Không tìm thấy camera');
  await expect(empty.by('entering')).toHaveAttribute('data-without', 'both');

  const busy = await open({ fault: 'NotReadableError' });
  await expect(busy.by('microphone-mend')).toContainText('chương trình khác');

  const insecure = await open({ insecure: true });
  await expect(insecure.by('camera-mend')).toContainText('https://localhost:');

  const refused = await open({ fault: 'NotAllowedError' });
  await expect(refused.by('camera-mend')).toContainText('ổ khóa');
  await expectNoBarriers(refused.page, 'the check with nothing allowed');
  await refused.page.evaluate(() => (window.plugs.fault = null));
  await refused.by('camera-mend').getByRole('button').click();
  await expect(refused.by('entering')).toHaveAttribute('data-without', 'ready');

  for (const place of [empty, insecure]) {
    await place.enter();
    await expect(place.by('phase')).toBeVisible();
    await expect(place.by('mic-state')).toHaveAttribute('data-state', 'no-device');
    await expect(place.by('device-banner')).toBeVisible();
  }
});

test('a person may want no camera, and can take one later', async ({ browser }) => {
  const place = await Place.open(browser, server, site('can-tho'), { check: 'stay' });
  places.push(place);
  await place.by('choose-video').selectOption('none');
  await expect(place.by('entering')).toHaveAttribute('data-without', 'video');
  await place.enter();
  await expect(place.by('phase')).toBeVisible();
  await expect.poll(() => place.page.evaluate(() => window.plugs.open())).toEqual([MICROPHONE.id]);
  await expect(place.by('device-banner')).toBeHidden();
  await place.by('devices-button').click();
  await place.by('choose-video').selectOption(CAMERA.id);
  await place.by('devices-close').click();
  await expect.poll(() => place.readPicture('own-video')).toBe('can-tho');
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing, ${colorScheme}`, async ({ browser }) => {
    const context = await browser.newContext({ colorScheme });
    const page = await context.newPage();
    await page.goto(server.url);
    await expect(page.getByTestId('sign-in-submit')).toBeVisible();
    await expectNoBarriers(page, 'sign-in');
    await context.close();

    const chair = await Place.open(browser, server, site('ha-noi'), { colorScheme });
    const place = await Place.open(browser, server, site('can-tho'), { colorScheme, check: 'stay' });
    places.push(chair, place);
    await expect(place.by('hearing')).toHaveAttribute('data-hearing', 'speech');
    await expectNoBarriers(place.page, 'the check while it runs');
    await expect(place.by('line-verdict')).toBeVisible();
    await place.by('play-test').click();
    await expectNoBarriers(place.page, 'the check');
    await place.enter();
    await chair.by('session-open').click();
    await place.by('request-button').click();
    await chair.by('grant-can-tho').click();
    await expect(place.by('mic-state')).toHaveAttribute('data-state', 'open');
    await expectNoBarriers(place.page, 'the site');
    await expectNoBarriers(chair.page, 'the host');
    await place.by('devices-button').click();
    await expectNoBarriers(place.page, 'the choice of devices');
  });
}

test('the check is done with the keyboard alone', async ({ browser }) => {
  const place = await Place.open(browser, server, site('can-tho'), { check: 'stay' });
  places.push(place);
  const { page } = place;
  await expect(place.by('hearing')).toHaveAttribute('data-hearing', 'speech');
  // The first stop is the way past everything.
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(place.by('enter')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(place.by('phase')).toBeVisible();
});
