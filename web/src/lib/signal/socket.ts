/**
 * The WebSocket of a session: it comes back by itself, misses nothing, doubles nothing, and says
 * how it is. It knows no view and no page.
 */
import { Refused } from './http';
import type {
  Answer,
  Ask,
  Command,
  ErrorBody,
  EventMessage,
  Hint,
  Reply,
  Request,
  ServerMessage,
  UnseenMessage,
  ViewPatch,
  Welcome,
} from './protocol.gen';

export const SUBPROTOCOL = 'diemcau.v1';

/** How the link is. */
export type Link =
  | { state: 'connecting'; since: number }
  | { state: 'open' }
  /**
   * Lost since `since`, by the local clock in ms; the next attempt begins by itself. `restarting`:
   * the server said that it stops, and will be back.
   */
  | { state: 'lost'; since: number; restarting: boolean }
  /** Over for good. */
  | { state: 'ended'; cause: EndCause };

/**
 * Left on purpose; no longer signed in; or another tab of this browser took over, and coming back
 * would only take it away from that one again. The others are the server's refusals: the chair
 * removed the device, changed its code or locked the room, or its site has enough devices. Coming
 * back by itself would only be refused again.
 */
export type EndCause =
  'left' | 'signed-out' | 'replaced' | 'removed' | 'locked' | 'code-changed' | 'full';

/** What the socket tells. */
export interface Listener {
  link(link: Link): void;
  welcome(welcome: Welcome): void;
  /** The next event in order; each `seq` comes once. */
  event(event: EventMessage): void;
  /** The view changed by something that this role may not see. */
  patch(patch: ViewPatch): void;
  hint(hint: Hint): void;
}

/** The part of the browser's WebSocket that is used. */
export type WebSocketLike = Pick<WebSocket, 'onopen' | 'onmessage' | 'onclose' | 'send' | 'close'>;

/** What the socket needs of the world. */
export interface Surroundings {
  open(after: number | null): WebSocketLike;
  /** Asked when a connection is refused before its welcome: is the sign-in still good? */
  signedIn(): Promise<boolean>;
  /** 0 to 1. */
  random(): number;
  uuid(): string;
}

interface Waiting {
  request: Request;
  /** It does not wait for the welcome. */
  ahead: boolean;
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

const PING_EVERY = 5_000;
/** Two pings unanswered: the other end is dead, whatever TCP says. */
const DEAD_AFTER = 11_000;
const WELCOME_WITHIN = 8_000;
/** A link that must prove itself is given this long, and no more. */
const ANSWERS_WITHIN = 3_000;
const JUST_BEGUN = 1_000;
const FIRST_DELAY = 250;
const LONGEST_DELAY = 8_000;

/** The server's own close codes (RFC 6455 §7.4) after which the page stays away. */
const ENDS: ReadonlyMap<number, EndCause> = new Map([
  [4000, 'left'],
  [4001, 'replaced'],
  [4003, 'removed'],
  [4004, 'locked'],
  [4005, 'code-changed'],
  [4006, 'full'],
]);
/** Other close codes that mean something. After the rest: just come back. */
const ABUSE = 1008;
const TOO_LARGE = 1009;
const STOPPING = 1012;

const LINK_LOST: ErrorBody = {
  code: 'link-lost',
  message: {
    vi: 'Mất kết nối với máy chủ trước khi có trả lời.',
    en: 'The link to the server was lost before it answered.',
  },
};

export class SignalSocket {
  readonly #listener: Listener;
  readonly #world: Surroundings;
  #socket: WebSocketLike | null = null;
  #link: Link = { state: 'connecting', since: Date.now() };
  /** What is sent now gets there; the welcome may still be on its way. */
  #open = false;
  #welcomed = false;
  #attempt = 0;
  /** When the newest attempt began. */
  #begun = 0;
  #lastId = 0;
  /** The last event that was handed on. */
  #seq: number | null = null;
  /** Requests without a reply, in the order in which they were made. */
  readonly #waiting = new Map<number, Waiting>();
  #pingTimer: ReturnType<typeof setInterval> | undefined;
  #deadTimer: ReturnType<typeof setTimeout> | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(listener: Listener, world: Surroundings) {
    this.#listener = listener;
    this.#world = world;
  }

