/** The server under test: its own folder, its own ports, killed and started as a test wants. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export class Server {
  #child: ChildProcess | undefined;
  #codes = new Map<string, string>();

  private constructor(
    readonly httpPort: number,
    readonly mediaPort: number,
    readonly folder: string,
    readonly environment: Record<string, string>,
  ) {}

  get url(): string {
    return `http://localhost:${this.httpPort}`;
  }

  /** Starts a server with a new log. `environment` overrides keys of the configuration. */
  static async start(environment: Record<string, string> = {}): Promise<Server> {
    const [http, media] = [await freePort(), await freePort()];
    const folder = await mkdtemp(join(tmpdir(), 'diemcau-e2e-'));
    const server = new Server(http, media, folder, {
      DIEMCAU_SERVER_HTTP: `127.0.0.1:${http}`,
      DIEMCAU_SERVER_HTTPS: 'off',
      DIEMCAU_SERVER_MEDIA: `127.0.0.1:${media}`,
      DIEMCAU_SERVER_DATA: join(folder, 'var'),
      ...environment,
    });
    await server.run();
    return server;
  }

  /** Starts the process and waits until it is ready. */
  async run(): Promise<void> {
    const binary = process.env.DIEMCAU ?? join(root, 'target/debug/diemcau');
    const config = join(root, 'config/conference.toml');
    this.#child = spawn(binary, ['--config', config, 'serve'], {
      env: { ...process.env, ...this.environment },
      stdio: ['ignore', 'ignore', process.env.SERVER_LOG ? 'inherit' : 'ignore'],
    });
    while (!(await this.#isReady())) {
      if (this.#child.exitCode !== null) throw new Error(`the server ended: ${this.#child.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await this.#readCodes();
  }

  /** No farewell, as when the power goes. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** The link that signs in without typing, through the server's own port or a line's. */
  link(site: string, role: string, port = this.httpPort): string {
    const code = this.#codes.get(`${site}/${role}`);
    if (code === undefined) throw new Error(`no code for ${site}/${role}`);
    return `http://localhost:${port}/#site=${site}&code=${code}`;
  }

  async #isReady(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/readyz`)).ok;
    } catch {
      return false;
    }
  }

  async #readCodes(): Promise<void> {
    const text = await readFile(join(this.folder, 'var/codes.toml'), 'utf8');
    let site = '';
    for (const line of text.split('\n')) {
      site = /^\[(.+)\]$/.exec(line)?.[1] ?? site;
      const [, role, code] = /^(\w+) = "(.+)"$/.exec(line) ?? [];
      if (role !== undefined && code !== undefined) this.#codes.set(`${site}/${role}`, code);
    }
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}
