/**
 * The media of a page: keeps a connection while the conference lasts, replaces it when it dies, and
 * shows the old pictures until the new ones are here. It lives apart from the WebSocket, which it
 * needs only to negotiate.
 */
import type { Session } from '../signal/session';
import type { Answer, SlotKind, View } from '../signal/protocol.gen';
import { Value, type Readable } from '../value';
import { MediaConnection } from './connection';
import type { Devices } from './devices';
import { Equipment } from './equipment';
import { type Flow, FlowWatch } from './flow';
import { isAlive } from './life';
import { Microphone, type MicMemory } from './microphone';
import { Presentation } from './presentation';
import { QualityWatch } from './qualityWatch';
import { neededCounts, rememberCounts, suffices } from './slotCounts';
import { ShownSizes } from './sizes';
import { EMPTY, onFrame, onSource, onTime, type Picture, type Slot } from './slots';
import type { Sound } from './sound';
import type { Speaker } from './speaker';

/** How the media connection is, in what a person would call it. */
export type MediaStatus =
  | { state: 'connecting' }
  | { state: 'connected' }
  | { state: 'interrupted' }
  | { state: 'refused'; error: unknown };

/** The answer comes right behind the welcome; a page that is drawn later than this is drawn late; ms. */
const DRAWN_WITHIN = 100;
const FIRST_DELAY = 500;
const LONGEST_DELAY = 8_000;