  get link(): Link {
    return this.#link;
  }

  /** Begins; afterwards it keeps itself connected until `stop`. */
  start(): void {
    this.#setLink({ state: 'connecting', since: Date.now() });
    this.#connect();
  }

  /** Ends for good. */
  stop(cause: EndCause = 'left'): void {
    clearTimeout(this.#retryTimer);
    this.#detach();
    for (const waiting of this.#waiting.values()) waiting.reject(new Refused(LINK_LOST));
    this.#waiting.clear();
    this.#setLink({ state: 'ended', cause });
  }

  /** Tries at once instead of waiting for the next attempt: the network is back. */
  retryNow(): void {
    if (this.#link.state !== 'lost' || this.#socket !== null) return;
    clearTimeout(this.#retryTimer);
    this.#attempt = 0;
    this.#connect();
  }

  /**
   * Time may have stood still for this page: an open link must answer soon, and an attempt that was
   * under way, or waited for, is made anew.
   */
  checkNow(): void {
    if (this.#link.state === 'ended') return;
    if (this.#welcomed) {
      this.#expectLife(ANSWERS_WITHIN);
      this.ask({ cmd: 'link.ping' }).catch(() => undefined);
    } else if (this.#link.state === 'lost') {
      // Several things wake a page at once; an attempt that has just begun is good.
      if (this.#socket !== null && Date.now() - this.#begun < JUST_BEGUN) return;
      clearTimeout(this.#retryTimer);
      this.#detach();
      this.#attempt = 0;
      this.#connect();
    }
  }

  /** The newest event that was handed on; null before the first welcome. */
  get seq(): number | null {
    return this.#seq;
  }

  /**
   * Asks for a change of the conference. The key lets it be repeated after a reconnect without
   * being done twice, so the promise settles only with the server's own answer (or `stop`). With
   * `seen`, it is refused as `changed` if an event after that one touched what it is about.
   */
  command(command: Command, seen?: number): Promise<Answer> {
    const key = this.#world.uuid();
    return this.#ask(command, seen === undefined ? { key } : { key, seq: seen });
  }

  /** Asks for something of the link or the media. It is not repeated: a lost link rejects it. */
  ask(ask: Exclude<Ask, Command>): Promise<Answer> {
    if (!this.#welcomed) return Promise.reject(new Refused(LINK_LOST));
    return this.#ask(ask, {});
  }

  /**
   * The same while the page connects for the first time: it goes out as soon as it can, and the
   * server answers it after its welcome, or refuses it before.
   */
  askAhead(ask: Exclude<Ask, Command>): Promise<Answer> {
    const begins = this.#link.state === 'connecting';
    return this.#welcomed || !begins ? this.ask(ask) : this.#ask(ask, {}, true);
  }

  #ask(ask: Ask, sent: Pick<Request, 'key' | 'seq'>, ahead = false): Promise<Answer> {
    if (this.#link.state === 'ended') return Promise.reject(new Refused(LINK_LOST));
    const id = ++this.#lastId;
    const request: Request = { id, ...sent, ...ask };
    return new Promise<Answer>((resolve, reject) => {
      this.#waiting.set(id, { request, ahead, resolve, reject });
      if (this.#welcomed || (ahead && this.#open)) this.#socket?.send(JSON.stringify(request));
    });
  }

  #connect(): void {
    this.#begun = Date.now();
    const socket = this.#world.open(this.#seq);
    this.#socket = socket;
    this.#open = false;
    this.#welcomed = false;
    socket.onopen = () => {
      if (socket !== this.#socket) return;
      this.#open = true;
      this.#sendWaiting(true);
    };
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket && typeof data === 'string') this.#receive(data);
    };
    socket.onclose = ({ code }) => {
      if (socket === this.#socket) this.#closed(code);
    };
    this.#expectLife(WELCOME_WITHIN);
  }

  /** Gives the connection up if nothing comes within `ms`. */
  #expectLife(ms: number): void {
    clearTimeout(this.#deadTimer);
    this.#deadTimer = setTimeout(() => this.#lose(), ms);
  }

  #receive(text: string): void {
    const message = JSON.parse(text) as ServerMessage;
    if ('welcome' in message) return this.#welcome(message.welcome);
    // What was asked ahead can be refused before the room knows of the page.
    if ('re' in message) this.#settle(message);
    if (!this.#welcomed) return;
    this.#expectLife(DEAD_AFTER);
    if ('seq' in message) this.#count(message);
    else if ('hint' in message) this.#listener.hint(message);
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.re);
    this.#waiting.delete(reply.re);
    if ('ok' in reply) waiting?.resolve(reply.ok);
    else waiting?.reject(new Refused(reply.error));
  }

  #count(message: EventMessage | UnseenMessage): void {
    const expected = (this.#seq ?? 0) + 1;
    if (message.seq < expected) return;
    // An event is missing: what follows cannot be trusted, so ask again from the last good one.
    if (message.seq > expected) return this.#lose();
    this.#seq = message.seq;
    if ('event' in message) this.#listener.event(message);
    else if (message.view !== undefined) this.#listener.patch(message.view);
  }

  #welcome(welcome: Welcome): void {
    this.#welcomed = true;
    this.#attempt = 0;
    this.#seq = welcome.seq;
    this.#expectLife(DEAD_AFTER);
    clearInterval(this.#pingTimer);
    this.#pingTimer = setInterval(() => {
      // The reply is proof of life; whether it comes is what the dead timer watches.
      this.ask({ cmd: 'link.ping' }).catch(() => undefined);
    }, PING_EVERY);
    this.#sendWaiting(false);
    this.#listener.welcome(welcome);
    this.#setLink({ state: 'open' });
  }

  /** What is ahead goes out when the connection is open, the rest at the welcome. */
  #sendWaiting(ahead: boolean): void {
    for (const waiting of this.#waiting.values()) {
      if (waiting.ahead === ahead) this.#socket?.send(JSON.stringify(waiting.request));
    }
  }

  #detach(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#open = false;
    this.#welcomed = false;
    clearTimeout(this.#deadTimer);
    clearInterval(this.#pingTimer);
    if (socket !== null) {
      socket.onopen = null;
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
    }
  }

  /** The other end closed, and says why. */
  #closed(code: number): void {
    const end = ENDS.get(code);
    if (end !== undefined) return this.stop(end);
    // The server had enough of this page, so the page leaves it alone for as long as it ever does.
    if (code === ABUSE || code === TOO_LARGE) this.#attempt = Infinity;
    this.#lose(code === STOPPING);
  }

  #lose(restarting = false): void {
    const refused = !this.#welcomed;
    this.#detach();
    for (const [id, waiting] of this.#waiting) {
      if (waiting.request.key !== undefined) continue;
      this.#waiting.delete(id);
      waiting.reject(new Refused(LINK_LOST));
    }
    if (this.#link.state !== 'lost') {
      this.#setLink({ state: 'lost', since: Date.now(), restarting });
    }
    // The browser hides why an upgrade failed, so a refused one asks over HTTP.
    if (refused) void this.#checkSignIn();
    const longest = Math.min(FIRST_DELAY * 2 ** this.#attempt, LONGEST_DELAY);
    this.#attempt += 1;
    // Half of the delay is chance, so that all sites do not come back in one moment.
    const delay = longest * (0.5 + this.#world.random() / 2);
    this.#retryTimer = setTimeout(() => this.#connect(), delay);
  }

  async #checkSignIn(): Promise<void> {
    const signedIn = await this.#world.signedIn().catch(() => true);
    if (!signedIn && this.#link.state === 'lost') this.stop('signed-out');
  }

  #setLink(link: Link): void {
    this.#link = link;
    this.#listener.link(link);
  }
}

/** The real world: this page's server, by WebSocket. */
export function browserSurroundings(signedIn: () => Promise<boolean>): Surroundings {
  return {
    open(after) {
      const url = new URL('/api/v1/ws', location.href);
      url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
      if (after !== null) url.searchParams.set('after', String(after));
      return new WebSocket(url, SUBPROTOCOL);
    },
    signedIn,
    random: Math.random,
    uuid,
  };
}

/** A random UUID. `crypto.randomUUID` is missing where a page is served without TLS. */
export function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [
    hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20),
  ].join('-');
}
