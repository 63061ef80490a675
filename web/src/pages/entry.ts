/**
 * Which conference this tab has entered. A reload, a lost link or a browser that came back goes
 * straight in again; a tab that was replaced by another rests until somebody wants it.
 */
import type { Memory } from '../lib/memory';
import type { Role, SignedIn } from '../lib/signal/protocol.gen';

const ENTERED = 'entered';
const RESTS = 'rests';

/** Who has a camera and a microphone in the conference. */
export function sends(role: Role): boolean {
  return role === 'chair' || role === 'deputy' || role === 'site';
}

export class Entry {
  readonly #memory: Pick<Memory, 'getItem' | 'setItem' | 'removeItem'>;

  constructor(memory: Pick<Memory, 'getItem' | 'setItem' | 'removeItem'>) {
    this.#memory = memory;
  }

  /** True: the devices are to be looked at first. Those who send nothing have none to look at. */
  needsCheck(signedIn: SignedIn): boolean {
    return sends(signedIn.role) && this.#memory.getItem(ENTERED) !== name(signedIn);
  }

  /** True: this tab was in a conference, and goes straight in again if it is still the same one. */
  get hasEntered(): boolean {
    return this.#memory.getItem(ENTERED) !== null;
  }

  /** True: another tab took over, and this one has not been asked to come back. */
  get rests(): boolean {
    return this.#memory.getItem(RESTS) !== null;
  }

  enter(signedIn: SignedIn): void {
    this.#memory.setItem(ENTERED, name(signedIn));
    this.wake();
  }

  rest(): void {
    this.#memory.setItem(RESTS, '1');
  }

  wake(): void {
    this.#memory.removeItem(RESTS);
  }

  /** Left on purpose: the next to sit down here checks again. */
  leave(): void {
    this.#memory.removeItem(ENTERED);
    this.wake();
  }
}

function name({ conference, site, role }: SignedIn): string {
  return `${conference}/${site}/${role}`;
}
