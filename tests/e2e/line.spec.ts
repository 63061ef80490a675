/** The bad line between two sockets: that what the model says is what happens to datagrams. */
import { expect, test } from '@playwright/test';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Impairment } from './impairment';
import { Line } from './line';

const COUNT = 400;
/** Bytes of a datagram: 10,000 bits with its headers. */
const BYTES = 1_222;

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Sends datagrams up a line, a few every few milliseconds: which come at the server, and how long each took. */
async function run(up: Partial<Impairment>) {
  const [server, site] = [await bound(), await bound()];
  const line = await Line.between(9, (server.address() as AddressInfo).port);
  const sent: number[] = [];
  const came: { nth: number; took: number }[] = [];
  server.on('message', (datagram) => {
    const nth = datagram.readUInt32BE();
    came.push({ nth, took: performance.now() - sent[nth]! });
  });
  line.impair(up, {});
  for (let nth = 0; nth < COUNT; nth += 1) {
    const datagram = Buffer.alloc(BYTES);
    datagram.writeUInt32BE(nth);
    sent.push(performance.now());
    site.send(datagram, line.mediaPort, '127.0.0.1');
    if (nth % 4 === 3) await sleep(4);
  }
  // Until nothing has come for a while.
  for (let before = -1; before !== came.length; await sleep(400)) before = came.length;
  const { tally } = line;
  line.close();
  server.close();
  site.close();
  const took = came.map((one) => one.took).toSorted((one, other) => one - other);
  const overtaken = came.filter(({ nth }, at) => at > 0 && nth < came[at - 1]!.nth).length;
  return { came, tally, overtaken, least: took[0]!, middle: took[took.length >> 1]!, most: took.at(-1)! };
}

test('a good line passes everything, at once and in order', async () => {
  const { came, tally, overtaken, middle } = await run({});
  expect(came.length).toBe(COUNT);
  expect(tally.up).toEqual({ passed: COUNT, lost: 0, dropped: 0 });
  expect(overtaken).toBe(0);
  expect(middle).toBeLessThan(15);
});

test('what is lost does not come, whole bursts of it', async () => {
  const { came, tally } = await run({ loss: 0.3, burst: 6 });
  expect(came.length).toBe(tally.up.passed);
  expect(tally.up.passed + tally.up.lost).toBe(COUNT);
  expect(tally.up.lost).toBeGreaterThan(COUNT * 0.15);
  const numbers = came.map(({ nth }) => nth);
  const bursts = numbers.filter((nth, at) => nth > (at === 0 ? 0 : numbers[at - 1]! + 1)).length;
  expect(tally.up.lost / bursts, 'in a row').toBeGreaterThan(3);
});

test('delay holds up all, jitter some, and nobody is overtaken', async () => {
  const { came, overtaken, least, middle } = await run({ delay: 60, jitter: 40 });
  expect(came.length).toBe(COUNT);
  expect(least).toBeGreaterThanOrEqual(59);
  expect(middle - least, 'a slow one holds up those behind it').toBeGreaterThan(15);
  expect(overtaken).toBe(0);
});

test('who is late is overtaken', async () => {
  const { came, overtaken, middle, most } = await run({ reorder: 0.1, late: 50 });
  expect(came.length).toBe(COUNT);
  expect(overtaken).toBeGreaterThan(10);
  expect(middle).toBeLessThan(30);
  expect(most).toBeGreaterThanOrEqual(49);
});

test('a narrow line takes its time, and drops what its queue has no room for', async () => {
  // A tenth of what comes, at most.
  const { came, tally, most } = await run({ rate: 1_000_000, queue: 200 });
  expect(tally.up.dropped).toBeGreaterThan(COUNT / 2);
  expect(came.length).toBe(tally.up.passed);
  expect(most).toBeGreaterThan(150);
});
