/** What became of a site's last request or turn, where somebody else decided it. */
import type { EventMessage, Floor, SiteId } from '../signal/protocol.gen';

/** A request was denied or cleared, or a turn was ended. */
type Ending = Extract<
  EventMessage,
  { event: 'floor.denied' | 'floor.revoked' | 'floor.cancelled' }
>;

export interface FloorEnd {
  entry: Ending;
  floor: Floor;
}

/**
 * The newest of them in the log of a site, oldest entry first. None once the site has requested or
 * been granted the same floor again, or another session has begun. What the site ended itself is no
 * news to it.
 */
export function floorEnd(log: readonly EventMessage[], site: SiteId): FloorEnd | null {
  const floors = new FloorsOf(log);
  /** Floors on which something newer happened to the site. */
  const later = new Set<Floor>();
  for (const entry of log.toReversed()) {
    switch (entry.event) {
      case 'floor.denied':
      case 'floor.revoked':
      case 'floor.cancelled': {
        const floor = floors.of(entry);
        if (entry.site === site && !later.has(floor) && !isOwn(entry)) return { entry, floor };
        break;
      }
      case 'floor.requested':
      case 'floor.granted':
        if (entry.site === site) later.add(entry.floor);
        break;
      case 'session.opened':
        return null;
    }
  }
  return null;
}

function isOwn(entry: Ending): boolean {
  return entry.event === 'floor.cancelled' && (entry.by === undefined || entry.by.role === 'site');
}

/** An end names its request or its turn, not the floor: that stands where they began. */
class FloorsOf {
  readonly #requests = new Map<number, Floor>();
  readonly #epochs = new Map<number, Floor>();

  constructor(log: readonly EventMessage[]) {
    for (const entry of log) {
      if (entry.event === 'floor.requested') this.#requests.set(entry.request, entry.floor);
      else if (entry.event === 'floor.granted') this.#epochs.set(entry.epoch, entry.floor);
    }
  }

  of(entry: Ending): Floor {
    const floor =
      entry.event === 'floor.revoked'
        ? this.#epochs.get(entry.epoch)
        : this.#requests.get(entry.request);
    // Further back than the page remembers: nearly every request is one to speak.
    return floor ?? 'speech';
  }
}
