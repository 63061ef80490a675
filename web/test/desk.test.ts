/** The desk: who is found, in which order, how it is changed by hand, and who spoke how long. */
import { describe, expect, it } from 'vitest';
import { draftOf, formOf, lengthOf, minutesOf, moved, timeLeft } from '../src/lib/ui/host/agenda';
import { fairness } from '../src/lib/ui/host/fairness';
import { newestTold } from '../src/lib/ui/host/news';
import {
  fold,
  hasTree,
  matches,
  namesOf,
  pageOf,
  roster,
  standings,
  type Wish,
} from '../src/lib/ui/host/roster';
import { keyName, KEYS, moveOf, shortcutOf } from '../src/lib/ui/host/shortcuts';
import { gapOf, placeAt } from '../src/lib/ui/host/sorting';
import { micSeen } from '../src/lib/ui/host/tile';
import type { EventMessage, ItemView, View } from '../src/lib/signal/protocol.gen';
import { request, resumed, site, turn, view } from './fixtures';

const NAMES: [string, string][] = [
  ['ha-noi', 'Hà Nội'],
  ['da-nang', 'Đà Nẵng'],
  ['can-tho', 'Cần Thơ'],
  ['tp-hcm', 'TP. Hồ Chí Minh'],
  ['nghe-an', 'Nghệ An'],
];
const SITES = NAMES.map(([id, name]) => site(id, name));
const ALL: Wish = { query: '', filter: 'all', grouping: 'none' };
const NOBODY: ReadonlySet<string> = new Set();

function seen(change: Partial<View['floor']> = {}, rest: Partial<View> = {}): View {
  return view({ sites: SITES, floor: { ...view().floor, ...change }, ...rest });
}

const ids = (of: View, wish: Partial<Wish>, alarms = NOBODY) =>
  roster(of, alarms, { ...ALL, ...wish }).map(({ key, rows }) => [
    key,
    rows.map((row) => row.site.id),
  ]);

describe('a site', () => {
  it.each([
    ['can tho', 'can-tho'],
    ['CẦN', 'can-tho'],
    ['da nang', 'da-nang'],
    ['đà', 'da-nang'],
    ['ho chi', 'tp-hcm'],
    ['minh tp', 'tp-hcm'],
    ['tp-hcm', 'tp-hcm'],
  ])('is found by %j', (query, id) => {
    expect(SITES.filter((one) => matches(one, query)).map((one) => one.id)).toEqual([id]);
  });

  it('is not found by the middle of a word', () => {
    expect(SITES.some((one) => matches(one, 'ang'))).toBe(false);
  });

  it('is any site where nothing is asked for', () => {
    expect(SITES.every((one) => matches(one, '  '))).toBe(true);
    expect(fold(' Đắk  Lắk ')).toBe('dak lak');
  });

  it('stands in the order of its name in a list to choose from', () => {
    const found = namesOf(SITES, 'n', 'vi').map(({ id }) => id);
    expect(found).toEqual(['da-nang', 'ha-noi', 'nghe-an']);
  });
});

