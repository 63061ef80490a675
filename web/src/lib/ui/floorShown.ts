/** What a site's page and a wall screen say of the floor, from the view and the log alone. */
import type { Catalogue } from '../i18n/catalogue';
import type { Language } from '../i18n';
import { turnTime } from '../signal/clock';
import type {
  EventMessage,
  Millis,
  RequestView,
  SiteId,
  SiteView,
  SpeechKind,
  Timestamp,
  TurnView,
  View,
} from '../signal/protocol.gen';
import { siteOf } from '../signal/view';

/** The running turn of a site on the speech floor. */
export function turnOf(view: View, site: SiteId): TurnView | undefined {
  return view.floor.turns.find((turn) => turn.site === site);
}

/** Whether a site holds the speech floor. */
export function speaks(view: View, site: SiteId): boolean {
  return turnOf(view, site) !== undefined;
}

/** A site's name as people read it; its id where the view does not know it. */
export function nameOf(view: View, site: SiteId, lang: Language): string {
  return siteOf(view, site)?.name[lang] ?? site;
}

/** With more sites than this, those that matter now come first. */
const FEW_SITES = 12;

/** The sites in the order of the configuration; of many, those who speak and the chair's first. */
export function stripOrder(view: View): SiteView[] {
  if (view.sites.length <= FEW_SITES) return view.sites;
  const first = (site: SiteView) =>
    speaks(view, site.id) || view.conference.chair.site === site.id || view.picture.main === site.id;
  return [...view.sites.filter(first), ...view.sites.filter((site) => !first(site))];
}

/** Which list a request of the own site stands on. */
export type Standing = 'prepared' | 'queue' | 'pending';

export interface OwnRequest {
  request: RequestView;
  standing: Standing;
}

/** The requests of the own site: those that it made first, then its prepared speeches. */
export function ownRequests(view: View): OwnRequest[] {
  const { queue, pending, prepared } = view.floor;
  const own = (requests: RequestView[], standing: Standing) =>
    requests
      .filter(({ site }) => site === view.me.site)
      .map((request) => ({ request, standing }));
  return [...own(queue, 'queue'), ...own(pending, 'pending'), ...own(prepared, 'prepared')];
}

/**
 * The kinds for which the own site may still ask, in their rank; none when it has as many requests
 * as the rules allow. A prepared speech was not asked for, and counts for nothing here.
 */
export function kindsLeft(view: View, kinds: readonly SpeechKind[]): SpeechKind[] {
  const asked = ownRequests(view)
    .filter(({ standing }) => standing !== 'prepared')
    .map(({ request }) => request.kind);
  if (asked.length >= view.conference.rules.requests_per_site) return [];
  return kinds.filter((kind) => !asked.includes(kind));
}

/** Whose turn an answer belongs to; undefined: the turn is no answer, or nobody here knows. */
export function answeredSite(
  turn: TurnView,
  turns: readonly TurnView[],
  log: readonly EventMessage[],
): SiteId | undefined {
  if (turn.reason.why !== 'answer') return undefined;
  const { to } = turn.reason;
  const running = turns.find(({ epoch }) => epoch === to);
  if (running !== undefined) return running.site;
  const granted = log.findLast((entry) => entry.event === 'floor.granted' && entry.epoch === to);
  return granted?.event === 'floor.granted' ? granted.site : undefined;
}

/** The thresholds of the rules' warnings, ms. */
const WARNINGS = [10_000, 30_000, 60_000] as const;

/** The smallest threshold that the time left is under, in seconds; null: none, or it is over. */
export function warningOf(left: Millis): number | null {
  if (left <= 0) return null;
  const under = WARNINGS.find((threshold) => left <= threshold);
  return under === undefined ? null : under / 1000;
}

/** How long it is told that a turn was given more time; ms. */
const TOLD_FOR = 10_000;

/** Notices when the chair gives a running turn more time. */
export class BudgetWatch {
  readonly #budgets = new Map<number, Millis>();
  readonly #given = new Map<number, { by: Millis; at: Timestamp }>();

  /** The turns as they are now. */
  see(turns: readonly TurnView[], now: Timestamp): void {
    for (const { epoch, budget } of turns) {
      const before = this.#budgets.get(epoch);
      if (before !== undefined && budget > before) this.#given.set(epoch, { by: budget - before, at: now });
      this.#budgets.set(epoch, budget);
    }
    for (const epoch of [...this.#budgets.keys()]) {
      if (turns.some((turn) => turn.epoch === epoch)) continue;
      this.#budgets.delete(epoch);
      this.#given.delete(epoch);
    }
  }

  /** How much a turn was given lately; null: nothing. */
  given(epoch: number, now: Timestamp): Millis | null {
    const given = this.#given.get(epoch);
    return given !== undefined && now - given.at < TOLD_FOR ? given.by : null;
  }
}

/** The own site was told that it is next. */
export function ownCall(view: View): View['floor']['called'] {
  const { called } = view.floor;
  return called !== null && called.site === view.me.site ? called : null;
}

/** Who comes next, as far as it is known: who was called, else whom the policy names. */
export function nextSite(view: View): SiteId | null {
  const { called, next, queue, prepared } = view.floor;
  if (called !== null) return called.site;
  return [...prepared, ...queue].find(({ id }) => id === next)?.site ?? null;
}

/**
 * One sentence on the floor for those who hear the page. It changes only when something happens,
 * never with each second, so that it is said once.
 */
export function floorNews(view: View, now: Timestamp, t: Catalogue, lang: Language): string {
  const { turns } = view.floor;
  const call = ownCall(view);
  if (call !== null && !call.ready) return t.wall.news.called;
  const own = turnOf(view, view.me.site);
  if (own !== undefined) return ownNews(own, view, now, t);
  if (turns.length > 1) {
    return t.wall.news.dialogue(turns.map(({ site }) => nameOf(view, site, lang)).join(', '));
  }
  const [turn] = turns;
  if (turn === undefined) return t.live.free;
  return t.live.granted(nameOf(view, turn.site, lang));
}

function ownNews(turn: TurnView, view: View, now: Timestamp, t: Catalogue): string {
  if (view.floor.all_muted && !view.me.heard) return t.wall.news.muted;
  const { left, standing, urgency } = turnTime(turn, now);
  if (standing && turn.paused.length > 0) return t.wall.news.paused;
  if (urgency === 'over') return t.wall.news.over;
  const under = warningOf(left);
  // A turn that begins with less is not warned of what it knows from the start.
  if (under !== null && under * 1000 < turn.budget) return t.wall.news.left(under);
  return view.me.heard ? t.live.yours : t.turn.you;
}
