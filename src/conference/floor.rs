//! The speech floor: requests, the queue, and who holds it (RFC 8855 §4).
//!
//! A request is Pending, then Accepted (it has a queue place), then Granted; or it ends as Denied
//! or Cancelled. The end is final because nothing is kept that could be reopened: of a request
//! that is over only its number is known.

mod decisions;

pub(crate) use decisions::Asker;

use crate::{Epoch, Event, Millis, Rejection, RequestId, SiteId, SpeechKind, Timestamp, Turn};
use std::collections::BTreeSet;

/// An open request for the floor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FloorRequest {
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
}

/// The state of the speech floor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct SpeechFloor {
    /// Requests that wait for the chair, oldest first.
    pub(crate) pending: Vec<FloorRequest>,
    /// Accepted requests; the place of the first is 1.
    pub(crate) queue: Vec<FloorRequest>,
    pub(crate) turn: Option<Turn>,
    /// Requests that ever had a queue place, and so are known to everyone.
    pub(crate) public: BTreeSet<RequestId>,
    last_request: RequestId,
    last_epoch: Epoch,
}

impl SpeechFloor {
    pub(crate) fn open_requests(&self) -> impl Iterator<Item = &FloorRequest> {
        self.queue.iter().chain(&self.pending)
    }

    fn find(&self, id: RequestId) -> Result<&FloorRequest, Rejection> {
        let known = id > RequestId::default() && id <= self.last_request;
        let missing = if known {
            Rejection::RequestClosed
        } else {
            Rejection::UnknownRequest
        };
        self.open_requests()
            .find(|request| request.id == id)
            .ok_or(missing)
    }

    fn turn(&self, epoch: Epoch) -> Result<&Turn, Rejection> {
        self.turn
            .as_ref()
            .filter(|turn| turn.epoch == epoch)
            .ok_or(Rejection::StaleEpoch)
    }

    pub(crate) fn is_held_by(&self, site: &SiteId) -> bool {
        self.turn.as_ref().is_some_and(|turn| turn.site == *site)
    }

    /// The place at the end of a rank: after all that are of this rank or a higher one.
    fn end_of_rank(&self, kind: SpeechKind) -> usize {
        self.queue
            .iter()
            .rposition(|queued| queued.kind <= kind)
            .map_or(1, |index| index + 2)
    }

    pub(crate) fn apply(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::FloorRequested {
                request,
                site,
                kind,
                words,
                ..
            } => {
                self.last_request = *request;
                self.pending.push(FloorRequest {
                    id: *request,
                    site: site.clone(),
                    kind: *kind,
                    words: words.clone(),
                    at,
                });
            }
            Event::FloorAccepted { request, place, .. } => self.place(*request, *place),
            Event::FloorDenied { request, .. } | Event::FloorCancelled { request, .. } => {
                self.remove(*request);
            }
            Event::FloorGranted {
                epoch,
                site,
                request,
                kind,
                budget,
                ..
            } => {
                let words = request
                    .and_then(|id| self.remove(id))
                    .map(|request| request.words);
                self.last_epoch = *epoch;
                self.turn = Some(Turn {
                    epoch: *epoch,
                    site: site.clone(),
                    request: *request,
                    kind: *kind,
                    words: words.unwrap_or_default(),
                    granted: at,
                    budget: *budget,
                    spoken: Millis(0),
                    running_since: Some(at),
                    grace_until: None,
                    overtime: false,
                    warned: None,
                });
            }
            Event::FloorReleased { epoch, .. } | Event::FloorRevoked { epoch, .. } => {
                self.turn = self.turn.take().filter(|turn| turn.epoch != *epoch);
            }
            Event::FloorWarned { epoch, left, .. } => {
                self.change(*epoch, |turn| turn.warned = Some(*left));
            }
            Event::FloorOvertime { epoch, .. } => self.change(*epoch, |turn| turn.overtime = true),
            Event::FloorPaused { epoch, until, .. } => {
                self.change(*epoch, |turn| turn.pause(at, *until));
            }
            Event::FloorResumed { epoch, .. } => self.change(*epoch, |turn| turn.run(at)),
            _ => {}
        }
    }

    /// Changes the turn that an event means, and no other.
    fn change(&mut self, epoch: Epoch, change: impl FnOnce(&mut Turn)) {
        if let Some(turn) = self.turn.as_mut().filter(|turn| turn.epoch == epoch) {
            change(turn);
        }
    }

    /// Gives a request its queue place, counted from 1.
    fn place(&mut self, id: RequestId, place: u32) {
        if let Some(request) = self.remove(id) {
            let index = (place as usize).saturating_sub(1).min(self.queue.len());
            self.queue.insert(index, request);
            self.public.insert(id);
        }
    }

    /// Takes an open request out, wherever it stands.
    fn remove(&mut self, id: RequestId) -> Option<FloorRequest> {
        for list in [&mut self.pending, &mut self.queue] {
            if let Some(index) = list.iter().position(|request| request.id == id) {
                return Some(list.remove(index));
            }
        }
        None
    }
}
