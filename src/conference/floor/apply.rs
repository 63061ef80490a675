//! How events change the floors: the only way they change.

use super::{Called, FloorRequest, Floors, Scope};
use crate::{
    Epoch, Event, Floor, GrantReason, Millis, PauseCause, QueueList, RequestId, RevokeCause,
    SiteId, SpeechKind, Timestamp, Turn, turn::passed,
};
use std::collections::BTreeSet;

impl Floors {
    pub(crate) fn apply(&mut self, at: Timestamp, scope: Scope, event: &Event) {
        match event {
            Event::FloorRequested { .. } | Event::FloorPrepared { .. } => {
                self.apply_request(at, scope, event);
            }
            Event::FloorAccepted { request, place, .. }
            | Event::FloorMoved { request, place, .. } => {
                self.place(*request, *place);
                self.change_request(*request, |request| request.deferred = false);
            }
            Event::FloorDeferred { request, place, .. } => {
                self.place(*request, *place);
                self.change_request(*request, |request| request.deferred = true);
            }
            Event::FloorDenied { request, site, .. } => {
                let denied = self.remove(*request);
                if denied.is_some_and(|request| request.floor == Floor::Speech) {
                    self.accounts.rest(site, at);
                }
            }
            Event::FloorCancelled { request, .. } => drop(self.remove(*request)),
            Event::FloorGranted { .. } => self.apply_grant(at, scope, event),
            Event::FloorReleased { epoch, spoke, .. } => self.end(at, *epoch, *spoke, false),
            Event::FloorRevoked {
                epoch,
                spoke,
                cause,
                ..
            } => self.end(at, *epoch, *spoke, *cause == RevokeCause::Preempted),
            Event::FloorCalled {
                request,
                site,
                until,
                reason,
            } => {
                self.called = Some(Called {
                    request: *request,
                    site: site.clone(),
                    until: *until,
                    ready: false,
                    reason: *reason,
                });
            }
            Event::FloorReady { request, .. } => {
                let called = self.called.as_mut();
                if let Some(called) = called.filter(|called| called.request == *request) {
                    called.ready = true;
                }
            }
            Event::FloorSkipped { request, .. } => {
                self.called = self
                    .called
                    .take()
                    .filter(|called| called.request != *request);
                self.change_request(*request, |request| request.skipped = true);
            }
            Event::FloorListChanged { list, open } => match list {
                QueueList::Prepared => self.prepared_open = *open,
                QueueList::Open => self.queue_open = *open,
            },
            Event::FloorPolicyChanged { policy } => self.policy = Some(*policy),
            Event::PresentationLocked { locked } => self.presentation_locked = *locked,
            Event::MicrophonesMuted { muted } => self.all_muted = *muted,
            _ => self.apply_clock(at, event),
        }
    }

