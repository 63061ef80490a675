//! What has changed since somebody looked.

use crate::{Command, Conference, Event, Floor, Role};
use std::collections::BTreeMap;

/// What a command may touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    /// The turns, lists and requests of a floor.
    Floor(Floor),
    /// The agenda.
    Agenda,
    /// Who sits on the chair.
    Chair,
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
        let chair = matches!(role, Role::Chair | Role::Deputy).then_some(Subject::Chair);
        let subjects = own.into_iter().chain(chair);
        let mut last = subjects.filter_map(|subject| self.changes.last.get(&subject));
        last.any(|last| *last > seen)
    }

    /// Counts an event that is about to be applied.
    pub(crate) fn note_change(&mut self, event: &Event) {
        self.changes.applied += 1;
        if let Some(subject) = self.changed_by(event) {
            self.changes.last.insert(subject, self.changes.applied);
        }
        // With the item its prepared list comes and goes.
        if let Event::AgendaStarted { .. } | Event::AgendaFinished { .. } = event {
            let speech = Subject::Floor(Floor::Speech);
            self.changes.last.insert(speech, self.changes.applied);
        }
    }

    /// Commands that name one turn or one request and change nothing else are safe by its number.
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
            Command::AgendaEdit { .. }
            | Command::AgendaRemove { .. }
            | Command::AgendaMove { .. }
            | Command::AgendaStart { .. }
            | Command::AgendaFinish => Some(Subject::Agenda),
            _ => None,
        }
    }

    fn changed_by(&self, event: &Event) -> Option<Subject> {
        match event {
            Event::FloorRequested { floor, .. } | Event::FloorGranted { floor, .. } => {
                Some(Subject::Floor(*floor))
            }
            Event::FloorAccepted { request, .. }
            | Event::FloorMoved { request, .. }
            | Event::FloorDeferred { request, .. }
            | Event::FloorDenied { request, .. }
            | Event::FloorCancelled { request, .. } => {
                let request = self.floor.find(*request).ok()?;
                Some(Subject::Floor(request.floor))
            }
            Event::FloorReleased { epoch, .. } | Event::FloorRevoked { epoch, .. } => {
                let turn = self.floor.turn(*epoch).ok()?;
                Some(Subject::Floor(turn.floor))
            }
            Event::FloorPrepared { .. }
            | Event::FloorCalled { .. }
            | Event::FloorReady { .. }
            | Event::FloorSkipped { .. }
            | Event::FloorListChanged { .. }
            | Event::FloorPolicyChanged { .. } => Some(Subject::Floor(Floor::Speech)),
            Event::PresentationLocked { .. } => Some(Subject::Floor(Floor::Presentation)),
            Event::AgendaAdded { .. }
            | Event::AgendaEdited { .. }
            | Event::AgendaRemoved { .. }
            | Event::AgendaMoved { .. }
            | Event::AgendaStarted { .. }
            | Event::AgendaFinished { .. } => Some(Subject::Agenda),
            Event::ChairPassed { .. } => Some(Subject::Chair),
            _ => None,
        }
    }
}
