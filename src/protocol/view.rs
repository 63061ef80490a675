//! What a role knows of the conference: the server computes it, a page only shows it.

use diemcau_conference::{
    ConferenceId, DeviceId, Epoch, Millis, RequestId, Role, Rules, SessionId, SiteId, SiteKind,
    SpeechKind, Text, Timestamp,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Everything that a role may know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct View {
    /// The conference.
    pub conference: ConferenceView,
    /// The one who looks.
    pub me: Me,
    /// All sites in the order of the configuration.
    pub sites: Vec<SiteView>,
    /// Devices that are linked or waited for, in the order in which they came: for the host those
    /// of all sites, for a site its own.
    pub devices: Vec<DeviceView>,
    /// The speech floor.
    pub floor: FloorView,
    /// The main picture.
    pub picture: PictureView,
}

/// The parts of a view that changed; a part that is absent is as it was.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[allow(missing_docs, reason = "the parts of View")]
pub struct ViewPatch {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub conference: Option<ConferenceView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub me: Option<Me>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub sites: Option<Vec<SiteView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub devices: Option<Vec<DeviceView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub floor: Option<FloorView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub picture: Option<PictureView>,
}

/// The conference as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ConferenceView {
    /// Its id.
    pub id: ConferenceId,
    /// Its title.
    pub title: Text,
    /// Where it is in its life.
    pub phase: Phase,
    /// The session that is open.
    pub session: Option<SessionView>,
    /// The room takes no new devices.
    pub locked: bool,
    /// Its rules.
    pub rules: Rules,
}

/// Where a conference is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Before the first session, or between two.
    Waiting,
    /// A session is open.
    Session,
    /// Over for good.
    Closed,
}

/// A session (*buổi*).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SessionView {
    /// Its number.
    pub id: SessionId,
    /// Its name.
    pub name: String,
    /// When it was opened.
    pub opened: Timestamp,
}

/// The one who looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Me {
    /// The site.
    pub site: SiteId,
    /// The role.
    pub role: Role,
    /// The device.
    pub device: DeviceId,
    /// This device's microphone is the one that is heard now.
    pub heard: bool,
    /// Names of the commands (`cmd`) that this role has.
    #[ts(as = "Vec<String>")]
    pub may: Vec<String>,
}

/// A site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SiteView {
    /// Its id.
    pub id: SiteId,
    /// Its name.
    pub name: Text,
    /// Central or member.
    pub kind: SiteKind,
    /// Delegates expected.
    pub expected: u32,
    /// The last headcount that it declared.
    pub present: Option<u32>,
    /// Its link.
    pub link: LinkState,
    /// Since when the link is in this state.
    pub since: Option<Timestamp>,
    /// Devices linked now.
    pub devices: u32,
    /// One of its microphones is forwarded.
    pub heard: bool,
}

/// A device of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DeviceView {
    /// Names the device in commands.
    pub id: DeviceId,
    /// Its site.
    pub site: SiteId,
    /// What its code made it.
    pub role: Role,
    /// When it came.
    pub since: Timestamp,
    /// False: its link is lost, and it may be back within the grace.
    pub linked: bool,
    /// Its camera and microphone stand for its site.
    pub speaks: bool,
}

/// The signalling link of a site: that of its best device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum LinkState {
    /// At least one device is linked.
    Linked,
    /// The last device was lost and may be back within the grace.
    Dropped,
    /// No device.
    Absent,
}

/// The speech floor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FloorView {
    /// The running turn.
    pub turn: Option<TurnView>,
    /// Accepted requests in their order.
    pub queue: Vec<RequestView>,
    /// Requests that wait for the chair. A site sees its own only.
    pub pending: Vec<RequestView>,
    /// The chair's microphone is heard beside the holder's.
    pub override_open: bool,
}

/// A turn. Time left = `budget − spoken − (now − running_since)`; below zero is overtime.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TurnView {
    /// Names the turn in commands.
    pub epoch: Epoch,
    /// The holder.
    pub site: SiteId,
    /// What for; none when the chair invited or took.
    pub kind: Option<SpeechKind>,
    /// The words of the request.
    pub words: String,
    /// When it was granted.
    pub granted: Timestamp,
    /// Time of the turn.
    pub budget: Millis,
    /// Spoken before `running_since`.
    pub spoken: Millis,
    /// Since when the clock runs; none while it stands still.
    pub running_since: Option<Timestamp>,
    /// While the holder's link is lost: until when it is waited for.
    pub grace_until: Option<Timestamp>,
}

/// A request for the floor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RequestView {
    /// Names the request in commands.
    pub id: RequestId,
    /// The site that asks.
    pub site: SiteId,
    /// What for.
    pub kind: SpeechKind,
    /// In a few words.
    pub words: String,
    /// When it was made.
    pub at: Timestamp,
    /// Its place in the queue from 1; none while it is pending.
    pub place: Option<u32>,
}

/// The main picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PictureView {
    /// The site on everyone's main picture; the holder itself sees the chair.
    pub main: Option<SiteId>,
    /// The chair chose it; else it follows the floor.
    pub chosen: bool,
}

impl ViewPatch {
    /// What must be sent to one who has `before` so that they have `after`.
    #[must_use]
    pub fn between(before: &View, after: &View) -> Self {
        fn part<T: PartialEq + Clone>(before: &T, after: &T) -> Option<T> {
            (before != after).then(|| after.clone())
        }
        Self {
            conference: part(&before.conference, &after.conference),
            me: part(&before.me, &after.me),
            sites: part(&before.sites, &after.sites),
            devices: part(&before.devices, &after.devices),
            floor: part(&before.floor, &after.floor),
            picture: part(&before.picture, &after.picture),
        }
    }

    /// Nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
