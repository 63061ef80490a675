/** Which loudspeaker the conference is heard from, where the browser lets a page choose. */
import { Value, type Readable } from '../value';
import type { Choices } from './deviceList';
import type { ChoiceMemory } from './devices';

const REMEMBERED = 'speaker';
/** The system's own choice, by the Audio Output Devices API. */
const SYSTEM = '';

export class Speaker {
  readonly #memory: ChoiceMemory | null;
  readonly #chosen: Value<string | null>;
  readonly #elements = new Set<HTMLMediaElement>();
  #listed: readonly string[] = [];

  constructor(memory: ChoiceMemory | null = null) {
    this.#memory = memory;
    this.#chosen = new Value(memory?.getItem(REMEMBERED) ?? null);
  }

  /** False: the sound goes where the system sends it. */
  static get canChoose(): boolean {
    return 'setSinkId' in HTMLMediaElement.prototype;
  }

  /** Null: the system's own. */
  get chosen(): Readable<string | null> {
    return this.#chosen;
  }

  choose(id: string): void {
    this.#memory?.setItem(REMEMBERED, id);
    this.#chosen.set(id);
    this.#applyAll();
  }

  /** An element plays through it from now on; returns what ends that. */
  attach(element: HTMLMediaElement): () => void {
    this.#elements.add(element);
    void this.#apply(element);
    return () => void this.#elements.delete(element);
  }

  /** The list of devices changed: a loudspeaker that is gone must not swallow the sound. */
  follow({ speaker }: Choices): void {
    const listed = speaker.map(({ id }) => id);
    if (listed.join() === this.#listed.join()) return;
    this.#listed = listed;
    this.#applyAll();
  }

  #applyAll(): void {
    for (const element of this.#elements) void this.#apply(element);
  }

  async #apply(element: HTMLMediaElement): Promise<void> {
    if (!Speaker.canChoose) return;
    const chosen = this.#chosen.get();
    const gone = chosen !== null && this.#listed.length > 0 && !this.#listed.includes(chosen);
    const id = gone ? SYSTEM : (chosen ?? SYSTEM);
    if (element.sinkId === id) return;
    // Refused: the browser no longer knows the id. The sound goes on where it was.
    await element.setSinkId(id).catch(() => undefined);
  }
}
