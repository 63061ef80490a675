/**
 * What people see of their pictures and hear, from the browser's statistics: how long pictures stood
 * still, how much sound was made up, and what holds the own camera back. Pure.
 */
import type {
  CameraLimit,
  CameraQuality,
  PageQuality,
  PictureQuality,
  SlotKind,
} from '../signal/protocol.gen';
import type { Picture } from './slots';

/** What is on the page, without which a number means nothing. */
export interface Scene {
  /** Monotonic; ms. */
  now: number;
  /** Whether anybody can see the page. */
  visible: boolean;
  slots: readonly { mid: string; kind: SlotKind; track: { id: string } }[];
  pictures: ReadonlyMap<string, Picture>;
  /** Id of the camera's track; null while none is sent. */
  camera: string | null;
}

/** The fields that are read; browsers leave out what they do not measure. */
interface Entry {
  id: string;
  type: string;
  kind?: string;
  mid?: string;
  trackIdentifier?: string;
  framesDecoded?: number;
  totalDecodeTime?: number;
  freezeCount?: number;
  totalFreezesDuration?: number;
  packetsReceived?: number;
  concealedSamples?: number;
  silentConcealedSamples?: number;
  totalSamplesReceived?: number;
  framesPerSecond?: number;
  mediaSourceId?: string;
  active?: boolean;
  qualityLimitationReason?: string;
}

/** Totals of a picture that is shown. */
interface Shown {
  site: string;
  decoded: number;
  /** Time spent on that; ms. */
  decoding: number | null;
  freezes: number;
  frozen: number;
  /** How much of a freeze that is not over was told already; ms. */
  told: number;
}

/** Totals of a stream of sound. */
interface Heard {
  packets: number;
  concealed: number;
  samples: number;
}

/** Reports of less time are not made, and the server takes none of more; ms. */
const SHORTEST = 1_000;
const LONGEST = 120_000;
/** No screen shows more frames a second. */
const FASTEST = 240;

/**
 * So many looks go by until all entries are read again. There are some for every section of a connection,
 * and unpacking them is what a look costs a page: between, only those are that said something before.
 */
const LOOKS_AT_ALL = 4;

/** Compares one look at a connection with the one before. */
export class QualityMeter {
  readonly #reader = new Reader();
  #at: number | null = null;
  #shown = new Map<string, Shown>();
  #heard = new Map<string, Heard>();

