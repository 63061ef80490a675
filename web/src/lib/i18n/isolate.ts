/**
 * Names and words of users inside sentences. They are kept apart by Unicode's isolates (UAX #9),
 * which elements show as `<bdi>`, so that words in another script do not turn the sentence around.
 */

const OPEN = '\u2068';
const CLOSE = '\u2069';
const MARKS = /[\u2066-\u2069]/gu;

/** A piece of a sentence: its own words, or those of a user. */
export interface Part {
  text: string;
  isolated: boolean;
}

/** Marks what a user wrote; marks that the user wrote are taken out. */
export function isolate(text: string): string {
  return `${OPEN}${plain(text)}${CLOSE}`;
}

/** A sentence without its marks. */
export function plain(sentence: string): string {
  return sentence.replace(MARKS, '');
}

/** A sentence in pieces, none of them empty. */
export function partsOf(sentence: string): Part[] {
  return sentence
    .split(new RegExp(`(${OPEN}[^${CLOSE}]*${CLOSE})`, 'u'))
    .map((text) => ({ text: plain(text), isolated: text.startsWith(OPEN) }))
    .filter(({ text }) => text !== '');
}
