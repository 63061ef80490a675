/** One conference on two shards: who sits on which is no difference to anybody. */
import { expect, test } from '@playwright/test';
import { Server } from './server';
import { Place, SITES } from './sites';

/** Every device comes to the shard that has fewer; any two ports that follow each other. */
const SPREAD = {
  DIEMCAU_SERVER_MEDIA: '127.0.0.1:0',
  DIEMCAU_SERVER_MEDIA_SHARDS: '2',
  DIEMCAU_SERVER_MEDIA_SPREAD_FROM: '1',
};

/** Packets that come within the moment for which a thread is held up. */
const BURST = 20;

let server: Server;
let places: Place[] = [];

test.beforeEach(async ({ browser }) => {
  server = await Server.start(SPREAD);
  places = [];
  for (const site of SITES.slice(0, 4)) {
    const place = await Place.open(browser, server, site);
    places.push(place);
    // One after the other, so that each is counted before the next is placed.
    await expect.poll(() => portOf(place), { message: `${site.id} has media` }).not.toBeNull();
  }
});

test.afterEach(async () => {
  await Promise.allSettled(places.map(({ context }) => context.close()));
  await server?.stop();
});

/** The port of the server that a page's media goes to: every shard has its own. */
async function portOf({ page }: Place): Promise<number | null> {
  return page.evaluate(async () => {
    for (const connection of window.connections.filter((one) => one.connectionState === 'connected')) {
      const entries = [...(await connection.getStats()).values()];
      const pair = entries.find(({ type, state, nominated }) => type === 'candidate-pair' && state === 'succeeded' && nominated);
      const far = entries.find(({ id }) => id === pair?.remoteCandidateId);
      if (far !== undefined) return far.port as number;
    }
    return null;
  });
}

/** What is counted of each shard, by the metric's name. */
async function count(metric: string): Promise<number[]> {
  const page = await (await fetch(`${server.url}/metrics`)).text();
  const series = page.matchAll(new RegExp(`^diemcau_media_${metric}\\{shard="(\\d+)"\\} (\\d+)$`, 'gm'));
  const found = [...series];
  expect(found, `${metric} of each shard`).toHaveLength(2);
  return found.toSorted(([, one], [, other]) => Number(one) - Number(other)).map(([, , value]) => Number(value));
}

/** Everyone else sees and hears `speaker` and nobody else, whichever shard they are on. */
async function expectSpeaker(speaker: Place): Promise<void> {
  for (const place of places.filter((one) => one !== speaker)) {
    const message = `${place.site.id} while ${speaker.site.id} speaks`;
    await expect.poll(() => place.readPicture('main-video'), { message }).toBe(speaker.site.id);
    await expect.poll(() => place.readSound(), { message }).toEqual([speaker.site.id]);
  }
  await speaker.expectSilence(`${speaker.site.id} hears itself or another`);
  await expect.poll(() => speaker.readPicture('main-video')).toBe('ha-noi');
}

test('on two shards all see and hear whoever has the floor, and nobody after a revoke', async () => {
  const portsNow = () => Promise.all(places.map(portOf));
  await expect.poll(portsNow, 'all have media').not.toContain(null);
  const ports = await portsNow();
  const [first, second] = [...new Set(ports.map(Number))].toSorted((one, other) => one - other) as [number, number];
  expect(second, `each shard has its port: ${ports.join(' ')}`).toBe(first + 1);
  const [chair, ...sites] = places;
  const on = (port: number) => sites.find((place) => ports[places.indexOf(place)] === port)!;
  await expect.poll(() => count('peers')).toEqual([first, second].map((port) => ports.filter((it) => it === port).length));

  await chair!.by('session-open').click();
  for (const speaker of [on(second), on(first), on(second)]) {
    await chair!.by(`invite-${speaker.site.id}`).click();
    await expectSpeaker(speaker);
  }

  // Whoever loses the floor is stopped by the server: its page goes on sending.
  const last = on(second);
  await last.forceMicrophone();
  await chair!.by('revoke').click();
  await chair!.by('revoke-dialog-confirm').click();
  await expect(chair!.by(`open-mic-alarm-${last.site.id}`)).toBeVisible();
  // Nothing more is heard, though it goes on sending.
  for (const place of places) await place.expectSilence(`${place.site.id} after the revoke`);
  await expect(chair!.by(`open-mic-alarm-${last.site.id}`)).toBeVisible();
  // And is heard again by all when it gets it back.
  await chair!.by(`invite-${last.site.id}`).click();
  await expectSpeaker(last);

  // The figures are a quarter of a second old.
  const sources = (metric: string) => expect.poll(async () => Math.min(...(await count(metric))), { message: metric });
  await sources('packets_forwarded_total').toBeGreaterThan(100);
  await sources('packets_crossed_total').toBeGreaterThan(100);
  // Nothing is dropped on the way, but for a burst where the machine holds one of the threads up for a moment.
  for (const metric of ['crossing_dropped_sound_total', 'crossing_dropped_pictures_total']) {
    const dropped = await count(metric);
    for (const shard of [0, 1]) expect(dropped[shard], `${metric} of shard ${shard}`).toBeLessThanOrEqual(BURST);
  }
});