export class Media {
  readonly devices: Devices;
  readonly sound: Sound;
  readonly speaker: Speaker;
  readonly microphone: Microphone;
  /** How tall each slot is shown. */
  readonly sizes: ShownSizes;
  /** The screen that this device shares. */
  readonly presentation = new Presentation();
  readonly #equipment: Equipment;
  readonly #session: Session;
  readonly #sends: boolean;
  readonly #status = new Value<MediaStatus>({ state: 'connecting' });
  readonly #slots = new Value<readonly Slot[]>([]);
  readonly #begun = new Value(false);
  #drawing: ReturnType<typeof setTimeout> | undefined;
  readonly #pictures = new Value<ReadonlyMap<string, Picture>>(new Map());
  /** Elements that the browser refused to play. */
  readonly #blocked = new Value<ReadonlySet<HTMLMediaElement>>(new Set());
  readonly #flow = new FlowWatch(async () => (await this.#current?.arrivals()) ?? 0);
  readonly #quality = new QualityWatch({
    connection: () => this.#current,
    scene: () => ({
      now: performance.now(),
      visible: document.visibilityState === 'visible',
      slots: this.#slots.get(),
      pictures: this.#pictures.get(),
      camera: this.devices.tracks.get().video?.id ?? null,
    }),
    tell: (quality) => this.#session.reportQuality(quality),
  });
  readonly #ends: (() => void)[] = [];
  /** In use: its slots are on the page. */
  #current: MediaConnection | null = null;
  /** On its way: replaces `current` once it is connected. */
  #next: MediaConnection | null = null;
  /** Whose slots are on the page: before there are others, those of the first that is on its way. */
  #shown: MediaConnection | null = null;
  #instance: string | null = null;
  #attempt = 0;
  #proving = false;
  #retry: ReturnType<typeof setTimeout> | undefined;

  /**
   * `sends`: this device has a camera and a microphone in the conference. `memory`: what a person
   * muted by hand stays muted when the page comes back. `equipment`: as the device check left it,
   * with its camera and microphone open.
   */
  constructor(
    session: Session,
    sends: boolean,
    memory: MicMemory | null,
    equipment = new Equipment(),
  ) {
    this.#session = session;
    this.#sends = sends;
    this.#equipment = equipment;
    this.devices = equipment.devices;
    this.sound = equipment.sound;
    this.speaker = equipment.speaker;
    this.microphone = new Microphone(this.sound, memory);
    this.sizes = new ShownSizes((sizes) => session.show(sizes));
  }

  get status(): Readable<MediaStatus> {
    return this.#status;
  }
  get slots(): Readable<readonly Slot[]> {
    return this.#slots;
  }
  /**
   * The browser works on the answer to the first join, or it is not there in time: whoever draws the
   * page before delays the first picture by that.
   */
  get begun(): Readable<boolean> {
    return this.#begun;
  }
  /** What each slot shows, by its MID. */
  get pictures(): Readable<ReadonlyMap<string, Picture>> {
    return this.#pictures;
  }
  /** The browser refuses to play until a person asks for sound. */
  get blocked(): Readable<ReadonlySet<HTMLMediaElement>> {
    return this.#blocked;
  }
  /** Whether media really arrives; measured only while the WebSocket is lost. */
  get flow(): Readable<Flow> {
    return this.#flow.flow;
  }
  get sends(): boolean {
    return this.#sends;
  }

  start(): void {
    const { view, link, instance, mediaGone, slots, layers } = this.#session;
    // What the first picture waits for goes first.
    this.#joinAhead();
    if (this.#sends) void this.devices.open();
    this.#quality.start();
    const timer = setInterval(() => this.#change((picture) => onTime(picture, Date.now())), 500);
    this.#ends.push(
      () => clearInterval(timer),
      this.devices.tracks.subscribe((tracks) => {
        this.microphone.setTrack(tracks.audio);
        void this.#current?.send(tracks);
        void this.#next?.send(tracks);
      }),
      this.presentation.tracks.subscribe((tracks) => {
        void this.#current?.share(tracks);
        void this.#next?.share(tracks);
      }),
      view.subscribe((now) => this.microphone.setHeard(now?.me.heard ?? false)),
      slots.subscribe(() => this.#route()),
      layers.subscribe((rids) => this.#watched(rids)),
      instance.subscribe((now) => {
        if (now === null || now === this.#instance) return;
        const isFirst = this.#instance === null;
        this.#instance = now;
        if (!isFirst || !this.#isAheadEnough()) this.#renew();
        this.#drawing ??= setTimeout(() => this.#begun.set(true), DRAWN_WITHIN);
      }),
      mediaGone.subscribe((count) => {
        if (count > 0 && this.#next === null) this.#renew();
      }),
      link.subscribe(({ state }) => {
        if (state === 'lost') this.#flow.start();
        else this.#flow.stop();
        if (state === 'open' && this.#current === null && this.#next === null) this.#renew();
      }),
    );
  }

  /** A frame of a slot was presented; `rtp` is its timestamp where the browser tells it. */
  framed(mid: string, rtp: number | undefined): void {
    const picture = this.#pictures.get().get(mid);
    if (picture === undefined || picture.awaiting === null) return;
    const next = onFrame(picture, rtp, Date.now());
    if (next !== picture) this.#pictures.set(new Map(this.#pictures.get()).set(mid, next));
  }

  /** The equipment, for whoever lets a person choose. */
  get equipment(): Equipment {
    return this.#equipment;
  }

  /** Plays an element; a refusal is remembered for `enableSound`. */
  async play(element: HTMLMediaElement): Promise<void> {
    try {
      await element.play();
      this.forget(element);
    } catch (error) {
      // Anything but a refusal means that the element has changed or gone meanwhile.
      if (!(error instanceof DOMException) || error.name !== 'NotAllowedError') return;
      this.#blocked.set(new Set([...this.#blocked.get(), element]));
    }
  }

  /** After a press of the button: whatever was refused plays. */
  async enableSound(): Promise<void> {
    await this.sound.resume().catch(() => undefined);
    await Promise.all([...this.#blocked.get()].map((element) => this.play(element)));
  }

  /** An element plays, or left the page. */
  forget(element: HTMLMediaElement): void {
    if (!this.#blocked.get().has(element)) return;
    const rest = new Set(this.#blocked.get());
    rest.delete(element);
    this.#blocked.set(rest);
  }

  /**
   * The machine may have slept: devices that the system took away are opened again, and a connection
   * that shows no sign of life is replaced. The old one stays until the new one is connected.
   */
  checkNow(): void {
    if (this.#sends) void this.devices.revive();
    const connection = this.#current;
    if (connection === null || this.#proving) return;
    this.#proving = true;
    void isAlive(connection).then((alive) => {
      this.#proving = false;
      if (!alive && connection === this.#current && this.#next === null) this.#renew();
    });
  }

  stop(): void {
    for (const end of this.#ends.splice(0)) end();
    clearTimeout(this.#retry);
    clearTimeout(this.#drawing);
    this.#begun.set(true);
    this.#flow.stop();
    this.#quality.stop();
    this.sizes.stop();
    this.#current?.close();
    this.#next?.close();
    this.#current = null;
    this.#next = null;
    this.microphone.close();
    this.presentation.stop();
    this.#equipment.close();
  }

  /** Hints speak of the newest connection that the server knows. */
  #watched(rids: readonly string[] | null): void {
    const connection = this.#next?.answered === true ? this.#next : this.#current;
    if (rids !== null) void connection?.watched(rids);
  }

  /** Takes in what the server has routed into the slots. */
  #route(): void {
    // Hints speak of the newest connection. Until it is in use, the page shows the old one.
    if (this.#next !== null && this.#shown !== null && this.#shown !== this.#next) return;
    const now = Date.now();
    const known = this.#pictures.get();
    const sources = this.#session.slots.get();
    this.#pictures.set(
      new Map(sources.map((one) => [one.mid, onSource(known.get(one.mid) ?? EMPTY, one, now)])),
    );
  }

  #change(change: (picture: Picture) => Picture): void {
    const old = this.#pictures.get();
    const changed = new Map([...old].map(([mid, picture]) => [mid, change(picture)] as const));
    if ([...changed].some(([mid, picture]) => picture !== old.get(mid))) {
      this.#pictures.set(changed);
    }
  }

  get #isOver(): boolean {
    return this.#session.view.get()?.conference.phase === 'closed';
  }

  #renewSoon(delay: number): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#renew(), delay);
  }

  #renew(): void {
    clearTimeout(this.#retry);
    const view = this.#session.view.get();
    if (view === null || this.#isOver) return;
    // Without the WebSocket there is nobody to negotiate with; its return renews.
    if (this.#session.link.get().state === 'ended') return;
    const next = this.#next;
    this.#next = null;
    next?.close();
    if (next !== null) this.#hide(next);
    void this.#join(view).catch((error: unknown) => this.#status.set({ state: 'refused', error }));
  }

  async #join(view: View): Promise<void> {
    const counts = neededCounts(view);
    rememberCounts(counts);
    if (this.#status.get().state === 'connected') this.#status.set({ state: 'interrupted' });
    const connection = this.#own(new MediaConnection(counts));
    void connection.send(this.devices.tracks.get());
    void connection.share(this.presentation.tracks.get());
    await this.#negotiate(connection, (sdp) => this.#session.joinMedia(sdp));
  }

  /** The first join does not wait for the welcome: its offer is as the last conference needed it. */
  #joinAhead(): void {
    try {
      const connection = this.#own(this.#equipment.takeOffer());
      void this.#negotiate(connection, (sdp) => this.#session.joinMediaAhead(sdp));
    } catch (error) {
      // A browser that makes no connections. The conference can be followed without pictures.
      this.#status.set({ state: 'refused', error });
    }
  }

  /** The first welcome is here: whether the join that went ahead is under way, and as it should be. */
  #isAheadEnough(): boolean {
    const view = this.#session.view.get();
    if (this.#next === null || view === null) return false;
    const needed = neededCounts(view);
    rememberCounts(needed);
    return suffices(this.#next.counts, needed);
  }

  async #negotiate(
    connection: MediaConnection,
    ask: (sdp: string) => Promise<Answer>,
  ): Promise<void> {
    this.#next = connection;
    try {
      await connection.join(ask);
    } catch (error) {
      connection.close();
      if (connection !== this.#next) return;
      this.#next = null;
      this.#hide(connection);
      this.#route();
      // A lost link is said by its own banner, and its return renews; of a conference that is over there
      // is nothing to see.
      if (this.#session.link.get().state !== 'open' || this.#isOver) return;
      this.#status.set({ state: 'refused', error });
      this.#retryLater();
    }
  }

  #own(connection: MediaConnection): MediaConnection {
    connection.onState = (state) => {
      if (state === 'connected') this.#adopt(connection);
      else this.#lost(connection);
    };
    connection.onSlots = () => {
      if (this.#shown === null && connection === this.#next) this.#show(connection, ['main']);
      this.#begun.set(true);
    };
    return connection;
  }

  /** `kinds`: no others yet. Elements for voices and small pictures take the time of the first picture. */
  #show(connection: MediaConnection, kinds?: readonly SlotKind[]): void {
    this.#shown = connection;
    this.#slots.set(connection.slots.filter(({ kind }) => kinds?.includes(kind) ?? true));
    this.#route();
  }

  /** Nothing has ever come over it. */
  #hide(connection: MediaConnection): void {
    if (connection !== this.#shown) return;
    this.#shown = null;
    this.#slots.set([]);
  }

  #adopt(connection: MediaConnection): void {
    if (connection !== this.#next) return;
    this.#next = null;
    this.#current?.close();
    this.#current = connection;
    this.#attempt = 0;
    this.#show(connection);
    this.#status.set({ state: 'connected' });
  }

  #lost(connection: MediaConnection): void {
    if (connection === this.#current) {
      // Its last frames stay on the page until the new connection brings others.
      this.#current = null;
      this.#status.set({ state: 'interrupted' });
      if (this.#next === null) this.#renew();
    } else if (connection === this.#next) {
      this.#next = null;
      this.#hide(connection);
      this.#route();
      if (this.#status.get().state !== 'connecting') this.#status.set({ state: 'interrupted' });
      this.#retryLater();
    }
  }

  #retryLater(): void {
    const longest = Math.min(FIRST_DELAY * 2 ** this.#attempt, LONGEST_DELAY);
    this.#attempt += 1;
    this.#renewSoon(longest * (0.5 + Math.random() / 2));
  }
}
