//! A second, smaller account of the floor, kept from the events alone: what they add up to must
//! be what the conference says.

use diemcau_conference::{Conference, Epoch, Event, Floor, Millis, RequestId, SiteId, Timestamp};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Pending,
    Accepted,
    Final,
}

#[derive(Debug, Clone)]
struct Holder {
    epoch: Epoch,
    site: SiteId,
    spoken: Millis,
    running_since: Option<Timestamp>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Reference {
    requests: BTreeMap<RequestId, State>,
    queue: Vec<RequestId>,
    holder: Option<Holder>,
    last_epoch: Epoch,
}

impl Reference {
    /// Follows one event, and fails where the rules do not allow it.
    pub(crate) fn follow(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::FloorRequested { request, .. } => {
                let before = self.requests.insert(*request, State::Pending);
                assert_eq!(before, None, "a request's number is used once");
            }
            Event::FloorAccepted { request, place, .. } => {
                self.enter(*request, &[State::Pending], State::Accepted);
                self.queue.insert(*place as usize - 1, *request);
            }
            Event::FloorDenied { request, .. } | Event::FloorCancelled { request, .. } => {
                self.close(*request);
            }
            Event::FloorGranted {
                epoch,
                site,
                request,
                ..
            } => {
                assert!(self.holder.is_none(), "one holder at a time");
                assert!(*epoch > self.last_epoch, "epochs only rise");
                self.last_epoch = *epoch;
                if let Some(request) = request {
                    self.close(*request);
                }
                self.holder = Some(Holder {
                    epoch: *epoch,
                    site: site.clone(),
                    spoken: Millis(0),
                    running_since: Some(at),
                });
            }
            Event::FloorReleased { epoch, site, spoke }
            | Event::FloorRevoked {
                epoch, site, spoke, ..
            } => {
                self.stop(at, *spoke);
                let holder = self.holder.take().expect("a turn that ends was there");
                assert_eq!((holder.epoch, &holder.site), (*epoch, site));
                assert_eq!(holder.spoken, *spoke, "the time spoken");
            }
            Event::FloorPaused { epoch, .. } => {
                self.stop(at, Millis(u64::MAX));
                assert_eq!(
                    self.holder.as_ref().map(|holder| holder.epoch),
                    Some(*epoch)
                );
            }
            Event::FloorResumed { epoch, .. } => {
                let holder = self.holder.as_mut().expect("a turn that goes on was there");
                assert_eq!((holder.epoch, holder.running_since), (*epoch, None));
                holder.running_since = Some(at);
            }
            Event::FloorWarned { epoch, .. } | Event::FloorOvertime { epoch, .. } => {
                assert_eq!(
                    self.holder.as_ref().map(|holder| holder.epoch),
                    Some(*epoch)
                );
            }
            Event::ServerOutage { from, .. } => self.stop(*from, Millis(u64::MAX)),
            _ => {}
        }
    }

    /// Compares with the conference.
    pub(crate) fn agrees_with(&self, conference: &Conference) {
        let of = |state| {
            self.requests
                .iter()
                .filter(move |(_, s)| **s == state)
                .map(|(id, _)| *id)
        };
        let pending: Vec<_> = conference
            .pending(Floor::Speech)
            .iter()
            .map(|request| request.id)
            .collect();
        assert_eq!(pending, of(State::Pending).collect::<Vec<_>>());
        let queue: Vec<_> = conference
            .queue(Floor::Speech)
            .iter()
            .map(|request| request.id)
            .collect();
        assert_eq!(queue, self.queue, "places change by a command alone");
        let holder = self
            .holder
            .as_ref()
            .map(|h| (h.epoch, &h.site, h.running_since.is_some()));
        let turn = conference
            .turns(Floor::Speech)
            .last()
            .map(|t| (t.epoch, &t.site, t.running_since.is_some()));
        assert_eq!(turn, holder);
    }

    fn close(&mut self, request: RequestId) {
        self.enter(request, &[State::Pending, State::Accepted], State::Final);
        self.queue.retain(|queued| *queued != request);
    }

    fn enter(&mut self, request: RequestId, from: &[State], to: State) {
        let before = self.requests.insert(request, to);
        assert!(
            before.is_some_and(|state| from.contains(&state)),
            "{request}: {before:?} to {to:?}"
        );
    }

    /// Stops the clock at `at`; a turn that ended before an outage was decided spoke no longer
    /// than `at_most`.
    fn stop(&mut self, at: Timestamp, at_most: Millis) {
        if let Some(holder) = &mut self.holder
            && let Some(since) = holder.running_since.take()
        {
            holder.spoken = (holder.spoken + (at - since)).min(at_most);
        }
    }
}
