// Generated from src/protocol by `make types`. Do not edit.

export type Timestamp = number;

export type Millis = number;

export type ConferenceId = string;

export type SiteId = string;

export type DeviceId = string;

export type RequestId = number;

export type Epoch = number;

export type SessionId = number;

export type Role = "chair" | "secretary" | "technician" | "site";

export type Text = { 
/**
 * Vietnamese.
 */
vi: string, 
/**
 * English.
 */
en: string, };

export type SiteKind = "central" | "member";

export type SiteSetup = { 
/**
 * Fixed name in logs and links.
 */
id: SiteId, 
/**
 * Name for people.
 */
name: Text, 
/**
 * Central or member.
 */
kind: SiteKind, 
/**
 * The site above it in the tree of sites, if any.
 */
parent?: SiteId, 
/**
 * Delegates expected.
 */
expected: number, };

export type Overtime = "soft" | "hard";

export type Rules = { 
/**
 * A request gets its queue place at once, without the chair's `floor.accept`.
 */
accept_automatically: boolean, 
/**
 * Time of a turn.
 */
turn: Millis, 
/**
 * What happens at its end.
 */
overtime: Overtime, 
/**
 * How long a device may be away before its link interval ends and a turn is lost.
 */
grace: Millis, 
/**
 * Audio slots of a client: no more microphones are heard at a time.
 */
audio_slots: number, 
/**
 * Thumbnail slots of a client.
 */
thumbnail_slots: number, 
/**
 * Devices that may be linked at a time with one code.
 */
devices_per_site: number, };

export type Setup = { 
/**
 * Which conference.
 */
id: ConferenceId, 
/**
 * Its title.
 */
title: Text, 
/**
 * Its sites, in the order in which people see them.
 */
sites: Array<SiteSetup>, 
/**
 * Its rules.
 */
rules: Rules, };

export type Floor = "speech";

export type SpeechKind = "point-of-order" | "explanation" | "prepared-speech" | "proposal" | "discussion";

export type RevokeCause = "chair" | "preempted" | "overtime" | "link-lost" | "session-closed";

export type Command = { "cmd": "session.open", 
/**
 * 1 to 60 characters.
 */
name: string, } | { "cmd": "session.close" } | { "cmd": "conference.close" } | { "cmd": "floor.request", 
/**
 * Which floor.
 */
floor: Floor, 
/**
 * What for.
 */
kind: SpeechKind, 
/**
 * A few words, at most 200 characters, may be empty.
 */
words: string, } | { "cmd": "floor.cancel", 
/**
 * The request.
 */
request: RequestId, } | { "cmd": "floor.accept", 
/**
 * The request.
 */
request: RequestId, 
/**
 * Place from 1; the end of its rank if absent.
 */
place?: number, } | { "cmd": "floor.deny", 
/**
 * The request.
 */
request: RequestId, 
/**
 * Shown to the site; at most 200 characters, may be empty.
 */
reason: string, } | { "cmd": "floor.grant", 
/**
 * The request.
 */
request: RequestId, } | { "cmd": "floor.invite", 
/**
 * The site.
 */
site: SiteId, } | { "cmd": "floor.take" } | { "cmd": "floor.release", 
/**
 * The grant that is meant.
 */
epoch: Epoch, } | { "cmd": "floor.revoke", 
/**
 * The grant that is meant.
 */
epoch: Epoch, 
/**
 * Shown to the site; at most 200 characters, may be empty.
 */
reason: string, } | { "cmd": "microphone.override", 
/**
 * True: heard.
 */
open: boolean, } | { "cmd": "picture.main", 
/**
 * The site.
 */
site: SiteId | null, } | { "cmd": "attendance.headcount", 
/**
 * People present, 0 to 10,000.
 */
present: number, } | { "cmd": "device.remove", 
/**
 * The device.
 */
device: DeviceId, } | { "cmd": "room.lock", 
/**
 * True: locked.
 */
locked: boolean, };

