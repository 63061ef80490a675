/**
 * What a page knows of the conference: the server's view of its role, the log that it may read,
 * and the newest hints. Everything here comes from the server; the page decides nothing.
 */
import { Value, type Readable } from '../value';
import { ServerClock } from './clock';
import { type GuessAlarm, Guesses } from './guesses';
import { dependsOnSeen } from './judged';
import type {
  Answer,
  Command,
  DeviceId,
  EventMessage,
  Hint,
  Level,
  PageQuality,
  SiteId,
  SiteQuality,
  SlotSize,
  SlotSource,
  View,
  ViewPatch,
  Welcome,
} from './protocol.gen';
import { type EndCause, type Link, SignalSocket, type Surroundings } from './socket';
import { applyPatch, siteOf } from './view';

/** The page keeps no more entries of the log than this. */
const LOG_KEPT = 500;
/** How often it is looked whether what the host is told is still true. */
const LOOK_AGAIN = 1_000;
/** A site that sends is measured five times a second; one that was not for this long is silent; ms. */
const LEVEL_LASTS = 1_000;

export class Session {
  readonly clock: ServerClock;
  readonly #socket: SignalSocket;
  readonly #link = new Value<Link>({ state: 'connecting', since: Date.now() });
  readonly #view = new Value<View | null>(null);
  readonly #log = new Value<readonly EventMessage[]>([]);
  readonly #slots = new Value<readonly SlotSource[]>([]);
  readonly #levels = new Value<ReadonlyMap<SiteId, Level>>(new Map());
  /** When each level came. */
  readonly #levelsAt = new Map<SiteId, number>();
  #fading: ReturnType<typeof setTimeout> | undefined;
  readonly #openMicrophones = new Value<ReadonlyMap<DeviceId, SiteId>>(new Map());
  readonly #quality = new Value<ReadonlyMap<SiteId, SiteQuality>>(new Map());
  readonly #instance = new Value<string | null>(null);
  /** Counts the times that the server said that this device's media is gone. */
  readonly #mediaGone = new Value(0);
  readonly #mediaWeak = new Value(false);
  /** RIDs of the layers of this device's camera that somebody watches; null: not said. */
  readonly #layers = new Value<readonly string[] | null>(null);
  #watched: readonly SiteId[] = [];
  #shown: readonly SlotSize[] = [];
  readonly #guesses = new Guesses();
  readonly #guessAlarm = new Value<GuessAlarm | null>(null);
  #guessTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(world: Surroundings, clock = new ServerClock()) {
    this.clock = clock;
    this.#socket = new SignalSocket(
      {
        link: (link) => this.#link.set(link),
        welcome: (welcome) => this.#welcome(welcome),
        event: (event) => this.#event(event),
        patch: (patch) => this.#patch(patch),
        hint: (hint) => this.#hint(hint),
      },
      world,
    );
  }

  get link(): Readable<Link> {
    return this.#link;
  }
  /** Null until the first welcome. */
  get view(): Readable<View | null> {
    return this.#view;
  }
  /** Oldest first. */
  get log(): Readable<readonly EventMessage[]> {
    return this.#log;
  }
  get slots(): Readable<readonly SlotSource[]> {
    return this.#slots;
  }
  get levels(): Readable<ReadonlyMap<SiteId, Level>> {
    return this.#levels;
  }
  /** Devices that send sound without the floor. */
  get openMicrophones(): Readable<ReadonlyMap<DeviceId, SiteId>> {
    return this.#openMicrophones;
  }
  /** Sites whose line, or machine, is not good: for a host all of them, else only its own. */
  get quality(): Readable<ReadonlyMap<SiteId, SiteQuality>> {
    return this.#quality;
  }
  /** Another value: the server started again, and media is gone with the old one. */
  get instance(): Readable<string | null> {
    return this.#instance;
  }
  get mediaGone(): Readable<number> {
    return this.#mediaGone;
  }
  /** The server hears little of this device's media connection. */
  get mediaWeak(): Readable<boolean> {
    return this.#mediaWeak;
  }
  /** RIDs of the layers of this device's camera that somebody watches; null: not said. */
  get layers(): Readable<readonly string[] | null> {
    return this.#layers;
  }
  /** For the host: somebody enters wrong codes, and nobody has said that it was read. */
  get guessAlarm(): Readable<GuessAlarm | null> {
    return this.#guessAlarm;
  }

  start(): void {
    this.#socket.start();
  }

  /** The alarm was read: this wave of wrong codes is not told again. */
  dismissGuesses(): void {
    this.#guesses.dismiss();
    this.#tellGuesses();
  }

  retryNow(): void {
    this.#socket.retryNow();
  }

  /** The machine may have slept: the link must prove that it lives. */
  checkNow(): void {
    this.#socket.checkNow();
  }

  /** The newest event that the page knows of. */
  get seq(): number {
    return this.#socket.seq ?? 0;
  }

  /**
   * Asks for a change of the conference. `seen`: the newest event that was known when it was chosen,
   * where that is longer ago than this call, as in a form that was open for a while.
   */
  command(command: Command, seen: number = this.seq): Promise<Answer> {
    return this.#socket.command(command, dependsOnSeen(command) ? seen : undefined);
  }

  joinMedia(sdp: string): Promise<Answer> {
    return this.#socket.ask({ cmd: 'media.join', sdp });
  }

  /** The same while the page connects for the first time: the welcome is not waited for. */
  joinMediaAhead(sdp: string): Promise<Answer> {
    return this.#socket.askAhead({ cmd: 'media.join', sdp });
  }

  /** From now on the small pictures are those of these sites; of none: those the server chooses. */
  watch(sites: readonly SiteId[]): void {
    if (sites.join() === this.#watched.join()) return;
    this.#watched = sites;
    this.#askToWatch();
  }

  /** What this page sees of its pictures; while the link is lost nobody is told. */
  reportQuality(report: PageQuality): void {
    void this.#socket.ask({ cmd: 'media.quality', report }).catch(() => undefined);
  }

  /** Where the link is lost, the next welcome asks. */
  #askToWatch(): void {
    void this.#socket.ask({ cmd: 'media.watch', sites: [...this.#watched] }).catch(() => undefined);
  }

  /** From now on the slots are shown so tall. */
  show(sizes: readonly SlotSize[]): void {
    this.#shown = sizes;
    this.#askToShow();
  }

  #askToShow(): void {
    void this.#socket.ask({ cmd: 'media.sizes', sizes: [...this.#shown] }).catch(() => undefined);
  }

  /** Leaves on purpose: the attendance interval ends now. */
  async leave(): Promise<void> {
    await this.#socket.ask({ cmd: 'link.leave' }).catch(() => undefined);
    this.stop();
  }

  /** Ends the link without leaving the conference: the page goes away, or another tab takes over. */
  stop(cause?: EndCause): void {
    clearTimeout(this.#guessTimer);
    clearTimeout(this.#fading);
    this.#socket.stop(cause);
  }

  #welcome(welcome: Welcome): void {
    this.clock.set(welcome.at);
    const known = this.#log.get().at(-1)?.seq ?? 0;
    // A log that is behind ours is another log: the old one is no longer true.
    const kept = welcome.seq < known ? [] : this.#log.get();
    const after = kept.at(-1)?.seq ?? 0;
    this.#log.set([...kept, ...welcome.log.filter(({ seq }) => seq > after)].slice(-LOG_KEPT));
    this.#view.set(welcome.view);
    // Hints of the old connection may be out of date, and the new one says them all again.
    this.#openMicrophones.set(new Map());
    this.#levels.set(new Map());
    this.#quality.set(new Map());
    this.#mediaWeak.set(false);
    this.#guesses.forget();
    this.#tellGuesses();
    this.#instance.set(welcome.instance);
    if (this.#watched.length > 0) this.#askToWatch();
    if (this.#shown.length > 0) this.#askToShow();
  }

  #event(event: EventMessage): void {
    this.#patch(event.view);
    this.#log.set([...this.#log.get(), event].slice(-LOG_KEPT));
  }

  #patch(patch: ViewPatch | undefined): void {
    const view = this.#view.get();
    if (view === null) return;
    const now = applyPatch(view, patch);
    this.#view.set(now);
    if (patch?.sites !== undefined) this.#forgetLevels(now);
  }

  /** A turn must not begin with the level at which an earlier one ended. */
  #forgetLevels(view: View): void {
    const known = [...this.#levels.get()];
    const heard = known.filter(([id]) => siteOf(view, id)?.heard === true);
    if (heard.length < known.length) this.#levels.set(new Map(heard));
  }

  #takeLevels(levels: readonly Level[]): void {
    const now = Date.now();
    for (const { site } of levels) this.#levelsAt.set(site, now);
    this.#levels.set(
      new Map([...this.#levels.get(), ...levels.map((one) => [one.site, one] as const)]),
    );
    this.#fadeLevels();
  }

  /** A site that stops sending is not measured any more, so its last level must not stay. */
  #fadeLevels(): void {
    clearTimeout(this.#fading);
    const fresh = [...this.#levels.get()].filter(
      ([id]) => Date.now() - (this.#levelsAt.get(id) ?? 0) < LEVEL_LASTS,
    );
    if (fresh.length < this.#levels.get().size) this.#levels.set(new Map(fresh));
    if (fresh.length > 0) this.#fading = setTimeout(() => this.#fadeLevels(), LEVEL_LASTS / 4);
  }

  #hint(hint: Hint): void {
    switch (hint.hint) {
      case 'slots':
        return this.#slots.set(hint.slots);
      case 'levels':
        return this.#takeLevels(hint.levels);
      case 'open-microphone':
        return this.#openMicrophones.update((open) => {
          const next = new Map(open);
          if (hint.open) next.set(hint.device, hint.site);
          else next.delete(hint.device);
          return next;
        });
      case 'guesses':
        this.#guesses.hint(hint.site, hint.refused, this.clock.now());
        return this.#tellGuesses();
      case 'quality':
        return this.#quality.update((known) => {
          const next = new Map(known);
          for (const site of hint.sites) {
            if (site.grade === 'good') next.delete(site.site);
            else next.set(site.site, site);
          }
          return next;
        });
      case 'layers':
        return this.#layers.set(hint.active);
      case 'media':
        this.#mediaWeak.set(hint.state === 'weak');
        if (hint.state === 'gone') this.#mediaGone.update((count) => count + 1);
    }
  }

  /** What is told is true for a while only, so it is looked at again until nothing is left. */
  #tellGuesses(): void {
    const alarm = this.#guesses.alarm(this.clock.now());
    this.#guessAlarm.set(alarm);
    clearTimeout(this.#guessTimer);
    if (alarm !== null) this.#guessTimer = setTimeout(() => this.#tellGuesses(), LOOK_AGAIN);
  }
}
