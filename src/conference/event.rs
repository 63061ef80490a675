//! What happened. The log of events is the conference: state is only ever derived from it.

use crate::{
    AgendaDraft, DeviceId, DocumentId, DocumentSource, Epoch, Floor, ItemId, Millis, Policy,
    QueueList, RequestId, Role, SessionId, Setup, SiteId, SpeechKind, Timestamp,
};
use serde::{Deserialize, Serialize};

/// One thing that happened. On the wire and in the log the tag is `event`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "event")]
#[allow(
    missing_docs,
    reason = "the fields are those of the command of the same name"
)]
pub enum Event {
    /// The conference has this configuration from now on.
    #[serde(rename = "conference.configured")]
    ConferenceConfigured { setup: Setup },
    /// The conference is over.
    #[serde(rename = "conference.closed")]
    ConferenceClosed,
    /// A session began.
    #[serde(rename = "session.opened")]
    SessionOpened { session: SessionId, name: String },
    /// A session ended.
    #[serde(rename = "session.closed")]
    SessionClosed { session: SessionId },
    /// A device's link interval began.
    #[serde(rename = "link.up")]
    LinkUp {
        device: DeviceId,
        site: SiteId,
        role: Role,
    },
    /// A device's link is lost; the interval goes on if it is back by `until`.
    #[serde(rename = "link.dropped")]
    LinkDropped {
        device: DeviceId,
        site: SiteId,
        until: Timestamp,
    },
    /// A dropped device is back within the grace.
    #[serde(rename = "link.resumed")]
    LinkResumed { device: DeviceId, site: SiteId },
    /// A device's link interval ended, at `end` (when it dropped or left, which may be earlier
    /// than this event).
    #[serde(rename = "link.ended")]
    LinkEnded {
        device: DeviceId,
        site: SiteId,
        end: Timestamp,
    },
    /// A site asked for a floor.
    #[serde(rename = "floor.requested")]
    FloorRequested {
        request: RequestId,
        floor: Floor,
        site: SiteId,
        kind: SpeechKind,
        words: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        #[cfg_attr(feature = "typescript", ts(as = "Option<String>", optional))]
        beneficiary: String,
        /// The device that would present; none: the site's speaking device.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "typescript", ts(optional))]
        device: Option<DeviceId>,
    },
    /// A speaker of the agenda item that has just begun stands on its prepared list, at its end.
    #[serde(rename = "floor.prepared")]
    FloorPrepared {
        request: RequestId,
        site: SiteId,
        words: String,
        beneficiary: String,
        /// Time of the turn; none: that of the rules.
        budget: Option<Millis>,
    },
    /// A request has a queue place, counted from 1.
    #[serde(rename = "floor.accepted")]
    FloorAccepted {
        request: RequestId,
        site: SiteId,
        place: u32,
    },
    /// A request has another place in its list.
    #[serde(rename = "floor.moved")]
    FloorMoved {
        request: RequestId,
        site: SiteId,
        place: u32,
    },
    /// A request was put behind all others.
    #[serde(rename = "floor.deferred")]
    FloorDeferred {
        request: RequestId,
        site: SiteId,
        place: u32,
    },
    /// The chair refused a request.
    #[serde(rename = "floor.denied")]
    FloorDenied {
        request: RequestId,
        site: SiteId,
        reason: String,
    },
    /// A request was taken back or cleared.
    #[serde(rename = "floor.cancelled")]
    FloorCancelled { request: RequestId, site: SiteId },
    /// A site holds the floor. `request` is none when the chair invited it or took the floor.
    #[serde(rename = "floor.granted")]
    FloorGranted {
        floor: Floor,
        epoch: Epoch,
        site: SiteId,
        request: Option<RequestId>,
        kind: Option<SpeechKind>,
        /// Time of the turn; zero on the presentation floor, which has no clock.
        budget: Millis,
        /// What made the budget this long.
        #[serde(default)]
        limit: BudgetLimit,
        /// Why this site, and now.
        #[serde(default)]
        reason: GrantReason,
        /// The device that presents; none on the speech floor, which its site's speaking device
        /// holds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "typescript", ts(optional))]
        device: Option<DeviceId>,
    },
    /// The holder gave the floor back.
    #[serde(rename = "floor.released")]
    FloorReleased {
        epoch: Epoch,
        site: SiteId,
        spoke: Millis,
    },
    /// A turn was ended by somebody else.
    #[serde(rename = "floor.revoked")]
    FloorRevoked {
        epoch: Epoch,
        site: SiteId,
        cause: RevokeCause,
        reason: String,
        spoke: Millis,
    },
    /// A turn has more time.
    #[serde(rename = "floor.extended")]
    FloorExtended {
        epoch: Epoch,
        site: SiteId,
        added: Millis,
    },
    /// `left` of the budget of a turn remains (60, 30, 10 s).
    #[serde(rename = "floor.warned")]
    FloorWarned {
        epoch: Epoch,
        site: SiteId,
        left: Millis,
    },
    /// The budget of a turn is used up and it goes on.
    #[serde(rename = "floor.overtime")]
    FloorOvertime { epoch: Epoch, site: SiteId },
    /// The clock of a turn stands still. Lost links are waited for until `until`, when the turn is
    /// lost; none: nobody is there to give the floor on, so it is waited for however long it takes.
    #[serde(rename = "floor.paused")]
    FloorPaused {
        epoch: Epoch,
        site: SiteId,
        until: Option<Timestamp>,
        #[serde(default)]
        cause: PauseCause,
    },
    /// This cause no longer stops the clock.
    #[serde(rename = "floor.resumed")]
    FloorResumed {
        epoch: Epoch,
        site: SiteId,
        #[serde(default)]
        cause: PauseCause,
    },
    /// A site was told that it is next, and has until `until` to say that it is ready.
    #[serde(rename = "floor.called")]
    FloorCalled {
        request: RequestId,
        site: SiteId,
        until: Timestamp,
        reason: GrantReason,
    },
    /// The site that is next is ready.
    #[serde(rename = "floor.ready")]
    FloorReady { request: RequestId, site: SiteId },
    /// The site that was to be next did not answer: it keeps its place and is passed over once.
    #[serde(rename = "floor.skipped")]
    FloorSkipped { request: RequestId, site: SiteId },
    /// The first sound of a turn is here.
    #[serde(rename = "floor.media-seen")]
    FloorMediaSeen { epoch: Epoch, site: SiteId },
    /// A turn has begun and nothing is heard of it.
    #[serde(rename = "floor.silent")]
    FloorSilent { epoch: Epoch, site: SiteId },
    /// The prepared list or the open queue was opened or closed.
    #[serde(rename = "floor.list-changed")]
    FloorListChanged { list: QueueList, open: bool },
    /// The next speaker is found another way.
    #[serde(rename = "floor.policy-changed")]
    FloorPolicyChanged { policy: Policy },
    /// Nobody may present but the chair's site, or everyone again.
    #[serde(rename = "presentation.locked")]
    PresentationLocked { locked: bool },
    /// The chair's microphone is heard beside the holder's, or no longer.
    #[serde(rename = "microphone.overridden")]
    MicrophoneOverridden { open: bool },
    /// Every microphone but the chair's is closed, or no longer.
    #[serde(rename = "microphone.all-muted")]
    MicrophonesMuted { muted: bool },
    /// The chair chose the main picture, or lets it follow the floor.
    #[serde(rename = "picture.main-chosen")]
    PictureMainChosen { site: Option<SiteId> },
    /// Everyone is shown a line of text, or none any more.
    #[serde(rename = "announcement.set")]
    AnnouncementSet { text: Option<String> },
    /// The agenda has one more item.
    #[serde(rename = "agenda.added")]
    AgendaAdded {
        item: ItemId,
        place: u32,
        #[serde(flatten)]
        draft: AgendaDraft,
    },
    /// An agenda item is another one.
    #[serde(rename = "agenda.edited")]
    AgendaEdited {
        item: ItemId,
        #[serde(flatten)]
        draft: AgendaDraft,
    },
    /// An agenda item is gone.
    #[serde(rename = "agenda.removed")]
    AgendaRemoved { item: ItemId },
    /// An agenda item has another place.
    #[serde(rename = "agenda.moved")]
    AgendaMoved { item: ItemId, place: u32 },
    /// The conference is at this item.
    #[serde(rename = "agenda.started")]
    AgendaStarted { item: ItemId },
    /// An item is over.
    #[serde(rename = "agenda.finished")]
    AgendaFinished { item: ItemId },
    /// An item has one more document.
    #[serde(rename = "document.added")]
    DocumentAdded {
        document: DocumentId,
        item: ItemId,
        title: String,
        source: DocumentSource,
    },
    /// A document is gone.
    #[serde(rename = "document.removed")]
    DocumentRemoved { document: DocumentId, item: ItemId },
    /// The chair is another's. Whoever acted under an older term acts no more.
    #[serde(rename = "chair.passed")]
    ChairPassed {
        /// Counts up with every passing.
        term: u32,
        site: SiteId,
        role: Role,
    },
    /// Somebody wrote. In the thread of a site, between it and the centre; without one, to all.
    #[serde(rename = "chat.sent")]
    ChatSent {
        site: Option<SiteId>,
        from: SiteId,
        role: Role,
        text: String,
    },
    /// A site declared how many are in its room.
    #[serde(rename = "attendance.headcount-declared")]
    HeadcountDeclared { site: SiteId, present: u32 },
    /// The chair removed a device.
    #[serde(rename = "device.removed")]
    DeviceRemoved {
        device: DeviceId,
        site: SiteId,
        role: Role,
    },
    /// The code of a (site, role) is another one.
    #[serde(rename = "code.changed")]
    CodeChanged { site: SiteId, role: Role },
    /// The room takes no new devices, or takes them again.
    #[serde(rename = "room.locked")]
    RoomLocked { locked: bool },
    /// The server was away.
    #[serde(rename = "server.outage")]
    ServerOutage { from: Timestamp, to: Timestamp },
}

