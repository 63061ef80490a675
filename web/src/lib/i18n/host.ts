/** The words of the desk. Only the page of the chair, deputies, secretary and technicians loads them. */
import type {
  AgendaKind,
  GrantReason,
  Policy,
  QueueList,
  Role,
} from '../signal/protocol.gen';
import type { Filter, Grouping, State } from '../ui/host/roster';
import type { Shortcut } from '../ui/host/shortcuts';
import { Value, type Readable } from '../value';
import { hostEn } from './en.host';
import { language } from './index';
import { hostVi } from './vi.host';

export interface HostCatalogue {
  tabs: {
    floor: string;
    queue: (waiting: number) => string;
    agenda: string;
    presentation: (waiting: number) => string;
    room: string;
    sites: string;
    fairness: string;
    log: string;
  };
  chair: {
    sits: (role: Role, site: string) => string;
    notYou: string;
    frozen: string;
    take: string;
    takeText: string;
    reclaim: string;
    reclaimText: string;
  };
  reason: (reason: GrantReason, length: (ms: number) => string) => string;
  wait: (ms: number) => string;
  waited: (wait: string) => string;
  policies: Record<Policy, string>;
  lists: Record<QueueList, string>;
  itemKinds: Record<AgendaKind, string>;
  turn: {
    nobody: string;
    of: (site: string) => string;
    holder: string;
    dialogue: (turns: number) => string;
    left: string;
    over: string;
    spoken: (spoken: string, budget: string) => string;
    limits: { site: string; item: string };
    pausedBy: { link: string; chair: string; muted: string };
    grace: (seconds: number) => string;
    waitsForever: string;
    awaiting: string;
    silent: string;
    decide: string;
    decideMore: string;
    decideEnd: string;
    pause: string;
    resume: string;
    extend: (minutes: number) => string;
    extendLong: (minutes: number, site: string) => string;
    end: string;
    endTitle: (site: string) => string;
    interrupted: (site: string, left: string) => string;
    restore: string;
  };
  chairing: {
    title: string;
    next: string;
    nextIs: (name: string) => string;
    nobodyNext: string;
    call: string;
    called: (name: string, seconds: number) => string;
    calledOver: (name: string) => string;
    ready: (name: string) => string;
    take: string;
    answer: string;
    override: string;
    overrideOpen: string;
    mute: string;
    muted: string;
    allMuted: string;
    followFloor: string;
    announce: string;
    shortcuts: string;
  };
  announcement: {
    title: string;
    text: string;
    hint: string;
    show: string;
    remove: string;
    shown: string;
  };
  queue: {
    policy: string;
    open: string;
    pending: string;
    emptyPrepared: string;
    empty: string;
    isOpen: string;
    isClosed: string;
    openList: string;
    closeList: string;
    next: string;
    skipped: string;
    ready: string;
    calledNow: string;
    grant: string;
    grantFull: (name: string) => string;
    call: string;
    callFull: (name: string) => string;
    accept: string;
    defer: string;
    deny: string;
    denyTitle: (site: string) => string;
    cancel: string;
    up: string;
    down: string;
    handle: (name: string, place: number, of: number) => string;
    handleHint: string;
    movedTo: (name: string, place: number) => string;
    clear: string;
    clearTitle: string;
    clearText: string;
    clearPresentation: string;
    behalf: string;
    delegate: string;
  };
  why: { label: string; hint: string };
  presentation: {
    nobody: string;
    holder: (name: string) => string;
    end: string;
    endTitle: (site: string) => string;
    locked: string;
    lock: string;
    unlock: string;
    invite: string;
    queue: string;
    empty: string;
    grant: string;
    since: (hour: string) => string;
  };
  sites: {
    find: string;
    findHint: string;
    filter: string;
    filters: Record<Filter, string>;
    grouping: string;
    groupings: Record<Grouping, string>;
    states: Record<State, string>;
    alone: string;
    pictures: string;
    list: string;
    shown: (first: number, last: number, of: number) => string;
    none: string;
    before: string;
    after: string;
    linked: (count: number, of: number) => string;
    present: (present: number, expected: number) => string;
    mic: { closed: string; open: string; heard: string; silent: string };
    waits: (wait: string, place: number | null) => string;
    speaks: string;
    presents: string;
    onMain: string;
    invite: string;
    inviteFull: (name: string) => string;
    openMic: string;
    openMicText: (name: string) => string;
  };
  choose: {
    answerTitle: string;
    answerTo: string;
    presentTitle: string;
    behalfTitle: string;
    find: string;
    none: string;
    away: string;
  };
  fairness: {
    title: string;
    span: string;
    item: string;
    session: string;
    turns: (turns: number) => string;
    silent: (count: number) => string;
    empty: string;
    speaks: string;
  };
  agenda: {
    title: string;
    empty: string;
    current: string;
    done: string;
    planned: (hour: string) => string;
    minutes: (length: string) => string;
    left: (left: string) => string;
    overBy: (over: string) => string;
    start: string;
    again: string;
    finish: string;
    edit: string;
    remove: string;
    removeTitle: (title: string) => string;
    removeText: string;
    up: string;
    down: string;
    handle: (title: string, place: number, of: number) => string;
    movedTo: (title: string, place: number) => string;
    add: string;
    addTitle: string;
    editTitle: (title: string) => string;
    save: string;
    changed: string;
    details: string;
    speakers: (count: number) => string;
    documents: (count: number) => string;
    form: {
      title: string;
      kind: string;
      planned: string;
      plannedHint: string;
      minutes: string;
      speakers: string;
      speakersFixed: string;
      noSpeakers: string;
      speaker: (n: number) => string;
      site: string;
      choose: string;
      name: string;
      words: string;
      speakerMinutes: string;
      usual: string;
      addSpeaker: string;
      removeSpeaker: string;
    };
  };
  documents: {
    remove: string;
    removeTitle: (title: string) => string;
    removeText: string;
    link: string;
    upload: string;
    addLink: string;
    addFile: string;
    title: string;
    url: string;
    file: string;
    working: string;
    done: (title: string) => string;
    size: (bytes: number) => string;
    unsure: string;
  };
  session: {
    title: string;
    name: string;
    open: string;
    close: string;
    closeText: string;
    closeConference: string;
    closeConferenceText: string;
    attendance: string;
    button: string;
  };
  log: { empty: string; older: (count: number) => string };
  keys: {
    title: string;
    on: string;
    hint: string;
    names: Record<Shortcut, string>;
    move: string;
  };
  live: { alarm: (name: string) => string };
}

const CATALOGUES = { vi: hostVi, en: hostEn };
const chosen = new Value<HostCatalogue>(hostVi);
language.subscribe((lang) => chosen.set(CATALOGUES[lang]));

/** The words of the desk in the language that is chosen. */
export const h: Readable<HostCatalogue> = chosen;
