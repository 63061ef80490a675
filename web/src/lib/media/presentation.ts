/**
 * Sharing a screen with its sound. The person chooses what is shared in the browser's own dialogue,
 * and may end it in the browser's own bar; the server's gate decides whether anybody sees it.
 */
import { Value, type Readable } from '../value';
import type { OwnTracks } from './connection';

/** Why nothing is shared; each has its words and its mend in the catalogue. */
export type ShareFault =
  /** The person closed the browser's dialogue, or the browser may not share. */
  | 'refused'
  /** The operating system lets no browser see the screen. */
  | 'system'
  /** There is nothing to share, or it went away while it was chosen. */
  | 'missing'
  /** Another program keeps what was chosen to itself. */
  | 'busy'
  /** The page's address is not secure, so the browser shares nothing. */
  | 'insecure'
  /** This browser cannot share a screen, as those of phones cannot. */
  | 'unsupported'
  /** The browser asks only right after a press of a button. */
  | 'no-press';

export class ShareError extends Error {
  readonly fault: ShareFault;

  constructor(fault: ShareFault, cause?: unknown) {
    super(`the screen is not shared: ${fault}`, { cause });
    this.name = 'ShareError';
    this.fault = fault;
  }
}

/** `asking`: the browser's dialogue is open. */
export type ShareState = 'off' | 'asking' | 'sharing';

/** What browsers take beyond what TypeScript knows (Screen Capture, Chromium). */
interface Wishes extends DisplayMediaStreamOptions {
  selfBrowserSurface?: 'exclude' | 'include';
  surfaceSwitching?: 'exclude' | 'include';
  systemAudio?: 'exclude' | 'include';
}

/** Text at 1080p is sharp; a larger screen is scaled to it by the machine that has it. */
const VIDEO: MediaTrackConstraints = {
  width: { max: 1920 },
  height: { max: 1080 },
  frameRate: { ideal: 5, max: 5 },
};
/** A film's sound is no voice: what is done for voices spoils it. */
const AUDIO: MediaTrackConstraints = {
  echoCancellation: false,
  noiseSuppression: false,
  autoGainControl: false,
};
const NOTHING: OwnTracks = { audio: null, video: null };

export class Presentation {
  readonly #tracks = new Value<OwnTracks>(NOTHING);
  readonly #state = new Value<ShareState>('off');
  #asked: Promise<void> | null = null;
  /** Raised by each start and stop, so that a choice that comes too late shares nothing. */
  #run = 0;
  /** The browser ended it: its own "stop sharing", a window that was closed. Not after `stop`. */
  onEnded: () => void = () => undefined;

  get state(): Readable<ShareState> {
    return this.#state;
  }
  get sharing(): boolean {
    return this.#state.get() === 'sharing';
  }
  /** What is shared; the sound is null where the browser gives none. */
  get tracks(): Readable<OwnTracks> {
    return this.#tracks;
  }

  /** Whether this browser can share a screen at all. */
  static get supported(): boolean {
    return faultBefore() === null;
  }

  /**
   * Lets the person choose, and shares. To be called right from a press. While something is shared
   * it lets them choose anew, and what was shared stays until they have.
   *
   * Rejects with a `ShareError`. After a `stop` meanwhile it resolves, and nothing is shared.
   */
  start(): Promise<void> {
    this.#asked ??= this.#share().finally(() => (this.#asked = null));
    return this.#asked;
  }

  stop(): void {
    this.#run += 1;
    this.#take(NOTHING);
  }

  async #share(): Promise<void> {
    this.#run += 1;
    const run = this.#run;
    if (this.#state.get() === 'off') this.#state.set('asking');
    try {
      const chosen = await choose();
      if (run === this.#run) this.#take(chosen);
      else stopAll(chosen);
    } catch (error) {
      if (run !== this.#run) return;
      if (this.#state.get() === 'asking') this.#state.set('off');
      throw error;
    }
  }

  #take(tracks: OwnTracks): void {
    const before = this.#tracks.get();
    for (const track of [tracks.video, tracks.audio]) {
      track?.addEventListener('ended', () => this.#ended(track), { once: true });
    }
    this.#tracks.set(tracks);
    this.#state.set(tracks.video === null ? 'off' : 'sharing');
    // Only now: a sender whose track has stopped would show black until it has the new one.
    stopAll(before);
  }

  #ended(track: MediaStreamTrack): void {
    const now = this.#tracks.get();
    if (track === now.audio) {
      this.#tracks.set({ ...now, audio: null });
    } else if (track === now.video) {
      this.stop();
      this.onEnded();
    }
  }
}

async function choose(): Promise<OwnTracks> {
  const fault = faultBefore();
  if (fault !== null) throw new ShareError(fault);
  let stream: MediaStream;
  try {
    stream = await ask();
  } catch (error) {
    throw new ShareError(shareFaultOf(error), error);
  }
  const [video] = stream.getVideoTracks();
  const [audio] = stream.getAudioTracks();
  const tracks: OwnTracks = { audio: audio ?? null, video: video ?? null };
  if (video === undefined || video.readyState === 'ended') {
    stopAll(tracks);
    throw new ShareError('missing');
  }
  video.contentHint = 'text';
  if (audio !== undefined) audio.contentHint = 'music';
  return tracks;
}

/** With sound if it can be had. A machine whose sound cannot be taken refuses the picture with it. */
async function ask(): Promise<MediaStream> {
  const wanted = wishes();
  try {
    return await navigator.mediaDevices.getDisplayMedia(wanted);
  } catch (error) {
    if (shareFaultOf(error) !== 'busy') throw error;
    try {
      return await navigator.mediaDevices.getDisplayMedia({ ...wanted, audio: false });
    } catch (again) {
      // The press may be too long ago by now: then it is the first refusal that tells why.
      throw shareFaultOf(again) === 'no-press' ? error : again;
    }
  }
}

function wishes(): Wishes {
  const known = navigator.mediaDevices.getSupportedConstraints() as Record<string, unknown>;
  // The whole machine's sound has the conference in it, and would come back to everyone. Where the
  // browser cannot leave the page's own sound out, only that of a tab or a window is offered.
  const apart = known.restrictOwnAudio === true;
  return {
    video: VIDEO,
    audio: apart ? ({ ...AUDIO, restrictOwnAudio: true } as MediaTrackConstraints) : AUDIO,
    systemAudio: apart ? 'include' : 'exclude',
    // The conference in itself is a corridor of mirrors.
    selfBrowserSurface: 'exclude',
    surfaceSwitching: 'include',
  };
}

/** What is known before anybody is asked. */
function faultBefore(): ShareFault | null {
  if (navigator.mediaDevices === undefined) return 'insecure';
  return 'getDisplayMedia' in navigator.mediaDevices ? null : 'unsupported';
}

/** What a refusal of `getDisplayMedia` means. */
export function shareFaultOf(error: unknown): ShareFault {
  if (!(error instanceof DOMException)) return 'missing';
  switch (error.name) {
    case 'NotAllowedError':
    case 'SecurityError':
      // Chromium: "Permission denied by system"; Firefox and Safari do not tell the two apart.
      return /system/i.test(error.message) ? 'system' : 'refused';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    case 'InvalidStateError':
      return 'no-press';
    default:
      return 'missing';
  }
}

function stopAll(tracks: OwnTracks): void {
  tracks.video?.stop();
  tracks.audio?.stop();
}
