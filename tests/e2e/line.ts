/** A site's line to the server, for signalling and media, that a test can cut. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server as TcpServer, type Socket } from 'node:net';

export class Line {
  #cut = false;
  readonly #open = new Set<Socket>();
  readonly #media: UdpSocket;
  readonly #signalling: TcpServer;
  /** One socket towards the server for each address of the browser. */
  readonly #upstream = new Map<string, UdpSocket>();

  private constructor(httpPort: number, mediaPort: number) {
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
          if (!this.#cut) this.#media.send(answer, browser.port, browser.address);
        });
        this.#upstream.set(key, upstream);
      }
      upstream.send(datagram, mediaPort, '127.0.0.1');
    });
  }

  static async between(httpPort: number, mediaPort: number): Promise<Line> {
    const line = new Line(httpPort, mediaPort);
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
    this.#signalling.close();
    this.#media.close();
    for (const upstream of this.#upstream.values()) upstream.close();
  }
}
