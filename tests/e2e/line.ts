/**
 * A site's line to the server, for signalling and media, that a test can cut. Media can be impaired, each
 * way by itself; signalling is not: it is little, and TCP hides what happens to it.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server as TcpServer, type Socket } from 'node:net';
import { type Clock, MACHINE } from './clock';
import { type Impairment, type Tally, Way } from './impairment';

/** What chance comes from, each way: whoever knows it knows what becomes of every datagram. */
export const SEEDS = { up: 1, down: 2 };

export class Line {
  #cut = false;
  readonly #up: Pipe;
  readonly #down: Pipe;
  readonly #open = new Set<Socket>();
  readonly #media: UdpSocket;
  readonly #signalling: TcpServer;
  /** One socket towards the server for each address of the browser. */
  readonly #upstream = new Map<string, UdpSocket>();

  private constructor(httpPort: number, mediaPort: number, clock: Clock) {
    this.#up = new Pipe(SEEDS.up, clock);
    this.#down = new Pipe(SEEDS.down, clock);
    this.#signalling = createServer((near) => {
      if (this.#cut) {
        near.destroy();
        return;
      }
      const far = connect(httpPort, '127.0.0.1');
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#open.add(from);
        from.pipe(to);
        from.on('error', () => to.destroy());
        from.on('close', () => {
          this.#open.delete(from);
          to.destroy();
        });
      }
    });
    this.#media = createSocket('udp4', (datagram, browser) => {
      if (this.#cut) return;
      const key = `${browser.address}:${browser.port}`;
      let upstream = this.#upstream.get(key);
      if (upstream === undefined) {
        upstream = createSocket('udp4', (answer) => {
          this.#down.send(answer.length, () => {
            if (!this.#cut) this.#media.send(answer, browser.port, browser.address);
          });
        });
        this.#upstream.set(key, upstream);
      }
      const server = upstream;
      this.#up.send(datagram.length, () => {
        if (!this.#cut) server.send(datagram, mediaPort, '127.0.0.1');
      });
    });
  }

  static async between(httpPort: number, mediaPort: number, clock = MACHINE): Promise<Line> {
    const line = new Line(httpPort, mediaPort, clock);
    line.#signalling.listen(0, '127.0.0.1');
    line.#media.bind(0, '127.0.0.1');
    await Promise.all([once(line.#signalling, 'listening'), once(line.#media, 'listening')]);
    return line;
  }

  get httpPort(): number {
    return (this.#signalling.address() as AddressInfo).port;
  }

  get mediaPort(): number {
    return this.#media.address().port;
  }

  /** From now on media has it so hard: `up` from the site, `down` to it; nothing is a good line. */
  impair(up: Partial<Impairment>, down = up): void {
    this.#up.way.set(up);
    this.#down.way.set(down);
  }

  /** What has become of the datagrams of media since it was last impaired, or mended. */
  get tally(): { up: Tally; down: Tally } {
    return { up: { ...this.#up.way.tally }, down: { ...this.#down.way.tally } };
  }

  /** From now on nothing passes, either way. */
  cut(): void {
    this.#cut = true;
    for (const socket of this.#open) socket.destroy();
  }

  mend(): void {
    this.#cut = false;
  }

  close(): void {
    this.cut();
    this.#up.clear();
    this.#down.clear();
    this.#signalling.close();
    this.#media.close();
    for (const upstream of this.#upstream.values()) upstream.close();
  }
}

/** Holds datagrams of one way back until they arrive. */
class Pipe {
  readonly way: Way;
  readonly #clock: Clock;
  /** The next that arrives is the first. */
  #waiting: { at: number; arrive: () => void }[] = [];
  #callOff = (): void => undefined;

  constructor(seed: number, clock: Clock) {
    this.way = new Way(seed);
    this.#clock = clock;
  }

  send(bytes: number, arrive: () => void): void {
    const now = this.#clock.now();
    const at = this.way.send(now, bytes);
    if (at === null) return;
    const before = this.#waiting.findLastIndex((other) => other.at <= at);
    this.#waiting.splice(before + 1, 0, { at, arrive });
    if (at <= now || before + 1 === 0) this.#deliver();
  }

  clear(): void {
    this.#callOff();
    this.#waiting = [];
  }

  /** All that has come, and then when the next one does. */
  #deliver(): void {
    this.#callOff();
    const now = this.#clock.now();
    const later = this.#waiting.findIndex(({ at }) => at > now);
    const come = this.#waiting.splice(0, later < 0 ? this.#waiting.length : later);
    for (const { arrive } of come) arrive();
    const [next] = this.#waiting;
    if (next !== undefined) this.#callOff = this.#clock.call(next.at, () => this.#deliver());
  }
}
