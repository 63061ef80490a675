//! What a role knows of the conference: the server computes it, a page only shows it.

use diemcau_conference::{
    AgendaDraft, BudgetLimit, ConferenceId, DeviceId, DocumentId, DocumentSource, Epoch,
    GrantReason, ItemId, Millis, PauseCause, Policy, RequestId, Role, Rules, SessionId, SiteId,
    SiteKind, SpeechKind, Text, Timestamp,
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
    /// The presentation floor.
    pub presentation: PresentationView,
    /// The main picture.
    pub picture: PictureView,
    /// What the conference is about, and where it is in it.
    pub agenda: AgendaView,
    /// Who spoke how long in the current agenda item, for the host; empty for others.
    pub speaking: Vec<SpeakingView>,
    /// What was written, the newest last: for the host all, for a site what is for all or in its
    /// own thread. The newest hundred.
    pub chat: Vec<ChatMessage>,
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
    pub presentation: Option<PresentationView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub picture: Option<PictureView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub agenda: Option<AgendaView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub speaking: Option<Vec<SpeakingView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub chat: Option<Vec<ChatMessage>>,
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
    /// The chair.
    pub chair: ChairView,
    /// A line of text for everyone.
    pub announcement: Option<String>,
}

/// Who chairs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ChairView {
    /// Counts up whenever the chair passes to another.
    pub term: u32,
    /// Where they sit.
    pub site: SiteId,
    /// Chair, or deputy.
    pub role: Role,
    /// Since when no device of theirs is linked; the floor stays as it is meanwhile.
    pub away_since: Option<Timestamp>,
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
    /// This is the chair, or the deputy who sits on it now: a chair who does not has no command but
    /// `chair.reclaim`, a deputy who does not `chair.take`.
    pub chairs: bool,
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
    /// The site above it in the tree of sites, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub parent: Option<SiteId>,
    /// Delegates expected.
    pub expected: u32,
    /// The last headcount that it declared for this session, or for the next one.
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
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
pub struct FloorView {
    /// Running turns, the newest last: more than one in a dialogue.
    pub turns: Vec<TurnView>,
    /// Accepted requests in their order.
    pub queue: Vec<RequestView>,
    /// The prepared speakers of the current agenda item who have not spoken, in their order.
    pub prepared: Vec<RequestView>,
    /// Requests that wait for the chair. A site sees its own only.
    pub pending: Vec<RequestView>,
    /// Whoever the policy says is next.
    pub next: Option<RequestId>,
    /// Who was told that it is next.
    pub called: Option<CalledView>,
    /// The turn that was interrupted last and can be given back.
    pub interrupted: Option<InterruptedView>,
    /// How the next speaker is found.
    pub policy: Policy,
    /// The prepared list is open: its speakers come before those of the queue.
    pub prepared_open: bool,
    /// The queue is open: sites may ask.
    pub queue_open: bool,
    /// The chair's microphone is heard beside the holder's.
    pub override_open: bool,
    /// Every microphone but the chair's is closed.
    pub all_muted: bool,
}

/// The presentation floor.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
pub struct PresentationView {
    /// Who presents. It has no clock.
    pub turn: Option<TurnView>,
    /// Accepted requests in their order.
    pub queue: Vec<RequestView>,
    /// Requests that wait for the chair. A site sees its own only.
    pub pending: Vec<RequestView>,
    /// Nobody may present but the chair's own site.
    pub locked: bool,
}

/// A turn. Time left = `budget − spoken − (now − running_since)`; below zero is overtime.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TurnView {
    /// Names the turn in commands.
    pub epoch: Epoch,
    /// The holder.
    pub site: SiteId,
    /// The device that presents; none on the speech floor.
    pub device: Option<DeviceId>,
    /// What for; none when the chair invited or took.
    pub kind: Option<SpeechKind>,
    /// The words of the request.
    pub words: String,
    /// The delegate who speaks; empty: not said.
    pub beneficiary: String,
    /// When it was granted.
    pub granted: Timestamp,
    /// Why it was granted.
    pub reason: GrantReason,
    /// Time of the turn; zero on the presentation floor.
    pub budget: Millis,
    /// What made it as long as it is.
    pub limit: BudgetLimit,
    /// Spoken before `running_since`.
    pub spoken: Millis,
    /// Since when the clock runs; none while it stands still.
    pub running_since: Option<Timestamp>,
    /// Why it stands still.
    pub paused: Vec<PauseCause>,
    /// While the holder's link is lost: until when it is waited for.
    pub grace_until: Option<Timestamp>,
    /// No sound of it was heard yet.
    pub awaiting_media: bool,
    /// It has begun a while ago, and no sound of it was heard yet.
    pub silent: bool,
}

/// A site that was told it is next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CalledView {
    /// Its request.
    pub request: RequestId,
    /// The site.
    pub site: SiteId,
    /// Until when it may answer.
    pub until: Timestamp,
    /// It is ready.
    pub ready: bool,
}

/// A turn that was interrupted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct InterruptedView {
    /// Names it in `floor.restore`.
    pub epoch: Epoch,
    /// Whose it was.
    pub site: SiteId,
    /// What was left of its time; zero when it was over.
    pub left: Millis,
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
    /// The delegate who would speak; empty: not said.
    pub beneficiary: String,
    /// When it was made.
    pub at: Timestamp,
    /// Its place in its list from 1; none while it is pending.
    pub place: Option<u32>,
    /// It was next once and did not answer.
    pub skipped: bool,
}

/// The agenda.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
pub struct AgendaView {
    /// The items in their order.
    pub items: Vec<ItemView>,
    /// Where the conference is.
    pub current: Option<ItemId>,
}

/// An agenda item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ItemView {
    /// Names the item in commands.
    pub id: ItemId,
    /// What it is.
    #[serde(flatten)]
    pub draft: AgendaDraft,
    /// Its documents.
    pub documents: Vec<DocumentView>,
    /// When it was begun.
    pub begun: Option<Timestamp>,
    /// When it ended; none before, and while it is the current one.
    pub ended: Option<Timestamp>,
}

/// A document of an agenda item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DocumentView {
    /// Names the document in commands.
    pub id: DocumentId,
    /// What people read.
    pub title: String,
    /// Where it is. A file is at `/api/v1/documents/<sha256>`.
    #[serde(flatten)]
    pub source: DocumentSource,
}

/// How much a site spoke.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SpeakingView {
    /// The site.
    pub site: SiteId,
    /// Turns in the current agenda item, the running one among them.
    pub turns: u32,
    /// Time spoken in the current agenda item, without the running turn.
    pub spoken: Millis,
    /// Time spoken in the whole session, without the running turn.
    pub session: Millis,
}

/// Something that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ChatMessage {
    /// When.
    pub at: Timestamp,
    /// Where the writer sits.
    pub from: SiteId,
    /// What the writer is.
    pub role: Role,
    /// The site whose thread it is in; none: to all.
    pub site: Option<SiteId>,
    /// Plain text.
    pub text: String,
}

/// The main picture.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
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
            presentation: part(&before.presentation, &after.presentation),
            picture: part(&before.picture, &after.picture),
            agenda: part(&before.agenda, &after.agenda),
            speaking: part(&before.speaking, &after.speaking),
            chat: part(&before.chat, &after.chat),
        }
    }

    /// Nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
