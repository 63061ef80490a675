/** The server under test: its own folder, its own ports, killed and started as a test wants. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { end, isOver } from './child';

/** The roles in the table of the start. */
export const ROLES = new Map([
  ['Chủ tọa', 'chair'],
  ['Phó chủ tọa', 'deputy'],
  ['Thư ký', 'secretary'],
  ['Kỹ thuật viên', 'technician'],
  ['Điểm cầu', 'site'],
]);

/** The binary under test. */
export const binary = process.env.DIEMCAU ?? fileURLToPath(new URL('../../target/debug/diemcau', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));

/** An event as the log has it. */
export interface Logged {
  seq: number;
  event: string;
  [field: string]: unknown;
}

/** Where pages of a conference are found. */
export interface Host {
  readonly url: string;
  /** The link that signs in without typing; through another port where a line is between. */
  link(site: string, role: string, port?: number): string;
}

export class Server implements Host {
  #child: ChildProcess | undefined;
  /** Processes that were started for it. */
  readonly #others: ChildProcess[] = [];
  #codes = new Map<string, string>();
  /** The table of the first start has come to its end. */
  #tabled = false;

  private constructor(
    readonly httpPort: number,
    readonly mediaPort: number,
    readonly folder: string,
    readonly environment: Record<string, string>,
  ) {
    // A test that fails may not come to its end, and a server outlives whoever started it.
    process.once('exit', this.#clear);
  }

  get url(): string {
    return `http://localhost:${this.httpPort}`;
  }

  /**
   * Starts a server with a new log. `environment` overrides the server's keys of the configuration;
   * `edit` makes its text from the usual one.
   */
  static async start(
    environment: Record<string, string> = {},
    edit: (usual: string) => string = (usual) => usual,
  ): Promise<Server> {
    const [http, media] = [await freePort(), await freePort()];
    const folder = await mkdtemp(join(tmpdir(), 'diemcau-e2e-'));
    const usual = await readFile(join(root, 'config/conference.toml'), 'utf8');
    await writeFile(join(folder, 'conference.toml'), edit(usual));
    const server = new Server(http, media, folder, {
      DIEMCAU_SERVER_HTTP: `127.0.0.1:${http}`,
      DIEMCAU_SERVER_HTTPS: 'off',
      DIEMCAU_SERVER_MEDIA: `127.0.0.1:${media}`,
      DIEMCAU_SERVER_DATA: join(folder, 'var'),
      ...environment,
    });
    try {
      await server.run();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  get config(): string {
    return join(this.folder, 'conference.toml');
  }

  /** Starts the process and waits until it is ready. */
  async run(): Promise<void> {
    this.#child = spawn(binary, ['--config', this.config, 'serve'], {
      env: { ...process.env, ...this.environment },
      stdio: ['ignore', 'pipe', process.env.SERVER_LOG ? 'inherit' : 'ignore'],
    });
    let table = '';
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      table += text;
      this.#noteCodes(table);
    });
    while (!(await this.#isReady()) || !this.#tabled) {
      const { exitCode, signalCode } = this.#child;
      if (isOver(this.#child)) throw new Error(`the server ended: ${exitCode ?? signalCode}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** No farewell, as when the power goes. */
  async kill(): Promise<void> {
    if (this.#child !== undefined) await end(this.#child);
  }

  /** Ends it and what was started for it, and takes its folder away. */
  async stop(): Promise<void> {
    await Promise.all([this.kill(), ...this.#others.map((child) => end(child))]);
    await rm(this.folder, { recursive: true, force: true });
    process.off('exit', this.#clear);
  }

  /** At once, as a process does that ends. */
  readonly #clear = (): void => {
    for (const child of [this.#child, ...this.#others]) child?.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  };

  /** The code that the first start made. */
  code(site: string, role: string): string {
    const code = this.#codes.get(`${site}/${role}`);
    if (code === undefined) throw new Error(`no code for ${site}/${role}`);
    return code;
  }

  link(site: string, role: string, port = this.httpPort): string {
    return `http://localhost:${port}/#site=${site}&code=${this.code(site, role)}`;
  }

  /** Every (site, role) that has a code, in the order of the table. */
  get seats(): { site: string; role: string }[] {
    return [...this.#codes.keys()].map((seat) => {
      const [site, role] = seat.split('/') as [string, string];
      return { site, role };
    });
  }

  /** What a command about this conference prints, as `diemcau log verify`. */
  tell(...words: string[]): string {
    return execFileSync(binary, ['--config', this.config, ...words], {
      env: { ...process.env, ...this.environment },
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
  }

  /** Starts another process of this program for this server, which ends with it at the latest. */
  spawn(words: string[], environment: Record<string, string>): ChildProcess {
    const env = { ...process.env, ...environment };
    const child = spawn(binary, words, { env, stdio: ['ignore', 'pipe', 'ignore'] });
    this.#others.push(child);
    return child;
  }

  /** The events of the log, the oldest first. */
  log(): Logged[] {
    const lines = this.tell('log', 'export');
    return lines.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Logged);
  }

  async #isReady(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/readyz`)).ok;
    } catch {
      return false;
    }
  }

  /** A code is shown once, in the table of the start that made it. */
  #noteCodes(table: string): void {
    const rows = table.matchAll(/^.*?(Phó chủ tọa|Chủ tọa|Thư ký|Kỹ thuật viên|  Điểm cầu) .*#site=(.+)&code=(.+)$/gm);
    for (const [, name, site, code] of rows) {
      const role = ROLES.get((name as string).trim());
      this.#codes.set(`${site}/${role}`, code as string);
    }
    // The wall screens stand below the codes.
    this.#tabled ||= table.includes('/display#site=');
  }
}

/** The text of a template that the program brings along. */
export function template(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'diemcau-e2e-'));
  try {
    const config = join(folder, 'conference.toml');
    execFileSync(binary, ['config', 'new', name, '--config', config], { stdio: 'ignore' });
    return readFileSync(config, 'utf8');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Ports that no system gives to a socket that asks for any: a server finds its own again after a kill. */
const PORTS = { from: 20_000, to: 32_000 };

/** A port that nobody has, neither over TCP nor over UDP. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const [tcp, udp] = [createServer(), createSocket('udp4')];
  try {
    await once(tcp.listen(port, '127.0.0.1'), 'listening');
    await once(udp.bind(port, '127.0.0.1'), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    if (tcp.listening) await once(tcp.close(), 'close');
    await once(udp.close(), 'close');
  }
}