export type Event = { "event": "conference.configured", setup: Setup, } | { "event": "conference.closed" } | { "event": "session.opened", session: SessionId, name: string, } | { "event": "session.closed", session: SessionId, } | { "event": "link.up", device: DeviceId, site: SiteId, role: Role, } | { "event": "link.dropped", device: DeviceId, site: SiteId, until: Timestamp, } | { "event": "link.resumed", device: DeviceId, site: SiteId, } | { "event": "link.ended", device: DeviceId, site: SiteId, end: Timestamp, } | { "event": "floor.requested", request: RequestId, floor: Floor, site: SiteId, kind: SpeechKind, words: string, } | { "event": "floor.accepted", request: RequestId, site: SiteId, place: number, } | { "event": "floor.denied", request: RequestId, site: SiteId, reason: string, } | { "event": "floor.cancelled", request: RequestId, site: SiteId, } | { "event": "floor.granted", floor: Floor, epoch: Epoch, site: SiteId, request: RequestId | null, kind: SpeechKind | null, budget: Millis, } | { "event": "floor.released", epoch: Epoch, site: SiteId, spoke: Millis, } | { "event": "floor.revoked", epoch: Epoch, site: SiteId, cause: RevokeCause, reason: string, spoke: Millis, } | { "event": "floor.warned", epoch: Epoch, site: SiteId, left: Millis, } | { "event": "floor.overtime", epoch: Epoch, site: SiteId, } | { "event": "floor.paused", epoch: Epoch, site: SiteId, until: Timestamp | null, } | { "event": "floor.resumed", epoch: Epoch, site: SiteId, } | { "event": "microphone.overridden", open: boolean, } | { "event": "picture.main-chosen", site: SiteId | null, } | { "event": "attendance.headcount-declared", site: SiteId, present: number, } | { "event": "device.removed", device: DeviceId, site: SiteId, role: Role, } | { "event": "code.changed", site: SiteId, role: Role, } | { "event": "room.locked", locked: boolean, } | { "event": "server.outage", from: Timestamp, to: Timestamp, };

export type Rejection = "not-allowed" | "not-chair" | "conference-closed" | "no-session" | "session-open" | "unknown-site" | "unknown-request" | "unknown-device" | "device-removed" | "own-device" | "room-locked" | "too-many-devices" | "request-closed" | "already-accepted" | "already-requested" | "holds-floor" | "site-absent" | "stale-epoch" | "not-yours" | "bad-text" | "bad-number" | "no-change" | "bad-setup";

export type Directory = { 
/**
 * The title of the conference.
 */
title: Text, 
/**
 * All sites in the order of the configuration.
 */
sites: Array<DirectorySite>, };

export type DirectorySite = { 
/**
 * Its id, which signs in.
 */
id: SiteId, 
/**
 * Its name.
 */
name: Text, };

export type SignIn = { 
/**
 * The site.
 */
site: SiteId, 
/**
 * Its code; blanks, hyphens and case do not matter.
 */
code: string, };

export type SignedIn = { 
/**
 * The conference.
 */
conference: ConferenceId, 
/**
 * The site.
 */
site: SiteId, 
/**
 * The role that the code belonged to.
 */
role: Role, 
/**
 * This device.
 */
device: DeviceId, };

export type ChangeCode = { 
/**
 * Whose code.
 */
site: SiteId, 
/**
 * In which role.
 */
role: Role, };

export type NewCode = { 
/**
 * As people type it: `K7QM-3XWP`.
 */
code: string, 
/**
 * The link that signs in with it.
 */
link: string, };

export type ErrorBody = { 
/**
 * Stable, kebab-case: a [`Rejection`](diemcau_conference::Rejection), or one of the edge:
 * `bad-message`, `bad-offer`, `too-fast`, `store-failed`, `unauthorized`, …
 */
code: string, 
/**
 * A sentence that names the mend.
 */
message: Text, };

export type ApiError = { 
/**
 * What went wrong.
 */
error: ErrorBody, };

export type MediaCommand = { "cmd": "media.join", 
/**
 * The offer (SDP).
 */
sdp: string, } | { "cmd": "media.leave" } | { "cmd": "link.ping" } | { "cmd": "link.leave" };

export type Ask = MediaCommand | Command;

export type Request = { 
/**
 * Chosen by the client; the reply carries it as `re`.
 */
id: number, 
/**
 * A UUID. A repeat with the same key gets the first answer and does nothing again. Needed
 * with every command of the conference, ignored elsewhere.
 */
key?: string, } & (MediaCommand | Command);

export type SlotKind = "audio" | "main" | "presentation" | "presentation-audio" | "thumbnail";

export type SlotInfo = { 
/**
 * Its MID, `transceiver.mid` in the page.
 */
mid: string, 
/**
 * What it is for.
 */
kind: SlotKind, 
/**
 * Which one of its kind, from 0.
 */
index: number, };

export type Answer = { 
/**
 * For a command of the conference: its last event.
 */
seq?: number, 
/**
 * For `media.join`: the answer (SDP).
 */
sdp?: string, 
/**
 * For `media.join`: what each receiving section is for.
 */
slots?: Array<SlotInfo>, };

export type LineCheckRequest = { 
/**
 * The offer (SDP), with the sections of a `media.join`.
 */
sdp: string, };

