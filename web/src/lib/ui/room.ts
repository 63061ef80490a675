/** What every component of a conference page needs: the session, the media and a clock. */
import { getContext, setContext } from 'svelte';
import { explain, language } from '../i18n';
import type { Media } from '../media/media';
import type { Command, Timestamp } from '../signal/protocol.gen';
import type { Session } from '../signal/session';
import { Value, type Readable } from '../value';

const TICK = 200;
const KEY = Symbol('room');

export class Room {
  readonly session: Session;
  readonly media: Media;
  readonly #now: Value<Timestamp>;
  readonly #turnNow: Value<Timestamp>;
  readonly #notice = new Value<string | null>(null);
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(session: Session, media: Media) {
    this.session = session;
    this.media = media;
    this.#now = new Value(session.clock.now());
    this.#turnNow = new Value(session.clock.now());
    this.#timer = setInterval(() => {
      const now = session.clock.now();
      this.#now.set(now);
      if (session.link.get().state === 'open') this.#turnNow.set(now);
    }, TICK);
  }

  /** The server's clock, five times a second. */
  get now(): Readable<Timestamp> {
    return this.#now;
  }
  /**
   * The same for the clock of a turn: it stands while the link is lost. A server that is away gives
   * the time back, and a holder who is away has it kept; nobody here knows which it is.
   */
  get turnNow(): Readable<Timestamp> {
    return this.#turnNow;
  }
  /** Why the last command was refused; null when it was not. */
  get notice(): Readable<string | null> {
    return this.#notice;
  }

  /**
   * Sends a command; a refusal is shown as the notice. True: it was done. `seen`: the newest event
   * that was known when it was chosen, where that is not now.
   */
  async send(command: Command, seen?: number): Promise<boolean> {
    this.#notice.set(null);
    try {
      await this.session.command(command, seen);
      return true;
    } catch (error) {
      this.#notice.set(explain(error, language.get()));
      return false;
    }
  }

  dismiss(): void {
    this.#notice.set(null);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.media.stop();
    this.session.stop();
  }
}

export function provideRoom(room: Room): void {
  setContext(KEY, room);
}

export function useRoom(): Room {
  return getContext<Room>(KEY);
}
