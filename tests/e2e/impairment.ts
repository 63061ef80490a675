/**
 * What a bad line does to datagrams in one direction: which are lost, and when the others arrive.
 * Pure: time is an argument and chance comes from a seed, so that a run can be had again.
 */

export interface Impairment {
  /** Share of datagrams that are lost; 0 to 1. */
  loss: number;
  /**
   * How many datagrams in a row are lost, on average, at least one: the simple Gilbert model, which is that of
   * Gilbert and Elliott with nothing lost in its good state and everything in its bad one, as `tc-netem` has it
   * too. Null: each is lost by its own chance (Bernoulli).
   */
  burst: number | null;
  /** Of every datagram; ms. */
  delay: number;
  /** So much more at most; ms. The order stays: a slow one holds up those behind it. */
  jitter: number;
  /** Share of datagrams that are held up for `late` more, while others overtake them; 0 to 1. */
  reorder: number;
  /** ms. */
  late: number;
  /** What the line carries, in bit/s; null: whatever comes. */
  rate: number | null;
  /** How long a datagram may wait for the line to be free, in ms: the queue has no room for more. */
  queue: number;
}

export const CLEAN: Impairment = {
  loss: 0,
  burst: null,
  delay: 0,
  jitter: 0,
  reorder: 0,
  late: 20,
  rate: null,
  queue: 200,
};

/** What became of the datagrams. */
export interface Tally {
  passed: number;
  /** By chance. */
  lost: number;
  /** Because the queue was full. */
  dropped: number;
}

/** IPv4 and UDP, which a line carries too; bytes. */
const HEADERS = 28;

export class Way {
  /** Since it was last set. */
  tally: Tally = { passed: 0, lost: 0, dropped: 0 };
  #impairment = CLEAN;
  #state: number;
  /** The line is in its bad state. */
  #isBad = false;
  /** When all that was taken in has gone out; ms. */
  #free = 0;
  /** When the newest that keeps its place arrives; ms. */
  #newest = 0;

  constructor(seed: number) {
    // Small seeds would begin alike, and zero would stay zero.
    this.#state = Math.imul(seed + 1, 0x9e37_79b1) | 1;
  }

  /** From now on. What is on its way arrives as it would have. */
  set(impairment: Partial<Impairment>): void {
    this.#impairment = { ...CLEAN, ...impairment };
    this.#isBad = false;
    this.tally = { passed: 0, lost: 0, dropped: 0 };
  }

  /** When a datagram of so many bytes that is sent at `now` arrives, in ms of the same clock; null: never. */
  send(now: number, bytes: number): number | null {
    const { delay, jitter, reorder, late, rate, queue } = this.#impairment;
    // Always three throws: another loss does not change who is late.
    const [isLost, more, isLate] = [this.#loses(this.#chance()), this.#chance() * jitter, this.#chance() < reorder];
    const begins = Math.max(now, this.#free);
    if (rate !== null && begins - now > queue) {
      this.tally.dropped += 1;
      return null;
    }
    this.#free = rate === null ? begins : begins + ((bytes + HEADERS) * 8_000) / rate;
    // It is lost behind the queue: it has taken its time there.
    if (isLost) {
      this.tally.lost += 1;
      return null;
    }
    this.tally.passed += 1;
    const arrives = Math.max(this.#newest, this.#free + delay + more);
    if (isLate) return arrives + late;
    this.#newest = arrives;
    return arrives;
  }

  /**
   * Each datagram is a step of the model. In the bad state a burst goes on with a chance that makes it so long on
   * average; in the good state one begins with the chance that makes the share right.
   */
  #loses(chance: number): boolean {
    const { loss, burst } = this.#impairment;
    const begins = burst === null ? loss : loss / ((1 - loss) * burst);
    const goesOn = burst === null ? loss : 1 - 1 / burst;
    this.#isBad = chance < (this.#isBad ? goesOn : begins);
    return this.#isBad;
  }

  /** Below 1 (xorshift, 32 bits). */
  #chance(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) / 2 ** 32;
  }
}
