/** The camera and the microphone of this machine: opened, watched, chosen, and opened again. */
import { Value, type Readable } from '../value';
import { capture, type Captured, type Fault, type Faults, type Kind, type Wish } from './capture';
import type { OwnTracks } from './connection';
import { type Choice, type Choices, deviceOf, listDevices, NO_CHOICES } from './deviceList';
import { type Loss, onListed, onLost, onOpened, type Step } from './loss';

/** A person wants no device of this kind. */
export const NONE = 'none';

/** Of each kind: the id that a person chose, `NONE`, or null: whichever the browser takes. */
export type Chosen = Readonly<Record<Kind, string | null>>;

/** Where choices are remembered: a part of the browser's `Storage`. */
export type ChoiceMemory = Pick<Storage, 'getItem' | 'setItem'>;

const REMEMBERED: Record<Kind, string> = { audio: 'microphone', video: 'camera' };
const KINDS = ['audio', 'video'] as const;
/** That a device is back needs no answer; ms. */
const GOOD_NEWS_FOR = 10_000;

export class Devices {
  readonly #memory: ChoiceMemory | null;
  readonly #tracks = new Value<OwnTracks>({ audio: null, video: null });
  readonly #faults = new Value<Faults>({ audio: null, video: null });
  readonly #choices = new Value<Choices>(NO_CHOICES);
  readonly #chosen: Value<Chosen>;
  readonly #losses = new Value<Readonly<Record<Kind, Loss | null>>>({ audio: null, video: null });
  readonly #asking = new Value(false);
  readonly #onChange = () => void this.#do(() => this.#listed());
  /** One thing after another: a device that ends while another opens waits its turn. */
  #queue: Promise<void> = Promise.resolve();
  #listening = false;
  #closed = false;

  constructor(memory: ChoiceMemory | null = null) {
    this.#memory = memory;
    const recall = (kind: Kind) => memory?.getItem(REMEMBERED[kind]) ?? null;
    this.#chosen = new Value<Chosen>({ audio: recall('audio'), video: recall('video') });
  }

  /** What is open now. */
  get tracks(): Readable<OwnTracks> {
    return this.#tracks;
  }
  /** Why something that is wanted is not open. */
  get faults(): Readable<Faults> {
    return this.#faults;
  }
  get choices(): Readable<Choices> {
    return this.#choices;
  }
  get chosen(): Readable<Chosen> {
    return this.#chosen;
  }
  /** Devices that went away, and what became of it. */
  get losses(): Readable<Readonly<Record<Kind, Loss | null>>> {
    return this.#losses;
  }
  /** The browser has been asked; it may be asking the person. */
  get asking(): Readable<boolean> {
    return this.#asking;
  }

  /** Opens what is wanted and missing. Never throws: what went wrong stands in `faults`. */
  open(): Promise<void> {
    return this.#do(() => this.#openMissing(KINDS));
  }

