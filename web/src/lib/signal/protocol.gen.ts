// Generated from src/protocol by `make types`. Do not edit.

export type Timestamp = number;

export type Millis = number;

export type ConferenceId = string;

export type SiteId = string;

export type DeviceId = string;

export type RequestId = number;

export type Epoch = number;

export type SessionId = number;

export type ItemId = number;

export type DocumentId = number;

export type Role = "chair" | "deputy" | "secretary" | "technician" | "site" | "display";

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

export type Overtime = "soft" | "hard" | "chair-decides";

export type Policy = "manual" | "first-come" | "round-robin" | "least-time";

export type QueueList = "prepared" | "open";

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
 * How long a device may be away before its link interval ends and a turn is lost; also how
 * long the chair may be away before a deputy takes over.
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
devices_per_site: number, 
/**
 * How the next speaker is found, until the chair says otherwise.
 */
policy: Policy, 
/**
 * Open requests of a site at a time, each of another kind.
 */
requests_per_site: number, 
/**
 * Turns of a site in an agenda item that it may ask for; 0: as many as it likes.
 */
turns_per_site: number, 
/**
 * Time that a site may speak in an agenda item; zero: as long as it likes.
 */
site_time: Millis, 
/**
 * How long after its turn, or a denial, a site may not ask again.
 */
request_pause: Millis, 
/**
 * How long a site that is next has to say that it is ready.
 */
ready: Millis, 
/**
 * How long a holder may be silent at the start of its turn before it and the chair are told.
 */
silence: Millis, 
/**
 * A site that holds the speech floor gets a free presentation floor as soon as it asks.
 */
present_with_speech: boolean, };

export type AgendaKind = "opening" | "report" | "draft" | "guidance" | "speeches" | "discussion" | "award" | "conclusion" | "closing";

export type Speaker = { 
/**
 * Where they sit.
 */
site: SiteId, 
/**
 * Who, at most 100 characters; empty: not said.
 */
name: string, 
/**
 * About what, at most 200 characters, may be empty.
 */
words: string, 
/**
 * Time to speak; none: that of the rules.
 */
budget: Millis | null, };

export type AgendaDraft = { 
/**
 * 1 to 200 characters.
 */
title: string, 
/**
 * What it is about.
 */
kind: AgendaKind, 
/**
 * When it is to begin, as on the printed programme (`08:30`); empty: not said.
 */
planned: string, 
/**
 * How long it may take; none: not said.
 */
time: Millis | null, 
/**
 * Its prepared speakers in their order, at most 100.
 */
speakers: Array<Speaker>, };

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
rules: Rules, 
/**
 * The sites of the deputy chairs, in the order in which they take the chair; none twice.
 */
deputies: Array<SiteId>, 
/**
 * The agenda that it begins with.
 */
agenda: Array<AgendaDraft>, };

export type Floor = "speech" | "presentation";

export type SpeechKind = "point-of-order" | "explanation" | "prepared-speech" | "proposal" | "discussion";

export type RevokeCause = "chair" | "preempted" | "overtime" | "link-lost" | "session-closed";

export type GrantReason = { "why": "chair" } | { "why": "invited" } | { "why": "taken" } | { "why": "place" } | { "why": "prepared" } | { "why": "first-come", 
/**
 * How long.
 */
waited: Millis, } | { "why": "round-robin", 
/**
 * How many, in this agenda item.
 */
turns: number, 
/**
 * How long it had waited.
 */
waited: Millis, } | { "why": "least-time", 
/**
 * How long, in this agenda item.
 */
spoken: Millis, 
/**
 * How long it had waited.
 */
waited: Millis, } | { "why": "answer", 
/**
 * The turn that is answered.
 */
to: Epoch, } | { "why": "restored", 
/**
 * The turn that was interrupted.
 */
of: Epoch, } | { "why": "speech-holder" };

export type BudgetLimit = "turn" | "site" | "item";

export type PauseCause = "link" | "chair" | "muted";

export type DocumentFile = { 
/**
 * Hash of the content, 64 lower-case hexadecimal digits: also where it is found.
 */
sha256: string, 
/**
 * Bytes.
 */
size: number, 
/**
 * The name under which it is given out, 1 to 200 characters.
 */
name: string, };

export type DocumentSource = { "source": "link", 
/**
 * `http://` or `https://`.
 */
url: string, } | { "source": "file" } & DocumentFile;

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
 * What for; of no meaning on the presentation floor.
 */
kind?: SpeechKind, 
/**
 * A few words, at most 200 characters, may be empty.
 */
