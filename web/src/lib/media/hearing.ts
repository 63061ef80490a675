/** Whether a microphone hears the person in front of it, from its level over time. */
import { Value, type Readable } from '../value';
import type { Meter } from './microphone';

export type Hearing =
  /** Not measured yet, or it cannot be. */
  | 'unknown'
  /** No sound at all: unplugged, muted by its own switch, or turned down. */
  | 'nothing'
  /** It works; nobody has spoken. */
  | 'room'
  /** Somebody speaks now. */
  | 'speech'
  /** Somebody has spoken; it is quiet now. */
  | 'heard';

const MEASURE_EVERY = 100;
/** About −60 dBFS: a quiet room with a working microphone is louder. */
const AUDIBLE = 0.001;
/** About −40 dBFS: a person who speaks to it is louder. */
const SPEECH = 0.01;
/** Between two words; ms. */
const PAUSE = 1_200;
/** Without any sound for this long it hears nothing; ms. */
const DEAD_AFTER = 3_000;

export class HearingTest {
  readonly #hearing = new Value<Hearing>('unknown');
  readonly #level = new Value(0);
  #meter: Meter | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  #sinceSound = 0;
  #sinceSpeech = Infinity;

  get hearing(): Readable<Hearing> {
    return this.#hearing;
  }
  /** 0 to 1. */
  get level(): Readable<number> {
    return this.#level;
  }

  start(meter: Meter): void {
    this.stop();
    this.#meter = meter;
    this.#sinceSound = 0;
    this.#sinceSpeech = Infinity;
    this.#timer = setInterval(() => this.#measure(meter.read()), MEASURE_EVERY);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#meter?.close();
    this.#meter = null;
    this.#level.set(0);
    this.#hearing.set('unknown');
  }

  #measure(level: number | null): void {
    this.#level.set(level ?? 0);
    if (level === null) return this.#hearing.set('unknown');
    this.#sinceSound = level > AUDIBLE ? 0 : this.#sinceSound + MEASURE_EVERY;
    this.#sinceSpeech = level > SPEECH ? 0 : this.#sinceSpeech + MEASURE_EVERY;
    this.#hearing.set(this.#now());
  }

  #now(): Hearing {
    if (this.#sinceSound >= DEAD_AFTER) return 'nothing';
    if (this.#sinceSpeech <= PAUSE) return 'speech';
    if (this.#sinceSpeech < Infinity) return 'heard';
    // Nothing is known before the first sound or the first long silence.
    return this.#sinceSound === 0 || this.#hearing.get() === 'room' ? 'room' : 'unknown';
  }
}

/** −60 dB to 0 dB, as 0 to 1. */
export function onMeter(level: number): number {
  return level <= 0 ? 0 : Math.min(1, Math.max(0, 1 + Math.log10(level) / 3));
}
