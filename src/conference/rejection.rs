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