describe('the sites', () => {
  const busy = seen(
    {
      turns: [turn({ site: 'can-tho' })],
      queue: [request(1, 'da-nang', { at: 500, place: 2 })],
      pending: [request(2, 'nghe-an', { at: 100 }), request(3, 'da-nang', { at: 200 })],
    },
    {
      sites: SITES.map((one) => (one.id === 'tp-hcm' ? { ...one, link: 'dropped' as const } : one)),
    },
  );

  it('stand with the best place and the longest wait of their requests', () => {
    const known = standings(busy, NOBODY);
    expect(known.get('da-nang')).toMatchObject({ place: 2, waits: 200 });
    expect(known.get('nghe-an')).toMatchObject({ place: null, waits: 100, speaks: false });
    expect(known.get('can-tho')).toMatchObject({ speaks: true, waits: null });
    expect(known.has('ha-noi')).toBe(false);
  });

  it('are filtered to those who speak, wait, are away, or send without the floor', () => {
    expect(ids(busy, { filter: 'active' })).toEqual([['', ['da-nang', 'can-tho', 'nghe-an']]]);
    expect(ids(busy, { filter: 'away' })).toEqual([['', ['tp-hcm']]]);
    expect(ids(busy, { filter: 'alarm' }, new Set(['ha-noi']))).toEqual([['', ['ha-noi']]]);
    expect(ids(busy, { filter: 'alarm' })).toEqual([]);
  });

  it('are grouped by state, the busiest first, without empty groups', () => {
    expect(ids(busy, { grouping: 'state' })).toEqual([
      ['speaking', ['can-tho']],
      ['waiting', ['da-nang', 'nghe-an']],
      ['linked', ['ha-noi']],
      ['away', ['tp-hcm']],
    ]);
  });

  it('are grouped under the site above, which heads its own group', () => {
    const tree = [
      site('tinh', 'Tỉnh'),
      { ...site('xa-1', 'Xã 1'), parent: 'tinh' },
      site('so', 'Sở'),
      { ...site('xa-2', 'Xã 2'), parent: 'tinh' },
    ];
    expect(hasTree(SITES)).toBe(false);
    expect(hasTree(tree)).toBe(true);
    expect(ids(view({ sites: tree }), { grouping: 'parent' })).toEqual([
      ['tinh', ['tinh', 'xa-1', 'xa-2']],
      ['', ['so']],
    ]);
  });

  it('come by the page, across groups, and a page that is gone is the last', () => {
    const groups = roster(busy, NOBODY, { ...ALL, grouping: 'state' });
    const cut = (page: number) => {
      const { groups: part, ...rest } = pageOf(groups, page, 2);
      return { ...rest, ids: part.map(({ key, rows }) => [key, rows.map((row) => row.site.id)]) };
    };
    expect(cut(0)).toMatchObject({ page: 0, pages: 3, first: 1, last: 2, of: 5 });
    expect(cut(0).ids).toEqual([['speaking', ['can-tho']], ['waiting', ['da-nang']]]);
    expect(cut(1).ids).toEqual([['waiting', ['nghe-an']], ['linked', ['ha-noi']]]);
    expect(cut(9)).toMatchObject({ page: 2, first: 5, last: 5, ids: [['away', ['tp-hcm']]] });
    expect(pageOf([], 3, 2)).toMatchObject({ page: 0, pages: 1, first: 0, last: 0, of: 0 });
  });
});

describe('a microphone', () => {
  it('is closed, heard, silent with the floor, or open without it', () => {
    const [one] = SITES;
    if (one === undefined) throw new Error('no site');
    const heard = { ...one, heard: true };
    expect(micSeen(seen(), one, false)).toBe('closed');
    expect(micSeen(seen(), heard, false)).toBe('heard');
    const waits = seen({ turns: [turn({ site: one.id, awaiting_media: true })] });
    expect(micSeen(waits, heard, false)).toBe('silent');
    expect(micSeen(seen(), one, true)).toBe('open');
  });
});

describe('order by hand', () => {
  /** Four lines, 10 px high each. */
  const lines = [0, 10, 20, 30].map((top) => ({ top, height: 10 }));
  it.each([
    // Down: its own line moves up as it leaves.
    [0, 4, 0],
    [0, 16, 1],
    [0, 99, 3],
    // Up.
    [3, -5, 0],
    [3, 12, 1],
    // Nowhere.
    [2, 24, 2],
    [1, 26, 2],
    // From elsewhere: also behind all others.
    [-1, 4, 0],
    [-1, 99, 4],
  ])('from %i to where the pointer is at %i is place %i', (from, y, place) => {
    expect(placeAt(lines, y, from)).toBe(place);
  });

  it('shows the gap where it would be', () => {
    expect(gapOf(0, 2)).toBe(0);
    expect(gapOf(3, 0)).toBe(4);
    expect(gapOf(2, -1)).toBe(2);
  });

  it('leaves an empty list its first place', () => {
    expect(placeAt([], 50, -1)).toBe(0);
  });
});

describe('the keys', () => {
  const pressed = (change: Partial<KeyboardEvent>) => ({
    code: 'KeyN',
    altKey: true,
    ctrlKey: false,
    metaKey: false,
    shiftKey: false,
    repeat: false,
    ...change,
  });

  it('need Alt, alone, and count once while they are held down', () => {
    expect(shortcutOf(pressed({}))).toBe('next');
    expect(shortcutOf(pressed({ altKey: false }))).toBeNull();
    expect(shortcutOf(pressed({ ctrlKey: true }))).toBeNull();
    expect(shortcutOf(pressed({ shiftKey: true }))).toBeNull();
    expect(shortcutOf(pressed({ repeat: true }))).toBeNull();
    expect(shortcutOf(pressed({ code: 'KeyZ' }))).toBeNull();
  });

  it('are each another, and none of the browser’s own', () => {
    const codes = Object.values(KEYS);
    expect(new Set(codes).size).toBe(codes.length);
    for (const taken of ['KeyD', 'KeyE', 'KeyF']) expect(codes).not.toContain(taken);
    expect(keyName('next')).toBe('Alt+N');
    expect(keyName('help')).toBe('Alt+/');
  });

  it('move a line with Alt and an arrow', () => {
    const arrow = (key: string, altKey = true) => ({ key, altKey, ctrlKey: false, metaKey: false });
    expect(moveOf(arrow('ArrowUp'))).toBe(-1);
    expect(moveOf(arrow('ArrowDown'))).toBe(1);
    expect(moveOf(arrow('ArrowDown', false))).toBe(0);
    expect(moveOf(arrow('ArrowLeft'))).toBe(0);
  });
});

