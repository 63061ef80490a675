/** Six sites meet: whoever has the floor is seen and heard by everyone, and nobody else is. */
import { type Browser, expect, test } from '@playwright/test';
import { Server } from './server';
import { Place, SITES } from './sites';

let server: Server;
let places: Place[];

const place = (id: string): Place => places.find(({ site }) => site.id === id)!;
const others = (id: string): Place[] => places.filter(({ site }) => site.id !== id);

async function meet(browser: Browser): Promise<void> {
  server = await Server.start();
  places = [];
  for (const site of SITES) places.push(await Place.open(browser, server, site));
  const chair = place('ha-noi');
  await chair.by('session-open').click();
  await Promise.all(places.map(({ page }) => expect(page.getByTestId('phase')).toBeVisible()));
}

test.beforeEach(async ({ browser }) => meet(browser));

test.afterEach(async () => {
  await Promise.all(places.map(({ context }) => context.close()));
  await server.stop();
});

/** Everyone else sees and hears `id` and nobody else. */
async function expectHolder(id: string): Promise<void> {
  await Promise.all(
    others(id).map(async (other) => {
      const who = `${other.site.id} sees and hears`;
      await expect.poll(() => other.readPicture('main-video'), { message: who, timeout: 20_000 }).toBe(id);
      await expect.poll(() => other.readSound(), { message: who, timeout: 20_000 }).toEqual([id]);
    }),
  );
  expect(await place(id).readSound(), 'nobody hears themselves').toEqual([]);
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
  await chair.by('take-floor').click();
  await expectHolder('ha-noi');
});
