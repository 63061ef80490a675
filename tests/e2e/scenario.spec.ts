/** Two real conferences, each from its template to its closing, as their chairs held them. */
import { expect, test } from '@playwright/test';
import { Meeting } from './meeting';
import { entriesOf, readLog, rollsOf, turnsOf } from './record';
import { SITES, type Site } from './sites';

let meeting: Meeting | undefined;

test.afterEach(async () => {
  await meeting?.end();
  meeting = undefined;
});

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);

/** Each item begins, ends, and then the next one begins. */
const inOrder = (items: number[]) => items.flatMap((item) => [`agenda.started ${item}`, `agenda.finished ${item}`]);

/** The sites of 2013 whose pages are looked at; the other three are agents. */
const OFFICES = SITES.filter(({ id }) => ['ha-noi', 'da-nang', 'nghe-an'].includes(id));
const AGENTS = SITES.filter((site) => !OFFICES.includes(site)).map(({ id }) => id);

test('2013: six sites, a draft on the screen, a round of discussion, awards', async ({ browser }) => {
  meeting = await Meeting.gather(browser, '2013', OFFICES, AGENTS);
  const { chair, server } = meeting;
  const AWARDS = 'Khen thưởng: Sở GD&ĐT Nghệ An, Sở GD&ĐT Cần Thơ';
  const ROLL = { 'ha-noi': 19, 'da-nang': 12, 'tp-hcm': 11, 'can-tho': 9, 'thai-nguyen': 10, 'nghe-an': 8 };

  await meeting.openSession('sáng');
  await meeting.start(1);
  for (const [site, present] of Object.entries(ROLL)) await meeting.declare(site, present);
  await chair.by('take-floor').click();
  await meeting.expectHolder('ha-noi');

  await meeting.start(2);
  await chair.by('invite-da-nang').click();
  await meeting.expectHolder('da-nang');
  await meeting.share('da-nang');
  await meeting.expectHolder('da-nang', { screen: true });
  await meeting.place('da-nang').by('present-stop').click();
  await meeting.expectHolder('da-nang');

  for (const item of [3, 4]) {
    await meeting.start(item);
    await chair.by('take-floor').click();
    await meeting.expectHolder('ha-noi');
    await chair.by('release-button').click();
  }

  await meeting.start(5);
  const round = ['da-nang', 'tp-hcm', 'can-tho', 'thai-nguyen', 'nghe-an', 'ha-noi'];
  for (const site of round) await meeting.next(site);
  await meeting.ask('da-nang', 'proposal', 'Giảm báo cáo giấy');
  await meeting.next('da-nang');
  await meeting.place('da-nang').by('release-button').click();
  // It asks first and has spoken most, so it is last.
  await meeting.ask('da-nang', 'proposal', 'Lùi thời gian tổng kết');
  await meeting.ask('nghe-an', 'proposal', 'Thêm biên chế văn thư');
  for (const site of ['nghe-an', 'da-nang']) await meeting.next(site);
  await chair.by('tab-fairness').click();
  for (const { id } of SITES) await expect(chair.by(`spoke-${id}`)).toBeVisible();
  await expect(chair.by('not-spoken')).toHaveCount(0);
  await expect(chair.by('log-list')).toContainText('1 lượt, đã chờ');

  await meeting.start(6);
  await chair.by('take-floor').click();
  await meeting.announce(AWARDS);
  await meeting.expectHolder('ha-noi');

  await meeting.start(7);
  await chair.by('item-finish').click();
  await meeting.closeSession();
  await meeting.closeConference();

  const log = await readLog(chair, server);
  const agenda = entriesOf(log, 'agenda.started', 'agenda.finished');
  expect(agenda.map(({ event, item }) => `${event} ${item}`)).toEqual(inOrder(numbers(1, 7)));
  expect(rollsOf(log)).toEqual({ sáng: ROLL });
  const turns = turnsOf(log);
  const discussion = turns.filter(({ item }) => item === 5);
  expect(discussion.map(({ site, reason }) => [site, reason.why, 'turns' in reason ? reason.turns : null])).toEqual([
    ...round.map((site) => [site, 'prepared', null]),
    ['da-nang', 'round-robin', 1],
    ['nghe-an', 'round-robin', 1],
    ['da-nang', 'round-robin', 2],
  ]);
  for (const turn of turns) expect(turn.spoke, `how long ${turn.site} spoke in item ${turn.item}`).toBeGreaterThan(0);
  const [shown, ...more] = entriesOf(log, 'floor.granted').filter(({ floor }) => floor === 'presentation');
  expect(shown).toMatchObject({ site: 'da-nang', reason: { why: 'speech-holder' } });
  expect(more).toEqual([]);
  expect(entriesOf(log, 'floor.released').map(({ epoch }) => epoch)).toContain(shown?.epoch);
  expect(entriesOf(log, 'announcement.set').map(({ text }) => text)).toEqual([AWARDS]);
  expect(entriesOf(log, 'floor.requested').flatMap(({ kind, site, words }) => (kind === 'proposal' ? [[site, words]] : []))).toEqual([
    ['da-nang', 'Giảm báo cáo giấy'],
    ['da-nang', 'Lùi thời gian tổng kết'],
    ['nghe-an', 'Thêm biên chế văn thư'],
  ]);
  expect(log.at(-1)?.event).toBe('conference.closed');
  expect(server.tell('log', 'verify')).toContain('the chain holds');
  for (const agent of meeting.agents) {
    const { heard } = await agent.leave();
    const others = SITES.map(({ id }) => id).filter((id) => id !== agent.site);
    expect(Object.keys(heard).toSorted(), `whom ${agent.site} heard`).toEqual(others.toSorted());
  }
});

