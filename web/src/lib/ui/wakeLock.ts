/**
 * Keeps the screen on while a page is in a conference; returns what ends that. The browser lets go
 * of the lock whenever the page is hidden, so it is asked for again when it is back.
 */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | null = null;
  let ended = false;
  const ask = async () => {
    if (document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return;
    const got = await navigator.wakeLock.request('screen').catch(() => null);
    if (ended) void got?.release();
    else lock = got;
  };
  const onVisible = () => void ask();
  document.addEventListener('visibilitychange', onVisible);
  void ask();
  return () => {
    ended = true;
    document.removeEventListener('visibilitychange', onVisible);
    void lock?.release();
  };
}
