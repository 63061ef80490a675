/**
 * A device that may present: it captures a screen while it holds the presentation floor, and not a
 * moment longer, however the two end.
 */
import type { Epoch, View } from '../signal/protocol.gen';
import { Value, type Readable } from '../value';
import type { ScreenShare } from './screenShare';

/** Why no screen could be captured; each has its words and its mend in the catalogue. */
const FAULTS = [
  'refused',
  'system',
  'missing',
  'busy',
  'insecure',
  'unsupported',
  'no-press',
  'other',
] as const;
export type ShareFault = (typeof FAULTS)[number];

export type Sharing = 'off' | 'starting' | 'on';

export class Presenter {
  readonly #share: ScreenShare | null;
  readonly #release: (epoch: Epoch) => void;
  readonly #sharing = new Value<Sharing>('off');
  readonly #fault = new Value<ShareFault | null>(null);
  #epoch: Epoch | null = null;

  /** `share`: none where the browser captures no screen. `release` gives the floor back. */
  constructor(share: ScreenShare | null, release: (epoch: Epoch) => void) {
    this.#share = share;
    this.#release = release;
    if (share !== null) share.onEnded = () => this.#ended();
  }

  get able(): boolean {
    return this.#share !== null;
  }
  get sharing(): Readable<Sharing> {
    return this.#sharing;
  }
  /** Why the last attempt to start failed. */
  get fault(): Readable<ShareFault | null> {
    return this.#fault;
  }

  /** This device's turn on the presentation floor; null: it has none. */
  setTurn(epoch: Epoch | null): void {
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    this.#fault.set(null);
    this.#end();
  }

  /** A person pressed the button. */
  async start(): Promise<void> {
    const epoch = this.#epoch;
    if (this.#share === null || epoch === null || this.#sharing.get() !== 'off') return;
    this.#sharing.set('starting');
    this.#fault.set(null);
    try {
      await this.#share.start();
    } catch (error) {
      if (epoch !== this.#epoch) return;
      this.#sharing.set('off');
      this.#fault.set(faultOf(error));
      return;
    }
    // The floor was lost while the person chose: nothing may be shown. An older question may still
    // have been open, and its answer counts for nothing.
    if (epoch !== this.#epoch) this.#share.stop();
    else this.#sharing.set(this.#share.sharing ? 'on' : 'off');
  }

  /** A person is done, or wants no more: the capture ends, and the floor is given back. */
  stop(): void {
    const epoch = this.#epoch;
    this.#end();
    if (epoch !== null) this.#release(epoch);
  }

  /** The page goes away. */
  close(): void {
    this.#epoch = null;
    this.#end();
    if (this.#share !== null) this.#share.onEnded = () => undefined;
  }

  #end(): void {
    this.#sharing.set('off');
    this.#share?.stop();
  }

  #ended(): void {
    if (this.#sharing.get() !== 'on') return;
    this.#sharing.set('off');
    if (this.#epoch !== null) this.#release(this.#epoch);
  }
}

/** The fault that an error of the capture names. */
export function faultOf(error: unknown): ShareFault {
  const named = error instanceof Error && 'fault' in error ? error.fault : undefined;
  return FAULTS.find((fault) => fault === named) ?? 'other';
}

/** Where this device is on the way to presenting. */
export type PresentingStep =
  /** Nothing was asked for. */
  | { step: 'free' }
  /** Only the chair's own site may. */
  | { step: 'locked' }
  /** Its site's request waits; `place` from 1, none before the chair took it in. */
  | { step: 'waiting'; request: number; place: number | null }
  /** This device holds the floor. */
  | { step: 'granted'; epoch: Epoch }
  /** Another device of its site does. */
  | { step: 'elsewhere' };

export function presentingStep(view: View): PresentingStep {
  const { turn, queue, pending, locked } = view.presentation;
  const { site, device, chairs } = view.me;
  if (turn !== null && turn.site === site) {
    return turn.device === device ? { step: 'granted', epoch: turn.epoch } : { step: 'elsewhere' };
  }
  const request = [...queue, ...pending].find((one) => one.site === site);
  if (request !== undefined) return { step: 'waiting', request: request.id, place: request.place };
  // The chair's own site may in spite of the lock.
  return locked && !chairs && view.conference.chair.site !== site ? { step: 'locked' } : { step: 'free' };
}
