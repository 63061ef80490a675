/** What time it is, as an argument: the machine's own, or one that a test moves on. */

export interface Clock {
  /** ms, of no epoch. */
  now(): number;
  /** Calls `what` when it is so late, if nothing holds it up; what it returns calls that off. */
  call(at: number, what: () => void): () => void;
}

/** The machine's own time. A call may come a fraction of a millisecond early: who asks looks again. */
export const MACHINE: Clock = {
  now: () => performance.now(),
  call(at, what) {
    const timer = setTimeout(what, Math.max(1, at - performance.now()));
    return () => clearTimeout(timer);
  },
};

/** Stands still until a test moves it on. */
export class VirtualClock implements Clock {
  #now = 0;
  readonly #calls = new Set<{ at: number; what: () => void }>();

  now(): number {
    return this.#now;
  }

  call(at: number, what: () => void): () => void {
    const call = { at, what };
    this.#calls.add(call);
    return () => void this.#calls.delete(call);
  }

  /** Moves on to `to`; whatever was asked for on the way is called at its own time, in order. */
  advance(to: number): void {
    for (;;) {
      const due = [...this.#calls].filter(({ at }) => at <= to).toSorted((one, other) => one.at - other.at);
      const [next] = due;
      if (next === undefined) break;
      this.#calls.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.what();
    }
    this.#now = Math.max(this.#now, to);
  }
}