export type LineCheckOpened = { 
/**
 * The check's id: it stands in the paths of its result and its end.
 */
check: string, 
/**
 * The answer (SDP).
 */
sdp: string, 
/**
 * What each receiving section is for.
 */
slots: Array<SlotInfo>, };

export type RateReceived = { 
/**
 * Bytes of the body.
 */
bytes: number, 
/**
 * From its first to its last byte, in milliseconds.
 */
millis: number, };

export type Transport = "udp" | "tcp" | "none";

export type LineResult = { 
/**
 * What media went over.
 */
transport: Transport, 
/**
 * From the answer to a connected media path, in milliseconds.
 */
connect_ms: number | null, 
/**
 * Round trip of the media path, in milliseconds.
 */
rtt_ms: number | null, 
/**
 * Jitter of what came back (RFC 3550 §6.4.1), in milliseconds.
 */
jitter_ms: number | null, 
/**
 * Share of the packets that the server missed, 0 to 1.
 */
loss_up: number | null, 
/**
 * Share of the packets that were lost on the way back, 0 to 1.
 */
loss_down: number | null, 
/**
 * Rate to the server, in kbit/s.
 */
rate_up_kbps: number | null, 
/**
 * Rate from the server, in kbit/s.
 */
rate_down_kbps: number | null, };

export type LineGrade = "good" | "usable" | "bad";

export type LineVerdict = { 
/**
 * The worst of the findings, or good.
 */
verdict: LineGrade, 
/**
 * What was found, worst first; empty when there is nothing to say.
 */
findings: Array<LineFinding>, };

export type CheckedLine = { 
/**
 * The site.
 */
site: SiteId, 
/**
 * When.
 */
at: Timestamp, 
/**
 * What the line is good for.
 */
verdict: LineGrade, 
/**
 * Why, worst first.
 */
findings: Array<LineFinding>, };

export type LineFinding = { 
/**
 * Stable, kebab-case: `loss-up`, `no-udp`, …
 */
code: string, 
/**
 * A sentence that names the mend.
 */
message: Text, };

export type Outcome = { "ok": Answer } | { "error": ErrorBody };

export type Reply = { 
/**
 * The request's id.
 */
re: number, } & ({ "ok": Answer } | { "error": ErrorBody });

export type By = { 
/**
 * The site.
 */
site: SiteId, 
/**
 * The role.
 */
role: Role, };

export type EventBody = { 
/**
 * When.
 */
at: Timestamp, 
/**
 * Who asked for it; absent when the room itself did.
 */
by?: By, } & ({ "event": "conference.configured", setup: Setup, } | { "event": "conference.closed" } | { "event": "session.opened", session: SessionId, name: string, } | { "event": "session.closed", session: SessionId, } | { "event": "link.up", device: DeviceId, site: SiteId, role: Role, } | { "event": "link.dropped", device: DeviceId, site: SiteId, until: Timestamp, } | { "event": "link.resumed", device: DeviceId, site: SiteId, } | { "event": "link.ended", device: DeviceId, site: SiteId, end: Timestamp, } | { "event": "floor.requested", request: RequestId, floor: Floor, site: SiteId, kind: SpeechKind, words: string, } | { "event": "floor.accepted", request: RequestId, site: SiteId, place: number, } | { "event": "floor.denied", request: RequestId, site: SiteId, reason: string, } | { "event": "floor.cancelled", request: RequestId, site: SiteId, } | { "event": "floor.granted", floor: Floor, epoch: Epoch, site: SiteId, request: RequestId | null, kind: SpeechKind | null, budget: Millis, } | { "event": "floor.released", epoch: Epoch, site: SiteId, spoke: Millis, } | { "event": "floor.revoked", epoch: Epoch, site: SiteId, cause: RevokeCause, reason: string, spoke: Millis, } | { "event": "floor.warned", epoch: Epoch, site: SiteId, left: Millis, } | { "event": "floor.overtime", epoch: Epoch, site: SiteId, } | { "event": "floor.paused", epoch: Epoch, site: SiteId, until: Timestamp | null, } | { "event": "floor.resumed", epoch: Epoch, site: SiteId, } | { "event": "microphone.overridden", open: boolean, } | { "event": "picture.main-chosen", site: SiteId | null, } | { "event": "attendance.headcount-declared", site: SiteId, present: number, } | { "event": "device.removed", device: DeviceId, site: SiteId, role: Role, } | { "event": "code.changed", site: SiteId, role: Role, } | { "event": "room.locked", locked: boolean, } | { "event": "server.outage", from: Timestamp, to: Timestamp, });

