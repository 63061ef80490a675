/**
 * Looks at the connection in use every five seconds, and tells what people see of it: at once when they
 * will have noticed something and when that is over, else now and then. There may be a thousand pages.
 */
import type { PageQuality } from '../signal/protocol.gen';
import { QualityMeter, type Scene } from './quality';

const EVERY = 5_000;
/** Looks between two reports that all is well. */
const CALM_LOOKS = 2;
/** Thousandths of the sound that nobody misses. */
const UNHEARD = 20;
/** Share of the time that decoding may take. */
const AT_EASE = 0.5;
/** Frames a second of a camera that moves well. */
const SMOOTH = 10;

/** What is looked at. */
export interface Watched {
  /** The connection in use; its statistics are read once a look. */
  connection(): { stats(): Promise<RTCStatsReport> } | null;
  scene(): Scene;
  tell(quality: PageQuality): void;
}

export class QualityWatch {
  readonly #watched: Watched;
  #meter = new QualityMeter();
  /** Another connection counts from zero. */
  #connection: object | null = null;
  #calmLooks = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  start(): void {
    this.stop();
    this.#timer = setInterval(() => void this.#look(), EVERY);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#connection = null;
  }

  async #look(): Promise<void> {
    const connection = this.#watched.connection();
    if (connection !== this.#connection) {
      this.#connection = connection;
      this.#meter = new QualityMeter();
      this.#calmLooks = 0;
    }
    // A connection that has just been closed has none.
    const report = await connection?.stats().catch(() => null);
    if (report == null || connection !== this.#connection) return;
    const quality = this.#meter.look(report, this.#watched.scene());
    if (quality === null) return;
    const since = isCalm(quality) ? this.#calmLooks : 0;
    this.#calmLooks = isCalm(quality) ? (since + 1) % CALM_LOOKS : 0;
    if (since === 0) this.#watched.tell(quality);
  }
}

/** Nothing that people would notice, and nothing that will soon be noticed. */
function isCalm({ over_ms, main, small, concealed_permille, camera }: PageQuality): boolean {
  const still = (main?.frozen_ms ?? 0) + (small?.frozen_ms ?? 0);
  return (
    still === 0 &&
    (main?.decode_ms ?? 0) < over_ms * AT_EASE &&
    (concealed_permille ?? 0) < UNHEARD &&
    (camera?.limited_by ?? 'none') === 'none' &&
    (camera?.frames_per_second ?? SMOOTH) >= SMOOTH
  );
}
