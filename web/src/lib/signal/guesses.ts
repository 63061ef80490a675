/**
 * Somebody enters wrong codes: one alarm for a wave of them, not one for each hint. It knows the
 * server's hints and the time, and no page.
 */
import type { SiteId } from './protocol.gen';

/** What the host is told now. */
export interface GuessAlarm {
  /** The site with the most wrong codes in the last minute. */
  site: SiteId;
  refused: number;
  /** Other sites where codes are guessed too. */
  others: number;
}

/** The hint speaks of the last minute, so after another one it is no longer true. */
const TRUE_FOR = 60_000;
/** A wave is over when nothing came for so long; the next one is told again. */
const WAVE_ENDS_AFTER = 300_000;

interface Wave {
  refused: number;
  last: number;
  dismissed: boolean;
}

export class Guesses {
  readonly #waves = new Map<SiteId, Wave>();

  /** A hint came at `now` (ms). */
  hint(site: SiteId, refused: number, now: number): void {
    const before = this.#waves.get(site);
    const same = before !== undefined && now - before.last < WAVE_ENDS_AFTER;
    this.#waves.set(site, { refused, last: now, dismissed: same && before.dismissed });
  }

  /** Somebody has read it: the waves that are running are not told again. */
  dismiss(): void {
    for (const wave of this.#waves.values()) wave.dismissed = true;
  }

  /** Null: nothing to tell. */
  alarm(now: number): GuessAlarm | null {
    const told = [...this.#waves]
      .filter(([, wave]) => !wave.dismissed && now - wave.last < TRUE_FOR)
      .sort(([, one], [, other]) => other.refused - one.refused);
    const [worst] = told;
    if (worst === undefined) return null;
    return { site: worst[0], refused: worst[1].refused, others: told.length - 1 };
  }

  /** The link was lost: what is true now is told anew. Who has dismissed a wave stays in peace. */
  forget(): void {
    for (const [site, wave] of this.#waves) if (!wave.dismissed) this.#waves.delete(site);
  }
}
