import type {
  Command,
  Level,
  RequestView,
  SiteId,
  SiteView,
  View,
  ViewPatch,
} from './protocol.gen';

/** What a chair or deputy may do who does not sit on the chair now. */
const WITHOUT_CHAIR: ReadonlySet<string> = new Set(['chair.take', 'chair.reclaim']);

/** The view after a patch: parts that the patch does not have are as they were. */
export function applyPatch(view: View, patch: ViewPatch | undefined): View {
  return patch === undefined ? view : { ...view, ...patch };
}

/** A site by its id. */
export function siteOf(view: View, id: SiteId | null | undefined): SiteView | undefined {
  return view.sites.find((site) => site.id === id);
}

/** How loud a site is, 0 to 100, for all to hear: 0 unless it is heard now. */
export function levelOf(site: SiteView, levels: ReadonlyMap<SiteId, Level>): number {
  const level = levels.get(site.id);
  return site.heard && level?.heard === true ? level.level : 0;
}

/** The open request of a site, waiting or in the queue. */
export function requestOf(view: View, site: SiteId): RequestView | undefined {
  return [...view.floor.queue, ...view.floor.pending].find((request) => request.site === site);
}

/** Whether whoever looks has a command now: a chair or deputy only while they sit on the chair. */
export function may(view: View, command: Command['cmd'] | 'code.change' | 'document.upload'): boolean {
  const { role, chairs, may: list } = view.me;
  const seated = chairs || (role !== 'chair' && role !== 'deputy');
  return list.includes(command) && (seated || WITHOUT_CHAIR.has(command));
}
