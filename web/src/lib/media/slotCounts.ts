/**
 * How many sections of each kind an offer has. Each takes the browser some milliseconds to offer and to
 * answer, so there are no more small pictures than there are other sites.
 */
import { browserMemory } from '../memory';
import type { View } from '../signal/protocol.gen';
import type { SlotCounts } from './connection';

/** Those of the configuration that comes with the server; with others the offer is made anew. */
const USUAL: SlotCounts = { audio: 4, thumbnail: 12, presentation: true };
const REMEMBERED = 'slot-counts';

/** What a conference needs. */
export function neededCounts(view: View): SlotCounts {
  const { audio_slots: audio, thumbnail_slots: most } = view.conference.rules;
  const thumbnail = Math.min(most, Math.max(0, view.sites.length - 1));
  return { audio, thumbnail, presentation: true };
}

/** Whether an offer that is made already will do: sections too many cost less than another offer. */
export function suffices(made: SlotCounts, needed: SlotCounts): boolean {
  const same = made.audio === needed.audio && made.presentation === needed.presentation;
  return same && made.thumbnail >= needed.thumbnail;
}

/** What the last conference of this browser needed: the next offer is begun before the server is asked. */
export function rememberedCounts(): SlotCounts {
  const [audio, thumbnail] = (browserMemory.getItem(REMEMBERED) ?? '').split(' ').map(Number);
  const isCount = (count: number | undefined): count is number =>
    count !== undefined && Number.isInteger(count) && count >= 0 && count <= 64;
  return isCount(audio) && isCount(thumbnail) ? { ...USUAL, audio, thumbnail } : USUAL;
}

export function rememberCounts({ audio, thumbnail }: SlotCounts): void {
  browserMemory.setItem(REMEMBERED, `${audio} ${thumbnail}`);
}
