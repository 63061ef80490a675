/** The two languages of the pages. Vietnamese unless the person chose English here before. */
import { Refused } from '../signal/http';
import { Value, type Readable } from '../value';
import type { Catalogue } from './catalogue';
import { en } from './en';
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
  if (!(error instanceof Refused)) return String(error);
  // What has changed is on this page by now, so the page says it itself.
  return error.body.code === 'changed' ? CATALOGUES[lang].changed : error.body.message[lang];
}
