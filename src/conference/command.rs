//! What people and the room ask of a conference.

use crate::{DeviceId, Epoch, Millis, RequestId, Role, SiteId, Timestamp};
use serde::{Deserialize, Serialize};

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "actor", rename_all = "kebab-case")]
pub enum Actor {
    /// Somebody at a device that signed in as (site, role).
    Person {
        /// The site that the code belonged to.
        site: SiteId,
        /// The role that the code belonged to.
        role: Role,
        /// The device it was entered on.
        device: DeviceId,
    },
    /// The room itself: clocks, links, outages.
    Room,
}

/// A floor (RFC 8855 §4): a resource that is held by one site at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Floor {
    /// The speech floor (*phát biểu*).
    Speech,
}

/// What a request for the speech floor is for. The order of the variants is their rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum SpeechKind {
    /// *Ý kiến về thủ tục*.
    PointOfOrder,
    /// *Giải trình*.
    Explanation,
    /// *Tham luận*.
    PreparedSpeech,
    /// *Kiến nghị*.
    Proposal,
    /// *Thảo luận*.
    Discussion,
}

/// What can be asked of a conference. On the wire the tag is `cmd`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "cmd")]
pub enum Command {
    /// The chair opens a session (*buổi*): `sáng`, `chiều`. Speaking needs an open session.
    #[serde(rename = "session.open")]
    SessionOpen {
        /// 1 to 60 characters.
        name: String,
    },
    /// The chair closes the open session; a running turn ends.
    #[serde(rename = "session.close")]
    SessionClose,
    /// The chair closes the conference for good.
    #[serde(rename = "conference.close")]
    ConferenceClose,
    /// A site asks for a floor.
    #[serde(rename = "floor.request")]
    FloorRequest {
        /// Which floor.
        floor: Floor,
        /// What for.
        kind: SpeechKind,
        /// A few words, at most 200 characters, may be empty.
        words: String,
    },
    /// A site takes its own request back, or the chair or secretary clears it.
    #[serde(rename = "floor.cancel")]
    FloorCancel {
        /// The request.
        request: RequestId,
    },
    /// The chair gives a pending request a place in the queue.
    #[serde(rename = "floor.accept")]
    FloorAccept {
        /// The request.
        request: RequestId,
        /// Place from 1; the end of its rank if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "typescript", ts(optional))]
        place: Option<u32>,
    },
    /// The chair refuses a request.
    #[serde(rename = "floor.deny")]
    FloorDeny {
        /// The request.
        request: RequestId,
        /// Shown to the site; at most 200 characters, may be empty.
        reason: String,
    },
    /// The chair gives the floor to a request, in turn or out of it. A running turn ends.
    #[serde(rename = "floor.grant")]
    FloorGrant {
        /// The request.
        request: RequestId,
    },
    /// The chair calls a site up, whether it asked or not; an open request of it is granted. A
    /// running turn ends.
    #[serde(rename = "floor.invite")]
    FloorInvite {
        /// The site.
        site: SiteId,
    },
    /// The chair takes the floor; an open request of the central site is granted. A running turn
    /// ends.
    #[serde(rename = "floor.take")]
    FloorTake,
    /// The holder gives the floor back.
    #[serde(rename = "floor.release")]
    FloorRelease {
        /// The grant that is meant.
        epoch: Epoch,
    },
    /// The chair ends a turn.
    #[serde(rename = "floor.revoke")]
    FloorRevoke {
        /// The grant that is meant.
        epoch: Epoch,
        /// Shown to the site; at most 200 characters, may be empty.
        reason: String,
    },
    /// The chair's own microphone is heard, or no longer heard, beside the holder's.
    #[serde(rename = "microphone.override")]
    MicrophoneOverride {
        /// True: heard.
        open: bool,
    },
    /// The chair puts a linked site on everyone's main picture, or (none) lets it follow the floor.
    #[serde(rename = "picture.main")]
    PictureMain {
        /// The site.
        site: Option<SiteId>,
    },
    /// A site declares how many people are in its room.
    #[serde(rename = "attendance.headcount")]
    AttendanceHeadcount {
        /// People present, 0 to 10,000.
        present: u32,
    },
    /// The chair removes a device: its link and its media end, and it does not come back.
    #[serde(rename = "device.remove")]
    DeviceRemove {
        /// The device.
        device: DeviceId,
    },
    /// The chair gives a (site, role) another code; who came in with the old one is out. Asked for
    /// over HTTP, where the answer is the new code; no message of the WebSocket carries it.
    #[serde(skip)]
    CodeChange {
        /// The site.
        site: SiteId,
        /// The role.
        role: Role,
    },
    /// The chair lets no new device of a room in, or opens the room again.
    #[serde(rename = "room.lock")]
    RoomLock {
        /// True: locked.
        locked: bool,
    },
    /// What only the room may say; no client message can carry it.
    #[serde(skip)]
    Room(RoomCommand),
}

/// What the room tells the core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoomCommand {
    /// The conference begins, or its configuration changed since the last start.
    Configure(crate::Setup),
    /// A device's signalling link is there.
    LinkUp {
        /// The device.
        device: DeviceId,
        /// Its site.
        site: SiteId,
        /// Its role.
        role: Role,
    },
    /// A device's signalling link is lost.
    LinkDown {
        /// The device.
        device: DeviceId,
        /// Left on purpose: no grace, the interval ends now.
        left: bool,
    },
    /// A code was changed at the server; who came in with the old one is out.
    CodeChanged {
        /// The site.
        site: SiteId,
        /// The role.
        role: Role,
    },
    /// The server was away. All links are down; running clocks get the time back.
    Outage {
        /// Last sign of life before.
        from: Timestamp,
        /// Start after.
        to: Timestamp,
    },
    /// A deadline from [`Conference::next_deadline`](crate::Conference::next_deadline) is here.
    Tick,
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

/// What happens when a turn's budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Overtime {
    /// The clock counts up, in red.
    #[default]
    Soft,
    /// The floor is revoked at zero.
    Hard,
}

/// The rules of a conference that its configuration sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Rules {
    /// A request gets its queue place at once, without the chair's `floor.accept`.
    pub accept_automatically: bool,
    /// Time of a turn.
    pub turn: Millis,
    /// What happens at its end.
    pub overtime: Overtime,
    /// How long a device may be away before its link interval ends and a turn is lost.
    pub grace: Millis,
    /// Audio slots of a client: no more microphones are heard at a time.
    pub audio_slots: u32,
    /// Thumbnail slots of a client.
    pub thumbnail_slots: u32,
    /// Devices that may be linked at a time with one code.
    #[serde(default = "Rules::usual_devices")]
    pub devices_per_site: u32,
}

impl Rules {
    /// Room, lectern, a few phones and laptops, and as many again. Logs from before the rule was
    /// there mean this number.
    #[must_use]
    pub fn usual_devices() -> u32 {
        8
    }
}