words?: string, 
/**
 * The delegate who would speak, at most 100 characters; empty: not said.
 */
beneficiary?: string, 
/**
 * On behalf of which site; left out: the asker's own.
 */
site?: SiteId, } | { "cmd": "floor.cancel", 
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
place?: number, } | { "cmd": "floor.move", 
/**
 * The request.
 */
request: RequestId, 
/**
 * Place from 1.
 */
place: number, } | { "cmd": "floor.defer", 
/**
 * The request.
 */
request: RequestId, } | { "cmd": "floor.deny", 
/**
 * The request.
 */
request: RequestId, 
/**
 * Shown to the site; at most 200 characters, may be empty.
 */
reason: string, } | { "cmd": "floor.clear", 
/**
 * Which floor.
 */
floor: Floor, } | { "cmd": "floor.grant", 
/**
 * The request.
 */
request: RequestId, } | { "cmd": "floor.next", 
/**
 * Which floor.
 */
floor: Floor, } | { "cmd": "floor.invite", 
/**
 * Which floor; the speech floor if absent.
 */
floor?: Floor, 
/**
 * The site.
 */
site: SiteId, } | { "cmd": "floor.take", 
/**
 * Which floor; the speech floor if absent.
 */
floor?: Floor, } | { "cmd": "floor.answer", 
/**
 * Who answers.
 */
site: SiteId, 
/**
 * The turn that is answered.
 */
epoch: Epoch, } | { "cmd": "floor.restore", 
/**
 * The turn that was interrupted.
 */
epoch: Epoch, } | { "cmd": "floor.release", 
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
reason: string, } | { "cmd": "floor.extend", 
/**
 * The grant that is meant.
 */
epoch: Epoch, 
/**
 * How much: one second to four hours.
 */
by: Millis, } | { "cmd": "floor.pause", 
/**
 * The grant that is meant.
 */
epoch: Epoch, } | { "cmd": "floor.resume", 
/**
 * The grant that is meant.
 */
epoch: Epoch, } | { "cmd": "floor.call", 
/**
 * The request; whoever the policy says is next if absent.
 */
request?: RequestId, } | { "cmd": "floor.ready", 
/**
 * The request.
 */
request: RequestId, } | { "cmd": "floor.list", 
/**
 * Which of the two.
 */
list: QueueList, 
/**
 * True: open.
 */
open: boolean, } | { "cmd": "floor.policy", 
/**
 * From now on.
 */
policy: Policy, } | { "cmd": "presentation.lock", 
/**
 * True: locked.
 */
locked: boolean, } | { "cmd": "microphone.override", 
/**
 * True: heard.
 */
open: boolean, } | { "cmd": "microphone.mute-all", 
/**
 * True: closed.
 */
muted: boolean, } | { "cmd": "picture.main", 
/**
 * The site.
 */
site: SiteId | null, } | { "cmd": "announcement.set", 
/**
 * 1 to 200 characters.
 */
text: string | null, } | { "cmd": "agenda.add", 
/**
 * Place from 1; the end if absent.
 */
place?: number, 
/**
 * 1 to 200 characters.
 */
title: string, 
/**
 * What it is about.
 */
kind: AgendaKind, 
/**
 * When it is to begin, as on the printed programme (`08:30`); empty: not said.
 */
planned: string, 
/**
 * How long it may take; none: not said.
 */
time: Millis | null, 
/**
 * Its prepared speakers in their order, at most 100.
 */
speakers: Array<Speaker>, } | { "cmd": "agenda.edit", 
/**
 * The item.
 */
item: ItemId, 
/**
 * 1 to 200 characters.
 */
title: string, 
/**
 * What it is about.
 */
kind: AgendaKind, 
/**
 * When it is to begin, as on the printed programme (`08:30`); empty: not said.
 */
planned: string, 
/**
 * How long it may take; none: not said.
 */
time: Millis | null, 
/**
 * Its prepared speakers in their order, at most 100.
 */
speakers: Array<Speaker>, } | { "cmd": "agenda.remove", 
/**
 * The item.
 */
item: ItemId, } | { "cmd": "agenda.move", 
/**
 * The item.
 */
item: ItemId, 
/**
 * Place from 1.
 */
place: number, } | { "cmd": "agenda.start", 
/**
 * The item.
 */
item: ItemId, } | { "cmd": "agenda.finish" } | { "cmd": "document.link", 
/**
 * The item.
 */
item: ItemId, 
/**
 * 1 to 200 characters.
 */
title: string, 
/**
 * `http://` or `https://`, at most 500 characters.
 */
url: string, } | { "cmd": "document.remove", 
/**
 * The document.
 */
document: DocumentId, } | { "cmd": "chair.take" } | { "cmd": "chair.reclaim" } | { "cmd": "chat.send", 
/**
 * The site whose thread it is; none: to all. A site writes in its own thread.
 */
site?: SiteId, 
/**
 * 1 to 500 characters.
 */
text: string, } | { "cmd": "attendance.headcount", 
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

export type Event = { "event": "conference.configured", setup: Setup, } | { "event": "conference.closed" } | { "event": "session.opened", session: SessionId, name: string, } | { "event": "session.closed", session: SessionId, } | { "event": "link.up", device: DeviceId, site: SiteId, role: Role, } | { "event": "link.dropped", device: DeviceId, site: SiteId, until: Timestamp, } | { "event": "link.resumed", device: DeviceId, site: SiteId, } | { "event": "link.ended", device: DeviceId, site: SiteId, end: Timestamp, } | { "event": "floor.requested", request: RequestId, floor: Floor, site: SiteId, kind: SpeechKind, words: string, beneficiary?: string, 
/**
 * The device that would present; none: the site's speaking device.
 */
device?: DeviceId, } | { "event": "floor.prepared", request: RequestId, site: SiteId, words: string, beneficiary: string, 
/**
 * Time of the turn; none: that of the rules.
 */
budget: Millis | null, } | { "event": "floor.accepted", request: RequestId, site: SiteId, place: number, } | { "event": "floor.moved", request: RequestId, site: SiteId, place: number, } | { "event": "floor.deferred", request: RequestId, site: SiteId, place: number, } | { "event": "floor.denied", request: RequestId, site: SiteId, reason: string, } | { "event": "floor.cancelled", request: RequestId, site: SiteId, } | { "event": "floor.granted", floor: Floor, epoch: Epoch, site: SiteId, request: RequestId | null, kind: SpeechKind | null, 
/**
 * Time of the turn; zero on the presentation floor, which has no clock.
 */
budget: Millis, 
/**
 * What made the budget this long.
 */
limit: BudgetLimit, 
/**
 * Why this site, and now.
 */
reason: GrantReason, 
/**
 * The device that presents; none on the speech floor, which its site's speaking device
 * holds.
 */
device?: DeviceId, } | { "event": "floor.released", epoch: Epoch, site: SiteId, spoke: Millis, } | { "event": "floor.revoked", epoch: Epoch, site: SiteId, cause: RevokeCause, reason: string, spoke: Millis, } | { "event": "floor.extended", epoch: Epoch, site: SiteId, added: Millis, } | { "event": "floor.warned", epoch: Epoch, site: SiteId, left: Millis, } | { "event": "floor.overtime", epoch: Epoch, site: SiteId, } | { "event": "floor.paused", epoch: Epoch, site: SiteId, until: Timestamp | null, cause: PauseCause, } | { "event": "floor.resumed", epoch: Epoch, site: SiteId, cause: PauseCause, } | { "event": "floor.called", request: RequestId, site: SiteId, until: Timestamp, reason: GrantReason, } | { "event": "floor.ready", request: RequestId, site: SiteId, } | { "event": "floor.skipped", request: RequestId, site: SiteId, } | { "event": "floor.media-seen", epoch: Epoch, site: SiteId, } | { "event": "floor.silent", epoch: Epoch, site: SiteId, } | { "event": "floor.list-changed", list: QueueList, open: boolean, } | { "event": "floor.policy-changed", policy: Policy, } | { "event": "presentation.locked", locked: boolean, } | { "event": "microphone.overridden", open: boolean, } | { "event": "microphone.all-muted", muted: boolean, } | { "event": "picture.main-chosen", site: SiteId | null, } | { "event": "announcement.set", text: string | null, } | { "event": "agenda.added", item: ItemId, place: number, 
/**
 * 1 to 200 characters.
 */
title: string, 
/**
 * What it is about.
 */
kind: AgendaKind, 
/**
 * When it is to begin, as on the printed programme (`08:30`); empty: not said.
 */
planned: string, 
/**
 * How long it may take; none: not said.
 */
time: Millis | null, 
/**
 * Its prepared speakers in their order, at most 100.
 */
speakers: Array<Speaker>, } | { "event": "agenda.edited", item: ItemId, 
/**
 * 1 to 200 characters.
 */
title: string, 
/**
 * What it is about.
 */
kind: AgendaKind, 
/**
 * When it is to begin, as on the printed programme (`08:30`); empty: not said.
 */
planned: string, 
/**
 * How long it may take; none: not said.
 */
time: Millis | null, 
/**
 * Its prepared speakers in their order, at most 100.
 */
speakers: Array<Speaker>, } | { "event": "agenda.removed", item: ItemId, } | { "event": "agenda.moved", item: ItemId, place: number, } | { "event": "agenda.started", item: ItemId, } | { "event": "agenda.finished", item: ItemId, } | { "event": "document.added", document: DocumentId, item: ItemId, title: string, source: DocumentSource, } | { "event": "document.removed", document: DocumentId, item: ItemId, } | { "event": "chair.passed", 
/**
 * Counts up with every passing.
 */
term: number, site: SiteId, role: Role, } | { "event": "chat.sent", site: SiteId | null, from: SiteId, role: Role, text: string, } | { "event": "attendance.headcount-declared", site: SiteId, present: number, } | { "event": "device.removed", device: DeviceId, site: SiteId, role: Role, } | { "event": "code.changed", site: SiteId, role: Role, } | { "event": "room.locked", locked: boolean, } | { "event": "server.outage", from: Timestamp, to: Timestamp, };

export type Rejection = "not-allowed" | "not-chair" | "conference-closed" | "no-session" | "session-open" | "unknown-site" | "unknown-request" | "unknown-device" | "device-removed" | "own-device" | "room-locked" | "too-many-devices" | "request-closed" | "already-accepted" | "already-requested" | "holds-floor" | "site-absent" | "queue-closed" | "no-turns-left" | "no-time-left" | "too-soon" | "not-in-queue" | "nobody-waits" | "too-many-holders" | "not-called" | "not-interrupted" | "presentation-locked" | "not-chairing" | "chair-present" | "changed" | "unknown-item" | "no-item" | "item-begun" | "unknown-document" | "too-many" | "stale-epoch" | "not-yours" | "bad-text" | "bad-number" | "no-change" | "bad-setup";

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

export type SignInAs = "display";

export type SignIn = { 
/**
 * The site.
 */
site: SiteId, 
/**
 * Its code; blanks, hyphens and case do not matter.
 */
code: string, 
/**
 * What to come in as, where the code alone does not say it; only a site's own code says less.
 */
as?: SignInAs, };

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

export type PictureQuality = { 
/**
 * Times that it began to stand still.
 */
freezes: number, 
/**
 * How long it stood still, in milliseconds.
 */
frozen_ms: number, 
/**
 * Frames that were decoded.
 */
frames_decoded: number, 
/**
 * How long decoding them took, in milliseconds; none where the browser does not tell.
 */
decode_ms: number | null, };

export type CameraLimit = "none" | "bandwidth" | "cpu" | "other";

export type CameraQuality = { 
/**
 * Frames a second that the camera gives; none where the browser does not tell.
 */
frames_per_second: number | null, 
/**
 * What keeps its picture smaller or slower than it could be.
 */
limited_by: CameraLimit, };

export type PageQuality = { 
/**
 * How long before it last looked, in milliseconds.
 */
over_ms: number, 
/**
 * The main picture; none while there is a card in its place.
 */
main: PictureQuality | null, 
/**
 * The small picture that stood still for longest; none while none is shown.
 */
small: PictureQuality | null, 
/**
 * Share of the sound that was made up because packets were missing, in thousandths; none while
 * nothing was heard.
 */
concealed_permille: number | null, 
/**
 * The device's own camera; none while it sends none.
 */
camera: CameraQuality | null, };

export type SlotSize = { 
/**
 * The slot.
 */
mid: string, 
/**
 * In device pixels; 0: it cannot be seen.
 */
height: number, };

export type MediaCommand = { "cmd": "media.join", 
/**
 * The offer (SDP).
 */
sdp: string, } | { "cmd": "media.watch", 
/**
 * The sites.
 */
sites: Array<SiteId>, } | { "cmd": "media.quality", 
/**
 * Since it last looked.
 */
report: PageQuality, } | { "cmd": "media.sizes", 
/**
 * One row a slot.
 */
sizes: Array<SlotSize>, } | { "cmd": "media.leave" } | { "cmd": "link.ping" } | { "cmd": "link.leave" };

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
key?: string, 
/**
 * The newest event that was known when a command of the conference was chosen: it is refused
 * when what it touches has changed since.
 */
seq?: number, } & (MediaCommand | Command);

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

