/**
 * Whether pictures and sound really arrive, from what the browser has received and decoded. ICE
 * needs many seconds to notice that the other end is gone; this needs one.
 */
import { Value, type Readable } from '../value';

export type Flow = 'unknown' | 'flowing' | 'stopped';

/** What the buffers still hold when the other end goes is played by then; ms. */
const BUFFERS_DRAINED = 600;
const MEASURE_EVERY = 300;
/** A slow camera sends a frame in 200 ms; this many measures without any are a stop. */
const STILL = 2;

export class FlowWatch {
  readonly #flow = new Value<Flow>('unknown');
  readonly #count: () => Promise<number>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Of the last measure; null before the first. */
  #seen: number | null = null;
  #still = 0;
  /** Raised by each start and stop, so that a measure that was under way says nothing later. */
  #run = 0;

  /** `count` goes up with everything that arrives. */
  constructor(count: () => Promise<number>) {
    this.#count = count;
  }

  get flow(): Readable<Flow> {
    return this.#flow;
  }

  /** Begins to measure; nothing is known until there are two measures. */
  start(): void {
    this.stop();
    this.#timer = setTimeout(() => void this.#measure(this.#run), BUFFERS_DRAINED);
  }

  stop(): void {
    this.#run += 1;
    clearTimeout(this.#timer);
    this.#seen = null;
    this.#still = 0;
    this.#flow.set('unknown');
  }

  async #measure(run: number): Promise<void> {
    const count = await this.#count();
    if (run !== this.#run) return;
    if (this.#seen !== null) {
      // Another connection counts from zero: any change is an arrival.
      this.#still = count === this.#seen ? this.#still + 1 : 0;
      if (this.#still === 0) this.#flow.set('flowing');
      else if (this.#still >= STILL) this.#flow.set('stopped');
    }
    this.#seen = count;
    this.#timer = setTimeout(() => void this.#measure(run), MEASURE_EVERY);
  }
}

/** Frames that were decoded and packets of sound that came, of all sections together. */
export function arrivals(report: RTCStatsReport): number {
  let sum = 0;
  report.forEach((entry: { type: string; kind?: string } & Partial<RTCInboundRtpStreamStats>) => {
    if (entry.type !== 'inbound-rtp') return;
    sum += (entry.kind === 'audio' ? entry.packetsReceived : entry.framesDecoded) ?? 0;
  });
  return sum;
}

/** Bytes, and answers to ICE's checks, that came in on any path. */
export function heard(report: RTCStatsReport): number {
  let sum = 0;
  report.forEach((entry: { type: string } & Partial<RTCIceCandidatePairStats>) => {
    if (entry.type !== 'candidate-pair') return;
    sum += (entry.bytesReceived ?? 0) + (entry.responsesReceived ?? 0);
  });
  return sum;
}
