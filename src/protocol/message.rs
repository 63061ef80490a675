//! The messages of the WebSocket.

use crate::{Hint, PageQuality, View, ViewPatch};
use diemcau_conference::{Actor, Command, Event, SiteId, Text, Timestamp};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a client sends: `{"id":7,"key":"…","cmd":"floor.request",…}`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Request {
    /// Chosen by the client; the reply carries it as `re`.
    #[ts(type = "number")]
    pub id: u64,
    /// A UUID. A repeat with the same key gets the first answer and does nothing again. Needed
    /// with every command of the conference, ignored elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub key: Option<String>,
    /// The newest event that was known when a command of the conference was chosen: it is refused
    /// when what it touches has changed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub seq: Option<u64>,
    /// What is asked.
    #[serde(flatten)]
    pub ask: Ask,
}

/// What a request is about.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(untagged)]
pub enum Ask {
    /// The media connection or the link itself; not in the log.
    Media(MediaCommand),
    /// The conference.
    Conference(Command),
}

/// Requests that the conference's rules know nothing of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "cmd")]
pub enum MediaCommand {
    /// Negotiates this device's only media connection. A second join replaces the first once it
    /// is connected.
    #[serde(rename = "media.join")]
    Join {
        /// The offer (SDP).
        sdp: String,
    },
    /// Whose small pictures this page shows, at most as many as it has thumbnail slots; the server
    /// shows others again when the list is empty. Sites that are not linked have none.
    #[serde(rename = "media.watch")]
    Watch {
        /// The sites.
        sites: Vec<SiteId>,
    },
    /// What this page sees of its pictures and hears.
    #[serde(rename = "media.quality")]
    Quality {
        /// Since it last looked.
        report: PageQuality,
    },
    /// How tall this page shows its pictures: all of them, every time. It gets no larger ones than
    /// it can use.
    #[serde(rename = "media.sizes")]
    Sizes {
        /// One row a slot.
        sizes: Vec<SlotSize>,
    },
    /// Ends this device's media connection.
    #[serde(rename = "media.leave")]
    Leave,
    /// Is the server there? Answered at once.
    #[serde(rename = "link.ping")]
    Ping,
    /// This device leaves on purpose: its attendance interval ends now.
    #[serde(rename = "link.leave")]
    LinkLeave,
}

/// How tall a slot is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SlotSize {
    /// The slot.
    pub mid: String,
    /// In device pixels; 0: it cannot be seen.
    pub height: u16,
}

/// What the server sends; told apart by the key that is there: `welcome`, `re`, `seq` or `hint`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(untagged)]
#[allow(
    clippy::large_enum_variant,
    reason = "serialised at once, never stored"
)]
pub enum ServerMessage {
    /// The first message of a connection.
    Welcome(WelcomeMessage),
    /// The answer to a request.
    Reply(Reply),
    /// Something happened.
    Event(EventMessage),
    /// Something happened that this role may not see.
    Unseen(UnseenMessage),
    /// Something that is not in the log.
    Hint(Hint),
}

/// `{"welcome":{…}}`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct WelcomeMessage {
    /// The content.
    pub welcome: Welcome,
}

/// The state of things at the start of a connection.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Welcome {
    /// Changes with every start of the server: another instance means that media is gone too.
    pub instance: String,
    /// The server's clock now.
    pub at: Timestamp,
    /// The last event that `view` contains.
    #[ts(type = "number")]
    pub seq: u64,
    /// The whole view of this role.
    pub view: View,
    /// Events that this role may see: those after the `after` of the connection's URL, or the
    /// newest when there was none or the gap is large. Oldest first, without `view`.
    pub log: Vec<EventMessage>,
}

/// `{"re":7,"ok":…}` or `{"re":7,"error":{…}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Reply {
    /// The request's id.
    #[ts(type = "number")]
    pub re: u64,
    /// How it went.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// How a request went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Done. What was done is in the log up to the answer's `seq`.
    Ok(Answer),
    /// Refused; nothing was done.
    Error(ErrorBody),
}

/// The content of `ok`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
pub struct Answer {
    /// For a command of the conference: its last event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub seq: Option<u64>,
    /// For `media.join`: the answer (SDP).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub sdp: Option<String>,
    /// For `media.join`: what each receiving section is for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<SlotInfo>>")]
    pub slots: Vec<SlotInfo>,
}

/// A receiving section of a client's offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SlotInfo {
    /// Its MID, `transceiver.mid` in the page.
    pub mid: String,
    /// What it is for.
    pub kind: SlotKind,
    /// Which one of its kind, from 0.
    pub index: u32,
}

/// What a slot is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum SlotKind {
    /// A microphone that is heard.
    Audio,
    /// The main picture.
    Main,
    /// The screen that is shown.
    Presentation,
    /// The sound of that screen.
    PresentationAudio,
    /// A small picture.
    Thumbnail,
}

impl SlotKind {
    /// Whether it is for sound.
    #[must_use]
    pub fn is_audio(self) -> bool {
        match self {
            Self::Audio | Self::PresentationAudio => true,
            Self::Main | Self::Presentation | Self::Thumbnail => false,
        }
    }
}

/// Why something was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ErrorBody {
    /// Stable, kebab-case: a [`Rejection`](diemcau_conference::Rejection), or one of the edge:
    /// `bad-message`, `bad-offer`, `too-fast`, `store-failed`, `unauthorized`, …
    pub code: String,
    /// A sentence that names the mend.
    pub message: Text,
}

/// The body of every HTTP error: `{"error":{…}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ApiError {
    /// What went wrong.
    pub error: ErrorBody,
}

/// `{"seq":412,"at":…,"event":"floor.granted",…,"view":{…}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct EventMessage {
    /// Counts up by one.
    #[ts(type = "number")]
    pub seq: u64,
    /// What happened.
    #[serde(flatten)]
    pub body: EventBody,
    /// The parts of this role's view that changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub view: Option<ViewPatch>,
}

/// `{"seq":412}`: something happened that this role may not see; only the count goes on, and the
/// view where it shows: the link of another site, not the device behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct UnseenMessage {
    /// Counts up by one.
    #[ts(type = "number")]
    pub seq: u64,
    /// The parts of this role's view that changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub view: Option<ViewPatch>,
}

/// What happened, when, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct EventBody {
    /// When.
    pub at: Timestamp,
    /// Who asked for it; absent when the room itself did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub by: Option<By>,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// The person behind an event, as others may know them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct By {
    /// The site.
    pub site: SiteId,
    /// The role.
    pub role: diemcau_conference::Role,
}

impl By {
    /// What others may know of an actor; none for the room.
    #[must_use]
    pub fn actor(actor: &Actor) -> Option<Self> {
        match actor {
            Actor::Person { site, role, .. } => Some(Self {
                site: site.clone(),
                role: *role,
            }),
            Actor::Room => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_how_tall_it_shows_its_slots_like_this() {
        let sent = r#"{"id":3,"cmd":"media.sizes","sizes":[{"mid":"4","height":720},{"mid":"5","height":0}]}"#;
        let request: Request = serde_json::from_str(sent).expect("a request");
        let size = |mid: &str, height| SlotSize {
            mid: mid.to_owned(),
            height,
        };
        let sizes = vec![size("4", 720), size("5", 0)];
        let Ask::Media(found) = request.ask else {
            panic!("{:?}", request.ask);
        };
        assert_eq!(found, MediaCommand::Sizes { sizes });
        let too_tall = sent.replace("720", "70000");
        assert!(serde_json::from_str::<Request>(&too_tall).is_err());
    }
}