export type QualityCause = { 
/**
 * Stable, kebab-case: `loss-up`, `computer-slow`, …
 */
code: string, 
/**
 * A few words.
 */
short: Text, 
/**
 * A sentence that names the mend.
 */
message: Text, };

export type SiteQuality = { 
/**
 * The site.
 */
site: SiteId, 
/**
 * How good.
 */
grade: LineGrade, 
/**
 * Why it is not better; none while it is good.
 */
cause: QualityCause | null, };

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
by?: By, } & ({ "event": "conference.configured", setup: Setup, } | { "event": "conference.closed" } | { "event": "session.opened", session: SessionId, name: string, } | { "event": "session.closed", session: SessionId, } | { "event": "link.up", device: DeviceId, site: SiteId, role: Role, } | { "event": "link.dropped", device: DeviceId, site: SiteId, until: Timestamp, } | { "event": "link.resumed", device: DeviceId, site: SiteId, } | { "event": "link.ended", device: DeviceId, site: SiteId, end: Timestamp, } | { "event": "floor.requested", request: RequestId, floor: Floor, site: SiteId, kind: SpeechKind, words: string, beneficiary?: string, 
/**
 * The device that would present; none: the site's speaking device.
 */
device?: DeviceId, } | { "event": "floor.prepared", request: RequestId, site: SiteId, words: string, beneficiary: string, 
/**
 * Time of the turn; none: that of the rules.
 */
budget: Millis | null, } | { "event": "floor.accepted", request: RequestId, site: SiteId, place: number, } | { "event": "floor.moved", request: RequestId, site: SiteId, place: number, } | { "event": "floor.deferred", request: RequestId, site: SiteId, place: number, } | { "event": "floor.denied", request: RequestId, site: SiteId, reason: string, } | { "event": "floor.cancelled", request: RequestId, site: SiteId, } | { "event": "floor.granted", floor: Floor, epoch: Epoch, site: SiteId, request: RequestId | null, kind: SpeechKind | null, 
/**
 * Time of the turn; zero on the presentation floor, which has no clock.
 */
budget: Millis, 
/**
 * What made the budget this long.
 */
limit: BudgetLimit, 
/**
 * Why this site, and now.
 */
reason: GrantReason, 
/**
 * The device that presents; none on the speech floor, which its site's speaking device
 * holds.
 */
device?: DeviceId, } | { "event": "floor.released", epoch: Epoch, site: SiteId, spoke: Millis, } | { "event": "floor.revoked", epoch: Epoch, site: SiteId, cause: RevokeCause, reason: string, spoke: Millis, } | { "event": "floor.extended", epoch: Epoch, site: SiteId, added: Millis, } | { "event": "floor.warned", epoch: Epoch, site: SiteId, left: Millis, } | { "event": "floor.overtime", epoch: Epoch, site: SiteId, } | { "event": "floor.paused", epoch: Epoch, site: SiteId, until: Timestamp | null, cause: PauseCause, } | { "event": "floor.resumed", epoch: Epoch, site: SiteId, cause: PauseCause, } | { "event": "floor.called", request: RequestId, site: SiteId, until: Timestamp, reason: GrantReason, } | { "event": "floor.ready", request: RequestId, site: SiteId, } | { "event": "floor.skipped", request: RequestId, site: SiteId, } | { "event": "floor.media-seen", epoch: Epoch, site: SiteId, } | { "event": "floor.silent", epoch: Epoch, site: SiteId, } | { "event": "floor.list-changed", list: QueueList, open: boolean, } | { "event": "floor.policy-changed", policy: Policy, } | { "event": "presentation.locked", locked: boolean, } | { "event": "microphone.overridden", open: boolean, } | { "event": "microphone.all-muted", muted: boolean, } | { "event": "picture.main-chosen", site: SiteId | null, } | { "event": "announcement.set", text: string | null, } | { "event": "agenda.added", item: ItemId, place: number, 
/**
 * 1 to 200 characters.
 */
title: string, 
/**
 * What it is about.
 */
kind: AgendaKind, 
/**
 * When it is to begin, as on the printed programme (`08:30`); empty: not said.
 */
planned: string, 
/**
 * How long it may take; none: not said.
 */
time: Millis | null, 
/**
 * Its prepared speakers in their order, at most 100.
 */
speakers: Array<Speaker>, } | { "event": "agenda.edited", item: ItemId, 
/**
 * 1 to 200 characters.
 */
title: string, 
/**
 * What it is about.
 */
kind: AgendaKind, 
/**
 * When it is to begin, as on the printed programme (`08:30`); empty: not said.
 */
planned: string, 
/**
 * How long it may take; none: not said.
 */
time: Millis | null, 
/**
 * Its prepared speakers in their order, at most 100.
 */
speakers: Array<Speaker>, } | { "event": "agenda.removed", item: ItemId, } | { "event": "agenda.moved", item: ItemId, place: number, } | { "event": "agenda.started", item: ItemId, } | { "event": "agenda.finished", item: ItemId, } | { "event": "document.added", document: DocumentId, item: ItemId, title: string, source: DocumentSource, } | { "event": "document.removed", document: DocumentId, item: ItemId, } | { "event": "chair.passed", 
/**
 * Counts up with every passing.
 */
term: number, site: SiteId, role: Role, } | { "event": "chat.sent", site: SiteId | null, from: SiteId, role: Role, text: string, } | { "event": "attendance.headcount-declared", site: SiteId, present: number, } | { "event": "device.removed", device: DeviceId, site: SiteId, role: Role, } | { "event": "code.changed", site: SiteId, role: Role, } | { "event": "room.locked", locked: boolean, } | { "event": "server.outage", from: Timestamp, to: Timestamp, });

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
by?: By, } & ({ "event": "conference.configured", setup: Setup, } | { "event": "conference.closed" } | { "event": "session.opened", session: SessionId, name: string, } | { "event": "session.closed", session: SessionId, } | { "event": "link.up", device: DeviceId, site: SiteId, role: Role, } | { "event": "link.dropped", device: DeviceId, site: SiteId, until: Timestamp, } | { "event": "link.resumed", device: DeviceId, site: SiteId, } | { "event": "link.ended", device: DeviceId, site: SiteId, end: Timestamp, } | { "event": "floor.requested", request: RequestId, floor: Floor, site: SiteId, kind: SpeechKind, words: string, beneficiary?: string, 
/**
 * The device that would present; none: the site's speaking device.
 */
device?: DeviceId, } | { "event": "floor.prepared", request: RequestId, site: SiteId, words: string, beneficiary: string, 
/**
 * Time of the turn; none: that of the rules.
 */
budget: Millis | null, } | { "event": "floor.accepted", request: RequestId, site: SiteId, place: number, } | { "event": "floor.moved", request: RequestId, site: SiteId, place: number, } | { "event": "floor.deferred", request: RequestId, site: SiteId, place: number, } | { "event": "floor.denied", request: RequestId, site: SiteId, reason: string, } | { "event": "floor.cancelled", request: RequestId, site: SiteId, } | { "event": "floor.granted", floor: Floor, epoch: Epoch, site: SiteId, request: RequestId | null, kind: SpeechKind | null, 
/**
 * Time of the turn; zero on the presentation floor, which has no clock.
 */
budget: Millis, 
/**
 * What made the budget this long.
 */
limit: BudgetLimit, 
/**
 * Why this site, and now.
 */
reason: GrantReason, 
/**
 * The device that presents; none on the speech floor, which its site's speaking device
 * holds.
 */
device?: DeviceId, } | { "event": "floor.released", epoch: Epoch, site: SiteId, spoke: Millis, } | { "event": "floor.revoked", epoch: Epoch, site: SiteId, cause: RevokeCause, reason: string, spoke: Millis, } | { "event": "floor.extended", epoch: Epoch, site: SiteId, added: Millis, } | { "event": "floor.warned", epoch: Epoch, site: SiteId, left: Millis, } | { "event": "floor.overtime", epoch: Epoch, site: SiteId, } | { "event": "floor.paused", epoch: Epoch, site: SiteId, until: Timestamp | null, cause: PauseCause, } | { "event": "floor.resumed", epoch: Epoch, site: SiteId, cause: PauseCause, } | { "event": "floor.called", request: RequestId, site: SiteId, until: Timestamp, reason: GrantReason, } | { "event": "floor.ready", request: RequestId, site: SiteId, } | { "event": "floor.skipped", request: RequestId, site: SiteId, } | { "event": "floor.media-seen", epoch: Epoch, site: SiteId, } | { "event": "floor.silent", epoch: Epoch, site: SiteId, } | { "event": "floor.list-changed", list: QueueList, open: boolean, } | { "event": "floor.policy-changed", policy: Policy, } | { "event": "presentation.locked", locked: boolean, } | { "event": "microphone.overridden", open: boolean, } | { "event": "microphone.all-muted", muted: boolean, } | { "event": "picture.main-chosen", site: SiteId | null, } | { "event": "announcement.set", text: string | null, } | { "event": "agenda.added", item: ItemId, place: number, 
/**
 * 1 to 200 characters.
 */
title: string, 
/**
 * What it is about.
 */
kind: AgendaKind, 
/**
 * When it is to begin, as on the printed programme (`08:30`); empty: not said.
 */
planned: string, 
/**
 * How long it may take; none: not said.
 */
time: Millis | null, 
/**
 * Its prepared speakers in their order, at most 100.
 */
speakers: Array<Speaker>, } | { "event": "agenda.edited", item: ItemId, 
/**
 * 1 to 200 characters.
 */
title: string, 
/**
 * What it is about.
 */
kind: AgendaKind, 
/**
 * When it is to begin, as on the printed programme (`08:30`); empty: not said.
 */
planned: string, 
/**
 * How long it may take; none: not said.
 */
time: Millis | null, 
/**
 * Its prepared speakers in their order, at most 100.
 */
speakers: Array<Speaker>, } | { "event": "agenda.removed", item: ItemId, } | { "event": "agenda.moved", item: ItemId, place: number, } | { "event": "agenda.started", item: ItemId, } | { "event": "agenda.finished", item: ItemId, } | { "event": "document.added", document: DocumentId, item: ItemId, title: string, source: DocumentSource, } | { "event": "document.removed", document: DocumentId, item: ItemId, } | { "event": "chair.passed", 
/**
 * Counts up with every passing.
 */
term: number, site: SiteId, role: Role, } | { "event": "chat.sent", site: SiteId | null, from: SiteId, role: Role, text: string, } | { "event": "attendance.headcount-declared", site: SiteId, present: number, } | { "event": "device.removed", device: DeviceId, site: SiteId, role: Role, } | { "event": "code.changed", site: SiteId, role: Role, } | { "event": "room.locked", locked: boolean, } | { "event": "server.outage", from: Timestamp, to: Timestamp, });

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
refused: number, } | { "hint": "line-checked" } & CheckedLine | { "hint": "quality", 
/**
 * One row a site; all others are as before.
 */
sites: Array<SiteQuality>, } | { "hint": "media", 
/**
 * Connected, weak or gone.
 */
state: MediaState, } | { "hint": "layers", 
/**
 * Their RIDs.
 */
active: Array<string>, };

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
 * The picture is left out, since the receiver's line is too thin for it: show a card.
 */
