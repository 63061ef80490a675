//! Who is next.

use super::FloorRequest;
use crate::{
    Conference, Event, Floor, GrantReason, Policy, QueueList, Rejection, RequestId, Timestamp,
};

impl Conference {
    /// How the next speaker is found.
    #[must_use]
    pub fn policy(&self) -> Policy {
        let rules = || self.setup.as_ref().map(|setup| setup.rules.policy);
        self.floor.policy.or_else(rules).unwrap_or_default()
    }

    pub(crate) fn choose_policy(&self, policy: Policy) -> Result<Vec<Event>, Rejection> {
        if policy == self.policy() {
            return Err(Rejection::NoChange);
        }
        Ok(vec![Event::FloorPolicyChanged { policy }])
    }

    /// Whether a list of the current agenda item is open.
    #[must_use]
    pub fn list_open(&self, list: QueueList) -> bool {
        match list {
            QueueList::Prepared => self.floor.prepared_open,
            QueueList::Open => self.floor.queue_open,
        }
    }

    pub(crate) fn open_list(&self, list: QueueList, open: bool) -> Result<Vec<Event>, Rejection> {
        if open == self.list_open(list) {
            return Err(Rejection::NoChange);
        }
        Ok(vec![Event::FloorListChanged { list, open }])
    }

    /// Whoever is next to speak: one who was called and is ready, else the first of the prepared
    /// list, else whom the policy finds in the queue.
    #[must_use]
    pub fn next_request(&self) -> Option<RequestId> {
        // The time decides how long somebody has waited, not who comes first.
        let (next, _) = self.next_of(Timestamp::default(), Floor::Speech)?;
        Some(next.id)
    }

    /// Who is next, and why.
    pub(super) fn next_of(
        &self,
        now: Timestamp,
        floor: Floor,
    ) -> Option<(&FloorRequest, GrantReason)> {
        if floor == Floor::Presentation {
            let mut queue = self.floor.of(floor).queue.iter();
            let first = queue.find(|request| self.can_be_next(request))?;
            return Some((first, GrantReason::Place));
        }
        let ready = self.floor.called.as_ref().filter(|called| called.ready);
        if let Some(called) = ready
            && let Ok(request) = self.floor.find(called.request)
            && self.can_be_next(request)
        {
            return Some((request, called.reason));
        }
        // Whoever was passed over comes after those who were not.
        [false, true].into_iter().find_map(|skipped| {
            self.first_prepared(skipped)
                .or_else(|| self.first_of_queue(now, skipped))
        })
    }

    fn can_be_next(&self, request: &FloorRequest) -> bool {
        self.links.is_present(&request.site) && !self.floor.is_held_by(request.floor, &request.site)
    }

    fn first_prepared(&self, skipped: bool) -> Option<(&FloorRequest, GrantReason)> {
        if !self.floor.prepared_open {
            return None;
        }
        let mut list = self.floor.prepared_for(self.agenda.current).iter();
        let first = list.find(|request| request.skipped == skipped && self.can_be_next(request))?;
        Some((first, GrantReason::Prepared))
    }

    fn first_of_queue(
        &self,
        now: Timestamp,
        skipped: bool,
    ) -> Option<(&FloorRequest, GrantReason)> {
        let queue = self.floor.of(Floor::Speech).queue.iter();
        let mut waiting =
            queue.filter(|request| request.skipped == skipped && self.can_be_next(request));
        let account = |request: &FloorRequest| self.account(&request.site);
        let rank = |request: &FloorRequest| (request.deferred, request.kind);
        let asked = |request: &FloorRequest| (request.at, request.id);
        let first = match self.policy() {
            Policy::Manual => waiting.next(),
            Policy::FirstCome => waiting.min_by_key(|request| (rank(request), asked(request))),
            Policy::RoundRobin => waiting
                .min_by_key(|request| (rank(request), account(request).turns, asked(request))),
            Policy::LeastTime => waiting
                .min_by_key(|request| (rank(request), account(request).spoken, asked(request))),
        }?;
        let waited = now - first.at;
        let reason = match self.policy() {
            Policy::Manual => GrantReason::Place,
            Policy::FirstCome => GrantReason::FirstCome { waited },
            Policy::RoundRobin => GrantReason::RoundRobin {
                turns: account(first).turns,
                waited,
            },
            Policy::LeastTime => GrantReason::LeastTime {
                spoken: account(first).spoken,
                waited,
            },
        };
        Some((first, reason))
    }
}
