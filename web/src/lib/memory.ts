/**
 * What a browser keeps for a page. One that keeps nothing (a private window, a strict policy) still
 * works: it forgets, and never throws.
 */
export class Memory {
  readonly #storage: () => Storage;

  /** Even to name the storage can throw, so it is named at each use. */
  constructor(storage: () => Storage) {
    this.#storage = storage;
  }

  getItem(key: string): string | null {
    try {
      return this.#storage().getItem(key);
    } catch {
      return null;
    }
  }

  setItem(key: string, value: string): void {
    try {
      this.#storage().setItem(key, value);
    } catch {
      // Forgotten with the page.
    }
  }

  removeItem(key: string): void {
    try {
      this.#storage().removeItem(key);
    } catch {
      // Nothing was kept.
    }
  }
}

/** Through reloads of this tab. */
export const tabMemory = new Memory(() => sessionStorage);
/** For every tab of this browser, for good. */
export const browserMemory = new Memory(() => localStorage);
