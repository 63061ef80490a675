/** The microphone as the page shows it: this machine's, unless another of the site is heard. */
import type { MicState } from '../media/microphone';
import type { View } from '../signal/protocol.gen';
import { siteOf } from '../signal/view';

/** `elsewhere`: the site is heard through another of its devices. */
export type MicShown = MicState | 'elsewhere';

export function micShown(mic: MicState, view: View): MicShown {
  const elsewhere = siteOf(view, view.me.site)?.heard === true && !view.me.heard;
  return elsewhere ? 'elsewhere' : mic;
}