  /** What was seen and heard since the last look; null: nothing can be said. */
  look(report: RTCStatsReport, scene: Scene): PageQuality | null {
    const over = this.#at === null ? 0 : Math.round(scene.now - this.#at);
    if (this.#at !== null && over < SHORTEST) return null;
    this.#at = scene.now;
    const entries = this.#reader.read(report, scene);
    const pictures = this.#pictures(entries, scene, over);
    const concealed = this.#concealed(entries);
    if (over < SHORTEST || over > LONGEST) return null;
    return {
      over_ms: over,
      main: pictures.find(({ kind }) => kind === 'main')?.quality ?? null,
      small: worst(pictures.filter(({ kind }) => kind === 'thumbnail').map(({ quality }) => quality)),
      concealed_permille: concealed,
      camera: scene.camera === null ? null : cameraOf(entries, scene.camera),
    };
  }

  /** Pictures of people that were shown at both looks. A screen on which nothing moves is no freeze. */
  #pictures(
    entries: readonly Entry[],
    { slots, pictures, visible }: Scene,
    over: number,
  ): { kind: SlotKind; quality: PictureQuality }[] {
    const before = this.#shown;
    this.#shown = new Map();
    if (!visible) return [];
    const inbound = entries.filter(({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
    return slots.flatMap(({ mid, kind, track }) => {
      if (kind !== 'main' && kind !== 'thumbnail') return [];
      const picture = pictures.get(mid);
      const site = picture?.awaiting === null ? picture.showing : null;
      const entry =
        inbound.find((one) => one.mid === mid) ??
        inbound.find(({ trackIdentifier }) => trackIdentifier === track.id);
      if (site === null || entry === undefined) return [];
      const known = before.get(mid);
      const now = shownOf(entry, site);
      this.#shown.set(mid, now);
      // Another source begins with another picture, and another count.
      if (known === undefined || known.site !== site || now.decoded < known.decoded) return [];
      return [{ kind, quality: between(known, now, over) }];
    });
  }

  /** Thousandths of the sound, of streams from which something came; what was silent is no gap. */
  #concealed(entries: readonly Entry[]): number | null {
    const before = this.#heard;
    this.#heard = new Map();
    let concealed = 0;
    let samples = 0;
    for (const entry of entries) {
      if (entry.type !== 'inbound-rtp' || entry.kind !== 'audio') continue;
      const now: Heard = {
        packets: entry.packetsReceived ?? 0,
        concealed: (entry.concealedSamples ?? 0) - (entry.silentConcealedSamples ?? 0),
        samples: entry.totalSamplesReceived ?? 0,
      };
      this.#heard.set(entry.id, now);
      const known = before.get(entry.id);
      if (known === undefined || now.packets <= known.packets) continue;
      concealed += now.concealed - known.concealed;
      samples += now.samples - known.samples;
    }
    if (samples <= 0) return null;
    return within(1_000, (1_000 * concealed) / samples);
  }
}

/** Takes out of a report what matters. */
class Reader {
  #ids: string[] = [];
  /** What the ids were found for. */
  #scene = '';
  #looks = 0;

  read(report: RTCStatsReport, { slots, pictures, camera }: Scene): Entry[] {
    const shown = slots.filter(({ mid }) => pictures.get(mid)?.showing != null);
    const scene = [...shown.map(({ mid }) => mid), camera].join(' ');
    this.#looks = scene === this.#scene ? (this.#looks + 1) % LOOKS_AT_ALL : 0;
    if (this.#looks !== 0) {
      return this.#ids.flatMap((id) => (report.get(id) as Entry | undefined) ?? []);
    }
    const entries: Entry[] = [];
    report.forEach((entry: Entry) => {
      if (matters(entry)) entries.push(entry);
    });
    this.#scene = scene;
    this.#ids = entries.map(({ id }) => id);
    return entries;
  }
}

function matters({ type, kind }: Entry): boolean {
  return type === 'inbound-rtp' || (kind !== 'audio' && (type === 'outbound-rtp' || type === 'media-source'));
}

function shownOf(entry: Entry, site: string): Shown {
  const { totalDecodeTime } = entry;
  return {
    site,
    decoded: entry.framesDecoded ?? 0,
    decoding: totalDecodeTime === undefined ? null : totalDecodeTime * 1_000,
    freezes: entry.freezeCount ?? 0,
    frozen: (entry.totalFreezesDuration ?? 0) * 1_000,
    told: 0,
  };
}

/**
 * The browser counts a freeze when it is over, and people sit before it while it lasts: time without
 * a single frame counts at once, and is taken off when the browser counts it too.
 */
function between(known: Shown, now: Shown, over: number): PictureQuality {
  const decoded = now.decoded - known.decoded;
  const most = FASTEST * Math.ceil(over / 1_000);
  const took =
    now.decoding === null || known.decoding === null ? null : now.decoding - known.decoding;
  const frames = {
    frames_decoded: Math.min(most, decoded),
    decode_ms: took === null ? null : within(over, took),
  };
  if (decoded === 0) {
    now.told = known.told + over;
    return { ...frames, freezes: known.told === 0 ? 1 : 0, frozen_ms: over };
  }
  const freezes = now.freezes - known.freezes - (known.told > 0 ? 1 : 0);
  return {
    ...frames,
    freezes: within(most, freezes),
    frozen_ms: within(over, now.frozen - known.frozen - known.told),
  };
}

function within(most: number, value: number): number {
  return Math.min(most, Math.max(0, Math.round(value)));
}

function worst(pictures: readonly PictureQuality[]): PictureQuality | null {
  return pictures.reduce<PictureQuality | null>(
    (one, other) => (one === null || other.frozen_ms > one.frozen_ms ? other : one),
    null,
  );
}

const LIMITS: readonly CameraLimit[] = ['cpu', 'bandwidth', 'other'];

function cameraOf(entries: readonly Entry[], track: string): CameraQuality | null {
  const source = entries.find(
    ({ type, trackIdentifier }) => type === 'media-source' && trackIdentifier === track,
  );
  if (source === undefined) return null;
  // One for each layer; one that is paused is limited by nobody.
  const reasons = entries
    .filter(({ type, mediaSourceId, active }) => {
      return type === 'outbound-rtp' && mediaSourceId === source.id && active !== false;
    })
    .map(({ qualityLimitationReason }) => qualityLimitationReason);
  const frames = source.framesPerSecond;
  return {
    frames_per_second: frames === undefined ? null : within(FASTEST, frames),
    limited_by: LIMITS.find((limit) => reasons.includes(limit)) ?? 'none',
  };
}
