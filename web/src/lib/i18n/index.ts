/** The two languages of the pages. Vietnamese unless the person chose English here before. */
import { formatHour, formatLength } from '../signal/clock';
import type { Event, EventMessage, View } from '../signal/protocol.gen';
import { siteOf } from '../signal/view';
import { Refused } from '../signal/http';
import { Value, type Readable } from '../value';
import type { Catalogue, LogSentences, Names, Said } from './catalogue';
import { en } from './en';
import { isolate, type Part, partsOf, plain } from './isolate';
import { vi } from './vi';

export type Language = 'vi' | 'en';

const CATALOGUES: Record<Language, Catalogue> = { vi, en };
const REMEMBERED = 'language';

const languageValue = new Value<Language>('vi');
const catalogueValue = new Value<Catalogue>(vi);

export const language: Readable<Language> = languageValue;
/** The strings of the language that is chosen. */
export const t: Readable<Catalogue> = catalogueValue;

/** Changes the language here and now, and remembers it in this browser. */
export function setLanguage(next: Language): void {
  languageValue.set(next);
  catalogueValue.set(CATALOGUES[next]);
  document.documentElement.lang = next;
  try {
    localStorage.setItem(REMEMBERED, next);
  } catch {
    // A browser that keeps nothing still shows the language until it is closed.
  }
}

/** Takes the language that was chosen in this browser before. */
export function restoreLanguage(): void {
  try {
    if (localStorage.getItem(REMEMBERED) === 'en') setLanguage('en');
  } catch {
    // Nothing can be kept here: Vietnamese it is.
  }
}

/** What went wrong, as the sentence that the server has for it. */
export function explain(error: unknown, lang: Language): string {
  return error instanceof Refused ? error.body.message[lang] : String(error);
}

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
  };
  return say(event, CATALOGUES[lang].log, names);
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
