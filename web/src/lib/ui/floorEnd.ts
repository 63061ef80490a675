/** What became of a site's last request or turn, where somebody else decided it. */
import type { EventMessage, SiteId } from '../signal/protocol.gen';

/** The request was denied, or the turn was ended. */
export type FloorEnd = Extract<EventMessage, { event: 'floor.denied' | 'floor.revoked' }>;

/**
 * The newest denial or revocation of a site in its log, oldest entry first. None once the site has
 * requested or been granted the floor again, or another session has begun.
 */
export function floorEnd(log: readonly EventMessage[], site: SiteId): FloorEnd | null {
  for (const entry of log.toReversed()) {
    switch (entry.event) {
      case 'floor.denied':
      case 'floor.revoked':
        if (entry.site === site) return entry;
        break;
      case 'floor.requested':
      case 'floor.granted':
        if (entry.site === site) return null;
        break;
      case 'session.opened':
        return null;
    }
  }
  return null;
}
