/**
 * The sizes in which a camera is sent. The server gives everyone the one that they can use, and says
 * which ones somebody watches; the others are not sent.
 */

/** How large a camera's picture is. */
export interface CameraSize {
  width: number;
  height: number;
}

/**
 * Which layers somebody watches: these, by RID; those of a picture that is shown large to some and
 * small to others; null: all, as nobody has said it.
 */
export type Watched = readonly string[] | 'large and small' | null;

/** Low to high. */
export const RIDS = ['q', 'h', 'f'] as const;

/** In bit/s, low to high. */
const RATES = [120_000, 400_000, 1_200_000];
/** The largest of a camera that is too small for three. */
const SMALL_CAMERA = 900_000;
/** Chromium sends no more layers than this many pixels are worth, and leaves out the upper ones. */
const PIXELS_OF_THREE = 960 * 540;
const PIXELS_OF_TWO = 480 * 270;

/** What is offered; how many of them are sent is decided when there is a camera. */
export function offeredLayers(): RTCRtpEncodingParameters[] {
  return RIDS.map((rid, nth) => ({
    rid,
    scaleResolutionDownBy: 2 ** (RIDS.length - 1 - nth),
    maxBitrate: RATES[nth] ?? SMALL_CAMERA,
  }));
}

/** In how many sizes a camera is sent; null: nobody knows how large it is, so it is sent as it is. */
export function layerCount(size: CameraSize | null): number {
  const pixels = size === null ? 0 : size.width * size.height;
  if (pixels >= PIXELS_OF_THREE) return 3;
  return pixels >= PIXELS_OF_TWO ? 2 : 1;
}

/** The encodings of a camera of this size. The largest that is sent is never scaled. */
export function shapedLayers<T extends RTCRtpEncodingParameters>(
  encodings: readonly T[],
  size: CameraSize | null,
  watched: Watched,
): T[] {
  const count = Math.min(layerCount(size), encodings.length);
  return encodings.map((encoding, nth) => {
    const isLargest = nth >= count - 1;
    const isWatched =
      watched === 'large and small' ? isLargest || nth === 0 : watched?.includes(encoding.rid ?? '');
    const rate = isLargest && count < RIDS.length ? SMALL_CAMERA : RATES[nth];
    return {
      ...encoding,
      active: nth < count && (isWatched ?? true),
      scaleResolutionDownBy: 2 ** Math.max(0, count - 1 - nth),
      maxBitrate: rate ?? SMALL_CAMERA,
    };
  });
}

/** How large the picture of a track is, once the browser says it. */
export function sizeOf(track: MediaStreamTrack | null): CameraSize | null {
  const { width = 0, height = 0 } = track?.getSettings?.() ?? {};
  return width > 0 && height > 0 ? { width, height } : null;
}
