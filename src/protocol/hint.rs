//! What clients are told that is not in the log: it may be lost, and the next one corrects it.

use crate::{LineFinding, LineGrade, SiteQuality, SlotKind};
use diemcau_conference::{DeviceId, SiteId, Timestamp};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// `{"hint":"slots",…}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "hint", rename_all = "kebab-case")]
pub enum Hint {
    /// Which source is in which of this client's slots: all slots, every time.
    Slots {
        /// One row a slot.
        slots: Vec<SlotSource>,
    },
    /// How loud microphones are: those that changed, at most five times a second.
    Levels {
        /// One row a site.
        levels: Vec<Level>,
    },
    /// For the host: a site without the floor sends sound. It is not forwarded.
    OpenMicrophone {
        /// The site.
        site: SiteId,
        /// The device.
        device: DeviceId,
        /// False: it has stopped.
        open: bool,
    },
    /// For the host: somebody enters wrong codes.
    Guesses {
        /// The site whose code is guessed.
        site: SiteId,
        /// How many tries were refused in the last minute.
        refused: u32,
    },
    /// For the host: how a site's line was found when one of its devices checked it. Told again to
    /// every host that comes.
    LineChecked(CheckedLine),
    /// How lines are. A host is told of the sites whose line became better or worse, and when it
    /// comes of all that are not good; another page of its own device alone.
    Quality {
        /// One row a site; all others are as before.
        sites: Vec<SiteQuality>,
    },
    /// The state of this client's media connection as the server sees it.
    Media {
        /// Connected, weak or gone.
        state: MediaState,
    },
    /// Which layers of this client's camera somebody watches. The others need not be sent.
    Layers {
        /// Their RIDs.
        active: Vec<String>,
    },
}

/// What a line check of a site found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct CheckedLine {
    /// The site.
    pub site: SiteId,
    /// When.
    pub at: Timestamp,
    /// What the line is good for.
    pub verdict: LineGrade,
    /// Why, worst first.
    pub findings: Vec<LineFinding>,
}

/// A slot and its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SlotSource {
    /// The slot.
    pub mid: String,
    /// What it is for.
    pub kind: SlotKind,
    /// Which one of its kind.
    pub index: u32,
    /// The source's site; none: the slot is empty, show a card.
    pub site: Option<SiteId>,
    /// False while the old picture is still there, or nothing has come yet.
    pub flowing: bool,
    /// The picture is left out, since the receiver's line is too thin for it: show a card.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub held: bool,
    /// RTP timestamp of the first frame of this source in the slot, once it flows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub rtp: Option<u32>,
}

/// A site's microphone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Level {
    /// The site.
    pub site: SiteId,
    /// 0 (silence) to 100 (loudest).
    pub level: u8,
    /// True: it is forwarded.
    pub heard: bool,
}

/// The state of a media connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum MediaState {
    /// ICE and DTLS are done.
    Connected,
    /// No checked request for five seconds.
    Weak,
    /// Gone: make a new connection.
    Gone,
}
