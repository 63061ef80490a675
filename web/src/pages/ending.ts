/** Where a page of a conference goes when its link has ended for good. */
import type { Link } from '../lib/signal/socket';
import type { OutCause } from './out';

export interface Ways {
  /** `expired`: the server no longer knows this browser. */
  onleave: (expired: boolean) => void;
  /** Another tab of this browser took over; this one lets go of camera and microphone. */
  onreplaced: () => void;
  /** The server keeps this device out; camera and microphone are let go of. */
  onout: (cause: OutCause) => void;
}

export function goOut(link: Link, { onleave, onreplaced, onout }: Ways): void {
  if (link.state !== 'ended') return;
  switch (link.cause) {
    case 'replaced':
      return onreplaced();
    case 'removed':
    case 'locked':
    case 'code-changed':
    case 'full':
      return onout(link.cause);
    default:
      onleave(link.cause === 'signed-out');
  }
}
