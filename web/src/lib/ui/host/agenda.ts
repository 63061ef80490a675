/** Agenda items as a form has them, and their time. */
import type {
  AgendaDraft,
  AgendaKind,
  ItemView,
  Millis,
  SiteId,
  Timestamp,
} from '../../signal/protocol.gen';

/** A prepared speaker in the form: everything as it is typed. */
export interface SpeakerForm {
  /** Tells the rows of the form apart. */
  key: number;
  site: SiteId;
  name: string;
  words: string;
  minutes: string;
}

export interface ItemForm {
  title: string;
  kind: AgendaKind;
  planned: string;
  minutes: string;
  speakers: SpeakerForm[];
}

const MINUTE = 60_000;

/** Minutes as they are typed: `5`, `2.5`; nothing where no time is set. */
export function minutesOf(length: Millis | null): string {
  return length === null ? '' : String(Math.round((length / MINUTE) * 100) / 100);
}

/** A comma will do for a point. Null: nothing was typed, or nothing that is a time. */
export function lengthOf(minutes: string | number | null | undefined): Millis | null {
  const text = String(minutes ?? '').trim().replace(',', '.');
  const value = Number(text);
  return text === '' || !Number.isFinite(value) || value <= 0 ? null : Math.round(value * MINUTE);
}

export function formOf(draft: AgendaDraft): ItemForm {
  return {
    title: draft.title,
    kind: draft.kind,
    planned: draft.planned,
    minutes: minutesOf(draft.time),
    speakers: draft.speakers.map(({ site, name, words, budget }, key) => ({
      key,
      site,
      name,
      words,
      minutes: minutesOf(budget),
    })),
  };
}

export const EMPTY_FORM: ItemForm = {
  title: '',
  kind: 'report',
  planned: '',
  minutes: '',
  speakers: [],
};

export function draftOf(form: ItemForm): AgendaDraft {
  return {
    title: form.title.trim(),
    kind: form.kind,
    planned: form.planned.trim(),
    time: lengthOf(form.minutes),
    speakers: form.speakers
      .filter(({ site }) => site !== '')
      .map(({ site, name, words, minutes }) => ({
        site,
        name: name.trim(),
        words: words.trim(),
        budget: lengthOf(minutes),
      })),
  };
}

/** The same list with one element at another place. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const rest = list.toSpliced(from, 1);
  const one = list[from];
  return one === undefined ? [...list] : rest.toSpliced(Math.min(Math.max(0, to), rest.length), 0, one);
}

/** What is left of an item's time; negative when it takes longer; null where no time is set. */
export function timeLeft(item: ItemView, now: Timestamp): Millis | null {
  if (item.time === null || item.begun === null) return null;
  return item.time - ((item.ended ?? now) - item.begun);
}
