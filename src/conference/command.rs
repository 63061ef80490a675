//! What people and the room ask of a conference.

use crate::{
    AgendaDraft, DeviceId, DocumentFile, DocumentId, Epoch, ItemId, Millis, Policy, QueueList,
    RequestId, Role, SiteId, Timestamp,
};
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

/// A floor (RFC 8855 §4): a resource that one site holds at a time, and in a dialogue a few together.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Floor {
    /// The speech floor (*phát biểu*).
    #[default]
    Speech,
    /// The presentation floor (*trình chiếu*): whose screen everyone sees. It has no clock.
    Presentation,
}

impl Floor {
    /// Both floors.
    pub const ALL: [Self; 2] = [Self::Speech, Self::Presentation];
}

/// What a request for the speech floor is for. The order of the variants is their rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
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
    #[default]
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
    /// A site asks for a floor, or the secretary or a technician asks for it.
    #[serde(rename = "floor.request")]
    FloorRequest {
        /// Which floor.
        floor: Floor,
        /// What for; of no meaning on the presentation floor.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(as = "Option<SpeechKind>", optional))]
        kind: SpeechKind,
        /// A few words, at most 200 characters, may be empty.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(as = "Option<String>", optional))]
        words: String,
        /// The delegate who would speak, at most 100 characters; empty: not said.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(as = "Option<String>", optional))]
        beneficiary: String,
        /// On behalf of which site; left out: the asker's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "typescript", ts(optional))]
        site: Option<SiteId>,
    },
    /// A site takes its own request back, or the host clears it.
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
    /// The chair gives a request that is in the queue, or on the prepared list, another place in it.
    #[serde(rename = "floor.move")]
    FloorMove {
        /// The request.
        request: RequestId,
        /// Place from 1.
        place: u32,
    },
    /// The chair puts a request behind all others, whatever its rank.
    #[serde(rename = "floor.defer")]
    FloorDefer {
        /// The request.
        request: RequestId,
    },
    /// The chair refuses a request.
    #[serde(rename = "floor.deny")]
    FloorDeny {
        /// The request.
        request: RequestId,
        /// Shown to the site; at most 200 characters, may be empty.
        reason: String,
    },
    /// The chair clears all open requests of a floor but those of the prepared list.
    #[serde(rename = "floor.clear")]
    FloorClear {
        /// Which floor.
        floor: Floor,
    },
    /// The chair gives the floor to a request, in turn or out of it. A running turn ends.
    #[serde(rename = "floor.grant")]
    FloorGrant {
        /// The request.
        request: RequestId,
    },
    /// The chair gives the floor to whoever the policy says is next. A running turn ends.
    #[serde(rename = "floor.next")]
    FloorNext {
        /// Which floor.
        floor: Floor,
    },
    /// The chair calls a site up, whether it asked or not; an open request of it is granted. A
    /// running turn ends.
    #[serde(rename = "floor.invite")]
    FloorInvite {
        /// Which floor; the speech floor if absent.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(as = "Option<Floor>", optional))]
        floor: Floor,
        /// The site.
        site: SiteId,
    },
    /// The chair takes the floor; an open request of the chair's site is granted. A running turn
    /// ends, and can be given back.
    #[serde(rename = "floor.take")]
    FloorTake {
        /// Which floor; the speech floor if absent.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(as = "Option<Floor>", optional))]
        floor: Floor,
    },
    /// The chair opens a dialogue (*hỏi – giải trình*): a site speaks beside those who hold the
    /// floor, and answers one of them.
    #[serde(rename = "floor.answer")]
    FloorAnswer {
        /// Who answers.
        site: SiteId,
        /// The turn that is answered.
        epoch: Epoch,
    },
    /// The chair gives the turn that was interrupted last its remaining time back. A running turn
    /// ends.
    #[serde(rename = "floor.restore")]
    FloorRestore {
        /// The turn that was interrupted.
        epoch: Epoch,
    },
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
    /// The chair gives a turn more time.
    #[serde(rename = "floor.extend")]
    FloorExtend {
        /// The grant that is meant.
        epoch: Epoch,
        /// How much: one second to four hours.
        by: Millis,
    },
    /// The chair stops the clock of a turn; its microphone stays open.
    #[serde(rename = "floor.pause")]
    FloorPause {
        /// The grant that is meant.
        epoch: Epoch,
    },
    /// The chair lets the clock run again.
    #[serde(rename = "floor.resume")]
    FloorResume {
        /// The grant that is meant.
        epoch: Epoch,
    },
    /// The chair tells a site that it is next: it is to say that it is ready.
    #[serde(rename = "floor.call")]
    FloorCall {
        /// The request; whoever the policy says is next if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "typescript", ts(optional))]
        request: Option<RequestId>,
    },
    /// A site that was told it is next is ready.
    #[serde(rename = "floor.ready")]
    FloorReady {
        /// The request.
        request: RequestId,
    },
    /// The chair opens or closes the prepared list or the open queue of the current agenda item.
    #[serde(rename = "floor.list")]
    FloorList {
        /// Which of the two.
        list: QueueList,
        /// True: open.
        open: bool,
    },
    /// The chair says how the next speaker is found.
    #[serde(rename = "floor.policy")]
    FloorPolicy {
        /// From now on.
        policy: Policy,
    },
    /// The chair lets nobody present but the chair's own site, or everyone again.
    #[serde(rename = "presentation.lock")]
    PresentationLock {
        /// True: locked.
        locked: bool,
    },
    /// The chair's own microphone is heard, or no longer heard, beside the holder's.
    #[serde(rename = "microphone.override")]
    MicrophoneOverride {
        /// True: heard.
        open: bool,
    },
    /// The chair closes every microphone but the chair's own, and their clocks stand still; or
    /// opens those that may be heard again.
    #[serde(rename = "microphone.mute-all")]
    MicrophoneMuteAll {
        /// True: closed.
        muted: bool,
    },
    /// The chair puts a linked site on everyone's main picture, or (none) lets it follow the floor.
    #[serde(rename = "picture.main")]
    PictureMain {
        /// The site.
        site: Option<SiteId>,
    },
    /// The host shows everyone a line of text, or (none) takes it away.
    #[serde(rename = "announcement.set")]
    AnnouncementSet {
        /// 1 to 200 characters.
        text: Option<String>,
    },
    /// The host adds an agenda item.
    #[serde(rename = "agenda.add")]
    AgendaAdd {
        /// What it is.
        #[serde(flatten)]
        draft: AgendaDraft,
        /// Place from 1; the end if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "typescript", ts(optional))]
        place: Option<u32>,
    },
    /// The host changes an agenda item. Speakers of an item that was begun stay as they are.
    #[serde(rename = "agenda.edit")]
    AgendaEdit {
        /// The item.
        item: ItemId,
        /// What it is from now on.
        #[serde(flatten)]
        draft: AgendaDraft,
    },
    /// The host removes an agenda item that was never begun.
    #[serde(rename = "agenda.remove")]
    AgendaRemove {
        /// The item.
        item: ItemId,
    },
    /// The host gives an agenda item another place.
    #[serde(rename = "agenda.move")]
    AgendaMove {
        /// The item.
        item: ItemId,
        /// Place from 1.
        place: u32,
    },
    /// The chair goes to an agenda item; the one before it ends.
    #[serde(rename = "agenda.start")]
    AgendaStart {
        /// The item.
        item: ItemId,
    },
    /// The chair ends the current agenda item.
    #[serde(rename = "agenda.finish")]
    AgendaFinish,
    /// The host adds a document that stands elsewhere to an agenda item.
    #[serde(rename = "document.link")]
    DocumentLink {
        /// The item.
        item: ItemId,
        /// 1 to 200 characters.
        title: String,
        /// `http://` or `https://`, at most 500 characters.
        url: String,
    },
    /// The host adds a file to an agenda item. Sent over HTTP with the file; no message of the
    /// WebSocket carries it.
    #[serde(skip)]
    DocumentUpload {
        /// The item.
        item: ItemId,
        /// 1 to 200 characters.
        title: String,
        /// The file that the server has.
        file: DocumentFile,
    },
    /// The host takes a document away.
    #[serde(rename = "document.remove")]
    DocumentRemove {
        /// The document.
        document: DocumentId,
    },
    /// A deputy takes the chair while nobody sits on it.
    #[serde(rename = "chair.take")]
    ChairTake,
    /// The chair takes the chair back from a deputy.
    #[serde(rename = "chair.reclaim")]
    ChairReclaim,
    /// The centre writes to a site or to all, or a site to the centre.
    #[serde(rename = "chat.send")]
    ChatSend {
        /// The site whose thread it is; none: to all. A site writes in its own thread.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "typescript", ts(optional))]
        site: Option<SiteId>,
        /// 1 to 500 characters.
        text: String,
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
    /// Sound of a microphone that is heard has come.
    MicrophoneSeen {
        /// The device.
        device: DeviceId,
    },
    /// A deadline from [`Conference::next_deadline`](crate::Conference::next_deadline) is here.
    Tick,
}
