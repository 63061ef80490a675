//! The core's answer to a command that cannot be.

use serde::{Deserialize, Serialize};

/// Why a command was refused. The code on the wire is the kebab-case name; sentences in two
/// languages are made at the edge.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error, Serialize, Deserialize,
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Rejection {
    /// The role may never do this.
    #[error("this role may not do that")]
    NotAllowed,
    /// Only the chair may do this.
    #[error("only the chair may do that")]
    NotChair,
    /// The conference is closed.
    #[error("the conference is closed")]
    ConferenceClosed,
    /// No session is open.
    #[error("no session is open")]
    NoSession,
    /// A session is open already.
    #[error("a session is open already")]
    SessionOpen,
    /// No such site.
    #[error("no such site")]
    UnknownSite,
    /// No such request.
    #[error("no such request")]
    UnknownRequest,
    /// No such device, or it is not linked.
    #[error("no such device")]
    UnknownDevice,
    /// The chair removed the device.
    #[error("the device was removed")]
    DeviceRemoved,
    /// The device that asks is itself meant.
    #[error("that is your own device")]
    OwnDevice,
    /// The chair locked the room.
    #[error("the room is locked")]
    RoomLocked,
    /// As many devices as the rules allow are linked with this code.
    #[error("too many devices use this code")]
    TooManyDevices,
    /// The request has reached a final state.
    #[error("the request is already closed")]
    RequestClosed,
    /// The request has its place already.
    #[error("the request is already in the queue")]
    AlreadyAccepted,
    /// The site has an open request already.
    #[error("the site has an open request already")]
    AlreadyRequested,
    /// The site holds the floor.
    #[error("the site holds the floor")]
    HoldsFloor,
    /// The site has no device that is linked.
    #[error("the site is not linked")]
    SiteAbsent,
    /// The queue is closed.
    #[error("the queue is closed")]
    QueueClosed,
    /// The site has had as many turns in this agenda item as the rules allow.
    #[error("the site has no turns left in this agenda item")]
    NoTurnsLeft,
    /// The site has spoken as long in this agenda item as the rules allow.
    #[error("the site has no time left in this agenda item")]
    NoTimeLeft,
    /// The site asks again too soon after its turn or a denial.
    #[error("the site asks again too soon")]
    TooSoon,
    /// The request has no place yet.
    #[error("the request has no place in the queue")]
    NotInQueue,
    /// Nobody who is linked waits.
    #[error("nobody who is linked waits for the floor")]
    NobodyWaits,
    /// As many sites hold the floor together as may.
    #[error("as many sites hold the floor as may")]
    TooManyHolders,
    /// The request was not called, or too long ago.
    #[error("the request was not called")]
    NotCalled,
    /// There is no such turn to give back.
    #[error("there is no such turn to give back")]
    NotInterrupted,
    /// Only the chair's site may present.
    #[error("only the chair's site may present")]
    PresentationLocked,
    /// Somebody else sits on the chair.
    #[error("somebody else sits on the chair")]
    NotChairing,
    /// The chair is there.
    #[error("the chair is there")]
    ChairPresent,
    /// What the command touches has changed since it was chosen.
    #[error("what the command touches has changed meanwhile")]
    Changed,
    /// No such agenda item.
    #[error("no such agenda item")]
    UnknownItem,
    /// No agenda item is under way.
    #[error("no agenda item is under way")]
    NoItem,
    /// The agenda item was begun.
    #[error("the agenda item was begun")]
    ItemBegun,
    /// No such document.
    #[error("no such document")]
    UnknownDocument,
    /// There are as many of these as there may be.
    #[error("there are as many of these as there may be")]
    TooMany,
    /// The grant that is meant is over.
    #[error("that turn is over")]
    StaleEpoch,
    /// Somebody else's request or turn.
    #[error("that belongs to another site")]
    NotYours,
    /// A text is empty where it must not be, too long, or not one line of plain text.
    #[error("a text is missing, too long or not plain")]
    BadText,
    /// A number is out of range.
    #[error("a number is out of range")]
    BadNumber,
    /// Nothing would change.
    #[error("that is so already")]
    NoChange,
    /// The configuration contradicts itself or the log.
    #[error("the configuration cannot be used")]
    BadSetup,
}