    fn apply_clock(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::FloorExtended { epoch, added, .. } => {
                self.change_turn(*epoch, |turn| turn.extend(at, *added));
            }
            Event::FloorWarned { epoch, left, .. } => {
                self.change_turn(*epoch, |turn| turn.warned = Some(*left));
            }
            Event::FloorOvertime { epoch, .. } => {
                self.change_turn(*epoch, |turn| turn.overtime = true);
            }
            Event::FloorPaused {
                epoch,
                until,
                cause,
                ..
            } => self.change_turn(*epoch, |turn| turn.pause(at, *cause, *until)),
            Event::FloorResumed { epoch, cause, .. } => {
                self.change_turn(*epoch, |turn| turn.resume(at, *cause));
            }
            Event::FloorMediaSeen { epoch, .. } => self.change_turn(*epoch, |turn| {
                turn.awaiting_media = false;
                turn.silent = false;
            }),
            Event::FloorSilent { epoch, .. } => self.change_turn(*epoch, |turn| turn.silent = true),
            _ => {}
        }
    }

    fn apply_request(&mut self, at: Timestamp, scope: Scope, event: &Event) {
        match event {
            Event::FloorRequested {
                request,
                floor,
                site,
                kind,
                words,
                beneficiary,
                device,
            } => {
                self.last_request = *request;
                self.of_mut(*floor).pending.push(FloorRequest {
                    id: *request,
                    floor: *floor,
                    site: site.clone(),
                    kind: *kind,
                    words: words.clone(),
                    beneficiary: beneficiary.clone(),
                    at,
                    budget: None,
                    device: device.clone(),
                    skipped: false,
                    deferred: false,
                });
            }
            Event::FloorPrepared {
                request,
                site,
                words,
                beneficiary,
                budget,
            } => {
                self.last_request = *request;
                let Some(item) = scope.item else { return };
                self.prepared.entry(item).or_default().push(FloorRequest {
                    id: *request,
                    floor: Floor::Speech,
                    site: site.clone(),
                    kind: SpeechKind::PreparedSpeech,
                    words: words.clone(),
                    beneficiary: beneficiary.clone(),
                    at,
                    budget: *budget,
                    device: None,
                    skipped: false,
                    deferred: false,
                });
                self.public.insert(*request);
            }
            _ => {}
        }
    }

    fn apply_grant(&mut self, at: Timestamp, scope: Scope, event: &Event) {
        let Event::FloorGranted {
            floor,
            epoch,
            site,
            request,
            kind,
            budget,
            limit,
            reason,
            device,
        } = event
        else {
            return;
        };
        let asked = request.and_then(|id| self.remove(id));
        if request.is_some() && *floor == Floor::Speech {
            self.forget_skips();
        }
        self.last_epoch = *epoch;
        let restored = match reason {
            GrantReason::Restored { of } => self.take_interrupted(*of),
            _ => None,
        };
        let spoken = restored.as_ref().map_or(Millis(0), |turn| turn.spoken);
        let words = |turn: Turn| (turn.words, turn.beneficiary);
        let (words, beneficiary) = asked
            .map(|request| (request.words, request.beneficiary))
            .or_else(|| restored.clone().map(words))
            .unwrap_or_default();
        if *floor == Floor::Speech {
            let last = self.last_interrupted();
            self.interrupted = last.into_iter().filter(|turn| turn.site != *site).collect();
            self.accounts.grant(scope, site, restored.is_some());
        }
        self.of_mut(*floor).turns.push(Turn {
            epoch: *epoch,
            floor: *floor,
            site: site.clone(),
            device: device.clone(),
            request: *request,
            kind: *kind,
            words,
            beneficiary,
            granted: at,
            reason: *reason,
            item: scope.item,
            budget: *budget,
            limit: *limit,
            spoken,
            running_since: Some(at),
            pauses: BTreeSet::new(),
            grace_until: None,
            overtime: false,
            awaiting_media: *floor == Floor::Speech,
            silent: false,
            warned: passed(budget.saturating_sub(spoken)),
            carried: spoken,
            session: scope.session,
        });
    }

    /// Of the turns that were interrupted the one that is kept. Not the chair's own, where the chair
    /// took the floor from somebody and then let another in between: who was interrupted is still owed
    /// its time.
    fn last_interrupted(&mut self) -> Option<Turn> {
        let mut turns = self.interrupted.iter();
        let owed = turns.rposition(|turn| turn.reason != GrantReason::Taken);
        match owed {
            Some(index) => Some(self.interrupted.swap_remove(index)),
            None => self.interrupted.pop(),
        }
    }

    /// Takes a turn that was interrupted, and forgets those before it.
    fn take_interrupted(&mut self, epoch: Epoch) -> Option<Turn> {
        let mut turns = self.interrupted.iter();
        let index = turns.position(|turn| turn.epoch == epoch)?;
        self.interrupted.drain(..=index).next_back()
    }

    /// Ends a turn. One that was interrupted can be given back.
    fn end(&mut self, at: Timestamp, epoch: Epoch, spoke: Millis, interrupted: bool) {
        for floor in Floor::ALL {
            let turns = &mut self.of_mut(floor).turns;
            let Some(index) = turns.iter().position(|turn| turn.epoch == epoch) else {
                continue;
            };
            let mut turn = turns.remove(index);
            if floor == Floor::Presentation {
                return;
            }
            self.accounts.end(&turn, spoke);
            self.accounts.rest(&turn.site, at);
            if interrupted {
                turn.spoken = spoke;
                turn.running_since = None;
                self.interrupted.push(turn);
            }
            return;
        }
    }

    /// Lost links and the time that the server was away stop every clock.
    pub(crate) fn outage(
        &mut self,
        from: Timestamp,
        to: Timestamp,
        until: impl Fn(&SiteId) -> Option<Timestamp>,
    ) {
        if let Some(called) = &mut self.called {
            called.until = called.until + (to - from);
        }
        let turns = self.speech.turns.iter_mut();
        for turn in turns.chain(&mut self.presentation.turns) {
            turn.pause(from, PauseCause::Link, until(&turn.site));
        }
    }

    /// Changes the turn that an event means, and no other.
    fn change_turn(&mut self, epoch: Epoch, change: impl FnOnce(&mut Turn)) {
        let turns = self.speech.turns.iter_mut();
        let mut turns = turns.chain(&mut self.presentation.turns);
        if let Some(turn) = turns.find(|turn| turn.epoch == epoch) {
            change(turn);
        }
    }

    fn lists(&mut self) -> impl Iterator<Item = &mut Vec<FloorRequest>> {
        let Self {
            speech,
            presentation,
            prepared,
            ..
        } = self;
        prepared.values_mut().chain([
            &mut speech.queue,
            &mut speech.pending,
            &mut presentation.queue,
            &mut presentation.pending,
        ])
    }

    fn change_request(&mut self, id: RequestId, change: impl FnOnce(&mut FloorRequest)) {
        if let Some(request) = self.lists().flatten().find(|request| request.id == id) {
            change(request);
        }
    }

    fn forget_skips(&mut self) {
        for request in self.lists().flatten() {
            request.skipped = false;
        }
    }

    /// Gives a request its place in its list, counted from 1: in the prepared list if it stands
    /// there, else in the queue.
    fn place(&mut self, id: RequestId, place: u32) {
        let prepared = self.prepared.values_mut();
        let mut prepared = prepared.filter(|list| list.iter().any(|request| request.id == id));
        let index = (place as usize).saturating_sub(1);
        if let Some(list) = prepared.next() {
            if let Some(from) = list.iter().position(|request| request.id == id) {
                let request = list.remove(from);
                list.insert(index.min(list.len()), request);
            }
            return;
        }
        if let Some(request) = self.take_out(id) {
            let queue = &mut self.of_mut(request.floor).queue;
            queue.insert(index.min(queue.len()), request);
            self.public.insert(id);
        }
    }

    /// Takes an open request out for good, wherever it stands; a call of it is over.
    fn remove(&mut self, id: RequestId) -> Option<FloorRequest> {
        self.called.take_if(|called| called.request == id);
        self.take_out(id)
    }

    fn take_out(&mut self, id: RequestId) -> Option<FloorRequest> {
        for list in self.lists() {
            if let Some(index) = list.iter().position(|request| request.id == id) {
                return Some(list.remove(index));
            }
        }
        None
    }
}
