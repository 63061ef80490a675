import type { Catalogue } from './catalogue';
import { doorEn } from './door';
import { isolate } from './isolate';
import { check, devices } from './en.check';
import { wall } from './en.wall';

const quoted = (text: string) => (text === '' ? '' : `: “${isolate(text)}”`);

export const en: Catalogue = {
  otherLanguage: 'Tiếng Việt',
  product: 'Điểm Cầu',
  skip: 'Skip to the main content',
  loading: 'Connecting to the conference…',
  roles: {
    chair: 'Chair',
    deputy: 'Deputy chair',
    secretary: 'Secretary',
    technician: 'Technician',
    site: 'Site',
    display: 'Wall screen',
  },
  kinds: {
    'point-of-order': 'Point of order',
    explanation: 'Explanation',
    'prepared-speech': 'Prepared speech',
    proposal: 'Proposal',
    discussion: 'Discussion',
  },
  links: { linked: 'Connected', dropped: 'Connection lost', absent: 'Not connected' },
  revoked: {
    chair: 'the chair ended it',
    preempted: 'the chair gave the floor to another',
    overtime: 'time is up',
    'link-lost': 'the connection was lost',
    'session-closed': 'the session was closed',
  },
  floorEnd: {
    denied: 'The chair denied your request for the floor',
    revoked: {
      chair: 'The chair ended your turn',
      preempted: 'The chair gave the floor to another',
      overtime: 'Your turn ended: time is up',
      'link-lost': 'Your turn ended: the connection was lost',
      'session-closed': 'Your turn ended: the session was closed',
    },
  },
  signIn: {
    title: 'Join the conference',
    intro: 'Choose the site and enter the code that the organisers gave you.',
    site: 'Site',
    chooseSite: 'Choose the site',
    siteHint: 'In one word without accents, for example: can-tho',
    code: 'Code',
    codeHint: 'Capitals and hyphens do not matter.',
    submit: 'Join',
    working: 'Joining…',
    signedOut: 'The sign-in has ended. Please sign in again.',
  },
  bar: {
    noSession: 'No session is open',
    closed: 'The conference is closed',
    leave: 'Leave',
    leaveAsk: 'Leave the conference?',
    leaveText: 'The attendance of this device ends now. The same code lets it in again.',
    clock: 'Conference time',
    signals: { open: 'Server connected', connecting: 'Connecting…', lost: 'No server connection' },
  },
  link: {
    lost: 'The control link to the server is lost. Reconnecting…',
    restarting: 'The server is restarting. The page reconnects by itself…',
    kept: 'Requests and moderation must wait; your place in the queue is kept.',
    mediaFlows: 'Picture and sound go on.',
    mediaStopped: 'Picture and sound are interrupted too.',
    retry: 'Try now',
    media: 'Picture and sound are interrupted and reconnecting. Requests and moderation work.',
    weak: 'The connection is weak: picture and sound of this site may break up.',
    weakMend: 'Use a network cable instead of Wi-Fi, and close other programs that use the network.',
    mediaRefused: (reason) => `No picture and sound yet: ${reason} The page tries again by itself.`,
  },
  closed: {
    thanks: 'Thank you for taking part.',
    devices: 'The camera and the microphone of this machine are off.',
  },
  replaced: {
    title: 'This page is open in another tab',
    text: 'A browser joins the conference in one tab. Picture, sound and microphone are in the other one.',
    use: 'Use this tab',
  },
  devices,
  check,
  sound: { blocked: 'The browser blocks the sound of the conference.', enable: 'Turn sound on' },
  mic: {
    title: 'Microphone',
    states: {
      closed: { name: 'Closed', text: 'It opens when you are given the floor.' },
      open: { name: 'Open', text: 'The whole conference hears you.' },
      'muted-ahead': { name: 'Muted here', text: 'It will not open when you are given the floor.' },
      elsewhere: {
        name: 'Open on another device',
        text: 'The microphone of another device of your site is open.',
      },
      muted: { name: 'Muted here', text: 'You muted it. Unmute to be heard.' },
      silent: { name: 'Silent', text: 'It is open but no sound comes in. Check the microphone.' },
      'no-device': { name: 'None', text: 'This machine has no usable microphone.' },
    },
    mute: 'Mute',
    unmute: 'Unmute',
  },
  picture: {
    main: 'Main picture',
    own: 'Your site’s picture',
    ownText: 'You',
    noCamera: 'No camera',
    nobody: 'No picture yet',
    nobodyText: 'The speaker’s picture will be here.',
    ownOnMain: 'Your picture is on the main screen',
    siteOnMain: 'Your site is on the main screen',
    siteOnMainText: 'This machine does not show your own site’s picture again.',
    connecting: 'Connecting picture and sound…',
    waiting: (site) => `Waiting for the picture from ${site}`,
    stalled: (site) => `The picture from ${site} has stopped`,
    absent: (site) => `${site} is not connected`,
    dropped: (site) => `${site} lost its connection and is waited for`,
    none: (site) => `${site} sends no picture`,
    sameSite: 'Same site',
    chosen: 'The chair’s choice',
    strip: 'Sites',
  },
  turn: {
    title: 'Turn',
    nobody: 'Nobody has the floor',
    nobodyText: 'The chair will invite a site to speak.',
    holder: 'Speaking',
    you: 'You have the floor',
    left: 'Left',
    over: 'Overtime',
    standing: 'The clock stands still',
    grace: (seconds) => `Connection lost. Waiting ${seconds} s for its return.`,
    spoken: 'Spoken',
    unknown: 'The server is lost: the clock is not up to date.',
    release: 'Finish speaking',
  },
  request: {
    kind: 'Kind',
    words: 'In a few words',
    wordsHint: 'Optional',
    submit: 'Request the floor',
    needsSession: 'Possible when the session opens.',
    waiting: 'Requested',
    pending: 'Waiting for the chair to accept',
    place: (place) => `Number ${place} in the queue`,
    next: 'Next',
    cancel: 'Cancel request',
  },
  queue: {
    title: 'Queue',
    empty: 'No site has asked for the floor.',
    pending: 'To be accepted',
    at: (hour) => `at ${hour}`,
  },
  headcount: {
    label: 'Delegates present',
    submit: 'Declare',
    saved: (present) => `${present} delegates declared.`,
    expected: (expected) => `Invited: ${expected}`,
    of: (present, expected) => `${present}/${expected}`,
    present: 'Delegates present of those invited',
  },
  host: {
    sites: 'Sites',
    grant: 'Give the floor',
    accept: 'Accept',
    deny: 'Deny',
    denyTitle: (site) => `Deny the request of ${site}`,
    reason: 'Reason',
    reasonHint: 'The site will see it.',
    invite: 'Invite',
    onMain: 'On main',
    followFloor: 'Main follows the speaker',
    take: 'Chair speaks',
    revoke: 'End turn',
    revokeTitle: (site) => `End the turn of ${site}`,
    override: 'Open chair’s microphone',
    overrideOpen: 'Close chair’s microphone',
    openMic: 'Open mic',
    openMicText: (site) => `${site} has an open microphone without the floor. Nobody hears it.`,
    heard: 'Heard',
    notHeard: 'Microphone closed',
    linked: (count, of) => `${count}/${of} sites`,
    total: (present, expected) => `${present}/${expected} delegates`,
    session: 'Session',
    sessionName: 'Name of the session',
    openSession: 'Open session',
    closeSession: 'Close session',
    closeSessionText: 'The running turn ends and the queue is cleared.',
    closeConference: 'Close conference',
    closeConferenceText: 'The conference ends for good and cannot be opened again. Download the attendance afterwards.',
    attendance: 'Download attendance',
    log: 'Log',
    logEmpty: 'Nothing has happened yet.',
  },
  door: doorEn,
  wall,
  cancel: 'Back',
  dismiss: 'Understood',
  live: {
    granted: (site) => `${site} has the floor`,
    yours: 'You have the floor. The microphone is open.',
    free: 'Nobody has the floor',
  },
  log: {
    'conference.configured': ({ setup }) => `Conference configured: ${setup.sites.length} sites.`,
    'conference.closed': () => 'The conference was closed.',
    'session.opened': ({ name }) => `Session “${isolate(name)}” was opened.`,
    'session.closed': () => 'The session was closed.',
    'link.up': ({ site, role }, n) =>
      role === 'site' ? `${n.site(site)} joined.` : `${en.roles[role]} joined.`,
    'link.dropped': ({ site, until }, n) =>
      `${n.site(site)} lost its connection; waited for until ${n.hour(until)}.`,
    'link.resumed': ({ site }, n) => `${n.site(site)} is back.`,
    'link.ended': ({ site, end }, n) => `${n.site(site)} left at ${n.hour(end)}.`,
    'floor.requested': ({ site, kind, words }, n) =>
      `${n.site(site)} requested the floor (${en.kinds[kind].toLowerCase()})${quoted(words)}.`,
    'floor.accepted': ({ site, place }, n) => `${n.site(site)} is in the queue, number ${place}.`,
    'floor.denied': ({ site, reason }, n) =>
      `The chair denied the request of ${n.site(site)}${quoted(reason)}.`,
    'floor.cancelled': ({ site }, n) => `The request of ${n.site(site)} was cancelled.`,
    'floor.granted': ({ site, budget, by }, n) =>
      by?.site === site
        ? `${n.site(site)}: the chair took the floor.`
        : `${n.site(site)} was given the floor for ${n.length(budget)}.`,
    'floor.released': ({ site, spoke }, n) =>
      `${n.site(site)} finished after ${n.length(spoke)}.`,
    'floor.revoked': ({ site, cause, reason, spoke }, n) =>
      `The turn of ${n.site(site)} ended after ${n.length(spoke)}: ${en.revoked[cause]}${reason === '' ? '' : ` (“${isolate(reason)}”)`}.`,
    'floor.warned': ({ site, left }, n) => `${n.site(site)} has ${Math.round(left / 1000)} s left.`,
    'floor.overtime': ({ site }, n) => `${n.site(site)} is in overtime.`,
    'floor.paused': ({ site, until }, n) =>
      `The clock of ${n.site(site)} stands still (connection lost)${until === null ? '' : `, until ${n.hour(until)}`}.`,
    'floor.resumed': ({ site }, n) => `${n.site(site)} goes on.`,
    'microphone.overridden': ({ open }) =>
      open ? 'The chair’s microphone is open beside the speaker’s.' : 'The chair’s microphone is no longer open beside the speaker’s.',
    'picture.main-chosen': ({ site }, n) =>
      site === null ? 'The main picture follows the speaker.' : `${n.site(site)} is on the main picture.`,
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
  },
};
