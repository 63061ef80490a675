import { describe, expect, it } from 'vitest';
import type { ItemView, View } from '../src/lib/signal/protocol.gen';
import {
  agendaShown,
  documentLink,
  formatSize,
  itemElapsed,
  speakersOf,
} from '../src/lib/ui/agendaShown';
import { request, turn, view } from './fixtures';

function item(id: number, change: Partial<ItemView> = {}): ItemView {
  return {
    id,
    title: `Nội dung ${id}`,
    kind: 'discussion',
    planned: '',
    time: null,
    speakers: [],
    documents: [],
    begun: null,
    ended: null,
    ...change,
  };
}

describe('where the conference is', () => {
  const items = [item(1, { begun: 0, ended: 5 }), item(7), item(3)];

  it('is the current item, with what follows in the printed order', () => {
    const { current, number, next } = agendaShown({ items, current: 7 });
    expect([current?.id, number, next?.id]).toEqual([7, 2, 3]);
    expect(agendaShown({ items, current: 3 }).next).toBeNull();
  });

  it('between two items is before the first that was never begun', () => {
    const { current, number, next } = agendaShown({ items, current: null });
    expect([current, number, next?.id]).toEqual([null, 0, 7]);
    expect(agendaShown({ items: [], current: null }).next).toBeNull();
  });

  it('is told with the time since it began', () => {
    expect(itemElapsed(item(1), 9_000)).toBeNull();
    expect(itemElapsed(item(1, { begun: 4_000 }), 9_000)).toBe(5_000);
    expect(itemElapsed(item(1, { begun: 4_000, ended: 6_000 }), 9_000)).toBe(2_000);
  });
});

describe('a document', () => {
  const sha256 = 'a'.repeat(64);

  it('of this server is downloaded by its hash, under its own name', () => {
    const file = { id: 1, title: 'Dự thảo', source: 'file', sha256, size: 12, name: 'du-thao.pdf' } as const;
    expect(documentLink(file)).toEqual({
      href: `/api/v1/documents/${sha256}`,
      download: 'du-thao.pdf',
      size: 12,
    });
    expect(documentLink({ ...file, sha256: '../session' })).toBeNull();
  });

  it.each([
    ['https://example.vn/a', true],
    ['http://example.vn/a', true],
    ['javascript:alert(1)', false],
    ['data:text/html,x', false],
    ['nowhere', false],
  ])('at %s is a link: %s', (url, opens) => {
    const link = documentLink({ id: 1, title: 'x', source: 'link', url });
    expect(link?.href).toBe(opens ? url : undefined);
  });

  it.each([
    [512, '512 B'],
    [1_431_000, '1,4 MB'],
    [25_300_000, '25 MB'],
  ])('of %d bytes is as large as %s', (bytes, text) => {
    expect(formatSize(bytes, 'vi')).toBe(text);
  });
});

describe('the prepared speakers', () => {
  const speaker = (site: string, name: string) => ({ site, name, words: '', budget: null });
  const current = item(2, {
    begun: 0,
    speakers: [speaker('ha-noi', 'A'), speaker('can-tho', 'B'), speaker('can-tho', 'B'), speaker('nghe-an', 'C')],
  });
  const states = (of: View) => speakersOf(of, current).map(({ state }) => state);
  const at = (change: Partial<View['floor']>): View =>
    view({ agenda: { items: [current], current: 2 }, floor: { ...view().floor, ...change } });

  it('wait while they are on the list, though one is on it twice', () => {
    const prepared = [request(1, 'can-tho', { beneficiary: 'B' }), request(2, 'nghe-an', { beneficiary: 'C' })];
    const turns = [turn({ beneficiary: 'B' })];
    expect(states(at({ prepared, turns }))).toEqual(['passed', 'speaks', 'waits', 'waits']);
  });

  it('of an item that is to come all wait', () => {
    const later = item(3, { speakers: current.speakers });
    expect(speakersOf(at({}), later).every(({ state }) => state === 'waits')).toBe(true);
  });
});
