/**
 * Whether the host's page stays quick with 63 sites: 62 devices are in the conference, some of them
 * send picture and sound, the queue changes all the time, and a site with a turn is heard. Prints
 * `host_longest_task <ms> ms`, the longest task of the page's main thread in that time; 0 when none
 * took 50 ms or more, since a browser tells of no shorter one. And `host_longest_task_own <ms> ms`, the most
 * processor time that one task had: the devices, the server and the decoders of the pictures share the
 * machine with the page, and a task is the longer for waiting for them.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { end } from './child';
import { Seat } from './seat';
import { binary, type Logged, Server } from './server';
import { Place, SITES } from './sites';

/** The provinces of 2013. */
const SITE_COUNT = 63;
/** Of the devices; the others only look on. */
const PUBLISHERS = 4;
/** How long the page is watched; ms. */
const WATCHED = 20_000;
/** Sites in the queue at a time. */
const WAITING = 12;

const name = (n: number) => `tinh-${String(n).padStart(2, '0')}`;

/** The usual configuration with sites of its own. */
function provinces(usual: string): string {
  const sites = Array.from({ length: SITE_COUNT - 1 }, (_, n) =>
    [
      '[[conference.sites]]',
      `id = "${name(n + 1)}"`,
      `name = { vi = "Tỉnh số ${n + 1}", en = "Province ${n + 1}" }`,
      'kind = "member"',
      'expected = 12',
    ].join('\n'),
  );
  const before = usual.indexOf('[[conference.sites]]\nid = "da-nang"');
  // The agenda names sites that are not there: it is left out.
  const rest = usual.indexOf('[server]\n');
  if (before < 0 || rest < 0) throw new Error('the usual configuration is another one');
  return [usual.slice(0, before), ...sites, usual.slice(rest)].join('\n\n');
}

interface Tasks {
  /** Tasks of 50 ms and more since the start of the watch: when, and how long; ms. */
  long: { at: number; took: number }[];
}

/** Runs in the page. */
function watchTasks(): void {
  const tasks: Tasks = { long: [] };
  Object.assign(window, { tasks });
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) tasks.long.push({ at: startTime, took: duration });
  }).observe({ type: 'longtask' });
}

/** Runs in the page, where a search as tests do it would be among the longest tasks. */
function press(testid: string): void {
  document.querySelector<HTMLElement>(`[data-testid="${testid}"]`)!.click();
}

/** The most processor time that one task of the main thread of a page took, by a trace of the browser; ms. */
function longestOwn(trace: Buffer): number {
  interface Entry {
    ph: string;
    name: string;
    pid: number;
    tid: number;
    tdur?: number;
    args: { name?: string };
  }
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: Entry[] };
  const thread = ({ pid, tid }: Entry) => `${pid}/${tid}`;
  const main = traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain');
  const threads = new Set(main.map(thread));
  const tasks = traceEvents.filter((entry) => entry.ph === 'X' && threads.has(thread(entry)));
  if (tasks.length === 0) throw new Error('the trace has no tasks');
  return tasks.reduce((most, { tdur }) => Math.max(most, tdur ?? 0), 0) / 1000;
}

async function crowd(server: Server): Promise<ChildProcess> {
  const members = server.seats.filter(({ site, role }) => role === 'site' && site.startsWith('tinh-'));
  const links = join(server.folder, 'links.txt');
  await writeFile(links, members.map(({ site, role }) => `${site}=${server.code(site, role)}\n`).join(''));
  const words = ['agent', 'crowd', '--server', `http://127.0.0.1:${server.httpPort}`, '--codes', links];
  words.push('--devices', String(members.length), '--publish', String(PUBLISHERS), '--seconds', '600');
  return spawn(binary, words, { stdio: ['ignore', 'ignore', process.env.SERVER_LOG ? 'inherit' : 'ignore'] });
}

test('the desk of 63 sites stays quick', async ({ browser }) => {
  test.setTimeout(170_000);
  const server = await Server.start({}, provinces);
  const chair = await Place.open(browser, server, SITES[0]!, { rate: 5 });
  await chair.by('session-open').click();
  const devices = await crowd(server);
  try {
    // Whoever asks for others: a conference's secretary.
    const secretary = await Seat.open(browser, server, 'ha-noi', 'secretary');
    await expect(chair.by('linked')).toContainText(`${SITE_COUNT}/${SITE_COUNT}`, { timeout: 60_000 });
    /** Asks for a site; tells the number of its request. */
    const ask = async (n: number): Promise<unknown> => {
      const command = { cmd: 'floor.request', floor: 'speech', site: name(n), kind: 'discussion' };
      await secretary.say({ ...command, words: 'Ý kiến về dự thảo', beneficiary: '' });
      let asked: Logged;
      do asked = await secretary.told('floor.requested');
      while (asked.site !== name(n));
      return asked.request;
    };
    const requests: unknown[] = [];
    for (let n = 0; n < WAITING; n += 1) requests.push(await ask(PUBLISHERS + 1 + n));
    const queue = chair.by('queue').getByTestId(/^queue-item-/);
    await expect(queue).toHaveCount(WAITING);

    // The least that has the tasks: to trace more is work for the page itself.
    await browser.startTracing(chair.page, { categories: ['toplevel'] });
    await chair.page.evaluate(watchTasks);
    const until = Date.now() + WATCHED;
    let [changes, turns] = [0, 0];
    for (; Date.now() < until; changes += 1) {
      if (changes % 10 === 0) {
        // Another one that is seen and heard speaks.
        await chair.page.evaluate(press, `invite-${name((turns % PUBLISHERS) + 1)}`);
        turns += 1;
      }
      await secretary.say({ cmd: 'floor.cancel', request: requests.shift() });
      requests.push(await ask(PUBLISHERS + 1 + ((changes + WAITING) % (SITE_COUNT - 1 - PUBLISHERS))));
    }
    await expect(queue).toHaveCount(WAITING);
    const heard = server.log().filter(({ event }) => event === 'floor.media-seen').length;
    const { long } = await chair.page.evaluate(() => (window as unknown as { tasks: Tasks }).tasks);
    const own = longestOwn(await browser.stopTracing());
    const longest = Math.max(0, ...long.map(({ took }) => took));
    console.log(`${changes} changes of the queue, ${turns} turns, ${heard} of them heard`);
    console.log(`tasks of 50 ms and more: ${long.map(({ took }) => `${took} ms`).join(', ') || 'none'}`);
    console.log(`host_longest_task ${longest.toFixed(1)} ms`);
    console.log(`host_longest_task_own ${own.toFixed(1)} ms`);
    expect(changes, 'the queue moved').toBeGreaterThan(10);
    expect(heard, 'somebody was heard').toBeGreaterThan(0);
  } finally {
    await end(devices);
    await Promise.allSettled(browser.contexts().map((context) => context.close()));
    await server.stop();
  }
});
