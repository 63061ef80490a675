//! Next up: a site is told that it is next, and says that it is ready.

use super::Asker;
use crate::{
    Conference, Event, Floor, GrantReason, Rejection, RequestId, Rules, SiteId, Timestamp,
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
        let Some(id) = id else {
            let called = self.call_next(now, rules).ok_or(Rejection::NobodyWaits)?;
            return Ok(vec![called]);
        };
        let request = self.floor.find(id)?;
        if request.floor != Floor::Speech || self.floor.is_pending(request) {
            return Err(Rejection::NotInQueue);
        }
        if !self.links.is_present(&request.site) {
            return Err(Rejection::SiteAbsent);
        }
        Ok(vec![Event::FloorCalled {
            request: id,
            site: request.site.clone(),
            until: now + rules.ready,
            reason: GrantReason::Chair,
        }])
    }

    /// Calls whoever is next, unless that is who is called already.
    fn call_next(&self, now: Timestamp, rules: &Rules) -> Option<Event> {
        let (next, reason) = self.next_of(now, Floor::Speech)?;
        Some(Event::FloorCalled {
            request: next.id,
            site: next.site.clone(),
            until: now + rules.ready,
            reason,
        })
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
        let by_policy = called.reason != GrantReason::Chair;
        let after = self.after(now, std::slice::from_ref(&skipped));
        let next = after
            .call_next(now, rules)
            .filter(|next| by_policy && !self.chair_is_away() && after.is_fresh(next));
        std::iter::once(skipped).chain(next).collect()
    }

    fn is_fresh(&self, call: &Event) -> bool {
        let Event::FloorCalled { request, .. } = call else {
            return false;
        };
        let request = self.floor.find(*request);
        request.is_ok_and(|request| !request.skipped)
    }
}