export type EventMessage = { 
/**
 * Counts up by one.
 */
seq: number, 
/**
 * The parts of this role's view that changed.
 */
view?: ViewPatch, 
/**
 * When.
 */
at: Timestamp, 
/**
 * Who asked for it; absent when the room itself did.
 */
by?: By, } & ({ "event": "conference.configured", setup: Setup, } | { "event": "conference.closed" } | { "event": "session.opened", session: SessionId, name: string, } | { "event": "session.closed", session: SessionId, } | { "event": "link.up", device: DeviceId, site: SiteId, role: Role, } | { "event": "link.dropped", device: DeviceId, site: SiteId, until: Timestamp, } | { "event": "link.resumed", device: DeviceId, site: SiteId, } | { "event": "link.ended", device: DeviceId, site: SiteId, end: Timestamp, } | { "event": "floor.requested", request: RequestId, floor: Floor, site: SiteId, kind: SpeechKind, words: string, } | { "event": "floor.accepted", request: RequestId, site: SiteId, place: number, } | { "event": "floor.denied", request: RequestId, site: SiteId, reason: string, } | { "event": "floor.cancelled", request: RequestId, site: SiteId, } | { "event": "floor.granted", floor: Floor, epoch: Epoch, site: SiteId, request: RequestId | null, kind: SpeechKind | null, budget: Millis, } | { "event": "floor.released", epoch: Epoch, site: SiteId, spoke: Millis, } | { "event": "floor.revoked", epoch: Epoch, site: SiteId, cause: RevokeCause, reason: string, spoke: Millis, } | { "event": "floor.warned", epoch: Epoch, site: SiteId, left: Millis, } | { "event": "floor.overtime", epoch: Epoch, site: SiteId, } | { "event": "floor.paused", epoch: Epoch, site: SiteId, until: Timestamp | null, } | { "event": "floor.resumed", epoch: Epoch, site: SiteId, } | { "event": "microphone.overridden", open: boolean, } | { "event": "picture.main-chosen", site: SiteId | null, } | { "event": "attendance.headcount-declared", site: SiteId, present: number, } | { "event": "device.removed", device: DeviceId, site: SiteId, role: Role, } | { "event": "code.changed", site: SiteId, role: Role, } | { "event": "room.locked", locked: boolean, } | { "event": "server.outage", from: Timestamp, to: Timestamp, });

export type UnseenMessage = { 
/**
 * Counts up by one.
 */
seq: number, 
/**
 * The parts of this role's view that changed.
 */
view?: ViewPatch, };

export type Hint = { "hint": "slots", 
/**
 * One row a slot.
 */
slots: Array<SlotSource>, } | { "hint": "levels", 
/**
 * One row a site.
 */
levels: Array<Level>, } | { "hint": "open-microphone", 
/**
 * The site.
 */
site: SiteId, 
/**
 * The device.
 */
device: DeviceId, 
/**
 * False: it has stopped.
 */
open: boolean, } | { "hint": "guesses", 
/**
 * The site whose code is guessed.
 */
site: SiteId, 
/**
 * How many tries were refused in the last minute.
 */
refused: number, } | { "hint": "line-checked" } & CheckedLine | { "hint": "media", 
/**
 * Connected, weak or gone.
 */
state: MediaState, };

export type SlotSource = { 
/**
 * The slot.
 */
mid: string, 
/**
 * What it is for.
 */
kind: SlotKind, 
/**
 * Which one of its kind.
 */
index: number, 
/**
 * The source's site; none: the slot is empty, show a card.
 */
site: SiteId | null, 
/**
 * False while the old picture is still there, or nothing has come yet.
 */
flowing: boolean, 
/**
 * RTP timestamp of the first frame of this source in the slot, once it flows.
 */
rtp?: number, };

export type Level = { 
/**
 * The site.
 */
site: SiteId, 
/**
 * 0 (silence) to 100 (loudest).
 */
level: number, 
/**
 * True: it is forwarded.
 */
heard: boolean, };

export type MediaState = "connected" | "weak" | "gone";

export type View = { 
/**
 * The conference.
 */
conference: ConferenceView, 
/**
 * The one who looks.
 */
me: Me, 
/**
 * All sites in the order of the configuration.
 */
sites: Array<SiteView>, 
/**
 * Devices that are linked or waited for, in the order in which they came: for the host those
 * of all sites, for a site its own.
 */
devices: Array<DeviceView>, 
/**
 * The speech floor.
 */
floor: FloorView, 
/**
 * The main picture.
 */
picture: PictureView, };

