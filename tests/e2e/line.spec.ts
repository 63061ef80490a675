/**
 * The bad line between two sockets: that what the model says is what happens to datagrams. The sockets are
 * real and the clock is the test's, so that a busy machine changes nothing of it.
 */
import { expect, test } from '@playwright/test';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { MACHINE, VirtualClock } from './clock';
import { type Impairment, type Tally, Way } from './impairment';
import { Line, SEEDS } from './line';

const COUNT = 400;
/** Bytes of a datagram: 10,000 bits with its headers. */
const BYTES = 1_222;
/** What hangs hangs no longer; ms. Nothing is measured by it. */
const PATIENCE = 120_000;

type Direction = keyof typeof SEEDS;

/** A datagram, and when it arrives by the clock of the line. */
interface Arrival {
  nth: number;
  at: number;
}

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/** Waits, for what sockets do by themselves, until it is so. */
async function until(isSo: () => boolean, what: string): Promise<void> {
  for (const patience = performance.now() + PATIENCE; !isSo(); ) {
    if (performance.now() > patience) throw new Error(`not seen: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const sum = ({ passed, lost, dropped }: Tally): number => passed + lost + dropped;

/** A site and a server with a line between them. */
class Ends {
  readonly came: Record<Direction, Arrival[]> = { up: [], down: [] };
  /** Where the server sees the site. */
  #seenAt = 0;

  private constructor(
    readonly line: Line,
    readonly site: Socket,
    readonly server: Socket,
    readonly clock: VirtualClock,
  ) {
    const note = (direction: Direction) => (datagram: Buffer) => {
      this.came[direction].push({ nth: datagram.readUInt32BE(), at: clock.now() });
    };
    site.on('message', note('down'));
    server.on('message', note('up'));
    server.on('message', (_, { port }) => (this.#seenAt = port));
  }

  static async meet(): Promise<Ends> {
    const [site, server, clock] = [await bound(), await bound(), new VirtualClock()];
    const line = await Line.between(9, (server.address() as AddressInfo).port, clock);
    const ends = new Ends(line, site, server, clock);
    // The server answers whom it has heard.
    await ends.send('up', 0);
    await until(() => ends.came.up.length === 1, 'the first datagram');
    ends.came.up = [];
    return ends;
  }

  /** Sends one that way, and waits until the line has it. */
  async send(direction: Direction, nth: number): Promise<void> {
    const before = sum(this.line.tally[direction]);
    const datagram = Buffer.alloc(BYTES);
    datagram.writeUInt32BE(nth);
    if (direction === 'up') this.site.send(datagram, this.line.mediaPort, '127.0.0.1');
    else this.server.send(datagram, this.#seenAt, '127.0.0.1');
    await until(() => sum(this.line.tally[direction]) > before, `datagram ${nth} on the line`);
  }

  part(): void {
    this.line.close();
    this.site.close();
    this.server.close();
  }
}

/** Sends one datagram a millisecond over a line that is bad in one direction, and clean in the other. */
async function run(direction: Direction, impairment: Partial<Impairment>) {
  const ends = await Ends.meet();
  const { clock, line } = ends;
  line.impair(direction === 'up' ? impairment : {}, direction === 'down' ? impairment : {});
  // What the line will do with each, said by the same model from the same seed.
  const model = new Way(SEEDS[direction]);
  // The first datagram, before anything was bad.
  if (direction === 'up') model.send(clock.now(), BYTES);
  model.set(impairment);
  const planned: Arrival[] = [];
  const came = ends.came[direction];
  /** Lets the time pass, stopping wherever something arrives. */
  const pass = async (to: number): Promise<void> => {
    const stops = new Set(planned.map(({ at }) => at).filter((at) => at > clock.now() && at < to));
    for (const stop of [...[...stops].toSorted((one, other) => one - other), to]) {
      clock.advance(stop);
      await arrived();
    }
  };
  /** What is there by now has come out of its socket too. */
  const arrived = (): Promise<void> => {
    const due = planned.filter(({ at }) => at <= clock.now()).length;
    return until(() => came.length >= due, `${due} of ${planned.length} datagrams after ${clock.now()} ms`);
  };
  for (let nth = 0; nth < COUNT; nth += 1) {
    await pass(nth);
    const at = model.send(nth, BYTES);
    if (at !== null) planned.push({ nth, at });
    await ends.send(direction, nth);
    await arrived();
  }
  await pass(planned.reduce((last, { at }) => Math.max(last, at), 0));
  const tally = line.tally[direction];
  ends.part();
  // Those that arrive at one time do so in the order in which they were sent.
  planned.sort((one, other) => one.at - other.at || one.nth - other.nth);
  expect(came, 'what came, in which order, and when').toEqual(planned);
  expect(tally).toEqual(model.tally);
  const took = planned.map(({ nth, at }) => at - nth).toSorted((one, other) => one - other);
  const overtaken = planned.filter(({ nth }, place) => place > 0 && nth < planned[place - 1]!.nth).length;
  const numbers = planned.map(({ nth }) => nth).toSorted((one, other) => one - other);
  return { tally, numbers, overtaken, least: took[0]!, middle: took[took.length >> 1]!, most: took.at(-1)! };
}

for (const direction of ['up', 'down'] as const) {
  test(`${direction}: a good line passes everything, at once and in order`, async () => {
    const { tally, overtaken, most } = await run(direction, {});
    expect(tally).toEqual({ passed: COUNT, lost: 0, dropped: 0 });
    expect(overtaken).toBe(0);
    expect(most).toBe(0);
  });

  test(`${direction}: what is lost does not come, whole bursts of it`, async () => {
    const { tally, numbers } = await run(direction, { loss: 0.3, burst: 6 });
    expect(tally.lost).toBeGreaterThan(COUNT * 0.15);
    const bursts = numbers.filter((nth, at) => nth > (at === 0 ? 0 : numbers[at - 1]! + 1)).length;
    expect(tally.lost / bursts, 'in a row').toBeGreaterThan(3);
  });

  test(`${direction}: delay holds up all, jitter some, and nobody is overtaken`, async () => {
    const { tally, overtaken, least, middle, most } = await run(direction, { delay: 60, jitter: 40 });
    expect(tally.passed).toBe(COUNT);
    expect(least).toBeGreaterThanOrEqual(60);
    expect(most).toBeLessThan(100);
    expect(middle, 'a slow one holds up those behind it: by itself half of them would take less').toBeGreaterThan(85);
    expect(overtaken).toBe(0);
  });

  test(`${direction}: who is late is overtaken`, async () => {
    const { tally, overtaken, middle, most } = await run(direction, { reorder: 0.1, late: 50 });
    expect(tally.passed).toBe(COUNT);
    expect(overtaken).toBeGreaterThan(10);
    expect([middle, most]).toEqual([0, 50]);
  });

  test(`${direction}: a narrow line takes its time, and drops what its queue has no room for`, async () => {
    // A tenth of what comes.
    const { tally, most } = await run(direction, { rate: 1_000_000, queue: 200 });
    expect(tally.dropped).toBeGreaterThan(COUNT / 2);
    expect(most).toBeGreaterThan(150);
  });
}

test('what is on its way when the line is cut does not arrive, and what is sent when it is mended does', async () => {
  const ends = await Ends.meet();
  const { clock, line, came } = ends;
  line.impair({ delay: 50 });
  for (const direction of ['up', 'down'] as const) await ends.send(direction, 1);
  line.cut();
  clock.advance(50);
  line.mend();
  line.impair({});
  for (const direction of ['up', 'down'] as const) await ends.send(direction, 2);
  await until(() => [came.up, came.down].every((all) => all.some(({ nth }) => nth === 2)), 'the later ones');
  expect(came).toEqual({ up: [{ nth: 2, at: 50 }], down: [{ nth: 2, at: 50 }] });
  ends.part();
});

test('the machine calls at the time that it was asked for, and not when that was called off', async () => {
  const called: string[] = [];
  const begun = MACHINE.now();
  let took = 0;
  MACHINE.call(begun + 20, () => {
    called.push('asked for');
    took = MACHINE.now() - begun;
  });
  MACHINE.call(begun + 10, () => called.push('called off'))();
  // However long the machine is held up, a timer that is set for much later comes after.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(called).toEqual(['asked for']);
  // A timer may be a part of a millisecond early.
  expect(took).toBeGreaterThan(18);
});
