//! Next up: a site is told that it is next, and says that it is ready.

use super::{Asker, FloorRequest};
use crate::{
    Conference, Event, Floor, GrantReason, Policy, Rejection, RequestId, Rules, SiteId, Timestamp,
};

/// A site that was told it is next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    /// Its request.
    pub request: RequestId,
    /// The site.
    pub site: SiteId,
    /// Until when it may answer.
    pub until: Timestamp,
    /// It is ready.
    pub ready: bool,
    /// Why it is next: the chair's choice, or the policy's.
    pub reason: GrantReason,
}

impl Conference {
    pub(crate) fn call(
        &self,
        now: Timestamp,
        rules: &Rules,
        id: Option<RequestId>,
    ) -> Result<Vec<Event>, Rejection> {
        self.open_session()?;
        let (request, reason) = match id {
            Some(id) => (self.callable(id)?, GrantReason::Chair),
            None => self
                .next_of(now, Floor::Speech)
                .ok_or(Rejection::NobodyWaits)?,
        };
        // Who said that it is ready is not asked again; who did not is given more time.
        let called = self.floor.called.as_ref();
        if called.is_some_and(|called| called.ready && called.request == request.id) {
            return Err(Rejection::NoChange);
        }
        Ok(vec![called_up(now, rules, request, reason)])
    }

    fn callable(&self, id: RequestId) -> Result<&FloorRequest, Rejection> {
        let request = self.floor.find(id)?;
        if request.floor != Floor::Speech || self.floor.is_pending(request) {
            return Err(Rejection::NotInQueue);
        }
        if !self.links.is_present(&request.site) {
            return Err(Rejection::SiteAbsent);
        }
        Ok(request)
    }

    pub(crate) fn ready(
        &self,
        now: Timestamp,
        asker: &Asker<'_>,
        id: RequestId,
    ) -> Result<Vec<Event>, Rejection> {
        let called = self.floor.called.as_ref();
        let called = called
            .filter(|called| called.request == id && called.until > now)
            .ok_or(Rejection::NotCalled)?;
        if called.site != *asker.site {
            return Err(Rejection::NotYours);
        }
        if called.ready {
            return Err(Rejection::NoChange);
        }
        Ok(vec![Event::FloorReady {
            request: id,
            site: called.site.clone(),
        }])
    }

    pub(crate) fn call_deadline(&self) -> Option<Timestamp> {
        let called = self.floor.called.as_ref()?;
        (!called.ready).then_some(called.until)
    }

    /// No answer: the site keeps its place and is passed over once. Where the policy had chosen it,
    /// the policy's next is called; one who was passed over is not called again by itself.
    pub(crate) fn call_due(&self, now: Timestamp, rules: &Rules) -> Vec<Event> {
        let Some(called) = &self.floor.called else {
            return Vec::new();
        };
        if called.ready || called.until > now {
            return Vec::new();
        }
        let skipped = Event::FloorSkipped {
            request: called.request,
            site: called.site.clone(),
        };
        let by_policy = called.reason != GrantReason::Chair && self.policy() != Policy::Manual;
        let after = self.after(now, std::slice::from_ref(&skipped));
        let next = after
            .next_of(now, Floor::Speech)
            .filter(|(next, _)| by_policy && !self.chair_is_away() && !next.skipped)
            .map(|(next, reason)| called_up(now, rules, next, reason));
        std::iter::once(skipped).chain(next).collect()
    }
}

fn called_up(now: Timestamp, rules: &Rules, request: &FloorRequest, reason: GrantReason) -> Event {
    Event::FloorCalled {
        request: request.id,
        site: request.site.clone(),
        until: now + rules.ready,
        reason,
    }
}
