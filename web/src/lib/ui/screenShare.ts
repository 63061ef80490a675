/** The one place where the pages meet the capture of a screen. */
import type { Media } from '../media/media';
import type { Picture, Slot } from '../media/slots';
import type { PresentationView, View } from '../signal/protocol.gen';

/** What the pages need of it. */
export interface ScreenShare {
  /**
   * Asks the person for a screen, and shows it to the conference. Needs a press of a button. Rejects
   * with an error that has a `fault`; resolves without sharing when it was stopped meanwhile.
   */
  start(): Promise<void>;
  /** Ends the capture, and a question that is still open. */
  stop(): void;
  readonly sharing: boolean;
  /** Called when the browser ended the capture by itself: its own button, or a closed window. */
  onEnded: () => void;
}

/** This page's; null where the browser can capture no screen. */
export function screenShareOf(media: Media): ScreenShare | null {
  const able = typeof navigator.mediaDevices?.getDisplayMedia === 'function';
  const { presentation } = media as Media & { presentation?: ScreenShare };
  return able ? (presentation ?? null) : null;
}

/**
 * The screen of the site that presents is really to be seen here; before its first frame, and on the
 * device that sends it, it is not.
 */
export function isPresentationShown(
  slots: readonly Slot[],
  pictures: ReadonlyMap<string, Picture>,
  { turn }: PresentationView,
): boolean {
  const slot = slots.find(isPresentation);
  return turn !== null && slot !== undefined && pictures.get(slot.mid)?.showing === turn.site;
}

/** Another site presents: its screen is here, or is to come. A site is not sent its own. */
export function isPresentedElsewhere({ me, presentation: { turn } }: View): boolean {
  return turn !== null && turn.site !== me.site;
}

/** The slot of the screen that is shown to all. */
export function isPresentation({ kind }: Slot): boolean {
  return (kind as string) === 'presentation';
}

/** The slot of its sound: that of a film, not of a voice. */
export function isPresentationSound({ kind }: Slot): boolean {
  return (kind as string) === 'presentation-audio';
}
