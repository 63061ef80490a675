/** What is said to those who hear the desk: of all that happens, what asks for a decision. */
import type { Event, EventMessage, Me } from '../../signal/protocol.gen';

/** The floor itself is said by the page around the desk, and messages by their own panel. */
const TOLD: ReadonlySet<Event['event']> = new Set<Event['event']>([
  'floor.requested',
  'floor.ready',
  'floor.skipped',
  'floor.silent',
  'floor.overtime',
  'floor.paused',
  'chair.passed',
  'agenda.started',
  'link.dropped',
]);

/** The newest event that is said; null: none yet. What this person did is not said to them. */
export function newestTold(log: readonly EventMessage[], me: Me): EventMessage | null {
  const newest = log.at(-1);
  if (newest === undefined || !TOLD.has(newest.event)) return null;
  const own = newest.by?.site === me.site && newest.by.role === me.role;
  return own ? null : newest;
}
