/** The log as sentences. Only pages that show a log load this. */
import { formatHour, formatLength } from '../signal/clock';
import type { By, Event, EventMessage, View } from '../signal/protocol.gen';
import { siteOf } from '../signal/view';
import { logEn } from './en.log';
import type { Language } from './index';
import { isolate, type Part, partsOf, plain } from './isolate';
import { logVi } from './vi.log';

/** Names that a sentence of the log needs. */
export interface Names {
  site(id: string): string;
  /** `at` as an hour of the conference room. */
  hour(at: number): string;
  length(length: number): string;
  /** The title of an agenda item; null when it is gone. */
  item(id: number): string | null;
}

/** An event of one kind, with the person behind it. */
export type Said<K extends Event['event']> = Extract<Event, { event: K }> & { by?: By };

/** One sentence for each event: an event without one does not compile. */
export type LogSentences = {
  [K in Event['event']]: (event: Said<K>, names: Names) => string;
};

const SENTENCES: Record<Language, LogSentences> = { vi: logVi, en: logEn };

/** An event as a sentence of the log. */
export function sentence(event: EventMessage, view: View, lang: Language): string {
  return plain(marked(event, view, lang));
}

/** The same, in pieces: the names and the users' words in it are to stand apart. */
export function sentenceParts(event: EventMessage, view: View, lang: Language): Part[] {
  return partsOf(marked(event, view, lang));
}

function marked(event: EventMessage, view: View, lang: Language): string {
  const names: Names = {
    site: (id) => isolate(siteOf(view, id)?.name[lang] ?? id),
    hour: (at) => formatHour(at, true),
    length: formatLength,
    item: (id) => {
      const item = view.agenda.items.find((one) => one.id === id);
      return item === undefined ? null : isolate(item.title);
    },
  };
  return say(event, SENTENCES[lang], names);
}

function say<K extends Event['event']>(
  event: Said<K>,
  sentences: LogSentences,
  names: Names,
): string {
  const make = sentences[event.event as K];
  // A newer server may log what this page does not know yet.
  return make === undefined ? event.event : make(event, names);
}
