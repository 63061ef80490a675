//! What a conference answers. A new field of an event is added here, and nowhere else.

use super::{WORDS, at, device, secs, site};
use diemcau_conference::{
    BudgetLimit, DeviceId, Epoch, Event, Floor, GrantReason, Millis, PauseCause, RequestId,
    RevokeCause, Role, SpeechKind,
};

/// A grant to be told of: the speech floor for 300 s, on the chair's invitation, unless said
/// otherwise.
#[derive(Clone)]
pub(crate) struct Grant {
    floor: Floor,
    epoch: u32,
    site: String,
    request: Option<(RequestId, SpeechKind)>,
    kind: Option<SpeechKind>,
    budget: Millis,
    limit: BudgetLimit,
    reason: GrantReason,
    device: Option<DeviceId>,
}

impl Grant {
    pub(crate) fn new(epoch: u32, to: &str) -> Self {
        Self {
            floor: Floor::Speech,
            epoch,
            site: to.to_owned(),
            request: None,
            kind: None,
            budget: secs(300),
            limit: BudgetLimit::Turn,
            reason: GrantReason::Invited,
            device: None,
        }
    }

    /// Of the presentation floor, which has no clock, to a device.
    pub(crate) fn to_present(epoch: u32, to: &str, from: &str) -> Self {
        Self {
            floor: Floor::Presentation,
            budget: Millis(0),
            device: Some(device(from)),
            ..Self::new(epoch, to)
        }
    }

    pub(crate) fn of(self, request: RequestId, kind: SpeechKind) -> Self {
        Self {
            request: Some((request, kind)),
            kind: Some(kind),
            ..self
        }
    }

    /// The kind of a turn that is given back: its request is over.
    pub(crate) fn kind(self, kind: SpeechKind) -> Self {
        Self {
            kind: Some(kind),
            ..self
        }
    }

    pub(crate) fn because(self, reason: GrantReason) -> Self {
        Self { reason, ..self }
    }

    pub(crate) fn lasting(self, budget: Millis) -> Self {
        Self { budget, ..self }
    }

    pub(crate) fn cut_by(self, limit: BudgetLimit) -> Self {
        Self { limit, ..self }
    }

    pub(crate) fn event(self) -> Event {
        Event::FloorGranted {
            floor: self.floor,
            epoch: Epoch(self.epoch),
            site: site(&self.site),
            request: self.request.map(|(request, _)| request),
            kind: self.kind,
            budget: self.budget,
            limit: self.limit,
            reason: self.reason,
            device: self.device,
        }
    }
}

/// A site was invited.
pub(crate) fn granted(epoch: u32, to: &str) -> Event {
    Grant::new(epoch, to).event()
}

/// The chair took the floor.
pub(crate) fn taken(epoch: u32, by: &str) -> Event {
    Grant::new(epoch, by).because(GrantReason::Taken).event()
}

pub(crate) fn requested(request: u32, from: &str, kind: SpeechKind) -> Event {
    requested_for(request, from, kind, "")
}

pub(crate) fn requested_for(
    request: u32,
    from: &str,
    kind: SpeechKind,
    beneficiary: &str,
) -> Event {
    Event::FloorRequested {
        request: RequestId(request),
        floor: Floor::Speech,
        site: site(from),
        kind,
        words: WORDS.to_owned(),
        beneficiary: beneficiary.to_owned(),
        device: None,
    }
}

pub(crate) fn requested_to_present(request: u32, from: &str, by: Option<&str>) -> Event {
    Event::FloorRequested {
        request: RequestId(request),
        floor: Floor::Presentation,
        site: site(from),
        kind: SpeechKind::default(),
        words: WORDS.to_owned(),
        beneficiary: String::new(),
        device: by.map(device),
    }
}

pub(crate) fn accepted(request: u32, from: &str, place: u32) -> Event {
    Event::FloorAccepted {
        request: RequestId(request),
        site: site(from),
        place,
    }
}

pub(crate) fn moved(request: u32, from: &str, place: u32) -> Event {
    Event::FloorMoved {
        request: RequestId(request),
        site: site(from),
        place,
    }
}

pub(crate) fn deferred(request: u32, from: &str, place: u32) -> Event {
    Event::FloorDeferred {
        request: RequestId(request),
        site: site(from),
        place,
    }
}