held?: boolean, 
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
 * The presentation floor.
 */
presentation: PresentationView, 
/**
 * The main picture.
 */
picture: PictureView, 
/**
 * What the conference is about, and where it is in it.
 */
agenda: AgendaView, 
/**
 * Who spoke how long in the current agenda item, for the host; empty for others.
 */
speaking: Array<SpeakingView>, 
/**
 * What was written, the newest last: for the host all, for a site what is for all or in its
 * own thread. The newest hundred.
 */
chat: Array<ChatMessage>, };

export type ViewPatch = { conference?: ConferenceView, me?: Me, sites?: Array<SiteView>, devices?: Array<DeviceView>, floor?: FloorView, presentation?: PresentationView, picture?: PictureView, agenda?: AgendaView, speaking?: Array<SpeakingView>, chat?: Array<ChatMessage>, };

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
rules: Rules, 
/**
 * The chair.
 */
chair: ChairView, 
/**
 * A line of text for everyone.
 */
announcement: string | null, };

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
 * This is the chair, or the deputy who sits on it now: a chair who does not has no command but
 * `chair.reclaim`, a deputy who does not `chair.take`.
 */
chairs: boolean, 
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
 * The site above it in the tree of sites, if any.
 */
parent?: SiteId, 
/**
 * Delegates expected.
 */
