/**
 * A seat without a page: signed in, linked by a WebSocket of its own, it says what it is told to say.
 * It has neither camera nor microphone, so a browser holds many of them.
 */
import { type Browser, type BrowserContext, expect, type Page } from '@playwright/test';
import type { Logged, Server } from './server';

type Reply = { re: number; ok?: unknown; error?: { code: string } };
/** What a page of a seat has in its hands. */
interface Wire {
  events: Logged[];
  ask(words: Record<string, unknown>): Promise<Reply>;
}

/** Opens the WebSocket; resolves with the welcome. Runs in the page. */
function link(): Promise<void> {
  const socket = new WebSocket(`ws://${location.host}/api/v1/ws`, 'diemcau.v1');
  const waiting = new Map<number, (reply: Reply) => void>();
  const events: Logged[] = [];
  let last = 0;
  const ask = (words: Record<string, unknown>): Promise<Reply> =>
    new Promise((resolve) => {
      last += 1;
      waiting.set(last, resolve);
      socket.send(JSON.stringify({ id: last, ...words }));
    });
  Object.assign(window, { wire: { events, ask } satisfies Wire });
  return new Promise((resolve, reject) => {
    socket.onclose = ({ code }) => reject(new Error(`the WebSocket was closed: ${code}`));
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data as string) as { welcome?: unknown } & Partial<Reply> & Partial<Logged>;
      if (message.welcome !== undefined) {
        // As a page does, so that the server knows that somebody is there.
        setInterval(() => void ask({ cmd: 'link.ping' }), 5_000);
        resolve();
      } else if (message.re !== undefined) {
        waiting.get(message.re)?.(message as Reply);
        waiting.delete(message.re);
      } else if (message.event !== undefined) {
        events.push(message as Logged);
      }
    };
  });
}

export class Seat {
  private constructor(
    readonly site: string,
    readonly context: BrowserContext,
    readonly page: Page,
  ) {}

  static async open(browser: Browser, server: Server, site: string, role = 'site'): Promise<Seat> {
    const context = await browser.newContext();
    const page = await context.newPage();
    // The page of the door: it is the server's own, and has no link yet.
    await page.goto(server.url);
    const signIn = { site, code: server.code(site, role) };
    const answer = await page.request.post(`${server.url}/api/v1/sign-in`, { data: signIn });
    expect(answer.ok(), `${site} signs in`).toBe(true);
    await page.evaluate(link);
    return new Seat(site, context, page);
  }

  /** Has the conference changed; fails with the server's reason when it refuses. */
  async say(command: { cmd: string; [field: string]: unknown }): Promise<void> {
    const reply = await this.page.evaluate(
      (words) => (window as unknown as { wire: Wire }).wire.ask({ key: crypto.randomUUID(), ...words }),
      command,
    );
    expect(reply.error?.code, `${this.site}: ${command.cmd} is refused`).toBeUndefined();
  }

  async request(words = ''): Promise<void> {
    await this.say({ cmd: 'floor.request', floor: 'speech', site: this.site, kind: 'discussion', words, beneficiary: '' });
  }

  /** The newest event of a name that this seat was told of; waits for the first. */
  async told(event: string): Promise<Logged> {
    const newest = () =>
      this.page.evaluate(
        (name) => (window as unknown as { wire: Wire }).wire.events.findLast((one) => one.event === name) ?? null,
        event,
      );
    await expect.poll(newest, { message: `${this.site} is told ${event}` }).not.toBeNull();
    return (await newest())!;
  }
}
