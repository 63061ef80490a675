/** What a card says where there is no picture: which site, and why. */
import type { Catalogue } from '../i18n/catalogue';
import type { Language } from '../i18n';
import type { Picture } from '../media/slots';
import type { SiteId, View } from '../signal/protocol.gen';
import { siteOf } from '../signal/view';

export interface Card {
  title: string;
  text: string;
}

/** What is known of a slot when a card is needed. */
export interface Missing {
  /** The media connection of this page works. */
  connected: boolean;
  /** A source is routed here and its first frame is waited for. */
  awaited: boolean;
  /** This page's line is too thin for it. */
  held: boolean;
  /** Frames came, and have stopped. */
  stalled: boolean;
  /** Every slot of its kind shows another site. */
  crowded?: boolean;
}

/**
 * The site whose frames may be shown. Media outlives signalling, so a site whose link dropped is
 * shown as long as its frames come; a site that is gone is not, though its last frame is still in
 * the slot.
 */
export function visibleSite(view: View, picture: Picture): SiteId | null {
  return siteOf(view, picture.showing)?.link === 'absent' ? null : picture.showing;
}

/** For the picture of one site. */
export function siteCard(
  view: View,
  id: SiteId,
  missing: Missing,
  t: Catalogue,
  lang: Language,
): Card {
  const site = siteOf(view, id);
  const title = site?.name[lang] ?? id;
  const why = () => {
    if (site?.link === 'absent') return t.picture.absent(title);
    if (site?.link === 'dropped') return t.picture.dropped(title);
    if (!missing.connected) return t.picture.connecting;
    if (missing.held) return t.picture.held(title);
    if (missing.stalled) return t.picture.stalled(title);
    if (missing.awaited) return t.picture.waiting(title);
    if (missing.crowded === true) return t.wall.notShown;
    return id === view.me.site ? t.picture.sameSite : t.picture.none(title);
  };
  return { title, text: why() };
}

/** For the main picture. `routed` is the site that the server has put there. */
export function mainCard(
  view: View,
  routed: SiteId | null,
  missing: Missing,
  t: Catalogue,
  lang: Language,
): Card {
  if (routed !== null) return siteCard(view, routed, missing, t, lang);
  if (!missing.connected) return { title: t.picture.main, text: t.picture.connecting };
  const { main } = view.picture;
  if (main === null) return { title: t.picture.nobody, text: t.picture.nobodyText };
  // This device may have no camera of its own: nothing is said of whose picture it is.
  if (main === view.me.site) return { title: t.picture.siteOnMain, text: t.picture.siteOnMainText };
  return siteCard(view, main, missing, t, lang);
}

/** For the presentation: whose it is stands in the view, also before its first frame. */
export function presentationCard(
  view: View,
  missing: Missing,
  t: Catalogue,
  lang: Language,
): Card {
  const words = t.wall.presentation;
  const { turn } = view.presentation;
  if (turn === null) return { title: words.title, text: '' };
  if (turn.device === view.me.device) return { title: words.own, text: words.ownText };
  // The server sends no site its own picture.
  if (turn.site === view.me.site) return { title: words.ownSite, text: words.ownSiteText };
  const site = siteOf(view, turn.site);
  const name = site?.name[lang] ?? turn.site;
  if (site?.link === 'absent') return { title: name, text: t.picture.absent(name) };
  if (site?.link === 'dropped') return { title: name, text: t.picture.dropped(name) };
  if (!missing.connected) return { title: words.of(name), text: t.picture.connecting };
  if (missing.held) return { title: words.of(name), text: words.held };
  if (missing.stalled) return { title: words.of(name), text: words.stalled(name) };
  return { title: words.awaited(name), text: words.awaitedText };
}
