import type { DeviceProblem } from '../media/devices';
import type {
  By,
  Event,
  LinkState,
  RevokeCause,
  Role,
  SiteId,
  SpeechKind,
} from '../signal/protocol.gen';
import type { MicShown } from '../ui/micShown';
import type { DoorCatalogue } from './door';

/** Names that a sentence of the log needs. */
export interface Names {
  site(id: SiteId): string;
  /** `at` as an hour of the conference room. */
  hour(at: number): string;
  length(length: number): string;
}

/** An event of one kind, with the person behind it. */
export type Said<K extends Event['event']> = Extract<Event, { event: K }> & { by?: By };

/** One sentence for each event: an event without one does not compile. */
export type LogSentences = {
  [K in Event['event']]: (event: Said<K>, names: Names) => string;
};

/** Every string that a page shows. A language without one of them does not compile. */
export interface Catalogue {
  otherLanguage: string;
  product: string;
  skip: string;
  loading: string;
  roles: Record<Role, string>;
  kinds: Record<SpeechKind, string>;
  links: Record<LinkState, string>;
  revoked: Record<RevokeCause, string>;
  floorEnd: { denied: string; revoked: Record<RevokeCause, string> };
  signIn: {
    title: string;
    intro: string;
    site: string;
    chooseSite: string;
    siteHint: string;
    code: string;
    codeHint: string;
    submit: string;
    working: string;
    signedOut: string;
  };
  bar: {
    noSession: string;
    closed: string;
    leave: string;
    leaveAsk: string;
    leaveText: string;
    clock: string;
    signals: { open: string; connecting: string; lost: string };
  };
  link: {
    lost: string;
    restarting: string;
    kept: string;
    mediaFlows: string;
    mediaStopped: string;
    retry: string;
    media: string;
    weak: string;
    weakMend: string;
    mediaRefused: (reason: string) => string;
  };
  closed: { thanks: string; devices: string };
  replaced: { title: string; text: string; use: string };
  devices: Record<DeviceProblem, { title: string; mend: string }> & { retry: string };
  sound: { blocked: string; enable: string };
  mic: {
    title: string;
    states: Record<MicShown, { name: string; text: string }>;
    mute: string;
    unmute: string;
  };
  picture: {
    main: string;
    own: string;
    ownText: string;
    noCamera: string;
    nobody: string;
    nobodyText: string;
    ownOnMain: string;
    siteOnMain: string;
    siteOnMainText: string;
    connecting: string;
    waiting: (site: string) => string;
    stalled: (site: string) => string;
    absent: (site: string) => string;
    dropped: (site: string) => string;
    none: (site: string) => string;
    sameSite: string;
    chosen: string;
    strip: string;
  };
  turn: {
    title: string;
    nobody: string;
    nobodyText: string;
    holder: string;
    you: string;
    left: string;
    over: string;
    standing: string;
    grace: (seconds: number) => string;
    spoken: string;
    release: string;
  };
  request: {
    kind: string;
    words: string;
    wordsHint: string;
    submit: string;
    needsSession: string;
    waiting: string;
    pending: string;
    place: (place: number) => string;
    next: string;
    cancel: string;
  };
  queue: { title: string; empty: string; pending: string; at: (hour: string) => string };
  headcount: {
    label: string;
    submit: string;
    saved: (present: number) => string;
    expected: (expected: number) => string;
    of: (present: string, expected: number) => string;
    present: string;
  };
  host: {
    sites: string;
    grant: string;
    accept: string;
    deny: string;
    denyTitle: (site: string) => string;
    reason: string;
    reasonHint: string;
    invite: string;
    onMain: string;
    followFloor: string;
    take: string;
    revoke: string;
    revokeTitle: (site: string) => string;
    override: string;
    overrideOpen: string;
    openMic: string;
    openMicText: (site: string) => string;
    heard: string;
    notHeard: string;
    linked: (count: number, of: number) => string;
    total: (present: number, expected: number) => string;
    session: string;
    sessionName: string;
    openSession: string;
    closeSession: string;
    closeSessionText: string;
    closeConference: string;
    closeConferenceText: string;
    attendance: string;
    log: string;
    logEmpty: string;
  };
  door: DoorCatalogue;
  cancel: string;
  dismiss: string;
  live: { granted: (site: string) => string; yours: string; free: string };
  log: LogSentences;
}
