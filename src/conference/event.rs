//! What happened. The log of events is the conference: state is only ever derived from it.

use crate::{
    DeviceId, Epoch, Floor, Millis, RequestId, RevokeCause, Role, SessionId, Setup, SiteId,
    SpeechKind, Timestamp,
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
    },
    /// A request has a queue place, counted from 1.
    #[serde(rename = "floor.accepted")]
    FloorAccepted {
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
        budget: Millis,
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
    /// The holder's link is lost: its clock stands still. The turn is lost at `until`; none: the
    /// central site, which is waited for however long it takes.
    #[serde(rename = "floor.paused")]
    FloorPaused {
        epoch: Epoch,
        site: SiteId,
        until: Option<Timestamp>,
    },
    /// The holder is back: its clock runs.
    #[serde(rename = "floor.resumed")]
    FloorResumed { epoch: Epoch, site: SiteId },
    /// The chair's microphone is heard beside the holder's, or no longer.
    #[serde(rename = "microphone.overridden")]
    MicrophoneOverridden { open: bool },
    /// The chair chose the main picture, or lets it follow the floor.
    #[serde(rename = "picture.main-chosen")]
    PictureMainChosen { site: Option<SiteId> },
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
