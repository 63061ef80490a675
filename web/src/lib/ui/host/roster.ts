/** Which sites the desk shows, in which order: found by name, filtered, grouped, and by the page. */
import type { Language } from '../../i18n';
import type { RequestView, SiteId, SiteView, Timestamp, View } from '../../signal/protocol.gen';

export type Filter = 'all' | 'active' | 'away' | 'alarm';
export type Grouping = 'none' | 'state' | 'parent';

/** What the desk knows of a site, beside the site itself. */
export interface Standing {
  /** It holds the speech floor. */
  speaks: boolean;
  /** It presents. */
  presents: boolean;
  /** Since when it waits for the speech floor; null: it does not. */
  waits: Timestamp | null;
  /** Its place in its list; null while it waits for the chair, or does not wait. */
  place: number | null;
  /** It sends sound without the floor. */
  alarm: boolean;
}

/** A site as the desk shows it. */
export interface Row {
  site: SiteView;
  standing: Standing;
}

/** Rows under one heading. */
export interface Group {
  /** `speaking`, `waiting`, `linked`, `away`, a parent's id, or nothing where nothing is grouped. */
  key: string;
  rows: Row[];
}

export interface Wish {
  query: string;
  filter: Filter;
  grouping: Grouping;
}

const NOTHING: Standing = {
  speaks: false,
  presents: false,
  waits: null,
  place: null,
  alarm: false,
};

/** Letters as they are found: without accents, without case. "Đà Nẵng" is "da nang". */
export function fold(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[đĐ]/g, 'd')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** Every word of the query begins a word of the site's names or its id. */
export function matches(site: SiteView, query: string): boolean {
  const words = fold(query).split(' ').filter(Boolean);
  if (words.length === 0) return true;
  const known = ` ${fold(`${site.name.vi} ${site.name.en} ${site.id}`)}`;
  return words.every((word) => known.includes(` ${word}`));
}

/** How every site stands, by its id. */
export function standings(view: View, alarms: ReadonlySet<SiteId>): Map<SiteId, Standing> {
  const found = new Map<SiteId, Standing>();
  const change = (site: SiteId, part: Partial<Standing>) =>
    found.set(site, { ...(found.get(site) ?? NOTHING), ...part });
  const { prepared, queue, pending, turns } = view.floor;
  for (const request of [...pending, ...queue, ...prepared]) {
    const known = found.get(request.site);
    // Of several requests the best place is shown, and the longest wait.
    const at = Math.min(request.at, known?.waits ?? Infinity);
    change(request.site, { waits: at, place: bestPlace(known?.place ?? null, request) });
  }
  for (const { site } of turns) change(site, { speaks: true });
  if (view.presentation.turn !== null) change(view.presentation.turn.site, { presents: true });
  for (const site of alarms) change(site, { alarm: true });
  return found;
}

function bestPlace(known: number | null, { place }: RequestView): number | null {
  if (known === null || place === null) return known ?? place;
  return Math.min(known, place);
}

/** The sites that are wished for, in groups; a group without a site is not there. */
export function roster(view: View, alarms: ReadonlySet<SiteId>, wish: Wish): Group[] {
  const known = standings(view, alarms);
  const rows = view.sites
    .map((site) => ({ site, standing: known.get(site.id) ?? NOTHING }))
    .filter((row) => matches(row.site, wish.query) && passes(row, wish.filter));
  if (wish.grouping === 'none') return rows.length === 0 ? [] : [{ key: '', rows }];
  const keyOf = wish.grouping === 'state' ? stateOf : parentOf(view.sites);
  const groups = new Map<string, Row[]>();
  if (wish.grouping === 'state') for (const key of STATES) groups.set(key, []);
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups].filter(([, of]) => of.length > 0).map(([key, of]) => ({ key, rows: of }));
}

function passes({ site, standing }: Row, filter: Filter): boolean {
  switch (filter) {
    case 'all':
      return true;
    case 'active':
      return standing.speaks || standing.presents || standing.waits !== null;
    case 'away':
      return site.link !== 'linked';
    case 'alarm':
      return standing.alarm;
  }
}

const STATES = ['speaking', 'waiting', 'linked', 'away'] as const;
export type State = (typeof STATES)[number];

function stateOf({ site, standing }: Row): State {
  if (standing.speaks || standing.presents) return 'speaking';
  if (standing.waits !== null) return 'waiting';
  return site.link === 'linked' ? 'linked' : 'away';
}

/** A site that has sites below it heads their group itself. */
function parentOf(sites: readonly SiteView[]): (row: Row) => string {
  const parents = new Set(sites.flatMap(({ parent }) => (parent === undefined ? [] : [parent])));
  return ({ site }) => site.parent ?? (parents.has(site.id) ? site.id : '');
}

/** There is a tree of sites to group by. */
export function hasTree(sites: readonly SiteView[]): boolean {
  return sites.some(({ parent }) => parent !== undefined);
}

/** One page of groups, and how many there are; a page that is not there any more is the last. */
export function pageOf(
  groups: readonly Group[],
  page: number,
  size: number,
): { groups: Group[]; page: number; pages: number; first: number; last: number; of: number } {
  const of = groups.reduce((sum, { rows }) => sum + rows.length, 0);
  const pages = Math.max(1, Math.ceil(of / size));
  const shown = Math.min(Math.max(0, page), pages - 1);
  let skip = shown * size;
  let left = size;
  const cut: Group[] = [];
  for (const { key, rows } of groups) {
    const part = rows.slice(skip, skip + left);
    skip = Math.max(0, skip - rows.length);
    left -= part.length;
    if (part.length > 0) cut.push({ key, rows: part });
  }
  const first = of === 0 ? 0 : shown * size + 1;
  return { groups: cut, page: shown, pages, first, last: Math.min(of, (shown + 1) * size), of };
}

/** Sites by name, for a list to choose from. */
export function namesOf(sites: readonly SiteView[], query: string, lang: Language): SiteView[] {
  return sites
    .filter((site) => matches(site, query))
    .sort((one, other) => one.name[lang].localeCompare(other.name[lang], 'vi'));
}
