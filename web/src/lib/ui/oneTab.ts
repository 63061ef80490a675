/**
 * A browser joins in one tab. The server tells the older tab so; but one whose link is lost hears
 * nothing of the server, and would take the conference back when its link returns. So a tab also
 * tells the others itself.
 */
export interface Tabs {
  /** This tab is in the conference now. */
  claim(): void;
  close(): void;
}

const CHANNEL = 'diemcau-tab';

/** `onClaimed`: another tab of this browser has entered. */
export function watchTabs(onClaimed: () => void): Tabs {
  if (!('BroadcastChannel' in globalThis)) return { claim: () => undefined, close: () => undefined };
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = onClaimed;
  return { claim: () => channel.postMessage('entered'), close: () => channel.close() };
}
