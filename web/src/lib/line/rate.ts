/** The rate of a line, both ways, by a few transfers that grow until one says enough. */
import { Refused } from '../signal/http';
import type { LineApi } from '../signal/lineApi';

const KIB = 1024;
const SIZES = [64 * KIB, 512 * KIB, 4096 * KIB];
/** No longer than this in one direction; ms. */
const LIMIT = 3_000;
/** A transfer that takes as long as this says enough; ms. */
const ENOUGH = 350;

export type Clock = () => number;

/** In kbit/s; null: nothing came. Throws what the server says if it lets nothing be measured. */
export async function rateDown(
  { download }: Pick<LineApi, 'download'>,
  now: Clock,
  signal: AbortSignal,
): Promise<number | null> {
  const until = now() + LIMIT;
  let rate: number | null = null;
  for (const size of SIZES) {
    const got = await within(until - now(), signal, (timed) =>
      read(() => download(size, timed), now),
    ).catch((error: unknown) => {
      // Others came between: what was measured before stands.
      if (rate === null) throw error;
      return null;
    });
    if (got === null) break;
    rate = kbps(got.bytes, got.ms);
    if (got.ms >= ENOUGH || now() >= until) break;
  }
  signal.throwIfAborted();
  return rate;
}

/** Bytes after the first piece, and the time that they took; what was cut off counts as far as it came. */
async function read(
  open: () => Promise<ReadableStream<Uint8Array>>,
  now: Clock,
): Promise<{ bytes: number; ms: number } | null> {
  const asked = now();
  let first: { bytes: number; at: number } | null = null;
  let bytes = 0;
  let last = asked;
  try {
    const reader = (await open()).getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      last = now();
      if (first === null) first = { bytes: piece.value.length, at: last };
      else bytes += piece.value.length;
    }
  } catch (error) {
    if (error instanceof Refused && error.status > 0) throw error;
    // Cut off by the clock, or broken: what came is what the line carries.
  }
  if (first === null) return null;
  // All in one piece: the round trip is in the time, which makes a quick line look slower.
  if (bytes === 0) return { bytes: first.bytes, ms: last - asked };
  return { bytes, ms: last - first.at };
}

/** In kbit/s; null: nothing could be sent at all. Throws as `rateDown` does. */
export async function rateUp(
  { upload }: Pick<LineApi, 'upload'>,
  now: Clock,
  signal: AbortSignal,
): Promise<number | null> {
  const until = now() + LIMIT;
  let rate: number | null = null;
  for (const size of SIZES) {
    // What would take longer than is left is not begun: a body that is cut off says nothing.
    if (rate !== null && (size * 8) / rate > until - now()) break;
    const began = now();
    try {
      const { bytes, millis } = await within(until - began, signal, (timed) =>
        upload(noise(size), timed),
      );
      // The server times from the first byte to the last; what fits one packet has no length.
      rate = kbps(bytes, millis > 0 ? millis : now() - began);
      if (millis >= ENOUGH) break;
    } catch (error) {
      if (rate === null && error instanceof Refused && error.status > 0) throw error;
      // Not even the smallest passed in time: the line carries less than this.
      if (now() >= until) rate ??= kbps(size, LIMIT);
      break;
    }
  }
  signal.throwIfAborted();
  return rate;
}

/** Gives `work` a signal that aborts after `ms`, or with `signal`. */
async function within<T>(
  ms: number,
  signal: AbortSignal,
  work: (timed: AbortSignal) => Promise<T>,
): Promise<T> {
  // `AbortSignal.any` is too new for the browsers of old offices.
  const timed = new AbortController();
  const abort = () => timed.abort();
  const timer = setTimeout(abort, Math.max(0, ms));
  signal.addEventListener('abort', abort);
  try {
    return await work(timed.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

function kbps(bytes: number, ms: number): number {
  return Math.round((bytes * 8) / Math.max(ms, 0.1));
}

/** Bytes that no proxy can make smaller. */
function noise(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  // The browser gives no more at once.
  for (let at = 0; at < size; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, Math.min(size, at + 65_536)));
  }
  return bytes;
}
