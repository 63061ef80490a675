/** What a page has received of its main picture, how it moves, and how long the way to the server is. */
import type { Place } from './sites';

/** Totals of a page, since its connection was made. */
interface Totals {
  /** ms. */
  at: number;
  decoded: number;
  /** Seconds that so many frames have waited between arrival and decoder. */
  waited: number;
  emitted: number;
  /** Seconds that so many checks took there and back. */
  roundTrips: number;
  checks: number;
  /** The longest time between two pictures since the last look; ms. */
  gap: number;
  height: number;
}

/** What a page received between two looks. */
export interface Received {
  framesPerSecond: number;
  /** From the arrival of a frame to its decoder; ms. */
  delay: number;
  /** There and back; ms. Null: no check was answered. */
  roundTrip: number | null;
  /** The longest time without a new picture; ms. */
  gap: number;
  /** Of the picture now, in its own pixels. */
  height: number;
}

/** In the page: begins to note how long the main picture stands still. */
function watch(): void {
  const video = document.querySelector<HTMLVideoElement>('video[data-testid="main-video"]')!;
  const moves = { last: performance.now(), gap: 0 };
  Object.assign(window, { moves });
  const next = (): void => {
    video.requestVideoFrameCallback((now) => {
      moves.gap = Math.max(moves.gap, now - moves.last);
      moves.last = now;
      next();
    });
  };
  next();
}

/** In the page. */
async function look(): Promise<Totals> {
  const { moves } = window as unknown as { moves: { last: number; gap: number } };
  const video = document.querySelector<HTMLVideoElement>('video[data-testid="main-video"]')!;
  const [track] = (video.srcObject as MediaStream).getVideoTracks();
  const receivers = window.connections.flatMap((connection) => connection.getReceivers());
  const receiver = receivers.find((one) => one.track === track)!;
  const entries = [...(await receiver.getStats()).values()];
  const picture = entries.find(({ type }) => type === 'inbound-rtp');
  const path = entries.find(({ type, state, nominated }) => type === 'candidate-pair' && state === 'succeeded' && nominated);
  const now = performance.now();
  // A picture that stands still now does so since the last one.
  const gap = Math.max(moves.gap, now - moves.last);
  moves.gap = 0;
  return {
    at: now,
    decoded: picture.framesDecoded,
    waited: picture.jitterBufferDelay,
    emitted: picture.jitterBufferEmittedCount,
    roundTrips: path?.totalRoundTripTime ?? 0,
    checks: path?.responsesReceived ?? 0,
    gap,
    height: picture.frameHeight ?? 0,
  };
}

function between(before: Totals, after: Totals): Received {
  const checks = after.checks - before.checks;
  const emitted = Math.max(1, after.emitted - before.emitted);
  return {
    framesPerSecond: ((after.decoded - before.decoded) * 1_000) / (after.at - before.at),
    delay: ((after.waited - before.waited) * 1_000) / emitted,
    roundTrip: checks === 0 ? null : ((after.roundTrips - before.roundTrips) * 1_000) / checks,
    gap: after.gap,
    height: after.height,
  };
}

/** Watches the main pictures of these places. */
export async function watchMain(places: readonly Place[]): Promise<void> {
  await Promise.all(places.map(({ page }) => page.evaluate(watch)));
}

/** What each of these places receives in so many seconds from now, by site. */
export async function receive(places: readonly Place[], seconds: number): Promise<Map<string, Received>> {
  const lookAll = () => Promise.all(places.map(({ page }) => page.evaluate(look)));
  const before = await lookAll();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const after = await lookAll();
  return new Map(places.map(({ site: { id } }, nth) => [id, between(before[nth]!, after[nth]!)]));
}