expected: number, 
/**
 * The last headcount that it declared for this session, or for the next one.
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
 * Running turns, the newest last: more than one in a dialogue.
 */
turns: Array<TurnView>, 
/**
 * Accepted requests in their order.
 */
queue: Array<RequestView>, 
/**
 * The prepared speakers of the current agenda item who have not spoken, in their order.
 */
prepared: Array<RequestView>, 
/**
 * Requests that wait for the chair. A site sees its own only.
 */
pending: Array<RequestView>, 
/**
 * Whoever the policy says is next.
 */
next: RequestId | null, 
/**
 * Who was told that it is next.
 */
called: CalledView | null, 
/**
 * The turn that was interrupted last and can be given back.
 */
interrupted: InterruptedView | null, 
/**
 * How the next speaker is found.
 */
policy: Policy, 
/**
 * The prepared list is open: its speakers come before those of the queue.
 */
prepared_open: boolean, 
/**
 * The queue is open: sites may ask.
 */
queue_open: boolean, 
/**
 * The chair's microphone is heard beside the holder's.
 */
override_open: boolean, 
/**
 * Every microphone but the chair's is closed.
 */
all_muted: boolean, };

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
 * The device that presents; none on the speech floor.
 */
device: DeviceId | null, 
/**
 * What for; none when the chair invited or took.
 */
