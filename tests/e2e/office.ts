/**
 * A server and an office's machine, each in a network namespace of its own with one line between them: the
 * machine has another address than the server, and a certificate store of its own. Needs root.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, firefox } from '@playwright/test';
import { AWAKE, CHROMIUM, FIREFOX } from './browsers';
import { end, isOver } from './child';
import { binary, type Host, ROLES } from './server';

const root = fileURLToPath(new URL('../..', import.meta.url));
const SERVER = '10.213.7.1';
const OFFICE = '10.213.7.2';

const run = (...words: string[]) => execFileSync(words[0]!, words.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });

/** Offices of this process so far. */
let built = 0;

export class Office implements Host {
  readonly url = `https://${SERVER}:8443`;
  readonly folder = mkdtempSync(join(tmpdir(), 'diemcau-office-'));
  readonly #names: readonly [string, string];
  #server: ChildProcess | undefined;
  #table = '';
  #said = '';
  readonly #launches: Promise<Browser>[] = [];
  readonly #browsers: Browser[] = [];
  /** Names of those namespaces that are there. */
  readonly #there: string[] = [];

  constructor() {
    built += 1;
    this.#names = [`dc${process.pid}n${built}s`, `dc${process.pid}n${built}o`];
    // A test that is out of time is not waited for, and a namespace outlives whoever made it.
    process.once('exit', this.#clear);
    try {
      this.#build();
    } catch (error) {
      this.#clear();
      throw error;
    }
  }

  #build(): void {
    const [server, office] = this.#names;
    for (const name of this.#names) {
      run('ip', 'netns', 'add', name);
      this.#there.push(name);
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
    const words = ['netns', 'exec', this.#names[0], binary, '--config', 'conference.toml', 'serve'];
    const env = { ...process.env, DIEMCAU_LOG: 'info,diemcau_media=debug' };
    this.#server = spawn('ip', words, { cwd: this.folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#server.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
    this.#server.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#table += text));
    while (!/#site=nghe-an&code=.+\n/.test(this.#table)) {
      if (isOver(this.#server)) throw new Error(`the server ended: ${this.#table}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** What the start has printed. */
  get table(): string {
    return this.#table;
  }

  /** What the server has logged, to the debug lines of its media. */
  get said(): string {
    return this.#said;
  }

  /** The link of a row, as it stands there. */
  link(site: string, role: string): string {
    const words = [...ROLES].find(([, id]) => id === role)?.[0] ?? role;
    const row = this.#table.split('\n').find((line) => line.includes(`#site=${site}&`) && line.includes(words));
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
    mkdirSync(this.#store, { recursive: true });
    run('certutil', '-d', `sql:${this.#store}`, '-N', '--empty-password');
    run('certutil', '-d', `sql:${this.#store}`, '-A', '-t', 'C,,', '-n', 'diemcau', '-i', join(this.folder, 'ca.crt'));
  }

  /** Chromium on the office's machine, with camera and microphone. */
  chromium(program = CHROMIUM): Promise<Browser> {
    const start = this.#starter('chromium', ['ip', 'netns', 'exec', this.#names[1], program]);
    const fakes = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
    return this.#keep(
      chromium.launch({ executablePath: start, env: this.#environment, args: ['--no-sandbox', ...AWAKE, ...fakes] }),
    );
  }

  /** Firefox there, as Debian has it; its microphone gives a tone, in hertz. */
  firefox(tone: number): Promise<Browser> {
    const script = fileURLToPath(new URL('start-firefox.mjs', import.meta.url));
    const words = [process.execPath, script, this.#names[1], this.#store, FIREFOX];
    return this.#keep(
      firefox.launch({
        channel: 'moz-firefox',
        executablePath: this.#starter('firefox', words),
        env: this.#environment,
        firefoxUserPrefs: {
          'media.navigator.streams.fake': true,
          'media.navigator.audio.fake_frequency': tone,
          'media.navigator.permission.disabled': true,
          'media.autoplay.default': 0,
        },
      }),
    );
  }

  /** A program that runs these words and what it is given. */
  #starter(name: string, words: readonly string[]): string {
    const file = join(this.folder, `${name}-${this.#launches.length}`);
    writeFileSync(file, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`);
    chmodSync(file, 0o755);
    return file;
  }

  async #keep(launch: Promise<Browser>): Promise<Browser> {
    this.#launches.push(launch);
    const browser = await launch;
    this.#browsers.push(browser);
    return browser;
  }

  get #environment(): Record<string, string> {
    return { ...process.env, HOME: this.#home } as Record<string, string>;
  }

  get #store(): string {
    return join(this.#home, '.pki/nssdb');
  }

  get #home(): string {
    return join(this.folder, 'home');
  }

  /** The log lines of `diemcau log show`. */
  log(): string {
    const words = ['--config', 'conference.toml', 'log', 'show'];
    return execFileSync(binary, words, { cwd: this.folder }).toString();
  }

  /** What a file of the data folder holds. */
  read(name: string): string {
    return readFileSync(join(this.folder, 'var', name), 'utf8');
  }

  /** Ends what runs on both machines and takes them away, whatever has failed before. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#browsers.map((browser) => browser.close()));
    if (this.#server !== undefined) await end(this.#server, 'SIGTERM');
    this.#clear();
    process.off('exit', this.#clear);
    // Of what was still starting nothing is left now, and whoever waited for it has heard so.
    await Promise.allSettled(this.#launches);
  }

  /** At once, as a process does that ends. */
  readonly #clear = (): void => {
    const failures: unknown[] = [];
    for (const name of [...this.#there]) {
      try {
        const left = run('ip', 'netns', 'pids', name).toString().split('\n').filter(Boolean);
        for (const process of left) spawnSync('kill', ['-KILL', process]);
        run('ip', 'netns', 'delete', name);
        this.#there.splice(this.#there.indexOf(name), 1);
      } catch (error) {
        // The other one is taken away all the same, and this one is still known.
        failures.push(error);
      }
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
    if (failures.length > 0) throw new AggregateError(failures, `still there: ${this.#there.join(' ')}`);
  };
}
