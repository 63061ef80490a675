/**
 * What a room brings along: camera, microphone, loudspeaker, and the page's own sound. The device
 * check opens it and the conference goes on with it, so that nothing is opened (or asked) twice.
 */
import { browserMemory } from '../memory';
import { MediaConnection } from './connection';
import { Devices } from './devices';
import { rememberedCounts } from './slotCounts';
import { Sound } from './sound';
import { Speaker } from './speaker';

/** An offer that is older was made in another network, perhaps; ms. */
const FRESH_FOR = 60_000;

export class Equipment {
  readonly devices = new Devices(browserMemory);
  readonly sound = new Sound();
  readonly speaker = new Speaker(browserMemory);
  readonly #end = this.devices.choices.subscribe((choices) => this.speaker.follow(choices));
  #offer: { connection: MediaConnection; made: number } | null = null;

  /** Begins the conference's offer ahead of its need: a browser takes a tenth of a second for it. */
  prepareOffer(): void {
    const isFresh = this.#offer !== null && performance.now() - this.#offer.made < FRESH_FOR;
    if (isFresh) return;
    this.#offer?.connection.close();
    this.#offer = { connection: new MediaConnection(rememberedCounts()), made: performance.now() };
  }

  /** The same where nothing is lost without it: a browser that makes no connections says so later. */
  tryOffer(): void {
    try {
      this.prepareOffer();
    } catch (error) {
      console.warn(error);
    }
  }

  /** A connection that has begun its offer; it is the caller's from now on. */
  takeOffer(): MediaConnection {
    this.prepareOffer();
    const { connection } = this.#offer ?? { connection: new MediaConnection(rememberedCounts()) };
    this.#offer = null;
    return connection;
  }

  close(): void {
    this.#end();
    this.#offer?.connection.close();
    this.#offer = null;
    this.devices.close();
    this.sound.close();
  }
}
