import type {
  DeviceView,
  EventMessage,
  RequestView,
  ServerMessage,
  SiteView,
  TurnView,
  View,
  Welcome,
} from '../src/lib/signal/protocol.gen';
import type { Surroundings, WebSocketLike } from '../src/lib/signal/socket';

export function site(id: string, vi: string): SiteView {
  return {
    id,
    name: { vi, en: vi },
    kind: id === 'ha-noi' ? 'central' : 'member',
    expected: 12,
    present: null,
    link: 'linked',
    since: 0,
    devices: 1,
    heard: false,
  };
}

export function device(id: string, at: string, change: Partial<DeviceView> = {}): DeviceView {
  return { id, site: at, role: 'site', since: 0, linked: true, speaks: false, ...change };
}

export function turn(change: Partial<TurnView> = {}): TurnView {
  return {
    epoch: 1,
    site: 'can-tho',
    device: null,
    kind: null,
    words: '',
    beneficiary: '',
    granted: 0,
    reason: { why: 'chair' },
    budget: 300_000,
    limit: 'turn',
    spoken: 0,
    running_since: 0,
    paused: [],
    grace_until: null,
    awaiting_media: false,
    silent: false,
    ...change,
  };
}

export function request(id: number, at: string, change: Partial<RequestView> = {}): RequestView {
  return {
    id,
    site: at,
    kind: 'discussion',
    words: '',
    beneficiary: '',
    at: 0,
    place: null,
    skipped: false,
    ...change,
  };
}

export function view(change: Partial<View> = {}): View {
  return {
    conference: {
      id: 'hoi-nghi-2013',
      title: { vi: 'Hội nghị', en: 'Conference' },
      phase: 'session',
      session: { id: 1, name: 'sáng', opened: 0 },
      locked: false,
      rules: {
        accept_automatically: true,
        turn: 300_000,
        overtime: 'soft',
        grace: 20_000,
        audio_slots: 4,
        thumbnail_slots: 12,
        devices_per_site: 8,
        policy: 'manual',
        requests_per_site: 2,
        turns_per_site: 0,
        site_time: 0,
        request_pause: 0,
        ready: 30_000,
        silence: 10_000,
        present_with_speech: true,
      },
      chair: { term: 1, site: 'ha-noi', role: 'chair', away_since: null },
      announcement: null,
    },
    me: {
      site: 'can-tho',
      role: 'site',
      device: 'd1',
      heard: false,
      chairs: false,
      may: ['floor.request'],
    },
    sites: [site('ha-noi', 'Hà Nội'), site('can-tho', 'Cần Thơ')],
    devices: [device('d1', 'can-tho')],
    floor: {
      turns: [],
      queue: [],
      prepared: [],
      pending: [],
      next: null,
      called: null,
      interrupted: null,
      policy: 'manual',
      prepared_open: true,
      queue_open: true,
      override_open: false,
      all_muted: false,
    },
    presentation: { turn: null, queue: [], pending: [], locked: false },
    picture: { main: null, chosen: false },
    agenda: { items: [], current: null },
    speaking: [],
    chat: [],
    ...change,
  };
}

export function welcome(seq: number, change: Partial<Welcome> = {}): Welcome {
  return { instance: 'a', at: 1_000, seq, view: view(), log: [], ...change };
}

export function resumed(seq: number): EventMessage {
  return { seq, at: seq, event: 'link.resumed', device: 'd1', site: 'can-tho' };
}

/** The other end of one WebSocket. */
export class FakeSocket {
  readonly after: number | null;
  readonly sent: { id: number; key?: string; cmd: string; [field: string]: unknown }[] = [];
  closed = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(after: number | null) {
    this.after = after;
  }

  send(text: string): void {
    if (!this.closed) this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.closed = true;
  }

  /** It can be written to; nothing has come yet. */
  opens(): void {
    this.onopen?.();
  }

  /** The server says something. */
  says(message: ServerMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  /** The connection breaks (1006), or the server closes it with a code of its own. */
  breaks(code = 1006): void {
    this.closed = true;
    this.onclose?.({ code });
  }

  commands(): string[] {
    return this.sent.filter(({ cmd }) => cmd !== 'link.ping').map(({ cmd }) => cmd);
  }
}

/** A world whose sockets a test holds in its hand. */
export class FakeWorld implements Surroundings {
  readonly sockets: FakeSocket[] = [];
  isSignedIn = true;
  #keys = 0;

  open(after: number | null): WebSocketLike {
    const socket = new FakeSocket(after);
    this.sockets.push(socket);
    return socket as unknown as WebSocketLike;
  }

  async signedIn(): Promise<boolean> {
    return this.isSignedIn;
  }

  random(): number {
    return 0.5;
  }

  uuid(): string {
    this.#keys += 1;
    return `key-${this.#keys}`;
  }

  get last(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('no socket was opened');
    return socket;
  }
}
