/** Asks the browser for camera and microphone, and says what stands in the way. */
import type { OwnTracks } from './connection';

export type Kind = keyof OwnTracks;

/** Why there is no camera or microphone; each has its words and its mend in the catalogue. */
export type Fault =
  /** The browser may not use it. */
  | 'refused'
  /** The operating system lets no browser use it. */
  | 'system'
  | 'missing'
  /** Another program holds it. */
  | 'busy'
  /** The page's address is not secure, so the browser has no devices at all. */
  | 'insecure';

export type Faults = Readonly<Record<Kind, Fault | null>>;

/** Of each kind that was asked for: its track, or why there is none. */
export type Captured = Partial<Record<Kind, MediaStreamTrack | Fault>>;

/** Which device: an id that must be had, one that would be liked, or whichever there is. */
export type Wish = { exact: string } | { ideal: string } | null;

const AUDIO: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
};
/** Large enough for the main picture; whoever shows it smaller gets a smaller one. */
const VIDEO: MediaTrackConstraints = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 24, max: 30 },
};

/** Opens the kinds that are named. Both at once where possible, so that the browser asks once. */
export async function capture(wishes: Partial<Record<Kind, Wish>>): Promise<Captured> {
  const kinds = (['audio', 'video'] as const).filter((kind) => wishes[kind] !== undefined);
  if (navigator.mediaDevices === undefined) {
    return Object.fromEntries(kinds.map((kind) => [kind, 'insecure'] as const));
  }
  try {
    return await ask(wishes);
  } catch (error) {
    const fault = faultOf(error);
    const [kind] = kinds;
    if (kinds.length < 2) return kind === undefined ? {} : { [kind]: fault };
    // One of the two may be there. A browser that refused is asked again only where it needs not
    // trouble the person.
    const each = kinds.map(async (one): Promise<Captured> => {
      if (fault === 'refused' && !(await isGranted(one))) return { [one]: fault };
      return capture({ [one]: wishes[one] ?? null });
    });
    return Object.assign({}, ...(await Promise.all(each))) as Captured;
  }
}

async function ask(wishes: Partial<Record<Kind, Wish>>): Promise<Captured> {
  const { audio, video } = wishes;
  if (audio === undefined && video === undefined) return {};
  const stream = await navigator.mediaDevices.getUserMedia({
    ...(audio === undefined ? {} : { audio: { ...AUDIO, ...device(audio) } }),
    ...(video === undefined ? {} : { video: { ...VIDEO, ...device(video) } }),
  });
  return Object.fromEntries(stream.getTracks().map((track) => [track.kind, track]));
}

function device(wish: Wish): MediaTrackConstraints {
  return wish === null ? {} : { deviceId: wish };
}

async function isGranted(kind: Kind): Promise<boolean> {
  const name = (kind === 'audio' ? 'microphone' : 'camera') as PermissionName;
  try {
    return (await navigator.permissions.query({ name })).state === 'granted';
  } catch {
    // A browser that does not tell.
    return false;
  }
}

/** What a refusal of `getUserMedia` means. */
export function faultOf(error: unknown): Fault {
  if (!(error instanceof DOMException)) return 'missing';
  switch (error.name) {
    case 'NotAllowedError':
    case 'SecurityError':
      // Chromium: "Permission denied by system"; Firefox and Safari do not tell the two apart.
      return /system/i.test(error.message) ? 'system' : 'refused';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'missing';
  }
}
