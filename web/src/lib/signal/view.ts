import type { RequestView, SiteId, SiteView, View, ViewPatch } from './protocol.gen';

/** The view after a patch: parts that the patch does not have are as they were. */
export function applyPatch(view: View, patch: ViewPatch | undefined): View {
  return patch === undefined ? view : { ...view, ...patch };
}

/** A site by its id. */
export function siteOf(view: View, id: SiteId | null | undefined): SiteView | undefined {
  return view.sites.find((site) => site.id === id);
}

/** The open request of a site, waiting or in the queue. */
export function requestOf(view: View, site: SiteId): RequestView | undefined {
  return [...view.floor.queue, ...view.floor.pending].find((request) => request.site === site);
}
