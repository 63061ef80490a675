import { describe, expect, it } from 'vitest';
import type { ChatMessage, Role, View } from '../src/lib/signal/protocol.gen';
import {
  charactersLeft,
  keyed,
  messagesIn,
  newestUnread,
  ReadMarks,
  threadsOf,
  unreadOf,
} from '../src/lib/ui/chatShown';
import { view } from './fixtures';

const said = (at: number, role: Role, site: string | null, from = 'ha-noi'): ChatMessage => ({
  at,
  from,
  role,
  site,
  text: `lời ${at}`,
});
const CHAT = [
  said(1, 'technician', null),
  said(2, 'site', 'can-tho', 'can-tho'),
  said(3, 'site', 'nghe-an', 'nghe-an'),
  said(4, 'technician', 'can-tho'),
];
const seenBy = (role: Role, chat: ChatMessage[] = CHAT): View =>
  view({
    chat,
    me: { ...view().me, role, site: role === 'site' ? 'can-tho' : 'ha-noi' },
    sites: ['ha-noi', 'can-tho', 'nghe-an'].map((id) => ({ ...view().sites[0]!, id })),
  });

class FakeMemory {
  readonly kept = new Map<string, string>();
  getItem = (key: string) => this.kept.get(key) ?? null;
  setItem = (key: string, value: string) => void this.kept.set(key, value);
}

describe('the centre', () => {
  const host = seenBy('technician');

  it('has a thread to all, and one for each site with messages, the newest first', () => {
    expect(threadsOf(host, new Map()).map(({ thread, unread }) => [thread, unread])).toEqual([
      [null, 0],
      ['can-tho', 1],
      ['nghe-an', 1],
    ]);
    expect(messagesIn(host, 'can-tho').map(({ at }) => at)).toEqual([2, 4]);
    expect(messagesIn(host, null).map(({ at }) => at)).toEqual([1]);
  });

  it('has not read what sites wrote after its mark; what the centre wrote is no news to it', () => {
    expect(unreadOf(host, new Map())).toBe(2);
    expect(unreadOf(host, new Map([['can-tho', 4]]))).toBe(1);
    expect(newestUnread(host, new Map())?.at).toBe(3);
    expect(newestUnread(host, new Map([['nghe-an', 3]]))?.at).toBe(2);
  });
});

describe('a site', () => {
  const page = seenBy('site', CHAT.filter(({ site }) => site !== 'nghe-an'));

  it('reads what is to all and its own in one thread', () => {
    expect(messagesIn(page, 'can-tho').map(({ at }) => at)).toEqual([1, 2, 4]);
    expect(unreadOf(page, new Map())).toBe(2);
    expect(newestUnread(page, new Map())?.at).toBe(4);
    expect(newestUnread(page, new Map([['can-tho', 4]]))).toBeNull();
  });
});

describe('what was read', () => {
  it('outlives a reload, conference by conference', () => {
    const memory = new FakeMemory();
    new ReadMarks(memory, 'a').mark(seenBy('technician'), 'can-tho');
    expect([...new ReadMarks(memory, 'a').read.get()]).toEqual([['can-tho', 4]]);
    expect(new ReadMarks(memory, 'b').read.get().size).toBe(0);
  });

  it('never goes back, and an empty thread marks nothing', () => {
    const marks = new ReadMarks(new FakeMemory(), 'a');
    marks.mark(seenBy('technician'), 'can-tho');
    marks.mark(seenBy('technician', CHAT.slice(0, 2)), 'can-tho');
    marks.mark(seenBy('technician', []), null);
    expect([...marks.read.get()]).toEqual([['can-tho', 4]]);
  });

  it.each(['', 'x', '{}', '[1]', '[["a"]]', 'null'])('is nothing when what is kept is %j', (kept) => {
    const memory = new FakeMemory();
    memory.setItem('chat-read/a', kept);
    expect(new ReadMarks(memory, 'a').read.get().size).toBe(0);
  });
});

it('counts characters as people see code points, not as UTF-16', () => {
  expect(charactersLeft('ế'.repeat(500))).toBe(0);
  expect(charactersLeft('🙂'.repeat(500))).toBe(0);
  expect(charactersLeft('a'.repeat(501))).toBe(-1);
});

it('names messages so that a name stays while older ones go', () => {
  const twice = [said(1, 'site', 'can-tho'), said(5, 'site', 'can-tho'), said(5, 'site', 'can-tho')];
  const keys = keyed(twice).map(({ key }) => key);
  expect(new Set(keys).size).toBe(3);
  expect(keyed(twice.slice(1)).map(({ key }) => key)).toEqual(keys.slice(1));
});
