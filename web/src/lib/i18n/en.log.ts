/** The log in English, and why somebody has the floor. */
import type {
  AgendaKind,
  GrantReason,
  Policy,
  QueueList,
} from '../signal/protocol.gen';
import { en } from './en';
import { isolate } from './isolate';
import type { LogSentences, Names } from './log';

const quoted = (text: string) => (text === '' ? '' : `: “${isolate(text)}”`);
const item = (id: number, n: Names) => {
  const title = n.item(id);
  return title === null ? `item ${id}` : `“${title}”`;
};

export const policiesEn: Record<Policy, string> = {
  manual: 'As the chair orders them',
  'first-come': 'Who asked first',
  'round-robin': 'The site with fewest turns',
  'least-time': 'The site that spoke least',
};

export const listsEn: Record<QueueList, string> = {
  prepared: 'Prepared speakers',
  open: 'Open queue',
};

export const itemKindsEn: Record<AgendaKind, string> = {
  opening: 'Opening',
  report: 'Report',
  draft: 'Draft',
  guidance: 'Guidance',
  speeches: 'Speeches',
  discussion: 'Discussion',
  award: 'Awards',
  conclusion: 'Conclusion',
  closing: 'Closing',
};

/** How long somebody has waited, to the minute. */
export function waitEn(ms: number): string {
  const minutes = Math.floor(Math.max(0, ms) / 60_000);
  if (minutes < 1) return 'under 1 min';
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Why a site has the floor, as the end of a sentence that begins with its name. */
export function reasonEn(reason: GrantReason, length: (ms: number) => string): string {
  switch (reason.why) {
    case 'chair':
      return 'chosen by the chair';
    case 'invited':
      return 'called up by the chair';
    case 'taken':
      return 'the chair took the floor';
    case 'place':
      return 'first in the queue';
    case 'prepared':
      return 'first of the prepared speakers';
    case 'first-come':
      return `asked first, waited ${waitEn(reason.waited)}`;
    case 'round-robin':
      return `${reason.turns} ${reason.turns === 1 ? 'turn' : 'turns'}, waited ${waitEn(reason.waited)}`;
    case 'least-time':
      return `spoke ${length(reason.spoken)}, waited ${waitEn(reason.waited)}`;
    case 'answer':
      return 'answers in a dialogue';
    case 'restored':
      return 'its interrupted turn was given back';
    case 'speech-holder':
      return 'has the floor, and so may present';
  }
}

export const logEn: LogSentences = {
  'conference.configured': ({ setup }) => `Conference configured: ${setup.sites.length} sites.`,
  'conference.closed': () => 'The conference was closed.',
  'session.opened': ({ name }) => `Session “${isolate(name)}” was opened.`,
  'session.closed': () => 'The session was closed.',
  'link.up': ({ site, role }, n) =>
    role === 'site' ? `${n.site(site)} joined.` : `${en.roles[role]} joined (${n.site(site)}).`,
  'link.dropped': ({ site, until }, n) =>
    `${n.site(site)} lost its connection; waited for until ${n.hour(until)}.`,
  'link.resumed': ({ site }, n) => `${n.site(site)} is back.`,
  'link.ended': ({ site, end }, n) => `${n.site(site)} left at ${n.hour(end)}.`,
  'floor.requested': ({ site, floor, kind, words, beneficiary }, n) => {
    const who = beneficiary ? ` for ${isolate(beneficiary)}` : '';
    return floor === 'presentation'
      ? `${n.site(site)} asked to present${who}${quoted(words)}.`
      : `${n.site(site)} requested the floor${who} (${en.kinds[kind].toLowerCase()})${quoted(words)}.`;
  },
  'floor.prepared': ({ site, words, beneficiary, budget }, n) =>
    `${n.site(site)} is on the list of prepared speakers${beneficiary === '' ? '' : ` (${isolate(beneficiary)})`}${budget === null ? '' : `, for ${n.length(budget)}`}${quoted(words)}.`,
  'floor.accepted': ({ site, place }, n) => `${n.site(site)} is in the queue, number ${place}.`,
  'floor.moved': ({ site, place }, n) => `The chair moved ${n.site(site)} to number ${place}.`,
  'floor.deferred': ({ site, place }, n) =>
    `The chair put ${n.site(site)} at the end of the queue, number ${place}.`,
  'floor.denied': ({ site, reason }, n) =>
    `The chair denied the request of ${n.site(site)}${quoted(reason)}.`,
  'floor.cancelled': ({ site }, n) => `The request of ${n.site(site)} was cancelled.`,
  'floor.granted': ({ site, floor, budget, limit, reason }, n) => {
    const why = reasonEn(reason, n.length);
    if (floor === 'presentation') return `${n.site(site)} was given the presentation floor: ${why}.`;
    if (reason.why === 'taken') return `${n.site(site)}: the chair took the floor.`;
    const kept = { turn: '', site: ' (what the site has left)', item: ' (what the item has left)' };
    return `${n.site(site)} was given the floor for ${n.length(budget)}${kept[limit]}: ${why}.`;
  },
  'floor.released': ({ site, spoke }, n) => `${n.site(site)} finished after ${n.length(spoke)}.`,
  'floor.revoked': ({ site, cause, reason, spoke }, n) =>
    `The turn of ${n.site(site)} ended after ${n.length(spoke)}: ${en.revoked[cause]}${reason === '' ? '' : ` (“${isolate(reason)}”)`}.`,
  'floor.extended': ({ site, added }, n) => `${n.site(site)} was given ${n.length(added)} more.`,
  'floor.warned': ({ site, left }, n) => `${n.site(site)} has ${Math.round(left / 1000)} s left.`,
  'floor.overtime': ({ site }, n) => `${n.site(site)} is in overtime.`,
  'floor.paused': ({ site, until, cause }, n) => {
    const why = {
      link: 'connection lost',
      chair: 'stopped by the chair',
      muted: 'all microphones are closed',
    }[cause];
    return `The clock of ${n.site(site)} stands still (${why})${until === null ? '' : `, until ${n.hour(until)}`}.`;
  },
  'floor.resumed': ({ site, cause }, n) => {
    const why = {
      link: 'its connection is back',
      chair: 'the chair lets the clock run',
      muted: 'the microphones are open again',
    }[cause];
    return `${n.site(site)} goes on: ${why}.`;
  },
  'floor.called': ({ site, until, reason }, n) =>
    `${n.site(site)} was told to be ready, and has until ${n.hour(until)} to answer: ${reasonEn(reason, n.length)}.`,
  'floor.ready': ({ site }, n) => `${n.site(site)} is ready to speak.`,
  'floor.skipped': ({ site }, n) =>
    `${n.site(site)} did not answer: it is passed over once and keeps its place.`,
  'floor.media-seen': ({ site }, n) => `Sound of ${n.site(site)} is heard.`,
  'floor.silent': ({ site }, n) => `${n.site(site)} has the floor, but nothing is heard of it.`,
  'floor.list-changed': ({ list, open }) => `${listsEn[list]}: ${open ? 'opened' : 'closed'}.`,
  'floor.policy-changed': ({ policy }) =>
    `The next speaker is found another way: ${policiesEn[policy].toLowerCase()}.`,
  'presentation.locked': ({ locked }) =>
    locked ? 'Presenting was locked: only the chair’s site may present.' : 'Presenting was unlocked.',
  'microphone.overridden': ({ open }) =>
    open ? 'The chair’s microphone is open beside the speaker’s.' : 'The chair’s microphone is no longer open beside the speaker’s.',
  'microphone.all-muted': ({ muted }) =>
    muted ? 'The chair closed every microphone; the clocks stand still.' : 'Whoever has the floor may be heard again.',
  'picture.main-chosen': ({ site }, n) =>
    site === null ? 'The main picture follows the speaker.' : `${n.site(site)} is on the main picture.`,
  'announcement.set': ({ text }) =>
    text === null ? 'The announcement was taken away.' : `Announcement to every site${quoted(text)}.`,
  'agenda.added': ({ place, title }) => `Agenda: “${isolate(title)}” was added as number ${place}.`,
  'agenda.edited': ({ title }) => `Agenda: “${isolate(title)}” was changed.`,
  'agenda.removed': ({ item: id }, n) => `Agenda: ${item(id, n)} was removed.`,
  'agenda.moved': ({ item: id, place }, n) => `Agenda: ${item(id, n)} is number ${place} now.`,
  'agenda.started': ({ item: id }, n) => `The conference is at ${item(id, n)}.`,
  'agenda.finished': ({ item: id }, n) => `Over: ${item(id, n)}.`,
  'document.added': ({ item: id, title }, n) =>
    `Document “${isolate(title)}” was added to ${item(id, n)}.`,
  'document.removed': ({ item: id }, n) => `A document of ${item(id, n)} was taken away.`,
  'chair.passed': ({ site, role }, n) =>
    `The chair passed to the ${en.roles[role].toLowerCase()} at ${n.site(site)}.`,
  'chat.sent': ({ site, from }, n) =>
    site === null
      ? `${n.site(from)} wrote to every site.`
      : site === from
        ? `${n.site(from)} wrote to the centre.`
        : `The centre wrote to ${n.site(site)}.`,
  'attendance.headcount-declared': ({ site, present }, n) =>
    `${n.site(site)} declared ${present} delegates present.`,
  'device.removed': ({ site, role }, n) =>
    role === 'site'
      ? `The chair removed a device of ${n.site(site)}.`
      : `The chair removed a device (${n.site(site)}, ${en.roles[role].toLowerCase()}).`,
  'code.changed': ({ site, role }, n) =>
    role === 'site'
      ? `The code of ${n.site(site)} was changed.`
      : `A code was changed (${n.site(site)}, ${en.roles[role].toLowerCase()}).`,
  'room.locked': ({ locked }) =>
    locked ? 'The room was locked: no new devices.' : 'The room was unlocked.',
  'server.outage': ({ from, to }, n) =>
    `The server was away for ${n.length(to - from)} (${n.hour(from)} to ${n.hour(to)}); running turns got the time back.`,
};
