/** The desk: the host's whole job with a keyboard, without barriers, and with a deputy in the chair's place. */
import { expect, type Page, test } from '@playwright/test';
import { expectNoBarriers } from './axe';
import { Keyboard } from './keyboard';
import { Seat } from './seat';
import { type Logged, Server } from './server';
import { Place, type Site, SITES } from './sites';

let server: Server;

const known = (id: string): Site => SITES.find((one) => one.id === id)!;
/** The chair accepts each request, and who is called has as long to answer as a busy machine takes. */
const accepting = (usual: string) =>
  usual
    .replace('accept_automatically = true', 'accept_automatically = false')
    .replace('ready_seconds = 30', 'ready_seconds = 600');

test.afterEach(async ({ browser }) => {
  await Promise.allSettled(browser.contexts().map((context) => context.close()));
  await server?.stop();
});

/** Whoever holds the speech floor, in the order in which a page shows them. */
const holders = (page: Page) =>
  page
    .getByTestId('floor-turns')
    .getByTestId('turn-holder')
    .evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset.site));

test('the host does the whole job with the keyboard alone', async ({ browser }) => {
  server = await Server.start({}, accepting);
  const chair = await Place.open(browser, server, known('ha-noi'), { check: 'door' });
  const keys = new Keyboard(chair.page);
  const site = await Place.open(browser, server, known('can-tho'));
  const [daNang, ngheAn, tpHcm] = await Promise.all(
    ['da-nang', 'nghe-an', 'tp-hcm'].map((id) => Seat.open(browser, server, id)),
  ) as [Seat, Seat, Seat];

  await test.step('comes in', async () => {
    await expect(chair.by('sign-in-site').locator('option')).toHaveCount(SITES.length + 1);
    await keys.reach('sign-in-site');
    await keys.type('H');
    await expect(chair.by('sign-in-site')).toHaveValue('ha-noi');
    await keys.reach('sign-in-code');
    await keys.type(server.code('ha-noi', 'chair'));
    await keys.press('Enter');
    await keys.use('enter');
    await expect(chair.by('phase')).toHaveAttribute('data-phase', 'waiting');
  });

  await test.step('opens a session and an agenda item', async () => {
    await keys.reach('session-name');
    await keys.press('Control+A');
    await keys.type('sáng thứ hai');
    await keys.press('Enter');
    await expect(site.by('phase')).toContainText('sáng thứ hai');
    await keys.reach('tab-queue');
    await keys.press('ArrowRight');
    await keys.expectAt('tab-agenda');
    await keys.use('item-start-2');
    await expect(site.by('agenda-current')).toHaveAttribute('data-item', '2');
  });

  await test.step('accepts and denies', async () => {
    for (const seat of [ngheAn, daNang, tpHcm]) await seat.request();
    await site.by('request-button').click();
    await expect(site.by('own-request')).toHaveAttribute('data-standing', 'pending');
    await expect(chair.by('tab-queue')).toContainText('4');
    await keys.press('Alt+Q');
    for (const id of ['nghe-an', 'can-tho', 'da-nang']) {
      await keys.use(`accept-${id}`);
      await expect(chair.by('queue').getByTestId(`queue-item-${id}`)).toBeVisible();
    }
    await expect(site.by('own-place')).toHaveAttribute('data-place', '2');
    await keys.use('deny-tp-hcm');
    await keys.expectAt('deny-dialog-tp-hcm-reason');
    await keys.type('đã có văn bản');
    await keys.press('Enter');
    expect(await tpHcm.told('floor.denied')).toMatchObject({ site: 'tp-hcm', reason: 'đã có văn bản' });
    await expect(chair.by('queue-item-tp-hcm')).toHaveCount(0);
  });

  await test.step('orders the queue, defers, and grants out of turn', async () => {
    const row = chair.by('queue-item-da-nang');
    await expect(row).toHaveAttribute('data-place', '3');
    await keys.reach('handle-da-nang');
    await keys.press('Alt+ArrowUp');
    await expect(row).toHaveAttribute('data-place', '2');
    await keys.expectAt('handle-da-nang');
    await keys.press('Alt+ArrowUp');
    await expect(row).toHaveAttribute('data-place', '1');
    await expect(site.by('own-place')).toHaveAttribute('data-place', '3');
    await keys.use('defer-nghe-an');
    await expect(site.by('own-place')).toHaveAttribute('data-place', '2');
    await keys.use('grant-can-tho');
    await expect(site.by('mic-state')).toHaveAttribute('data-state', 'open');
    await expect(chair.by('queue').getByTestId(/^queue-item-/)).toHaveCount(2);
  });

  await test.step('pauses the clock and gives a minute', async () => {
    const clock = site.by('turn-clock');
    await expect(clock).toHaveAttribute('data-standing', 'false');
    await keys.press('Alt+P');
    await expect(clock).toHaveAttribute('data-standing', 'true');
    await expect(chair.by('pause')).toContainText('Chạy tiếp');
    await keys.press('Alt+P');
    await expect(clock).toHaveAttribute('data-standing', 'false');
    await keys.press('Alt+U');
    await expect(site.by('turn-given')).toBeVisible();
  });

  await test.step('takes the floor and gives the interrupted turn back', async () => {
    await keys.press('Alt+K');
    await expect.poll(() => holders(site.page)).toEqual(['ha-noi']);
    await expect(site.by('turn-kept')).toBeVisible();
    await expect(chair.by('interrupted')).toContainText('Cần Thơ');
    await expect(site.by('mic-state')).not.toHaveAttribute('data-state', 'open');
    await keys.press('Alt+R');
    await expect.poll(() => holders(site.page)).toEqual(['can-tho']);
    await expect(site.by('mic-state')).toHaveAttribute('data-state', 'open');
    await expect(chair.by('turn-holder')).toHaveAttribute('data-site', 'can-tho');
  });

  await test.step('has a question answered, and ends the answer', async () => {
    await keys.press('Alt+L');
    await keys.expectAt('answer-dialog-find');
    await keys.type('nghe an');
    await expect(chair.by('answer-dialog').getByRole('listitem')).toHaveCount(1);
    await keys.press('Enter');
    await expect.poll(() => holders(site.page)).toEqual(['can-tho', 'nghe-an']);
    await expect(site.by('turn-nghe-an')).toHaveAttribute('data-answers', 'can-tho');
    await expect(chair.by('turn-holder')).toHaveAttribute('data-site', 'nghe-an');
    await keys.press('Alt+X');
    await keys.expectAt('revoke-dialog-reason');
    await keys.type('hết giờ');
    await keys.press('Enter');
    await expect.poll(() => holders(site.page)).toEqual(['can-tho']);
    expect(await ngheAn.told('floor.revoked')).toMatchObject({ site: 'nghe-an', reason: 'hết giờ' });
  });

  await test.step('tells the next speaker, and calls them up', async () => {
    await expect(chair.by('next-name')).toHaveAttribute('data-site', 'da-nang');
    await keys.press('Alt+C');
    const { request } = await daNang.told('floor.called');
    await daNang.say({ cmd: 'floor.ready', request });
    await expect(chair.by('queue-item-da-nang')).toContainText('Sẵn sàng');
    await keys.press('Alt+N');
    await expect.poll(() => holders(site.page)).toEqual(['da-nang']);
  });

  await test.step('mutes all, and opens the own microphone beside the speaker', async () => {
    await keys.press('Alt+M');
    await expect(site.by('all-muted')).toBeVisible();
    await expect(chair.by('mute-all')).toHaveAttribute('data-on', 'true');
    await keys.press('Alt+M');
    await expect(site.by('all-muted')).toBeHidden();
    await expect(chair.by('mute-all')).toHaveAttribute('data-on', 'false');
    await keys.press('Alt+O');
    await expect(chair.by('override')).toHaveAttribute('data-on', 'true');
    await expect.poll(() => site.readSound()).toContain('ha-noi');
    await keys.press('Alt+O');
    await expect(chair.by('override')).toHaveAttribute('data-on', 'false');
  });

  await test.step('finds a site without accents and puts it on the main picture', async () => {
    await keys.press('Alt+W');
    await keys.expectAt('site-find');
    await keys.type('da nang');
    await expect(chair.by('sites-desk').getByTestId(/^tile-/)).toHaveCount(1);
    await expect(chair.by('tile-da-nang')).toContainText('Đà Nẵng');
    await keys.press('Control+A');
    await keys.type('nghe');
    await keys.use('on-main-nghe-an');
    // It has no camera, and a card says whose picture is missing.
    await expect(site.page.getByRole('figure')).toContainText('Nghệ An');
    await keys.use('follow-floor');
    await expect(site.page.getByRole('figure')).toContainText('Đà Nẵng');
  });

  await test.step('locks the presentation and announces', async () => {
    await keys.press('Alt+Q');
    await keys.reach('tab-queue');
    await keys.press('ArrowLeft');
    await keys.expectAt('tab-presentation');
    await keys.use('presentation-lock');
    await expect(site.by('present-locked')).toBeVisible();
    await keys.use('announce');
    await keys.expectAt('announce-text');
    await keys.type('Nghỉ giải lao 15 phút');
    await keys.press('Enter');
    await expect(site.by('announcement')).toContainText('Nghỉ giải lao 15 phút');
    await expect(chair.by('announce-dialog')).toBeHidden();
  });

  await test.step('turns the shortcuts off', async () => {
    await keys.press('Alt+/');
    await keys.reach('keys-on');
    await keys.press('Space');
    await expect(chair.by('keys-on')).not.toBeChecked();
    await keys.press('Escape');
    await expect(chair.by('keys-dialog')).toBeHidden();
    // Whether they do nothing is read from the log at the end.
    await keys.press('Alt+M', 'Alt+N', 'Alt+O', 'Alt+/');
    await expect(chair.by('keys-dialog')).toBeHidden();
  });

  await test.step('closes the session and the conference', async () => {
    await keys.use('session-button');
    await keys.use('session-close');
    await keys.use('session-close-dialog-confirm');
    await expect(site.by('phase')).toHaveAttribute('data-phase', 'waiting');
    await keys.use('conference-close');
    await keys.use('conference-close-dialog-confirm');
    await expect(chair.by('phase')).toHaveAttribute('data-phase', 'closed');
    await expect(site.by('phase')).toHaveAttribute('data-phase', 'closed');
  });

  // What the chair did, as it stands in the record.
  const granted = ({ site: to, reason }: Logged) => `${String(to)} ${(reason as { why: string }).why}`;
  const log = server.log();
  const of = (event: string) => log.filter((one) => one.event === event);
  expect(of('floor.granted').map(granted)).toEqual([
    'can-tho chair',
    'ha-noi taken',
    'can-tho restored',
    'nghe-an answer',
    'da-nang place',
  ]);
  expect(of('floor.accepted').map((one) => one.site)).toEqual(['nghe-an', 'can-tho', 'da-nang']);
  expect(of('floor.moved').map((one) => [one.site, one.place])).toEqual([['da-nang', 2], ['da-nang', 1]]);
  expect(of('floor.deferred').map((one) => one.site)).toEqual(['nghe-an']);
  expect(of('floor.extended').map((one) => [one.site, one.added])).toEqual([['can-tho', 60_000]]);
  expect(of('microphone.all-muted').map((one) => one.muted)).toEqual([true, false]);
  expect(of('microphone.overridden').map((one) => one.open)).toEqual([true, false]);
  expect(of('picture.main-chosen').map((one) => one.site)).toEqual(['nghe-an', null]);
  expect(of('agenda.started').map((one) => one.item)).toEqual([2]);
  for (const once of ['presentation.locked', 'announcement.set', 'session.closed', 'conference.closed']) {
    expect(of(once), once).toHaveLength(1);
  }
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing at the desk, a site and the wall, ${colorScheme}`, async ({ browser }) => {
    server = await Server.start({}, accepting);
    const chair = await Place.open(browser, server, known('ha-noi'), { colorScheme });
    const site = await Place.open(browser, server, known('can-tho'), { colorScheme });
    const others = await Promise.all(['da-nang', 'nghe-an', 'tp-hcm'].map((id) => Seat.open(browser, server, id)));
    const [daNang, ngheAn] = others as [Seat, Seat, Seat];
    const wall = await (await browser.newContext({ colorScheme, viewport: { width: 1920, height: 1080 } })).newPage();
    await wall.goto(server.link('can-tho', 'site').replace('/#', '/display#'));
    await expect(wall.getByTestId('own-site')).toHaveText('Cần Thơ');

    await expectNoBarriers(chair.page, 'the desk before the session');
    await expectNoBarriers(wall, 'the wall before the session');
    await chair.by('session-open').click();
    await chair.by('tab-agenda').click();
    // The discussion, with its prepared speakers.
    await chair.by('item-start-5').click();
    await chair.by('item-details-5').click();
    await expectNoBarriers(chair.page, 'the desk, agenda');

    await chair.by('tab-queue').click();
    for (const seat of others) await seat.request('Về thời gian năm học');
    await chair.by('accept-da-nang').click();
    await chair.by('accept-nghe-an').click();
    await chair.by('queue').getByTestId('grant-da-nang').click();
    await chair.by('answer').click();
    await expectNoBarriers(chair.page, 'the desk, whom to ask');
    await chair.by('answer-dialog-nghe-an').click();
    await expect.poll(() => holders(site.page)).toEqual(['da-nang', 'nghe-an']);
    const prepared = chair.by('prepared');
    await prepared.getByRole('button', { name: 'Báo Cần Thơ chuẩn bị' }).click();
    await expect(site.by('called')).toBeVisible();
    await expect(wall.getByTestId('called')).toBeVisible();
    await expectNoBarriers(chair.page, 'the desk, queue and dialogue');

    await site.by('agenda-open').click();
    await chair.by('chat-open').click();
    await chair.by('chat-text').fill('Cần Thơ kiểm tra lại micrô giúp.');
    await chair.by('chat-send').click();
    await site.by('chat-open').click();
    await expect(site.by('chat-message')).toHaveCount(1);
    await expectNoBarriers(chair.page, 'the desk, chat');
    await expectNoBarriers(site.page, 'a site with agenda and chat, called');
    await expectNoBarriers(wall, 'the wall, dialogue and call');

    await chair.by('chat-close').click();
    await site.by('ready-button').click();
    await expect(prepared.getByRole('listitem').filter({ hasText: 'Cần Thơ' })).toContainText('Sẵn sàng');
    await prepared.getByRole('button', { name: 'Mời Cần Thơ phát biểu' }).click();
    await expect.poll(() => holders(site.page)).toEqual(['can-tho']);
    await chair.by('announce').click();
    await expectNoBarriers(chair.page, 'the desk, announcement');
    await chair.by('announce-text').fill('Nghỉ giải lao 15 phút');
    await chair.by('announce-show').click();
    await expect(wall.getByTestId('announcement')).toBeVisible();
    await chair.by('tab-presentation').click();
    await ngheAn.say({ cmd: 'floor.request', floor: 'presentation', site: 'nghe-an', kind: 'discussion', words: '', beneficiary: '' });
    await expect(chair.by('presentation-desk').getByRole('listitem')).toContainText('Nghệ An');
    await chair.by('presentation-lock').click();
    await chair.by('tab-fairness').click();
    await expectNoBarriers(chair.page, 'the desk, presentation and fairness');
    await chair.by('tab-log').click();
    await chair.by('mute-all').click();
    await expect(site.by('all-muted')).toBeVisible();
    await expectNoBarriers(chair.page, 'the desk, log, all muted');
    await expectNoBarriers(site.page, 'a site that speaks, all muted');
    await expectNoBarriers(wall, 'the wall, announcement');
    await chair.by('keys-button').click();
    await expectNoBarriers(chair.page, 'the desk, shortcuts');
    await daNang.context.close();
  });
}

test('a deputy takes over while the chair is away, and the chair takes it back', async ({ browser }) => {
  server = await Server.start({}, (usual) =>
    usual.replace('deputies = []', 'deputies = ["da-nang"]').replace('grace_seconds = 20', 'grace_seconds = 2'),
  );
  const deputySeat: Site = { ...known('da-nang'), role: 'deputy' };
  const chair = await Place.open(browser, server, known('ha-noi'));
  const site = await Place.open(browser, server, known('can-tho'));
  const deputy = await Place.open(browser, server, deputySeat, { check: 'stay' });
  await comeIn(deputy);
  await chair.by('session-open').click();
  await site.by('request-button').click();
  await expect(deputy.by('chair-beside')).toContainText('Hà Nội');
  await expect(deputy.by('chair-take')).toBeDisabled();
  await expect(deputy.by('next-speaker')).toHaveCount(0);

  await chair.context.close();
  // First everything stays as it is, and everyone is told; then the deputy chairs by itself.
  for (const page of [deputy.page, site.page]) {
    const banner = page.getByTestId('chair-banner');
    await expect(banner).toHaveAttribute('data-away', 'false');
    await expect(banner).toContainText('Đà Nẵng');
  }
  await expect(deputy.by('chair-beside')).toHaveCount(0);
  await deputy.by('next-speaker').click();
  await expect(site.by('mic-state')).toHaveAttribute('data-state', 'open');

  const back = await Place.open(browser, server, known('ha-noi'));
  await expect(back.by('chair-beside')).toContainText('Đà Nẵng');
  await expect(back.by('next-speaker')).toHaveCount(0);
  await back.by('chair-reclaim').click();
  await expect(back.by('chair-beside')).toHaveCount(0);
  await back.by('take-floor').click();
  await expect.poll(() => holders(site.page)).toEqual(['ha-noi']);
  await expect(deputy.by('chair-beside')).toContainText('Hà Nội');
  await expect(deputy.by('next-speaker')).toHaveCount(0);
  await expect(site.by('chair-banner')).toHaveCount(0);

  const passed = server.log().filter(({ event }) => event === 'chair.passed');
  expect(passed.map((one) => [one.site, one.role])).toEqual([['da-nang', 'deputy'], ['ha-noi', 'chair']]);
  expect(passed[1]!.term as number, 'a term of its own').toBeGreaterThan(passed[0]!.term as number);
});

/** Into the conference, through the check of the devices where that is asked of a role. */
async function comeIn(place: Place): Promise<void> {
  const inside = place.by('phase');
  const check = place.by('enter');
  await expect(inside.or(check)).toBeVisible();
  if (await check.isVisible()) await check.click();
  await expect(inside).toBeVisible();
}