/** The sites of 2019 that have people; the second branch is an agent. */
const UNION: readonly Site[] = [
  { ...SITES[0]!, id: 'co-quan-bo' },
  { ...SITES[1]!, id: 'cong-doan-1' },
  { ...SITES[2]!, id: 'phia-nam' },
];

test('2019: two sessions, prepared speeches, a rapporteur with a long time and a screen', async ({ browser }) => {
  meeting = await Meeting.gather(browser, '2019', UNION, ['cong-doan-2']);
  const { chair, server } = meeting;
  const [branch] = meeting.agents;
  const south = meeting.place('phia-nam');
  const MORNING = { 'co-quan-bo': 78, 'cong-doan-1': 18, 'phia-nam': 16 };
  const AFTERNOON = { 'co-quan-bo': 71, 'cong-doan-1': 15, 'phia-nam': 12 };

  await meeting.openSession('sáng');
  await meeting.start(1);
  for (const [site, present] of Object.entries(MORNING)) await meeting.declare(site, present);
  await meeting.start(2);
  await meeting.next('co-quan-bo');
  await chair.by('release-button').click();

  await meeting.start(3);
  // Who asks waits until the prepared speeches are over.
  await meeting.ask('phia-nam', 'proposal', 'Kinh phí hoạt động công đoàn');
  for (const site of ['cong-doan-1', 'cong-doan-2', 'phia-nam']) await meeting.next(site);
  await south.by('release-button').click();

  await meeting.start(4);
  await meeting.next('phia-nam');
  await meeting.answer('co-quan-bo');
  await meeting.expectDialogue('phia-nam', 'co-quan-bo');
  await south.by('release-button').click();
  await chair.by('release-button').click();
  await expect(chair.by('turn-holder')).toHaveCount(0);

  await meeting.start(5);
  await meeting.announce('Bằng khen của Tổng Liên đoàn Lao động Việt Nam: 2 tập thể, 3 cá nhân');
  await meeting.start(6);
  await meeting.next('co-quan-bo');
  for (const place of meeting.others) await expect(place.by('turn-delegate')).toHaveText('Lê Hải An');
  await chair.by('item-finish').click();
  await meeting.closeSession();

  const report = await branch!.leave();
  expect(Object.keys(report.heard).toSorted(), 'whom the agent heard').toEqual(['co-quan-bo', 'cong-doan-1', 'phia-nam']);
  await expect(chair.by('link-cong-doan-2')).toHaveAttribute('data-state', 'absent');

  await meeting.openSession('chiều');
  for (const [site, present] of Object.entries(AFTERNOON)) await meeting.declare(site, present);
  await meeting.start(7);
  await meeting.next('co-quan-bo');
  for (const place of meeting.others) await expect(place.by('turn-delegate')).toHaveText('Nguyễn Văn Tâm');
  await chair.by('tab-presentation').click();
  await meeting.share('co-quan-bo');
  // The chair goes on with the conference while the screen is shown.
  await chair.by('tab-agenda').click();
  await meeting.expectHolder('co-quan-bo', { screen: true });
  await chair.by('tab-presentation').click();
  await chair.by('present-stop').click();
  await meeting.expectHolder('co-quan-bo');

  await meeting.start(8);
  await chair.by('item-finish').click();
  await meeting.closeSession();
  await meeting.closeConference();

  const log = await readLog(chair, server);
  const agenda = entriesOf(log, 'agenda.started', 'agenda.finished');
  expect(agenda.map(({ event, item }) => `${event} ${item}`)).toEqual(inOrder(numbers(1, 8)));
  expect(rollsOf(log)).toEqual({ sáng: MORNING, chiều: AFTERNOON });
  const left = entriesOf(log, 'link.ended').find(({ site }) => site === 'cong-doan-2');
  const [, afternoon] = entriesOf(log, 'session.opened');
  expect(left!.seq, 'the second branch was there in the morning only').toBeLessThan(afternoon!.seq);
  const turns = turnsOf(log);
  const minutes = 60_000;
  expect(turns.map(({ item, site, reason, budget }) => [item, site, reason.why, budget])).toEqual([
    [2, 'co-quan-bo', 'prepared', 30 * minutes],
    [3, 'cong-doan-1', 'prepared', 10 * minutes],
    [3, 'cong-doan-2', 'prepared', 10 * minutes],
    [3, 'phia-nam', 'prepared', 10 * minutes],
    [4, 'phia-nam', 'first-come', 7 * minutes],
    [4, 'co-quan-bo', 'answer', 7 * minutes],
    [6, 'co-quan-bo', 'prepared', 30 * minutes],
    [7, 'co-quan-bo', 'prepared', 120 * minutes],
  ]);
  for (const turn of turns) expect(turn.spoke, `how long ${turn.site} spoke in item ${turn.item}`).toBeGreaterThan(0);
  expect(log.at(-1)?.event).toBe('conference.closed');
  expect(server.tell('log', 'verify')).toContain('the chain holds');
});
