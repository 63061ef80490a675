/** Six sites meet: whoever has the floor is seen and heard by everyone, and nobody else is. */
import { expect, test } from '@playwright/test';
import { Line } from './line';
import { Server } from './server';
import { Place, SITES } from './sites';

let server: Server;
let places: Place[] = [];
let line: Line | undefined;
/** How long a server is away at least; ms. */
const OUTAGE = 8_000;

const place = (id: string): Place => places.find(({ site }) => site.id === id)!;

test.beforeEach(async ({ browser }) => {
  // A site is waited for as long as a busy machine takes to bring it back.
  server = await Server.start({}, (usual) => usual.replace('grace_seconds = 20', 'grace_seconds = 600'));
  line = await Line.between(server.httpPort, server.mediaPort);
  places = [];
  for (const site of SITES) {
    // Cần Thơ's line can be cut; Thái Nguyên's firewall lets no UDP out.
    const way = { 'can-tho': { line }, 'thai-nguyen': { tcp: true } }[site.id];
    places.push(await Place.open(browser, server, site, way));
  }
  await place('ha-noi').by('session-open').click();
  await Promise.all(places.map((site) => expect(site.by('phase')).toBeVisible()));
});

test.afterEach(async () => {
  await Promise.allSettled(places.map(({ context }) => context.close()));
  line?.close();
  // One that is closed is not closed again where the next test has none.
  line = undefined;
  await server?.stop();
});

/** Everyone else sees and hears `id` and nobody else; the holder sees the chair and hears nothing. */
async function expectHolder(id: string): Promise<void> {
  for (const { site, readPicture, readSound } of places.map(bound)) {
    if (site.id === id) continue;
    const message = `${site.id} sees and hears`;
    await expect.poll(() => readPicture('main-video'), { message }).toBe(id);
    await expect.poll(readSound, { message }).toEqual([id]);
  }
  await place(id).expectSilence(`${id} hears itself or another`);
  if (id !== 'ha-noi') await expect.poll(() => place(id).readPicture('main-video')).toBe('ha-noi');
}

function bound(site: Place): Pick<Place, 'site' | 'readPicture' | 'readSound'> {
  return {
    site: site.site,
    readPicture: (testid) => site.readPicture(testid),
    readSound: () => site.readSound(),
  };
}

async function request(id: string): Promise<void> {
  await place(id).by('request-button').click();
  await expect(place('ha-noi').by(`queue-item-${id}`)).toBeVisible();
}

test('the floor goes round', async () => {
  const chair = place('ha-noi');
  await request('can-tho');
  await request('nghe-an');
  await chair.by('grant-can-tho').click();
  await expectHolder('can-tho');
  await chair.by('grant-nghe-an').click();
  await expectHolder('nghe-an');
  await chair.by('invite-thai-nguyen').click();
  await expectHolder('thai-nguyen');
  await chair.by('take-floor').click();
  await expectHolder('ha-noi');
});

test('a microphone that is forced open without the floor is not heard, and the host is told', async () => {
  const chair = place('ha-noi');
  await request('can-tho');
  await chair.by('grant-can-tho').click();
  await expectHolder('can-tho');
  await place('da-nang').forceMicrophone();
  await expect(chair.by('open-mic-alarm-da-nang')).toBeVisible();
  await expectHolder('can-tho');
});

test('a site that is cut off comes back to its place in the queue and to one attendance interval', async () => {
  const chair = place('ha-noi');
  await request('nghe-an');
  await request('can-tho');
  await request('da-nang');
  const site = place('can-tho');
  await expect(site.by('own-place')).toHaveAttribute('data-place', '2');
  line!.cut();
  await expect(chair.by('tile-can-tho').getByTestId('link-can-tho')).toHaveAttribute('data-state', 'dropped');
  await expect(site.by('link-banner')).toBeVisible();
  line!.mend();
  await expect(chair.by('tile-can-tho').getByTestId('link-can-tho')).toHaveAttribute('data-state', 'linked');
  await expect(site.by('link-banner')).toBeHidden();
  await expect(site.by('own-place')).toHaveAttribute('data-place', '2');
  await chair.by('grant-can-tho').click();
  await expectHolder('can-tho');

  const { conference } = (await (await chair.page.request.get(`${server.url}/api/v1/session`)).json()) as { conference: string };
  const csv = await chair.page.request.get(`${server.url}/api/v1/conferences/${conference}/attendance.csv`);
  const rows = (await csv.text()).split('\r\n').filter((row) => row.includes('Cần Thơ') && /\d\d:\d\d/.test(row));
  expect(rows, 'one interval').toHaveLength(1);
});

test('after a kill everything comes back, and the clock has the outage back', async () => {
  const chair = place('ha-noi');
  await request('can-tho');
  await chair.by('grant-can-tho').click();
  await expectHolder('can-tho');
  const [begun, before] = [Date.now(), await chair.readClock()];
  await server.kill();
  const killed = Date.now();
  await Promise.all(places.map((site) => expect(site.by('link-banner')).toBeVisible()));
  // So long that it shows on a clock.
  await new Promise((resolve) => setTimeout(resolve, OUTAGE - (Date.now() - killed)));
  await server.run();
  await Promise.all(places.map((site) => expect(site.by('link-banner')).toBeHidden()));
  await expectHolder('can-tho');
  const [after, ended] = [await chair.readClock(), Date.now()];
  // The clock ran until the server was gone, and from when the holder was back.
  const log = server.log();
  const outage = log.findLast(({ event }) => event === 'server.outage') as unknown as { from: number; to: number };
  const resumed = log.findLast(({ event }) => event === 'floor.resumed') as unknown as { at: number };
  const ran = Math.max(0, outage.from - begun) + (ended - resumed.at);
  const lost = (before - after) * 1_000;
  // It is drawn in whole seconds, and a page may be late with it.
  expect(lost, `the clock ran for ${ran} ms`).toBeLessThan(ran + OUTAGE / 2);
  expect(outage.to - outage.from, 'it would have run for so much more').toBeGreaterThanOrEqual(OUTAGE);
  expect(lost).toBeGreaterThanOrEqual(0);
  await expect(chair.by('log-list')).toContainText('Cần Thơ');
});
