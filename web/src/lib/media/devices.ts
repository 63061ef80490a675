/** The camera and the microphone of this machine: opened, watched, and opened again. */
import { Value, type Readable } from '../value';
import type { OwnTracks } from './connection';

/** What is wrong with the devices; each has its words and its mend in the catalogue. */
export type DeviceProblem =
  | 'refused'
  | 'none'
  | 'busy'
  | 'insecure'
  | 'no-microphone'
  | 'no-camera'
  | 'lost';

const AUDIO: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
};
const VIDEO: MediaTrackConstraints = {
  width: { ideal: 640 },
  height: { ideal: 360 },
  frameRate: { ideal: 24, max: 30 },
};

export class Devices {
  readonly #tracks = new Value<OwnTracks>({ audio: null, video: null });
  readonly #problem = new Value<DeviceProblem | null>(null);
  readonly #onChange = () => {
    if (this.#problem.get() !== null) void this.open();
  };
  #opening: Promise<void> | null = null;
  #closed = false;

  /** What is open now. */
  get tracks(): Readable<OwnTracks> {
    return this.#tracks;
  }
  get problem(): Readable<DeviceProblem | null> {
    return this.#problem;
  }

  /** Opens what is missing. Never throws: what went wrong stands in `problem`. */
  open(): Promise<void> {
    this.#opening ??= this.#open().finally(() => (this.#opening = null));
    return this.#opening;
  }

  close(): void {
    this.#closed = true;
    navigator.mediaDevices?.removeEventListener?.('devicechange', this.#onChange);
    const { audio, video } = this.#tracks.get();
    audio?.stop();
    video?.stop();
    this.#tracks.set({ audio: null, video: null });
  }

  async #open(): Promise<void> {
    if (navigator.mediaDevices === undefined) return this.#problem.set('insecure');
    navigator.mediaDevices.addEventListener?.('devicechange', this.#onChange);
    const { audio, video } = this.#tracks.get();
    const found = await obtain(audio === null, video === null);
    if (this.#closed) {
      for (const track of found.tracks) track.stop();
      return;
    }
    for (const track of found.tracks) {
      track.addEventListener('ended', () => this.#lose(track), { once: true });
    }
    const of = (kind: string) => found.tracks.find((track) => track.kind === kind) ?? null;
    const now = { audio: audio ?? of('audio'), video: video ?? of('video') };
    this.#tracks.set(now);
    this.#problem.set(problemOf(now, found.error));
  }

  #lose(track: MediaStreamTrack): void {
    const { audio, video } = this.#tracks.get();
    if (track !== audio && track !== video) return;
    this.#tracks.set({
      audio: track === audio ? null : audio,
      video: track === video ? null : video,
    });
    this.#problem.set('lost');
    // Another device of the same kind may be there already.
    void this.open();
  }
}

interface Found {
  tracks: MediaStreamTrack[];
  error: unknown;
}

/** Both at once, so that the browser asks once; one alone if that is all there is. */
async function obtain(audio: boolean, video: boolean): Promise<Found> {
  const get = async (constraints: MediaStreamConstraints): Promise<Found> => {
    try {
      const stream = await navigator.mediaDevices.getUserMedia(constraints);
      return { tracks: stream.getTracks(), error: null };
    } catch (error) {
      return { tracks: [], error };
    }
  };
  if (!audio && !video) return { tracks: [], error: null };
  if (!video) return get({ audio: AUDIO });
  if (!audio) return get({ video: VIDEO });
  const both = await get({ audio: AUDIO, video: VIDEO });
  if (both.error === null || isRefusal(both.error)) return both;
  const sound = await get({ audio: AUDIO });
  const picture = await get({ video: VIDEO });
  return { tracks: [...sound.tracks, ...picture.tracks], error: both.error };
}

function isRefusal(error: unknown): boolean {
  return error instanceof DOMException && /^(NotAllowed|Security)Error$/.test(error.name);
}

/** The one thing to say about what is open and what went wrong. */
export function problemOf(tracks: OwnTracks, error: unknown): DeviceProblem | null {
  if (tracks.audio !== null && tracks.video !== null) return null;
  if (isRefusal(error)) return 'refused';
  if (tracks.audio !== null) return 'no-camera';
  if (tracks.video !== null) return 'no-microphone';
  const isBusy = error instanceof DOMException && /^(NotReadable|Abort)Error$/.test(error.name);
  return isBusy ? 'busy' : 'none';
}
