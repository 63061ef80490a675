/** A site's microphone as the desk tells it. */
import type { SiteView, View } from '../../signal/protocol.gen';
import { turnOf } from '../floorShown';

/** `open`: it sends without the floor, and nobody hears it; `silent`: it may be heard and is not. */
export type MicSeen = 'closed' | 'open' | 'heard' | 'silent';

export function micSeen(view: View, site: SiteView, alarm: boolean): MicSeen {
  if (alarm) return 'open';
  const turn = turnOf(view, site.id);
  if (turn !== undefined && (turn.silent || turn.awaiting_media)) return 'silent';
  return site.heard ? 'heard' : 'closed';
}
