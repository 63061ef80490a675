/**
 * A machine that slept, a phone that was in a pocket: timers stood still, the link may be dead
 * without anybody having noticed, and the system may have taken camera and microphone away.
 */
const TICK = 2_000;
/** A tick that comes this much late means that time stood still; ms. */
const SLEPT = 6_000;

/** Calls `onBack` when the page is awake again; returns what ends that. */
export function watchComeback(onBack: () => void): () => void {
  const visible = () => {
    if (document.visibilityState === 'visible') onBack();
  };
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    // A tab in the background ticks once a minute at worst, and is looked after by its ping.
    if (now - last > TICK + SLEPT && document.visibilityState === 'visible') onBack();
    last = now;
  }, TICK);
  document.addEventListener('visibilitychange', visible);
  // Chromium's page lifecycle: after a freeze.
  document.addEventListener('resume', onBack);
  window.addEventListener('pageshow', onBack);
  window.addEventListener('online', onBack);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', visible);
    document.removeEventListener('resume', onBack);
    window.removeEventListener('pageshow', onBack);
    window.removeEventListener('online', onBack);
  };
}