pub(crate) fn denied(request: u32, from: &str, reason: &str) -> Event {
    Event::FloorDenied {
        request: RequestId(request),
        site: site(from),
        reason: reason.to_owned(),
    }
}

pub(crate) fn cancelled(request: u32, from: &str) -> Event {
    Event::FloorCancelled {
        request: RequestId(request),
        site: site(from),
    }
}

pub(crate) fn released(epoch: u32, by: &str, spoke: u64) -> Event {
    Event::FloorReleased {
        epoch: Epoch(epoch),
        site: site(by),
        spoke: secs(spoke),
    }
}

pub(crate) fn revoked(epoch: u32, from: &str, cause: RevokeCause, spoke: u64) -> Event {
    Event::FloorRevoked {
        epoch: Epoch(epoch),
        site: site(from),
        cause,
        reason: String::new(),
        spoke: secs(spoke),
    }
}

pub(crate) fn preempted(epoch: u32, from: &str, spoke: u64) -> Event {
    revoked(epoch, from, RevokeCause::Preempted, spoke)
}

/// Its link is lost.
pub(crate) fn paused(epoch: u32, holder: &str, until: Option<u64>) -> Event {
    Event::FloorPaused {
        epoch: Epoch(epoch),
        site: site(holder),
        until: until.map(at),
        cause: PauseCause::Link,
    }
}

pub(crate) fn paused_by(cause: PauseCause, epoch: u32, holder: &str) -> Event {
    Event::FloorPaused {
        epoch: Epoch(epoch),
        site: site(holder),
        until: None,
        cause,
    }
}

/// Its link is back.
pub(crate) fn resumed(epoch: u32, holder: &str) -> Event {
    resumed_by(PauseCause::Link, epoch, holder)
}

pub(crate) fn resumed_by(cause: PauseCause, epoch: u32, holder: &str) -> Event {
    Event::FloorResumed {
        epoch: Epoch(epoch),
        site: site(holder),
        cause,
    }
}

pub(crate) fn extended(epoch: u32, holder: &str, by: u64) -> Event {
    Event::FloorExtended {
        epoch: Epoch(epoch),
        site: site(holder),
        added: secs(by),
    }
}

pub(crate) fn warned(epoch: u32, holder: &str, left: u64) -> Event {
    Event::FloorWarned {
        epoch: Epoch(epoch),
        site: site(holder),
        left: secs(left),
    }
}

pub(crate) fn overtime(epoch: u32, holder: &str) -> Event {
    Event::FloorOvertime {
        epoch: Epoch(epoch),
        site: site(holder),
    }
}

pub(crate) fn heard(epoch: u32, holder: &str) -> Event {
    Event::FloorMediaSeen {
        epoch: Epoch(epoch),
        site: site(holder),
    }
}

pub(crate) fn silent(epoch: u32, holder: &str) -> Event {
    Event::FloorSilent {
        epoch: Epoch(epoch),
        site: site(holder),
    }
}

pub(crate) fn called(request: u32, to: &str, until: u64, reason: GrantReason) -> Event {
    Event::FloorCalled {
        request: RequestId(request),
        site: site(to),
        until: at(until),
        reason,
    }
}

pub(crate) fn is_ready(request: u32, who: &str) -> Event {
    Event::FloorReady {
        request: RequestId(request),
        site: site(who),
    }
}

pub(crate) fn skipped(request: u32, who: &str) -> Event {
    Event::FloorSkipped {
        request: RequestId(request),
        site: site(who),
    }
}

/// The chair is another's.
pub(crate) fn passed(term: u32, to: &str, role: Role) -> Event {
    Event::ChairPassed {
        term,
        site: site(to),
        role,
    }
}

pub(crate) fn linked(id: &str, to: &str, role: Role) -> Event {
    Event::LinkUp {
        device: device(id),
        site: site(to),
        role,
    }
}

pub(crate) fn dropped(id: &str, from: &str, until: u64) -> Event {
    Event::LinkDropped {
        device: device(id),
        site: site(from),
        until: at(until),
    }
}

pub(crate) fn back(id: &str, to: &str) -> Event {
    Event::LinkResumed {
        device: device(id),
        site: site(to),
    }
}

pub(crate) fn ended(id: &str, from: &str, end: u64) -> Event {
    Event::LinkEnded {
        device: device(id),
        site: site(from),
        end: at(end),
    }
}
