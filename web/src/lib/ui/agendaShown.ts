/** What people see of the agenda. */
import type {
  AgendaView,
  DocumentView,
  ItemView,
  Millis,
  RequestView,
  Speaker,
  Timestamp,
  View,
} from '../signal/protocol.gen';

export interface AgendaShown {
  /** Where the conference is. */
  current: ItemView | null;
  /** Its number from 1; 0 without one. */
  number: number;
  /** The one that follows it in the printed order; the first one that was never begun without it. */
  next: ItemView | null;
}

export function agendaShown({ items, current }: AgendaView): AgendaShown {
  const index = items.findIndex(({ id }) => id === current);
  const next =
    index >= 0 ? items[index + 1] : items.find(({ begun, ended }) => begun === null && ended === null);
  return { current: items[index] ?? null, number: index + 1, next: next ?? null };
}

/** How long an item has been on; null before it began. */
export function itemElapsed(item: ItemView, now: Timestamp): Millis | null {
  return item.begun === null ? null : Math.max(0, (item.ended ?? now) - item.begun);
}

export interface DocumentLink {
  href: string;
  /** The name under which it is saved; null: it stands elsewhere and is opened. */
  download: string | null;
  /** Bytes; null: not known. */
  size: number | null;
}

/** Where a document is; null: its address is none that a page may open. */
export function documentLink(document: DocumentView): DocumentLink | null {
  if (document.source === 'file') {
    const { sha256, name, size } = document;
    return /^[0-9a-f]{64}$/.test(sha256)
      ? { href: `/api/v1/documents/${sha256}`, download: name, size }
      : null;
  }
  const { url } = document;
  const address = URL.canParse(url) ? new URL(url) : null;
  const web = address?.protocol === 'https:' || address?.protocol === 'http:';
  return web ? { href: url, download: null, size: null } : null;
}

const UNITS = ['B', 'kB', 'MB', 'GB'] as const;

/** A size as people read it: `1,4 MB`. */
export function formatSize(bytes: number, lang: 'vi' | 'en'): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || size >= 10 ? 0 : 1;
  const number = new Intl.NumberFormat(lang, { maximumFractionDigits: digits }).format(size);
  return `${number} ${UNITS[unit]}`;
}

/** A prepared speaker in the printed order. */
export interface SpeakerShown {
  speaker: Speaker;
  /** `passed`: no longer on the list: spoken, or taken off it. */
  state: 'waits' | 'speaks' | 'passed';
}

/** The speakers of an item. Only the current one's list tells who still waits. */
export function speakersOf(view: View, item: ItemView): SpeakerShown[] {
  if (item.id !== view.agenda.current) {
    const state = item.begun === null ? 'waits' : 'passed';
    return item.speakers.map((speaker) => ({ speaker, state }));
  }
  // The same person may be on it twice: each entry of the list stands for one.
  const waiting = view.floor.prepared.map(keyOf);
  const speaking = view.floor.turns
    .filter(({ reason }) => reason.why !== 'taken')
    .map((turn) => `${turn.site}\n${turn.beneficiary}\n${turn.words}`);
  const take = (list: string[], key: string) => {
    const at = list.indexOf(key);
    if (at >= 0) list.splice(at, 1);
    return at >= 0;
  };
  return item.speakers
    .toReversed()
    .map((speaker): SpeakerShown => {
      const key = `${speaker.site}\n${speaker.name}\n${speaker.words}`;
      if (take(waiting, key)) return { speaker, state: 'waits' };
      return { speaker, state: take(speaking, key) ? 'speaks' : 'passed' };
    })
    .toReversed();
}

function keyOf({ site, beneficiary, words }: RequestView): string {
  return `${site}\n${beneficiary}\n${words}`;
}
