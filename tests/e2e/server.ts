/** The server under test: its own folder, its own ports, killed and started as a test wants. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The roles in the table of the start. */
const ROLES = new Map([
  ['Chủ tọa', 'chair'],
  ['Thư ký', 'secretary'],
  ['Kỹ thuật viên', 'technician'],
  ['Điểm cầu', 'site'],
]);
/** Beside the codes of the sites, those of chair, secretary and technician. */
const AT_THE_CENTRE = 3;

const root = fileURLToPath(new URL('../..', import.meta.url));
const binary = process.env.DIEMCAU ?? join(root, 'target/debug/diemcau');

export class Server {
  #child: ChildProcess | undefined;
  #codes = new Map<string, string>();

  private constructor(
    readonly httpPort: number,
    readonly mediaPort: number,
    readonly folder: string,
    readonly config: string,
    readonly environment: Record<string, string>,
  ) {}

  get url(): string {
    return `http://localhost:${this.httpPort}`;
  }

  /**
   * Starts a server with a new log. `environment` overrides keys of the configuration, which is that of
   * six sites or is made from a template.
   */
  static async start(environment: Record<string, string> = {}, template?: string): Promise<Server> {
    const [http, media] = [await freePort(), await freePort()];
    const folder = await mkdtemp(join(tmpdir(), 'diemcau-e2e-'));
    const config = join(template === undefined ? join(root, 'config') : folder, 'conference.toml');
    if (template !== undefined) {
      execFileSync(binary, ['config', 'new', template, '--config', config], { stdio: 'ignore' });
    }
    const server = new Server(http, media, folder, config, {
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
    this.#child = spawn(binary, ['--config', this.config, 'serve'], {
      env: { ...process.env, ...this.environment },
      stdio: ['ignore', 'pipe', process.env.SERVER_LOG ? 'inherit' : 'ignore'],
    });
    let table = '';
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      table += text;
      this.#noteCodes(table);
    });
    while (!(await this.#isReady())) {
      if (this.#child.exitCode !== null) throw new Error(`the server ended: ${this.#child.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const sites = readFileSync(this.config, 'utf8').match(/^\[\[conference\.sites\]\]/gm) ?? [];
    while (this.#codes.size < sites.length + AT_THE_CENTRE) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** What a command about this conference prints, as `diemcau log verify`. */
  tell(...words: string[]): string {
    const env = { ...process.env, ...this.environment };
    return execFileSync(binary, ['--config', this.config, ...words], { env }).toString();
  }

  /** Starts another process of this program for this server; whoever starts it ends it. */
  spawn(words: string[], environment: Record<string, string>): ChildProcess {
    const env = { ...process.env, ...environment };
    return spawn(binary, words, { env, stdio: ['ignore', 'pipe', 'ignore'] });
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

  /** The code that the first start made. */
  code(site: string, role: string): string {
    const code = this.#codes.get(`${site}/${role}`);
    if (code === undefined) throw new Error(`no code for ${site}/${role}`);
    return code;
  }

  /** The link that signs in without typing, through the server's own port or a line's. */
  link(site: string, role: string, port = this.httpPort): string {
    return `http://localhost:${port}/#site=${site}&code=${this.code(site, role)}`;
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
    const rows = table.matchAll(/^.*?(Chủ tọa|Thư ký|Kỹ thuật viên|  Điểm cầu) .*#site=(.+)&code=(.+)$/gm);
    for (const [, name, site, code] of rows) {
      const role = ROLES.get((name as string).trim());
      this.#codes.set(`${site}/${role}`, code as string);
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
