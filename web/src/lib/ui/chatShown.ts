/** The technicians' messages as threads: which there are, what is in them, and what was not read. */
import type { Memory } from '../memory';
import type { ChatMessage, Role, SiteId, Timestamp, View } from '../signal/protocol.gen';
import { Value, type Readable } from '../value';

/** Longest message, in characters as the server counts them: Unicode scalar values. */
export const LONGEST = 500;

/** A thread: that of a site, or (null) what the centre says to all. A site has all in one. */
export type Thread = SiteId | null;

/** Those who see the threads of all sites. */
export function isCentre(role: Role): boolean {
  return role !== 'site' && role !== 'display';
}

/** How many characters a text still may have; negative: it is too long. */
export function charactersLeft(text: string): number {
  return LONGEST - [...text].length;
}

/** What a thread shows, oldest first. A site's own page shows all that it may read. */
export function messagesIn(view: View, thread: Thread): ChatMessage[] {
  return isCentre(view.me.role) ? view.chat.filter(({ site }) => site === thread) : view.chat;
}

/** Messages with keys that stay while others come and go: they have no names of their own. */
export function keyed(messages: readonly ChatMessage[]): { key: string; message: ChatMessage }[] {
  const seen = new Map<string, number>();
  return messages.map((message) => {
    const { at, from, role } = message;
    const name = `${at}/${from}/${role}`;
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    return { key: `${name}/${count}`, message };
  });
}

/** Written on the other side: the centre reads the sites' messages, a site the centre's. */
export function isIncoming(view: View, { role }: ChatMessage): boolean {
  return isCentre(role) !== isCentre(view.me.role);
}

export interface ThreadShown {
  thread: Thread;
  last: ChatMessage | null;
  unread: number;
}

/** What was read of each thread: the time of its newest message then. */
export type Read = ReadonlyMap<Thread, Timestamp>;

function unreadIn(view: View, thread: Thread, read: Read): number {
  const until = read.get(thread) ?? -Infinity;
  return messagesIn(view, thread).filter((one) => one.at > until && isIncoming(view, one)).length;
}

/** The centre's threads: to all first, then the sites with messages, the newest first. */
export function threadsOf(view: View, read: Read): ThreadShown[] {
  const shown = (thread: Thread): ThreadShown => ({
    thread,
    last: messagesIn(view, thread).at(-1) ?? null,
    unread: unreadIn(view, thread, read),
  });
  const sites = view.sites
    .map(({ id }) => shown(id))
    .filter(({ last }) => last !== null)
    .sort((a, b) => (b.last?.at ?? 0) - (a.last?.at ?? 0));
  return [shown(null), ...sites];
}

/** The own thread of a site; to all for the centre. */
export function firstThread(view: View): Thread {
  return isCentre(view.me.role) ? null : view.me.site;
}

/** All that was not read. */
export function unreadOf(view: View, read: Read): number {
  return isCentre(view.me.role)
    ? threadsOf(view, read).reduce((sum, { unread }) => sum + unread, 0)
    : unreadIn(view, firstThread(view), read);
}

/** The newest message that was not read; null: none. */
export function newestUnread(view: View, read: Read): ChatMessage | null {
  const centre = isCentre(view.me.role);
  const thread = (message: ChatMessage) => (centre ? message.site : firstThread(view));
  return (
    view.chat.findLast(
      (one) => isIncoming(view, one) && one.at > (read.get(thread(one)) ?? -Infinity),
    ) ?? null
  );
}

/** Remembers what was read, through reloads. */
export class ReadMarks {
  readonly #memory: Pick<Memory, 'getItem' | 'setItem'>;
  readonly #key: string;
  readonly #read: Value<Read>;

  /** Another conference has other messages. */
  constructor(memory: Pick<Memory, 'getItem' | 'setItem'>, conference: string) {
    this.#memory = memory;
    this.#key = `chat-read/${conference}`;
    this.#read = new Value(parse(memory.getItem(this.#key)));
  }

  get read(): Readable<Read> {
    return this.#read;
  }

  /** Everything that is in the thread now was read. */
  mark(view: View, thread: Thread): void {
    const newest = messagesIn(view, thread).at(-1)?.at;
    if (newest === undefined || newest <= (this.#read.get().get(thread) ?? -Infinity)) return;
    const next = new Map(this.#read.get()).set(thread, newest);
    this.#read.set(next);
    this.#memory.setItem(this.#key, JSON.stringify([...next]));
  }
}

function parse(text: string | null): Read {
  try {
    const rows: unknown = JSON.parse(text ?? '[]');
    if (!Array.isArray(rows)) return new Map();
    return new Map(
      rows.filter(
        (row): row is [Thread, Timestamp] =>
          Array.isArray(row) &&
          (row[0] === null || typeof row[0] === 'string') &&
          typeof row[1] === 'number',
      ),
    );
  } catch {
    return new Map();
  }
}