kind: SpeechKind | null, 
/**
 * The words of the request.
 */
words: string, 
/**
 * The delegate who speaks; empty: not said.
 */
beneficiary: string, 
/**
 * When it was granted.
 */
granted: Timestamp, 
/**
 * Why it was granted.
 */
reason: GrantReason, 
/**
 * Time of the turn; zero on the presentation floor.
 */
budget: Millis, 
/**
 * What made it as long as it is.
 */
limit: BudgetLimit, 
/**
 * Spoken before `running_since`.
 */
spoken: Millis, 
/**
 * Since when the clock runs; none while it stands still.
 */
running_since: Timestamp | null, 
/**
 * Why it stands still.
 */
paused: Array<PauseCause>, 
/**
 * While the holder's link is lost: until when it is waited for.
 */
grace_until: Timestamp | null, 
/**
 * No sound of it was heard yet.
 */
awaiting_media: boolean, 
/**
 * It has begun a while ago, and no sound of it was heard yet.
 */
silent: boolean, };

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
 * The delegate who would speak; empty: not said.
 */
beneficiary: string, 
/**
 * When it was made.
 */
at: Timestamp, 
/**
 * Its place in its list from 1; none while it is pending.
 */
place: number | null, 
/**
 * It was next once and did not answer.
 */
