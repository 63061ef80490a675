/**
 * The microphone as people know it: closed by the floor, open, muted by hand, silent, or missing.
 * The server's gate decides who is heard; this only keeps the page honest and the room informed.
 */
import { Value, type Readable } from '../value';

/** `muted`: in a turn; `muted-ahead`: a turn would not open it either. */
export type MicState = 'no-device' | 'closed' | 'open' | 'muted' | 'muted-ahead' | 'silent';

/** Measures a track. */
export interface Meter {
  /** 0 (silence) to 1; null when it cannot be told. */
  read(): number | null;
  close(): void;
}

/** What the microphone needs of the world. */
export interface MicSurroundings {
  meter(track: MediaStreamTrack): Meter;
  /** A short sound in the room: the microphone opens. */
  announce(): void;
}

/** Where a muted microphone is remembered: a part of the browser's `Storage`. */
export type MicMemory = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const REMEMBERED = 'microphone-muted';
const MEASURE_EVERY = 200;
/** Open and nothing to hear for this long: somebody must look at the cable. */
const SILENT_AFTER = 5_000;
/** About −60 dBFS: a quiet room with a working microphone is louder. */
const AUDIBLE = 0.001;

export class Microphone {
  readonly #world: MicSurroundings;
  readonly #memory: MicMemory | null;
  readonly #state = new Value<MicState>('no-device');
  readonly #level = new Value(0);
  #track: MediaStreamTrack | null = null;
  #heard = false;
  readonly #muted: Value<boolean>;
  #silent = false;
  #meter: Meter | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  #quietFor = 0;

  /** `memory` outlives the page, so that a reload does not open what a person muted. */
  constructor(world: MicSurroundings, memory: MicMemory | null = null) {
    this.#world = world;
    this.#memory = memory;
    this.#muted = new Value(recall(memory));
  }

  get state(): Readable<MicState> {
    return this.#state;
  }
  /** A person muted it by hand, whatever the floor says. */
  get muted(): Readable<boolean> {
    return this.#muted;
  }
  /** 0 to 1, while it is open. */
  get level(): Readable<number> {
    return this.#level;
  }

  /** Another device, or none. What a person muted stays muted. */
  setTrack(track: MediaStreamTrack | null): void {
    if (track === this.#track) return;
    this.#track = track;
    this.#apply(true);
  }

  /** The server hears this device, or no longer does. */
  setHeard(heard: boolean): void {
    if (heard === this.#heard) return;
    this.#heard = heard;
    this.#apply();
    if (this.#state.get() === 'open') this.#world.announce();
  }

  /** A person mutes or unmutes by hand; it is remembered through turns and reloads. */
  setMuted(muted: boolean): void {
    this.#muted.set(muted);
    remember(this.#memory, muted);
    this.#apply();
  }

  close(): void {
    this.setTrack(null);
  }

  #apply(newTrack = false): void {
    const open = this.#track !== null && this.#heard && !this.#muted.get();
    if (this.#track !== null) this.#track.enabled = open;
    if (newTrack || open !== (this.#meter !== null)) {
      this.#stopMeter();
      if (open && this.#track !== null) this.#startMeter(this.#track);
    }
    this.#publish();
  }

  #publish(): void {
    this.#state.set(this.#stateNow());
  }

  #stateNow(): MicState {
    if (this.#track === null) return 'no-device';
    if (this.#muted.get()) return this.#heard ? 'muted' : 'muted-ahead';
    if (!this.#heard) return 'closed';
    return this.#silent ? 'silent' : 'open';
  }

  #startMeter(track: MediaStreamTrack): void {
    const meter = this.#world.meter(track);
    this.#meter = meter;
    this.#timer = setInterval(() => {
      const level = meter.read();
      this.#level.set(level ?? 0);
      this.#quietFor = level === null || level > AUDIBLE ? 0 : this.#quietFor + MEASURE_EVERY;
      this.#silent = this.#quietFor >= SILENT_AFTER;
      this.#publish();
    }, MEASURE_EVERY);
  }

  #stopMeter(): void {
    clearInterval(this.#timer);
    this.#meter?.close();
    this.#meter = null;
    this.#silent = false;
    this.#quietFor = 0;
    this.#level.set(0);
  }
}

function recall(memory: MicMemory | null): boolean {
  try {
    return memory?.getItem(REMEMBERED) === '1';
  } catch {
    return false;
  }
}

function remember(memory: MicMemory | null, muted: boolean): void {
  try {
    if (muted) memory?.setItem(REMEMBERED, '1');
    else memory?.removeItem(REMEMBERED);
  } catch {
    // A browser that keeps nothing still mutes until the page is gone.
  }
}
