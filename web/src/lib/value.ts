/** Called with the value now, and with every later one. */
export type Subscriber<T> = (value: T) => void;

/** What can be watched. Svelte reads it with `$`, since its stores have the same shape. */
export interface Readable<T> {
  get(): T;
  /** Calls `run` at once and at every change; returns what ends that. */
  subscribe(run: Subscriber<T>): () => void;
}

/** A value that says when it changes. It knows no framework. */
export class Value<T> implements Readable<T> {
  #value: T;
  readonly #subscribers = new Set<Subscriber<T>>();

  constructor(value: T) {
    this.#value = value;
  }

  get(): T {
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const run of [...this.#subscribers]) run(value);
  }

  update(change: (value: T) => T): void {
    this.set(change(this.#value));
  }

  subscribe(run: Subscriber<T>): () => void {
    this.#subscribers.add(run);
    run(this.#value);
    return () => this.#subscribers.delete(run);
  }
}