export type ViewPatch = { conference?: ConferenceView, me?: Me, sites?: Array<SiteView>, devices?: Array<DeviceView>, floor?: FloorView, picture?: PictureView, };

export type ConferenceView = { 
/**
 * Its id.
 */
id: ConferenceId, 
/**
 * Its title.
 */
title: Text, 
/**
 * Where it is in its life.
 */
phase: Phase, 
/**
 * The session that is open.
 */
session: SessionView | null, 
/**
 * The room takes no new devices.
 */
locked: boolean, 
/**
 * Its rules.
 */
rules: Rules, };

export type Phase = "waiting" | "session" | "closed";

export type SessionView = { 
/**
 * Its number.
 */
id: SessionId, 
/**
 * Its name.
 */
name: string, 
/**
 * When it was opened.
 */
opened: Timestamp, };

export type Me = { 
/**
 * The site.
 */
site: SiteId, 
/**
 * The role.
 */
role: Role, 
/**
 * The device.
 */
device: DeviceId, 
/**
 * This device's microphone is the one that is heard now.
 */
heard: boolean, 
/**
 * Names of the commands (`cmd`) that this role has.
 */
may: Array<string>, };

export type SiteView = { 
/**
 * Its id.
 */
id: SiteId, 
/**
 * Its name.
 */
name: Text, 
/**
 * Central or member.
 */
kind: SiteKind, 
/**
 * Delegates expected.
 */
expected: number, 
/**
 * The last headcount that it declared.
 */
present: number | null, 
/**
 * Its link.
 */
link: LinkState, 
/**
 * Since when the link is in this state.
 */
since: Timestamp | null, 
/**
 * Devices linked now.
 */
devices: number, 
/**
 * One of its microphones is forwarded.
 */
heard: boolean, };

export type DeviceView = { 
/**
 * Names the device in commands.
 */
id: DeviceId, 
/**
 * Its site.
 */
site: SiteId, 
/**
 * What its code made it.
 */
role: Role, 
/**
 * When it came.
 */
since: Timestamp, 
/**
 * False: its link is lost, and it may be back within the grace.
 */
linked: boolean, 
/**
 * Its camera and microphone stand for its site.
 */
speaks: boolean, };

export type LinkState = "linked" | "dropped" | "absent";

export type FloorView = { 
/**
 * The running turn.
 */
turn: TurnView | null, 
/**
 * Accepted requests in their order.
 */
queue: Array<RequestView>, 
/**
 * Requests that wait for the chair. A site sees its own only.
 */
pending: Array<RequestView>, 
/**
 * The chair's microphone is heard beside the holder's.
 */
override_open: boolean, };

export type TurnView = { 
/**
 * Names the turn in commands.
 */
epoch: Epoch, 
/**
 * The holder.
 */
site: SiteId, 
/**
 * What for; none when the chair invited or took.
 */
kind: SpeechKind | null, 
/**
 * The words of the request.
 */
words: string, 
/**
 * When it was granted.
 */
granted: Timestamp, 
/**
 * Time of the turn.
 */
budget: Millis, 
/**
 * Spoken before `running_since`.
 */
spoken: Millis, 
/**
 * Since when the clock runs; none while it stands still.
 */
running_since: Timestamp | null, 
/**
 * While the holder's link is lost: until when it is waited for.
 */
grace_until: Timestamp | null, };

export type RequestView = { 
/**
 * Names the request in commands.
 */
id: RequestId, 
/**
 * The site that asks.
 */
site: SiteId, 
/**
 * What for.
 */
kind: SpeechKind, 
/**
 * In a few words.
 */
words: string, 
/**
 * When it was made.
 */
at: Timestamp, 
/**
 * Its place in the queue from 1; none while it is pending.
 */
place: number | null, };

export type PictureView = { 
/**
 * The site on everyone's main picture; the holder itself sees the chair.
 */
main: SiteId | null, 
/**
 * The chair chose it; else it follows the floor.
 */
chosen: boolean, };

export type Welcome = { 
/**
 * Changes with every start of the server: another instance means that media is gone too.
 */
instance: string, 
/**
 * The server's clock now.
 */
at: Timestamp, 
/**
 * The last event that `view` contains.
 */
seq: number, 
/**
 * The whole view of this role.
 */
view: View, 
/**
 * Events that this role may see: those after the `after` of the connection's URL, or the
 * newest when there was none or the gap is large. Oldest first, without `view`.
 */
log: Array<EventMessage>, };

export type WelcomeMessage = { 
/**
 * The content.
 */
welcome: Welcome, };

export type ServerMessage = WelcomeMessage | Reply | EventMessage | UnseenMessage | Hint;

