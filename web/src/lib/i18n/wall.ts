/** The words of the hall: what a site and its wall screen show of the floor, agenda and chat. */
import type { AgendaKind, BudgetLimit, PauseCause } from '../signal/protocol.gen';
import type { ShareFault } from '../ui/presenter';

/** Strings of the site's page and of the wall screen. */
export interface WallCatalogue {
  turn: {
    dialogue: string;
    answers: (site: string) => string;
    question: string;
    /** The chair speaks. */
    chair: string;
    by: string;
    paused: Record<PauseCause, string>;
    /** Less than so many seconds are left. */
    under: (seconds: number) => string;
    left: (seconds: number) => string;
    over: string;
    /** The time is over, and the chair says what becomes of it. */
    decides: string;
    /** The time is over soon, and the microphone closes then. */
    hard: string;
    extended: (length: string) => string;
    limits: Record<Exclude<BudgetLimit, 'turn'>, string>;
    silent: string;
    muted: string;
    mutedText: string;
    interrupted: (left: string) => string;
  };
  chair: {
    deputy: (site: string) => string;
    away: string;
    awayText: string;
  };
  announcement: string;
  /** There are more sites than small pictures. */
  notShown: string;
  called: {
    title: string;
    text: string;
    ready: string;
    within: (seconds: number) => string;
    done: string;
    doneText: string;
    said: string;
    /** On the wall screen, for the people in the hall. */
    wall: string;
  };
  silent: {
    title: string;
    muted: string;
    unmute: string;
    cable: string;
    other: string;
    choose: string;
    elsewhere: string;
  };
  request: {
    delegate: string;
    delegateHint: string;
    another: string;
    notAnother: string;
    closed: string;
    own: string;
    prepared: (place: number) => string;
    preparedNext: string;
    preparedClosed: string;
    pending: string;
    skipped: string;
    cancel: (kind: string) => string;
  };
  ends: {
    cancelled: string;
    presentationDenied: string;
    presentationRevoked: (cause: string) => string;
    presentationCancelled: string;
  };
  presentation: {
    title: string;
    of: (site: string) => string;
    by: string;
    ask: string;
    askBusy: (site: string) => string;
    waiting: string;
    place: (place: number) => string;
    cancel: string;
    granted: string;
    grantedText: string;
    start: string;
    starting: string;
    giveUp: string;
    sharing: string;
    sharingText: string;
    stop: string;
    elsewhere: string;
    locked: string;
    unable: string;
    faults: Record<ShareFault, string>;
    own: string;
    ownText: string;
    ownSite: string;
    ownSiteText: string;
    awaited: (site: string) => string;
    awaitedText: string;
    stalled: (site: string) => string;
    held: string;
    larger: string;
    mainLarger: string;
  };
  agenda: {
    title: string;
    none: string;
    item: (number: number, of: number) => string;
    kinds: Record<AgendaKind, string>;
    next: string;
    elapsed: (length: string) => string;
    of: (length: string) => string;
    documents: string;
    noDocuments: string;
    download: (size: string) => string;
    opens: string;
    speakers: string;
    programme: string;
    now: string;
    done: string;
    speaks: string;
    more: string;
    less: string;
  };
  chat: {
    open: string;
    openHost: string;
    title: string;
    titleHost: string;
    close: string;
    unread: (count: number) => string;
    from: (who: string) => string;
    centre: string;
    all: string;
    toAll: string;
    threads: string;
    other: string;
    choose: string;
    none: string;
    message: string;
    hint: string;
    send: string;
    left: (count: number) => string;
    lost: string;
    loading: string;
    failed: string;
    retry: string;
  };
  news: {
    /** Several speak together. */
    dialogue: (sites: string) => string;
    called: string;
    left: (seconds: number) => string;
    over: string;
    paused: string;
    muted: string;
  };
  wall: {
    title: string;
    signIn: string;
    intro: string;
    loading: string;
    nobody: string;
    next: (site: string) => string;
    lost: string;
    soundBlocked: string;
    retrying: string;
    signs: { open: string; connecting: string; lost: string };
  };
}
