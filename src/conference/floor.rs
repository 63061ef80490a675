//! The floors: requests, queues, and who holds them (RFC 8855 §4).
//!
//! A request is Pending, then Accepted (it has a queue place), then Granted; or it ends as Denied
//! or Cancelled. The end is final because nothing is kept that could be reopened: of a request
//! that is over only its number is known.

mod account;
mod call;
mod clock;
mod grant;
mod policy;
mod request;

pub use account::Account;
pub(crate) use account::Accounts;
pub use call::Called;
pub use request::FloorRequest;
pub(crate) use request::Wish;

use crate::{
    AgendaItem, DeviceId, Epoch, Event, Floor, GrantReason, ItemId, Millis, PauseCause, Policy,
    Rejection, RequestId, RevokeCause, Role, SessionId, SiteId, Timestamp, Turn, turn::passed,
};
use std::collections::{BTreeMap, BTreeSet};

/// A person whose role has the command.
pub(crate) struct Asker<'a> {
    pub(crate) site: &'a SiteId,
    pub(crate) role: Role,
    pub(crate) device: &'a DeviceId,
}

/// One of the floors.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct OneFloor {
    /// Requests that wait for the chair, oldest first.
    pub(crate) pending: Vec<FloorRequest>,
    /// Accepted requests; the place of the first is 1.
    pub(crate) queue: Vec<FloorRequest>,
    /// Who holds it, the newest last: more than one in a dialogue.
    pub(crate) turns: Vec<Turn>,
}

/// The state of both floors. Requests and epochs are numbered over both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Floors {
    speech: OneFloor,
    presentation: OneFloor,
    /// The prepared lists of items that were begun: those who have not spoken.
    prepared: BTreeMap<ItemId, Vec<FloorRequest>>,
    /// Requests that ever had a queue place, and so are known to everyone.
    pub(crate) public: BTreeSet<RequestId>,
    last_request: RequestId,
    last_epoch: Epoch,
    pub(crate) called: Option<Called>,
    /// The speech turn that was interrupted last and was not given back; between the end of turns
    /// and the grant that ended them also those before it.
    interrupted: Vec<Turn>,
    /// The chair's choice; none: that of the rules.
    pub(crate) policy: Option<Policy>,
    pub(crate) prepared_open: bool,
    pub(crate) queue_open: bool,
    pub(crate) all_muted: bool,
    pub(crate) presentation_locked: bool,
    pub(crate) accounts: Accounts,
}

impl Default for Floors {
    fn default() -> Self {
        Self {
            speech: OneFloor::default(),
            presentation: OneFloor::default(),
            prepared: BTreeMap::new(),
            public: BTreeSet::new(),
            last_request: RequestId::default(),
            last_epoch: Epoch::default(),
            called: None,
            interrupted: Vec::new(),
            policy: None,
            prepared_open: true,
            queue_open: true,
            all_muted: false,
            presentation_locked: false,
            accounts: Accounts::default(),
        }
    }
}

/// Where in the conference something happens: what a grant is accounted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Scope {
    pub(crate) session: SessionId,
    pub(crate) item: Option<ItemId>,
}

impl Floors {
    pub(crate) fn of(&self, floor: Floor) -> &OneFloor {
        match floor {
            Floor::Speech => &self.speech,
            Floor::Presentation => &self.presentation,
        }
    }

    fn of_mut(&mut self, floor: Floor) -> &mut OneFloor {
        match floor {
            Floor::Speech => &mut self.speech,
            Floor::Presentation => &mut self.presentation,
        }
    }

    /// The prepared list of an item.
    pub(crate) fn prepared_for(&self, item: Option<ItemId>) -> &[FloorRequest] {
        item.and_then(|item| self.prepared.get(&item))
            .map_or(&[], Vec::as_slice)
    }

    /// Open requests of a floor that somebody made: those with a place first.
    pub(crate) fn open_requests(&self, floor: Floor) -> impl Iterator<Item = &FloorRequest> {
        let floor = self.of(floor);
        floor.queue.iter().chain(&floor.pending)
    }

    /// Every open request, prepared or made.
    pub(crate) fn all_requests(&self) -> impl Iterator<Item = &FloorRequest> {
        let made = Floor::ALL.into_iter();
        let made = made.flat_map(|floor| self.open_requests(floor));
        self.prepared.values().flatten().chain(made)
    }

    pub(crate) fn find(&self, id: RequestId) -> Result<&FloorRequest, Rejection> {
        let known = id > RequestId::default() && id <= self.last_request;
        let missing = if known {
            Rejection::RequestClosed
        } else {
            Rejection::UnknownRequest
        };
        self.all_requests()
            .find(|request| request.id == id)
            .ok_or(missing)
    }

    /// Running turns of both floors.
    pub(crate) fn turns(&self) -> impl Iterator<Item = &Turn> {
        self.speech.turns.iter().chain(&self.presentation.turns)
    }

    pub(crate) fn turn(&self, epoch: Epoch) -> Result<&Turn, Rejection> {
        self.turns()
            .find(|turn| turn.epoch == epoch)
            .ok_or(Rejection::StaleEpoch)
    }

    pub(crate) fn is_held_by(&self, floor: Floor, site: &SiteId) -> bool {
        self.of(floor).turns.iter().any(|turn| turn.site == *site)
    }

    /// Whether a site has a turn, a request, or speaks by a prepared list.
    pub(crate) fn names(&self, site: &SiteId) -> bool {
        self.turns().any(|turn| turn.site == *site)
            || self.all_requests().any(|request| request.site == *site)
            || self.accounts.names(site)
    }

    /// The speakers of an item come onto its prepared list.
    pub(crate) fn prepare(&self, item: &AgendaItem) -> Vec<Event> {
        let mut request = self.last_request;
        let speakers = item.draft.speakers.iter();
        speakers
            .map(|speaker| {
                request = request.next();
                Event::FloorPrepared {
                    request,
                    site: speaker.site.clone(),
                    words: speaker.words.clone(),
                    beneficiary: speaker.name.clone(),
                    budget: speaker.budget,
                }
            })
            .collect()
    }

    /// What was asked for and who spoke is over with a session; prepared lists wait for their item.
    pub(crate) fn end_session(&mut self) {
        self.called = None;
        self.interrupted.clear();
        self.all_muted = false;
        self.open_lists();
    }

    /// An item is over: a speaker of its prepared list who was called is called no more.
    pub(crate) fn rest_prepared(&mut self, item: ItemId) {
        let list = self.prepared.get(&item).map_or(&[][..], Vec::as_slice);
        self.called
            .take_if(|called| list.iter().any(|request| request.id == called.request));
    }

    /// A new item begins with both of its lists open.
    pub(crate) fn open_lists(&mut self) {
        self.prepared_open = true;
        self.queue_open = true;
    }

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
                crate::QueueList::Prepared => self.prepared_open = *open,
                crate::QueueList::Open => self.queue_open = *open,
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
                    kind: crate::SpeechKind::PreparedSpeech,
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

    /// The speech turn that was interrupted last and can be given back.
    pub(crate) fn interrupted(&self) -> Option<&Turn> {
        self.interrupted.last()
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