/// How a running turn was ended by somebody else than its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum RevokeCause {
    /// The chair revoked it.
    Chair,
    /// The chair gave the floor to somebody else.
    Preempted,
    /// Hard overtime: the budget was used up.
    Overtime,
    /// The holder's link did not come back within the grace.
    LinkLost,
    /// The session was closed.
    SessionClosed,
}

/// Why a site holds the floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum GrantReason {
    /// The chair chose this request.
    #[default]
    Chair,
    /// The chair called the site up.
    Invited,
    /// The chair took the floor.
    Taken,
    /// It was first in the queue as the chair arranged it.
    Place,
    /// It was first on the prepared list.
    Prepared,
    /// It was first in rank and had waited longest.
    FirstCome {
        /// How long.
        waited: Millis,
    },
    /// Of those first in rank its site had the fewest turns.
    RoundRobin {
        /// How many, in this agenda item.
        turns: u32,
        /// How long it had waited.
        waited: Millis,
    },
    /// Of those first in rank its site had spoken least.
    LeastTime {
        /// How long, in this agenda item.
        spoken: Millis,
        /// How long it had waited.
        waited: Millis,
    },
    /// It answers another turn, beside it.
    Answer {
        /// The turn that is answered.
        to: Epoch,
    },
    /// Its interrupted turn was given back.
    Restored {
        /// The turn that was interrupted.
        of: Epoch,
    },
    /// It holds the speech floor, and may present what it speaks of.
    SpeechHolder,
}

/// What made a turn's budget as long as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum BudgetLimit {
    /// The time of a turn.
    #[default]
    Turn,
    /// What the site has left in this agenda item.
    Site,
    /// What the agenda item has left.
    Item,
}

/// Why the clock of a turn stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum PauseCause {
    /// The holder's link is lost.
    #[default]
    Link,
    /// The chair stopped it.
    Chair,
    /// All microphones are closed.
    Muted,
}

/// Who may see an event. Everyone else gets its `seq` alone, so that nobody sees a gap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "to", rename_all = "kebab-case")]
pub enum Audience {
    /// Every session.
    Everyone,
    /// Chair, secretary and technicians of the central site.
    Host,
    /// The host and one site.
    Site {
        /// The site.
        site: SiteId,
    },
}
