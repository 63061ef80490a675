//! What is said to a conference. A new field of a command is added here, and nowhere else.

use super::{device, site};
use diemcau_conference::{
    Command, Epoch, Floor, Millis, Policy, QueueList, RequestId, Role, RoomCommand, Setup,
    SpeechKind, Timestamp,
};

/// The words of every request that does not say otherwise.
pub(crate) const WORDS: &str = "về ngân sách";

pub(crate) fn open(name: &str) -> Command {
    Command::SessionOpen {
        name: name.to_owned(),
    }
}

pub(crate) fn request(kind: SpeechKind) -> Command {
    request_words(kind, WORDS)
}

pub(crate) fn request_words(kind: SpeechKind, words: &str) -> Command {
    Command::FloorRequest {
        floor: Floor::Speech,
        kind,
        words: words.to_owned(),
        beneficiary: String::new(),
        site: None,
    }
}

/// On behalf of a site, for a delegate of it.
pub(crate) fn request_for(to: &str, kind: SpeechKind, beneficiary: &str) -> Command {
    Command::FloorRequest {
        floor: Floor::Speech,
        kind,
        words: WORDS.to_owned(),
        beneficiary: beneficiary.to_owned(),
        site: Some(site(to)),
    }
}

pub(crate) fn request_to_present() -> Command {
    Command::FloorRequest {
        floor: Floor::Presentation,
        kind: SpeechKind::default(),
        words: WORDS.to_owned(),
        beneficiary: String::new(),
        site: None,
    }
}

pub(crate) fn cancel(request: RequestId) -> Command {
    Command::FloorCancel { request }
}

pub(crate) fn accept(request: RequestId) -> Command {
    Command::FloorAccept {
        request,
        place: None,
    }
}

pub(crate) fn accept_at(request: RequestId, place: u32) -> Command {
    Command::FloorAccept {
        request,
        place: Some(place),
    }
}

pub(crate) fn move_to(request: RequestId, place: u32) -> Command {
    Command::FloorMove { request, place }
}

pub(crate) fn defer(request: RequestId) -> Command {
    Command::FloorDefer { request }
}

pub(crate) fn deny(request: RequestId, reason: &str) -> Command {
    Command::FloorDeny {
        request,
        reason: reason.to_owned(),
    }
}

pub(crate) fn clear(floor: Floor) -> Command {
    Command::FloorClear { floor }
}

pub(crate) fn grant(request: RequestId) -> Command {
    Command::FloorGrant { request }
}

/// The policy's next on the speech floor.
pub(crate) fn next() -> Command {
    Command::FloorNext {
        floor: Floor::Speech,
    }
}

pub(crate) fn invite(to: &str) -> Command {
    invite_on(Floor::Speech, to)
}

pub(crate) fn invite_on(floor: Floor, to: &str) -> Command {
    Command::FloorInvite {
        floor,
        site: site(to),
    }
}

pub(crate) fn take() -> Command {
    take_on(Floor::Speech)
}

pub(crate) fn take_on(floor: Floor) -> Command {
    Command::FloorTake { floor }
}

pub(crate) fn answer(to: &str, epoch: Epoch) -> Command {
    Command::FloorAnswer {
        site: site(to),
        epoch,
    }
}

pub(crate) fn restore(epoch: Epoch) -> Command {
    Command::FloorRestore { epoch }
}

pub(crate) fn release(epoch: Epoch) -> Command {
    Command::FloorRelease { epoch }
}

pub(crate) fn revoke(epoch: Epoch, reason: &str) -> Command {
    Command::FloorRevoke {
        epoch,
        reason: reason.to_owned(),
    }
}

pub(crate) fn extend(epoch: Epoch, by: Millis) -> Command {
    Command::FloorExtend { epoch, by }
}

pub(crate) fn pause(epoch: Epoch) -> Command {
    Command::FloorPause { epoch }
}

pub(crate) fn resume(epoch: Epoch) -> Command {
    Command::FloorResume { epoch }
}

pub(crate) fn call(request: RequestId) -> Command {
    Command::FloorCall {
        request: Some(request),
    }
}

/// Calls whoever the policy says is next.
pub(crate) fn call_next() -> Command {
    Command::FloorCall { request: None }
}

pub(crate) fn ready(request: RequestId) -> Command {
    Command::FloorReady { request }
}

pub(crate) fn list(list: QueueList, open: bool) -> Command {
    Command::FloorList { list, open }
}

pub(crate) fn policy(policy: Policy) -> Command {
    Command::FloorPolicy { policy }
}

pub(crate) fn lock_presentation(locked: bool) -> Command {
    Command::PresentationLock { locked }
}

pub(crate) fn override_microphone(open: bool) -> Command {
    Command::MicrophoneOverride { open }
}

pub(crate) fn mute_all(muted: bool) -> Command {
    Command::MicrophoneMuteAll { muted }
}

pub(crate) fn main_picture(of: Option<&str>) -> Command {
    Command::PictureMain { site: of.map(site) }
}

pub(crate) fn announce(text: Option<&str>) -> Command {
    Command::AnnouncementSet {
        text: text.map(str::to_owned),
    }
}

/// A message in a site's thread; none: to all.
pub(crate) fn chat(to: Option<&str>, text: &str) -> Command {
    Command::ChatSend {
        site: to.map(site),
        text: text.to_owned(),
    }
}

pub(crate) fn headcount(present: u32) -> Command {
    Command::AttendanceHeadcount { present }
}

pub(crate) fn remove(id: &str) -> Command {
    Command::DeviceRemove { device: device(id) }
}

pub(crate) fn change_code(of: &str, role: Role) -> Command {
    Command::CodeChange {
        site: site(of),
        role,
    }
}

pub(crate) fn lock(locked: bool) -> Command {
    Command::RoomLock { locked }
}

pub(crate) fn configure(setup: Setup) -> Command {
    Command::Room(RoomCommand::Configure(setup))
}

pub(crate) fn link_up(id: &str, to: &str, role: Role) -> Command {
    Command::Room(RoomCommand::LinkUp {
        device: device(id),
        site: site(to),
        role,
    })
}

pub(crate) fn link_down(id: &str, left: bool) -> Command {
    Command::Room(RoomCommand::LinkDown {
        device: device(id),
        left,
    })
}

pub(crate) fn outage(from: Timestamp, to: Timestamp) -> Command {
    Command::Room(RoomCommand::Outage { from, to })
}

pub(crate) fn sound_of(id: &str) -> Command {
    Command::Room(RoomCommand::MicrophoneSeen { device: device(id) })
}

pub(crate) const TICK: Command = Command::Room(RoomCommand::Tick);
