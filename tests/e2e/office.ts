/**
 * A server and an office's machine, each in a network namespace of its own with one line between them: the
 * machine has another address than the server, and a certificate store of its own. Needs root.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BrowserContext, chromium } from '@playwright/test';

const root = fileURLToPath(new URL('../..', import.meta.url));
const SERVER = '10.213.7.1';
const OFFICE = '10.213.7.2';

const run = (...words: string[]) => execFileSync(words[0]!, words.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });

export class Office {
  readonly folder = mkdtempSync(join(tmpdir(), 'diemcau-office-'));
  readonly #names: readonly [string, string];
  #server: ChildProcess | undefined;
  #table = '';
  #contexts: BrowserContext[] = [];

  constructor() {
    this.#names = [`dc${process.pid}s`, `dc${process.pid}o`];
    const [server, office] = this.#names;
    for (const name of this.#names) {
      run('ip', 'netns', 'add', name);
      // An IPv6 address would come by itself a second or two later, and a browser that is loading a page
      // then gives up: the network has changed.
      run('ip', 'netns', 'exec', name, 'sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1');
      run('ip', 'netns', 'exec', name, 'sysctl', '-qw', 'net.ipv6.conf.default.disable_ipv6=1');
      run('ip', '-n', name, 'link', 'set', 'lo', 'up');
    }
    run('ip', '-n', server, 'link', 'add', 'line', 'type', 'veth', 'peer', 'name', 'line', 'netns', office);
    for (const [name, address] of [[server, SERVER], [office, OFFICE]] as const) {
      run('ip', '-n', name, 'address', 'add', `${address}/24`, 'dev', 'line');
      run('ip', '-n', name, 'link', 'set', 'line', 'up');
    }
    copyFileSync(join(root, 'config/conference.toml'), join(this.folder, 'conference.toml'));
  }

  /** Starts the server as its README says, and waits for its table. */
  async serve(): Promise<void> {
    const binary = process.env.DIEMCAU ?? join(root, 'target/debug/diemcau');
    const words = ['netns', 'exec', this.#names[0], binary, '--config', 'conference.toml', 'serve'];
    this.#server = spawn('ip', words, { cwd: this.folder, stdio: ['ignore', 'pipe', 'ignore'] });
    this.#server.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#table += text));
    while (!/#site=nghe-an&code=.+\n/.test(this.#table)) {
      if (this.#server.exitCode !== null) throw new Error(`the server ended: ${this.#table}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** What the start has printed. */
  get table(): string {
    return this.#table;
  }

  /** The link of a row, as it stands there. */
  link(site: string, role: string): string {
    const row = this.#table.split('\n').find((line) => line.includes(`#site=${site}&`) && line.includes(role));
    return row?.split(/\s+/).at(-1) ?? '';
  }

  /** Downloads the CA certificate as a technician does, and gives its fingerprint. */
  download(url: string): string {
    const file = join(this.folder, 'ca.crt');
    const script = `fetch(${JSON.stringify(url)}).then((r) => r.arrayBuffer())
      .then((b) => require('fs').writeFileSync(${JSON.stringify(file)}, Buffer.from(b)))`;
    execFileSync('ip', ['netns', 'exec', this.#names[1], 'node', '-e', script], {
      env: { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1' },
    });
    return run('openssl', 'x509', '-in', file, '-noout', '-fingerprint', '-sha256').toString().split('=')[1]!.trim();
  }

  /** Puts what was downloaded into the certificate store of the machine's user. */
  trust(): void {
    const store = join(this.#home, '.pki/nssdb');
    mkdirSync(store, { recursive: true });
    run('certutil', '-d', `sql:${store}`, '-N', '--empty-password');
    run('certutil', '-d', `sql:${store}`, '-A', '-t', 'C,,', '-n', 'diemcau', '-i', join(this.folder, 'ca.crt'));
  }

  /** A browser on the office's machine, with camera and microphone. */
  async browser(name: string): Promise<BrowserContext> {
    const start = join(this.folder, 'browser');
    const executable = process.env.CHROMIUM || '/usr/bin/chromium';
    writeFileSync(start, `#!/bin/sh\nexec ip netns exec ${this.#names[1]} ${executable} "$@"\n`);
    chmodSync(start, 0o755);
    const context = await chromium.launchPersistentContext(join(this.folder, name), {
      executablePath: start,
      env: { ...process.env, HOME: this.#home } as Record<string, string>,
      args: ['--no-sandbox', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
    });
    this.#contexts.push(context);
    return context;
  }

  get #home(): string {
    return join(this.folder, 'home');
  }

  /** The log lines of `diemcau log show`. */
  log(): string {
    const binary = process.env.DIEMCAU ?? join(root, 'target/debug/diemcau');
    const words = ['--config', 'conference.toml', 'log', 'show'];
    return execFileSync(binary, words, { cwd: this.folder }).toString();
  }

  /** What a file of the data folder holds. */
  read(name: string): string {
    return readFileSync(join(this.folder, 'var', name), 'utf8');
  }

  async close(): Promise<void> {
    for (const context of this.#contexts) await context.close();
    if (this.#server?.exitCode === null) {
      const gone = once(this.#server, 'exit');
      this.#server.kill('SIGTERM');
      await gone;
    }
    for (const name of this.#names) run('ip', 'netns', 'delete', name);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