skipped: boolean, };

export type PresentationView = { 
/**
 * Who presents. It has no clock.
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
 * Nobody may present but the chair's own site.
 */
locked: boolean, };

export type PictureView = { 
/**
 * The site on everyone's main picture; the holder itself sees the chair.
 */
main: SiteId | null, 
/**
 * The chair chose it; else it follows the floor.
 */
chosen: boolean, };

export type ChairView = { 
/**
 * Counts up whenever the chair passes to another.
 */
term: number, 
/**
 * Where they sit.
 */
site: SiteId, 
/**
 * Chair, or deputy.
 */
role: Role, 
/**
 * Since when no device of theirs is linked; the floor stays as it is meanwhile.
 */
away_since: Timestamp | null, };

export type CalledView = { 
/**
 * Its request.
 */
request: RequestId, 
/**
 * The site.
 */
site: SiteId, 
/**
 * Until when it may answer.
 */
until: Timestamp, 
/**
 * It is ready.
 */
ready: boolean, };

export type InterruptedView = { 
/**
 * Names it in `floor.restore`.
 */
epoch: Epoch, 
/**
 * Whose it was.
 */
site: SiteId, 
/**
 * What was left of its time; zero when it was over.
 */
left: Millis, };

export type AgendaView = { 
/**
 * The items in their order.
 */
items: Array<ItemView>, 
/**
 * Where the conference is.
 */
current: ItemId | null, };

