/** Devices in trouble in the middle of a conference. */
import { expect, test } from '@playwright/test';
import { CAMERA, MICROPHONE, OTHER_CAMERA, OTHER_MICROPHONE, PLUGGED_IN, SPEAKER } from './devices';
import { Server } from './server';
import { Place, SITES, type Ways } from './sites';

let server: Server;
let places: Place[] = [];

const site = (id: string) => SITES.find((one) => one.id === id)!;

async function open(id: string, ways: Ways, browser: Parameters<typeof Place.open>[0]): Promise<Place> {
  const place = await Place.open(browser, server, site(id), ways);
  places.push(place);
  return place;
}

test.beforeEach(async () => {
  // A site is waited for as long as a busy machine takes to bring it back.
  server = await Server.start({}, (usual) => usual.replace('grace_seconds = 20', 'grace_seconds = 600'));
  places = [];
});

test.afterEach(async () => {
  await Promise.allSettled(places.map(({ context }) => context.close()));
  await server?.stop();
});

test('a microphone and a camera that are pulled out in a turn: the turn goes on with others', async ({ browser }) => {
  const chair = await open('ha-noi', {}, browser);
  const plugs = [CAMERA, OTHER_CAMERA, MICROPHONE, OTHER_MICROPHONE, SPEAKER];
  const place = await open('can-tho', { check: 'stay', equipped: { ...PLUGGED_IN, plugs } }, browser);
  const joins: string[] = [];
  place.page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => String(payload).includes('media.join') && joins.push(String(payload))),
  );
  await place.enter();
  await chair.by('session-open').click();
  await place.by('request-button').click();
  await chair.by('grant-can-tho').click();
  const expectTurn = async (message: string): Promise<void> => {
    await expect.poll(() => chair.readSound(), { message }).toEqual(['can-tho']);
    await expect.poll(() => chair.readPicture('main-video'), { message }).toBe('can-tho');
    await expect(place.by('mic-state')).toHaveAttribute('data-state', 'open');
  };
  await expectTurn('before');

  await place.unplug(MICROPHONE.id);
  await expect(place.by('loss-audio')).toHaveAttribute('data-state', 'replaced');
  await expect(place.by('loss-audio')).toContainText(OTHER_MICROPHONE.label);
  await expectTurn('with the other microphone');

  await place.plug(MICROPHONE.id);
  await expect(place.by('loss-audio')).toHaveAttribute('data-state', 'back');
  await place.by('take-audio').click();
  await expect(place.by('loss-audio')).toBeHidden();
  await expectTurn('with the first microphone again');

  await place.unplug(CAMERA.id);
  await expect(place.by('loss-video')).toHaveAttribute('data-state', 'offered');
  await expect.poll(() => place.page.evaluate(() => window.plugs.open())).toEqual([MICROPHONE.id]);
  await expect.poll(() => chair.readSound(), { message: 'the sound goes on' }).toEqual(['can-tho']);
  await place.by('take-video').click();
  await expectTurn('with the other camera');

  expect(joins, 'nothing was negotiated again').toHaveLength(1);
});

test('the only microphone: said at once, and heard again when it is plugged in', async ({ browser }) => {
  const chair = await open('ha-noi', {}, browser);
  const place = await open('can-tho', {}, browser);
  await chair.by('session-open').click();
  await chair.by('invite-can-tho').click();
  await expect.poll(() => chair.readSound()).toEqual(['can-tho']);
  await place.unplug(MICROPHONE.id);
  await expect(place.by('loss-audio')).toHaveAttribute('data-state', 'gone');
  await expect(place.by('mic-state')).toHaveAttribute('data-state', 'no-device');
  await chair.expectSilence('without a microphone');
  await place.plug(MICROPHONE.id);
  await expect(place.by('loss-audio')).toHaveAttribute('data-state', 'returned');
  await expect(place.by('mic-state')).toHaveAttribute('data-state', 'open');
  await expect.poll(() => chair.readSound()).toEqual(['can-tho']);
});

test('two tabs: the newer has the conference, and the older rests until it is asked', async ({ browser }) => {
  const first = await open('can-tho', {}, browser);
  await expect(first.by('phase')).toBeVisible();
  const other = await first.context.newPage();
  await other.goto(`${server.url}/site`);
  await expect(other.getByTestId('check-page'), 'to look at the devices takes nothing over').toBeVisible();
  await expect(first.by('phase')).toBeVisible();
  await other.getByTestId('enter').click();
  await expect(first.by('replaced')).toBeVisible();
  await expect(other.getByTestId('phase')).toBeVisible();
  await expect.poll(() => first.page.evaluate(() => window.plugs.open()), 'it lets go of its devices').toEqual([]);

  // A browser that is short of memory loads a tab again when somebody looks at it.
  await first.page.reload();
  await expect(first.by('replaced')).toBeVisible();
  await expect(other.getByTestId('phase')).toBeVisible();

  await first.by('use-this-tab').click();
  await expect(first.by('phase')).toBeVisible();
  await expect(other.getByTestId('replaced')).toBeVisible();
});

test('a machine that slept: link, media and devices are back', async ({ browser }) => {
  const chair = await open('ha-noi', {}, browser);
  const place = await open('can-tho', {}, browser);
  await chair.by('session-open').click();
  await chair.by('invite-can-tho').click();
  await expect.poll(() => chair.readSound()).toEqual(['can-tho']);
  await place.page.evaluate(() => window.plugs.sleep());
  const devtools = await place.context.newCDPSession(place.page);
  const paused = new Promise((resolve) => devtools.once('Debugger.paused', resolve));
  await devtools.send('Debugger.enable');
  await devtools.send('Debugger.pause');
  await paused;
  // Nothing of the page runs, and the server that it was linked to is gone when it wakes.
  await server.kill();
  await server.run();
  await devtools.send('Debugger.resume');
  await devtools.send('Debugger.disable');
  // Chromium's word to a page that was frozen; a browser under test is never frozen itself.
  await place.page.evaluate(() => document.dispatchEvent(new Event('resume')));
  await expect(chair.by('tile-can-tho').getByTestId('link-can-tho')).toHaveAttribute('data-state', 'linked');
  await expect.poll(() => place.page.evaluate(() => window.plugs.open().toSorted())).toEqual([CAMERA.id, MICROPHONE.id]);
  await expect.poll(() => chair.readSound()).toEqual(['can-tho']);
  await expect.poll(() => chair.readPicture('main-video')).toBe('can-tho');
});
