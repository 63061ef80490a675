/** Who spoke how long and how often: the running turns count as they run. */
import { turnTime } from '../../signal/clock';
import type { Millis, SiteId, Timestamp, View } from '../../signal/protocol.gen';

export type Span = 'item' | 'session';

export interface Share {
  site: SiteId;
  /** Turns in the current agenda item. */
  turns: number;
  spoken: Millis;
  /** Of the longest, 0 to 1. */
  share: number;
  speaks: boolean;
}

export interface Fairness {
  /** Who spoke, the longest first. */
  spoke: Share[];
  /** Sites that did not speak, in the order of the configuration. */
  silent: SiteId[];
}

export function fairness(view: View, span: Span, now: Timestamp): Fairness {
  const known = new Map(view.speaking.map((one) => [one.site, one]));
  const running = new Map(view.floor.turns.map((turn) => [turn.site, turnTime(turn, now).spoken]));
  const all = view.sites.map(({ id }) => {
    const before = known.get(id);
    const was = span === 'item' ? before?.spoken : before?.session;
    const spoken = (was ?? 0) + (running.get(id) ?? 0);
    const speaks = running.has(id);
    // The server counts the running turn; one that it has not told of yet is one all the same.
    const turns = Math.max(before?.turns ?? 0, speaks ? 1 : 0);
    return { site: id, turns, spoken, share: 0, speaks };
  });
  const longest = Math.max(1, ...all.map(({ spoken }) => spoken));
  const has = ({ spoken, turns, speaks }: Share) =>
    spoken > 0 || speaks || (span === 'item' && turns > 0);
  return {
    spoke: all
      .filter(has)
      .map((one) => ({ ...one, share: one.spoken / longest }))
      .sort((one, other) => other.spoken - one.spoken),
    silent: all.filter((one) => !has(one)).map(({ site }) => site),
  };
}
