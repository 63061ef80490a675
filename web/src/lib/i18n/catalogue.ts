import type { Fault, Kind } from '../media/capture';
import type { Hearing } from '../media/hearing';
import type { LossState } from '../media/loss';
import type { LineStep } from '../line/lineCheck';
import type {
  LineGrade,
  LinkState,
  RevokeCause,
  Role,
  SpeechKind,
} from '../signal/protocol.gen';
import type { DeviceTrouble } from '../ui/deviceTrouble';
import type { MicShown } from '../ui/micShown';
import type { DoorCatalogue } from './door';
import type { WallCatalogue } from './wall';

/** What is wrong, and what to do. */
export interface Words {
  title: string;
  mend: string;
}

/** Every string that a page shows. A language without one of them does not compile. */
export interface Catalogue {
  otherLanguage: string;
  product: string;
  skip: string;
  loading: string;
  /** A part of the page did not come over the network. */
  loadFailed: string;
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
    quality: Record<LineGrade, string>;
    weakMend: string;
    mediaRefused: (reason: string) => string;
  };
  closed: { thanks: string; devices: string };
  replaced: { title: string; text: string; use: string };
  devices: {
    button: string;
    title: string;
    close: string;
    retry: string;
    troubles: Record<DeviceTrouble, Words>;
    /** For somebody who sits before the list of devices. */
    mends: Record<Kind, Record<Exclude<Fault, 'insecure'>, Words>>;
    insecure: (address: string) => Words;
    /** `lost` and `other` are the system's names for devices; empty where it tells none. */
    losses: Record<Kind, Record<LossState, (lost: string, other: string) => string>>;
    use: (device: string) => string;
    names: Record<Kind | 'speaker', string>;
    nth: Record<Kind | 'speaker', (n: number) => string>;
    none: Record<Kind, string>;
    systemSpeaker: string;
  };
  check: {
    title: string;
    intro: string;
    enter: string;
    entering: { ready: string; audio: string; video: string; both: string };
    notThisSite: string;
    asking: string;
    cameraOff: string;
    picture: string;
    cameraWorks: string;
    microphoneOff: string;
    hearing: Record<Hearing, string>;
    measure: string;
    level: string;
    speaker: {
      test: string;
      playing: string;
      untried: string;
      ask: string;
      yes: string;
      no: string;
      works: string;
      mend: string;
      blocked: string;
    };
    line: {
      title: string;
      intro: string;
      waiting: string;
      steps: Record<LineStep, string>;
      run: string;
      again: string;
      verdicts: Record<LineGrade, string>;
      failed: (reason: string) => string;
      path: string;
      none: string;
      udp: string;
      tcp: string;
      rtt: string;
      loss: string;
      rate: string;
      up: string;
      down: string;
    };
    marks: { good: string; look: string; bad: string; busy: string; todo: string; off: string };
  };
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
    held: (site: string) => string;
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
    /** The link is lost: nobody here knows how the clock runs. */
    unknown: string;
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
  host: { reason: string; session: string; attendance: string };
  door: DoorCatalogue;
  wall: WallCatalogue;
  cancel: string;
  dismiss: string;
  /** A command came too late for what it was chosen by. */
  changed: string;
  live: { granted: (site: string) => string; yours: string; free: string };
}