describe('fairness', () => {
  const spoke = seen(
    { turns: [turn({ site: 'nghe-an', spoken: 10_000, running_since: 5_000 })] },
    {
      speaking: [
        { site: 'can-tho', turns: 2, spoken: 60_000, session: 90_000 },
        { site: 'nghe-an', turns: 1, spoken: 0, session: 5_000 },
        { site: 'da-nang', turns: 0, spoken: 0, session: 30_000 },
      ],
    },
  );

  it('counts the running turn as it runs, and sets the longest first', () => {
    const { spoke: shares, silent } = fairness(spoke, 'item', 25_000);
    expect(shares).toEqual([
      { site: 'can-tho', turns: 2, spoken: 60_000, share: 1, speaks: false },
      { site: 'nghe-an', turns: 1, spoken: 30_000, share: 0.5, speaks: true },
    ]);
    expect(silent).toEqual(['ha-noi', 'da-nang', 'tp-hcm']);
  });

  it('is another for the whole session', () => {
    const { spoke: shares } = fairness(spoke, 'session', 25_000);
    expect(shares.map(({ site: id, spoken }) => [id, spoken])).toEqual([
      ['can-tho', 90_000],
      ['nghe-an', 35_000],
      ['da-nang', 30_000],
    ]);
  });

  it('divides by nothing where nobody spoke', () => {
    expect(fairness(seen(), 'item', 0)).toEqual({ spoke: [], silent: SITES.map(({ id }) => id) });
  });
});

describe('an agenda item', () => {
  const item: ItemView = {
    id: 1,
    title: 'Thảo luận',
    kind: 'discussion',
    planned: '08:30',
    time: 1_800_000,
    speakers: [{ site: 'can-tho', name: 'Bà B', words: '', budget: 150_000 }],
    documents: [],
    begun: null,
    ended: null,
  };

  it('is the same after a form that changed nothing', () => {
    const { title, kind, planned, time, speakers } = item;
    expect(draftOf(formOf(item))).toEqual({ title, kind, planned, time, speakers });
  });

  it.each([
    ['5', 300_000],
    ['2,5', 150_000],
    [' 0.5 ', 30_000],
    ['', null],
    ['0', null],
    ['abc', null],
  ])('takes %j minutes', (text, length) => {
    expect(lengthOf(text)).toBe(length);
  });

  it('writes its minutes as they are typed', () => {
    expect(minutesOf(150_000)).toBe('2.5');
    expect(minutesOf(null)).toBe('');
  });

  it('leaves out a speaker without a site', () => {
    const form = formOf(item);
    form.speakers.push({ key: 9, site: '', name: 'Ai đó', words: '', minutes: '' });
    expect(draftOf(form).speakers).toHaveLength(1);
  });

  it('tells what is left of its time, and what it takes too long', () => {
    expect(timeLeft(item, 0)).toBeNull();
    expect(timeLeft({ ...item, begun: 1_000 }, 61_000)).toBe(1_740_000);
    expect(timeLeft({ ...item, begun: 0, time: 60_000 }, 90_000)).toBe(-30_000);
    expect(timeLeft({ ...item, begun: 0, time: null }, 90_000)).toBeNull();
  });

  it('moves its speakers within the list', () => {
    expect(moved(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a']);
    expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b']);
    expect(moved(['a'], 4, 0)).toEqual(['a']);
  });
});

describe('what is said aloud', () => {
  const { me } = view({ me: { ...view().me, site: 'ha-noi', role: 'chair' } });
  const asked = (by: EventMessage['by']): EventMessage => ({
    seq: 2,
    at: 0,
    ...(by === undefined ? {} : { by }),
    event: 'floor.requested',
    request: 1,
    floor: 'speech',
    site: 'can-tho',
    kind: 'discussion',
    words: '',
  });

  it('is the newest event that asks for a decision', () => {
    expect(newestTold([asked({ site: 'can-tho', role: 'site' })], me)?.seq).toBe(2);
    expect(newestTold([asked(undefined), resumed(3)], me)).toBeNull();
    expect(newestTold([], me)).toBeNull();
  });

  it('is not what this person did', () => {
    expect(newestTold([asked({ site: 'ha-noi', role: 'chair' })], me)).toBeNull();
  });
});
