/**
 * Which picture is in which slot. The server routes a source into a slot; the old picture stays
 * until the first frame of the new one, and the name must change with the picture, not before.
 */
import type { LinkState, SiteId, SlotInfo, SlotKind, SlotSource } from '../signal/protocol.gen';

/** A receiving section of the connection that is in use. */
export interface Slot extends SlotInfo {
  track: MediaStreamTrack;
  /** The track alone in a stream of its own, for an element's `srcObject`. */
  stream: MediaStream;
}

/** What a slot shows at one moment. */
export interface Picture {
  /** The site whose frames are visible; null: there is nothing to see, show a card. */
  readonly showing: SiteId | null;
  /** The source that should be there but whose first frame has not been seen. */
  readonly awaiting: Awaited | null;
}

interface Awaited {
  readonly site: SiteId;
  readonly flowing: boolean;
  /** This line is too thin for it: nothing comes until it is wider. */
  readonly held: boolean;
  /** Timestamp of its first frame, once the server knows it. */
  readonly rtp: number | undefined;
  /** Since when it has been awaited like this. */
  readonly since: number;
  /** For so long that it cannot be said to be coming: perhaps the site has no camera. */
  readonly overdue: boolean;
}

export const EMPTY: Picture = { showing: null, awaiting: null };

/** An old picture may stay no longer than this while the new one does not come; ms. */
const PATIENCE = 3_000;
/** A key frame that was asked for is here before this, on any line that carries a picture; ms. */
const OVERDUE = 10_000;
/** A source that flows for this long is what is seen, whatever the timestamps say; ms. */
const DOUBT = 1_000;

/** The server says what should be in the slot. `now` in ms of any clock. */
export function onSource(picture: Picture, source: SlotSource, now: number): Picture {
  const { site, flowing, held = false, rtp } = source;
  if (site === null) return picture.showing === null && picture.awaiting === null ? picture : EMPTY;
  if (picture.showing === site && flowing) {
    return picture.awaiting === null ? picture : { showing: site, awaiting: null };
  }
  const before = picture.awaiting;
  const same = before?.site === site && before.flowing === flowing && before.held === held;
  const { since, overdue } = same ? before : { since: now, overdue: false };
  return { showing: held ? null : picture.showing, awaiting: { site, flowing, held, rtp, since, overdue } };
}

/** A frame was presented; `rtp` is its timestamp where the browser tells it. */
export function onFrame(picture: Picture, rtp: number | undefined, now: number): Picture {
  const { awaiting } = picture;
  if (awaiting === null || !awaiting.flowing) return picture;
  const isNew =
    rtp === undefined ||
    awaiting.rtp === undefined ||
    !isBefore(rtp, awaiting.rtp) ||
    now - awaiting.since > DOUBT;
  return isNew ? { showing: awaiting.site, awaiting: null } : picture;
}

/** Time goes on: a picture that nobody feeds any more is taken away, and one that never comes is no longer promised. */
export function onTime(picture: Picture, now: number): Picture {
  const { awaiting, showing } = picture;
  if (awaiting === null) return picture;
  const waited = now - awaiting.since;
  const leaves = showing !== null && waited >= PATIENCE;
  const overdue = awaiting.overdue || waited >= OVERDUE;
  if (!leaves && overdue === awaiting.overdue) return picture;
  return { showing: leaves ? null : showing, awaiting: { ...awaiting, overdue } };
}

/** Whether a picture that is not there yet may be said to be coming: what flows does, however slow the line here is. */
export function isComing({ awaiting }: Picture): boolean {
  return awaiting !== null && (awaiting.flowing || !awaiting.overdue);
}

/** Frames of a source that is well come more often than this; ms. */
const STALLS_AFTER = 2_500;
/** The same while another source is awaited or the site's link is lost: then it is likely gone. */
const STALLS_SOON = 1_000;
/** Of a screen on which nothing moves a browser sends one frame a second, and one may be lost. */
const SCREEN_STALLS_AFTER = 8_000;
const SCREEN_STALLS_SOON = 3_000;

/** How long frames may stay away before the picture counts as frozen; ms. */
export function stallsAfter(
  picture: Picture,
  link: LinkState | undefined,
  kind: SlotKind = 'main',
): number {
  const well = picture.awaiting === null && link === 'linked';
  if (kind === 'presentation') return well ? SCREEN_STALLS_AFTER : SCREEN_STALLS_SOON;
  return well ? STALLS_AFTER : STALLS_SOON;
}

/** The slot of the screen that is shown; undefined before the connection is there. */
export function presentationSlot(slots: readonly Slot[]): Slot | undefined {
  return slots.find(({ kind }) => kind === 'presentation');
}

/** The slots that are played: voices, and the sound of the screen that is shown. */
export function soundSlots(slots: readonly Slot[]): Slot[] {
  return slots.filter(({ kind }) => kind === 'audio' || kind === 'presentation-audio');
}

/** RTP timestamps wrap at 2³²: the nearer way round decides (RFC 1982). */
export function isBefore(a: number, b: number): boolean {
  return ((a - b) >>> 0) > 0x7fff_ffff;
}

/** The slot that shows, or waits for, a site. */
export function slotOf(
  pictures: ReadonlyMap<string, Picture>,
  slots: readonly Slot[],
  site: SiteId,
): Slot | undefined {
  const small = slots.filter((slot) => slot.kind === 'thumbnail');
  return (
    small.find((slot) => pictures.get(slot.mid)?.awaiting?.site === site) ??
    small.find((slot) => {
      const picture = pictures.get(slot.mid);
      return picture?.showing === site && picture.awaiting === null;
    })
  );
}