  /** A person chooses a device, or none of this kind; it is remembered. */
  choose(kind: Kind, id: string): Promise<void> {
    this.#chosen.update((chosen) => ({ ...chosen, [kind]: id }));
    this.#memory?.setItem(REMEMBERED[kind], id);
    return this.#do(async () => {
      this.#say(kind, null);
      if (id === NONE) this.#put(kind, null, null);
      else await this.#switch(kind, id);
    });
  }

  /** Uses the device that a loss offers, until the chosen one is taken again. */
  take(kind: Kind): Promise<void> {
    return this.#do(async () => {
      const loss = this.#losses.get()[kind];
      if (loss === null) return;
      const id = loss.state === 'back' ? loss.lost.id : loss.other?.id;
      if (id === undefined) return;
      const got = await this.#switch(kind, id);
      if (got !== null) this.#say(kind, onOpened(loss.lost, got, null));
    });
  }

  /** Somebody has read what was said. */
  dismiss(kind: Kind): void {
    this.#say(kind, null);
  }

  /** The machine woke up: what the system took away meanwhile is opened again. */
  revive(): Promise<void> {
    return this.#do(async () => {
      for (const kind of KINDS) {
        const track = this.#tracks.get()[kind];
        if (track?.readyState === 'ended') await this.#lose(kind, track);
      }
      await this.#listed();
    });
  }

  close(): void {
    this.#closed = true;
    navigator.mediaDevices?.removeEventListener?.('devicechange', this.#onChange);
    for (const kind of KINDS) this.#tracks.get()[kind]?.stop();
    this.#tracks.set({ audio: null, video: null });
  }

  #do(work: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(() => (this.#closed ? undefined : work()));
    return this.#queue;
  }

  async #openMissing(kinds: readonly Kind[]): Promise<void> {
    this.#listen();
    const wishes: Partial<Record<Kind, Wish>> = {};
    for (const kind of kinds) {
      const chosen = this.#chosen.get()[kind];
      if (chosen === NONE || this.#tracks.get()[kind] !== null) continue;
      // What went away is answered by the list of devices, or by a person.
      if (this.#losses.get()[kind] !== null) continue;
      // Liked, not demanded: a machine whose camera was changed must not be left without.
      wishes[kind] = chosen === null ? null : { ideal: chosen };
    }
    if (Object.keys(wishes).length === 0) return;
    this.#takeIn(await this.#ask(wishes));
    this.#choices.set(await listDevices());
  }

  /** Opens one device in place of the one in use; null: it could not. */
  async #switch(kind: Kind, id: string): Promise<Choice | null> {
    this.#listen();
    const wish = { [kind]: { exact: id } };
    let got = (await this.#ask(wish))[kind];
    if (got === 'busy' && this.#tracks.get()[kind] !== null) {
      // Some phones open one camera at a time.
      this.#put(kind, null, null);
      got = (await this.#ask(wish))[kind];
    }
    if (got instanceof Object) {
      this.#put(kind, got, null);
      this.#choices.set(await listDevices());
      return deviceOf(got);
    }
    if (this.#tracks.get()[kind] === null) this.#put(kind, null, got ?? 'missing');
    return null;
  }

  async #ask(wishes: Partial<Record<Kind, Wish>>): Promise<Captured> {
    this.#asking.set(true);
    const got = await capture(wishes);
    this.#asking.set(false);
    if (!this.#closed) return got;
    for (const track of Object.values(got)) if (track instanceof Object) track.stop();
    return {};
  }

  #takeIn(got: Captured): void {
    for (const kind of KINDS) {
      const one = got[kind];
      if (one === undefined) continue;
      if (one instanceof Object) this.#put(kind, one, null);
      else this.#put(kind, null, one);
    }
  }

  #put(kind: Kind, track: MediaStreamTrack | null, fault: Fault | null): void {
    const old = this.#tracks.get()[kind];
    track?.addEventListener('ended', () => void this.#do(() => this.#lose(kind, track)), {
      once: true,
    });
    if (old !== track) this.#tracks.update((tracks) => ({ ...tracks, [kind]: track }));
    if (old !== track) old?.stop();
    this.#faults.update((faults) => ({ ...faults, [kind]: fault }));
  }

  async #lose(kind: Kind, track: MediaStreamTrack): Promise<void> {
    if (this.#tracks.get()[kind] !== track) return;
    const lost = deviceOf(track);
    // Said before anything is tried: opening another takes the system a moment.
    this.#put(kind, null, null);
    this.#say(kind, { state: 'gone', lost, other: null });
    const choices = await listDevices();
    this.#choices.set(choices);
    await this.#follow(kind, onLost(kind, lost, choices[kind]), lost, null);
  }

  /** The list of devices changed. */
  async #listed(): Promise<void> {
    const choices = await listDevices();
    this.#choices.set(choices);
    for (const kind of KINDS) {
      const loss = this.#losses.get()[kind];
      if (loss !== null) {
        await this.#follow(kind, onListed(kind, loss, choices[kind]), loss.lost, loss);
      } else if (/missing|busy/.test(this.#faults.get()[kind] ?? '')) {
        await this.#openMissing([kind]);
      }
    }
  }

  async #follow(kind: Kind, step: Step, lost: Choice, said: Loss | null): Promise<void> {
    if (step.do === 'say') return this.#say(kind, step.loss);
    if (step.do === 'nothing') return;
    const got = await this.#switch(kind, step.id);
    if (got !== null) return this.#say(kind, onOpened(lost, got, said));
    // A page in the background may not open anything; `revive` tries again.
    if (globalThis.document?.visibilityState === 'hidden') return this.#put(kind, null, null);
    // What stands in the way is said as a fault.
    this.#say(kind, null);
  }

  #say(kind: Kind, loss: Loss | null): void {
    this.#losses.update((losses) => ({ ...losses, [kind]: loss }));
    if (loss?.state !== 'returned') return;
    setTimeout(() => {
      if (this.#losses.get()[kind] === loss) this.#say(kind, null);
    }, GOOD_NEWS_FOR);
  }

  #listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    navigator.mediaDevices?.addEventListener?.('devicechange', this.#onChange);
  }
}