export type ItemView = { 
/**
 * Names the item in commands.
 */
id: ItemId, 
/**
 * Its documents.
 */
documents: Array<DocumentView>, 
/**
 * When it was begun.
 */
begun: Timestamp | null, 
/**
 * When it ended; none before, and while it is the current one.
 */
ended: Timestamp | null, 
/**
 * 1 to 200 characters.
 */
title: string, 
/**
 * What it is about.
 */
kind: AgendaKind, 
/**
 * When it is to begin, as on the printed programme (`08:30`); empty: not said.
 */
planned: string, 
/**
 * How long it may take; none: not said.
 */
time: Millis | null, 
/**
 * Its prepared speakers in their order, at most 100.
 */
speakers: Array<Speaker>, };

export type DocumentView = { 
/**
 * Names the document in commands.
 */
id: DocumentId, 
/**
 * What people read.
 */
title: string, } & ({ "source": "link", 
/**
 * `http://` or `https://`.
 */
url: string, } | { "source": "file" } & DocumentFile);

export type SpeakingView = { 
/**
 * The site.
 */
site: SiteId, 
/**
 * Turns in the current agenda item, the running one among them.
 */
turns: number, 
/**
 * Time spoken in the current agenda item, without the running turn.
 */
spoken: Millis, 
/**
 * Time spoken in the whole session, without the running turn.
 */
session: Millis, };

export type ChatMessage = { 
/**
 * When.
 */
at: Timestamp, 
/**
 * Where the writer sits.
 */
from: SiteId, 
/**
 * What the writer is.
 */
role: Role, 
/**
 * The site whose thread it is in; none: to all.
 */
site: SiteId | null, 
/**
 * Plain text.
 */
text: string, };

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

