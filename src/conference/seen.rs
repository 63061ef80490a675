//! What has changed since somebody looked.

use crate::{Command, Conference, Epoch, Event, Floor, PauseCause, RequestId, Role};
use std::collections::BTreeMap;

/// What a command may touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    /// The turns, lists and requests of a floor.
    Floor(Floor),
    /// A running turn, its clock included.
    Turn(Epoch),
    /// An open request.
    Request(RequestId),
    /// The agenda.
    Agenda,
    /// Who sits on the chair.
    Chair,
    /// Which sites are linked: it decides who is next.
    Links,
}

/// When each subject changed last, in events that were applied.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Changes {
    applied: u64,
    last: BTreeMap<Subject, u64>,
}

impl Conference {
    /// How many events this state is made of: the `seq` of the last one in the log.
    #[must_use]
    pub fn applied(&self) -> u64 {
        self.changes.applied
    }

    /// Whether something that a command touches changed after so many events. What chair and deputy
    /// do they do as who sits there.
    pub(crate) fn has_changed(&self, role: Role, command: &Command, seen: u64) -> bool {
        let own = self.touched_by(command);
        let links = means_the_next(command).then_some(Subject::Links);
        let chair = matches!(role, Role::Chair | Role::Deputy).then_some(Subject::Chair);
        let subjects = own.into_iter().chain(links).chain(chair);
        let mut last = subjects.filter_map(|subject| self.changes.last.get(&subject));
        last.any(|last| *last > seen)
    }

    /// Counts an event that is about to be applied.
    pub(crate) fn note_change(&mut self, event: &Event) {
        self.changes.applied += 1;
        for subject in self.changed_by(event).into_iter().flatten() {
            self.changes.last.insert(subject, self.changes.applied);
        }
        // Of what is over a command is refused by its number.
        match event {
            Event::FloorReleased { epoch, .. } | Event::FloorRevoked { epoch, .. } => {
                self.changes.last.remove(&Subject::Turn(*epoch));
            }
            Event::FloorDenied { request, .. }
            | Event::FloorCancelled { request, .. }
            | Event::FloorGranted {
                request: Some(request),
                ..
            } => {
                self.changes.last.remove(&Subject::Request(*request));
            }
            _ => {}
        }
    }

    fn touched_by(&self, command: &Command) -> Option<Subject> {
        match command {
            Command::FloorNext { floor }
            | Command::FloorTake { floor }
            | Command::FloorClear { floor }
            | Command::FloorInvite { floor, .. } => Some(Subject::Floor(*floor)),
            Command::FloorAnswer { .. }
            | Command::FloorRestore { .. }
            | Command::FloorCall { .. } => Some(Subject::Floor(Floor::Speech)),
            Command::FloorGrant { request }
            | Command::FloorAccept { request, .. }
            | Command::FloorMove { request, .. }
            | Command::FloorDefer { request } => {
                let request = self.floor.find(*request).ok()?;
                Some(Subject::Floor(request.floor))
            }
            Command::FloorDeny { request, .. } | Command::FloorCancel { request } => {
                Some(Subject::Request(*request))
            }
            Command::FloorRelease { epoch }
            | Command::FloorRevoke { epoch, .. }
            | Command::FloorExtend { epoch, .. }
            | Command::FloorPause { epoch }
            | Command::FloorResume { epoch } => Some(Subject::Turn(*epoch)),
            Command::AgendaEdit { .. }
            | Command::AgendaRemove { .. }
            | Command::AgendaMove { .. }
            | Command::AgendaStart { .. }
            | Command::AgendaFinish => Some(Subject::Agenda),
            _ => None,
        }
    }

    /// The turn or request that an event changes, and what else it does.
    fn changed_by(&self, event: &Event) -> [Option<Subject>; 2] {
        match event {
            Event::FloorRequested { floor, .. } | Event::FloorGranted { floor, .. } => {
                [None, Some(Subject::Floor(*floor))]
            }
            Event::FloorAccepted { request, .. }
            | Event::FloorMoved { request, .. }
            | Event::FloorDeferred { request, .. }
            | Event::FloorDenied { request, .. }
            | Event::FloorCancelled { request, .. } => {
                let found = self.floor.find(*request).ok();
                let floor = found.map(|request| Subject::Floor(request.floor));
                [Some(Subject::Request(*request)), floor]
            }
            Event::FloorReleased { epoch, .. } | Event::FloorRevoked { epoch, .. } => {
                let turn = self.floor.turn(*epoch).ok();
                [None, turn.map(|turn| Subject::Floor(turn.floor))]
            }
            Event::FloorExtended { epoch, .. }
            | Event::FloorPaused {
                epoch,
                cause: PauseCause::Chair,
                ..
            }
            | Event::FloorResumed {
                epoch,
                cause: PauseCause::Chair,
                ..
            } => [Some(Subject::Turn(*epoch)), None],
            Event::FloorPrepared { .. }
            | Event::FloorCalled { .. }
            | Event::FloorReady { .. }
            | Event::FloorSkipped { .. }
            | Event::FloorListChanged { .. }
            | Event::FloorPolicyChanged { .. } => [None, Some(Subject::Floor(Floor::Speech))],
            Event::PresentationLocked { .. } => [None, Some(Subject::Floor(Floor::Presentation))],
            Event::AgendaAdded { .. }
            | Event::AgendaEdited { .. }
            | Event::AgendaRemoved { .. }
            | Event::AgendaMoved { .. } => [None, Some(Subject::Agenda)],
            // With the item its prepared list comes and goes.
            Event::AgendaStarted { .. } | Event::AgendaFinished { .. } => {
                [Some(Subject::Floor(Floor::Speech)), Some(Subject::Agenda)]
            }
            Event::ChairPassed { .. } => [None, Some(Subject::Chair)],
            Event::LinkUp { .. }
            | Event::LinkDropped { .. }
            | Event::LinkResumed { .. }
            | Event::LinkEnded { .. }
            | Event::ServerOutage { .. } => [None, Some(Subject::Links)],
            _ => [None, None],
        }
    }
}

/// Whether a command is about whoever is next.
fn means_the_next(command: &Command) -> bool {
    matches!(
        command,
        Command::FloorNext { .. } | Command::FloorCall { request: None }
    )
}
