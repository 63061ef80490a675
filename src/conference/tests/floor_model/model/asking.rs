//! Requests: made, placed, moved, put off, denied, taken back (rules 1 to 6).

use super::{Against, Model, Request, State, Verdict, idle, refused};
use diemcau_conference::{
    DeviceId, Floor, GrantReason, Millis, Policy, Rejection, RequestId, Role, SiteId, SpeechKind,
    Timestamp,
};

/// What a request says.
pub(crate) struct Wish<'a> {
    pub(crate) floor: Floor,
    pub(crate) kind: SpeechKind,
    pub(crate) words: &'a str,
    pub(crate) beneficiary: &'a str,
    /// On behalf of which site.
    pub(crate) of: Option<&'a SiteId>,
}

/// Where an open request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Prepared,
    Queue,
    Pending,
}

impl Model {
    pub(crate) fn request(
        &mut self,
        now: Timestamp,
        (own, role, device): (&SiteId, Role, &DeviceId),
        wish: &Wish<'_>,
    ) -> Verdict {
        let site = wish.of.unwrap_or(own).clone();
        if site != *own && role == Role::Site {
            return refused(&[Rejection::NotYours, Rejection::NoSession]);
        }
        if self.setup.site(&site).is_none() {
            return refused(&[Rejection::UnknownSite, Rejection::NoSession]);
        }
        let floor = wish.floor;
        let open: Vec<&Request> = [&self.pending[&floor], &self.queue[&floor]]
            .into_iter()
            .flatten()
            .map(|id| &self.requests[id])
            .filter(|request| request.site == site)
            .collect();
        let speech = floor == Floor::Speech;
        let most = if speech {
            self.setup.rules.requests_per_site as usize
        } else {
            1
        };
        let same = speech && open.iter().any(|request| request.kind == wish.kind);
        let limited = speech && wish.kind != SpeechKind::PointOfOrder;
        let rules = &self.setup.rules;
        let account = self.account(self.current, &site);
        let too_soon = self
            .waits_from
            .get(&site)
            .is_some_and(|from| now < *from + rules.request_pause);
        let against = Against::default()
            .when(self.session.is_none(), Rejection::NoSession)
            .when(wish.words.chars().count() > 200, Rejection::BadText)
            .when(wish.beneficiary.chars().count() > 100, Rejection::BadText)
            .when(self.holds(floor, &site), Rejection::HoldsFloor)
            .when(open.len() >= most || same, Rejection::AlreadyRequested)
            .when(speech && !self.queue_open, Rejection::QueueClosed)
            .when(
                !speech && self.locked && site != self.chair.site,
                Rejection::PresentationLocked,
            )
            .when(
                limited && rules.turns_per_site > 0 && account.turns >= rules.turns_per_site,
                Rejection::NoTurnsLeft,
            )
            .when(
                limited && rules.site_time > Millis(0) && account.spoken >= rules.site_time,
                Rejection::NoTimeLeft,
            )
            .when(limited && too_soon, Rejection::TooSoon);
        // Whoever asks for others does not sit where the picture would come from.
        let device = (role == Role::Site).then(|| device.clone());
        let request = Request {
            floor,
            site,
            kind: wish.kind,
            words: wish.words.to_owned(),
            beneficiary: wish.beneficiary.to_owned(),
            budget: None,
            at: now,
            state: State::Pending,
            skipped: false,
            device,
        };
        against.or(|| self.add(now, request))
    }

    fn add(&mut self, now: Timestamp, request: Request) {
        self.last_request += 1;
        let id = RequestId(self.last_request);
        let (floor, site) = (request.floor, request.site.clone());
        self.tell(format!("requested {id} {floor:?} {site}"));
        self.requests.insert(id, request);
        self.pending.get_mut(&floor).expect("a floor").push(id);
        if floor == Floor::Presentation
            && self.setup.rules.present_with_speech
            && self.holds(Floor::Speech, &site)
            && self.turns.iter().all(|turn| turn.floor == Floor::Speech)
            && self.present(&site)
        {
            self.hand_over(now, floor, &site, Some(id), Some(GrantReason::SpeechHolder));
        } else if self.setup.rules.accept_automatically {
            self.place(id, self.end_of_rank(id));
        }
    }

    /// The index behind all of the same rank or a higher one; the presentation floor knows no rank.
    fn end_of_rank(&self, id: RequestId) -> usize {
        let request = &self.requests[&id];
        let queue = &self.queue[&request.floor];
        let before = |queued: &RequestId| {
            request.floor == Floor::Presentation || self.requests[queued].kind <= request.kind
        };
        queue.iter().rposition(before).map_or(0, |index| index + 1)
    }

    /// Puts a pending request into the queue.
    fn place(&mut self, id: RequestId, index: usize) {
        let floor = self.requests[&id].floor;
        self.take_out(id);
        self.requests.get_mut(&id).expect("a request").state = State::Accepted;
        let queue = self.queue.get_mut(&floor).expect("a floor");
        queue.insert(index.min(queue.len()), id);
    }

    /// Removes a request from whatever list it is in.
    pub(crate) fn take_out(&mut self, id: RequestId) {
        let lists = self.pending.values_mut().chain(self.queue.values_mut());
        for list in lists.chain(self.prepared.values_mut()) {
            list.retain(|listed| *listed != id);
        }
        if self
            .called
            .as_ref()
            .is_some_and(|called| called.request == id)
            && self.requests[&id].state != State::Pending
        {
            self.called = None;
        }
    }

    pub(crate) fn place_of(&self, id: RequestId) -> Option<Place> {
        let floor = self.requests.get(&id)?.floor;
        if self.prepared.values().flatten().any(|listed| *listed == id) {
            Some(Place::Prepared)
        } else if self.queue[&floor].contains(&id) {
            Some(Place::Queue)
        } else if self.pending[&floor].contains(&id) {
            Some(Place::Pending)
        } else {
            None
        }
    }

    /// Why a request is not open.
    pub(crate) fn not_open(&self, id: RequestId) -> Verdict {
        match self.requests.get(&id) {
            None => refused(&[Rejection::UnknownRequest]),
            Some(_) => refused(&[Rejection::RequestClosed]),
        }
    }

    pub(crate) fn accept(&mut self, id: RequestId, place: Option<u32>) -> Verdict {
        match self.place_of(id) {
            None => self.not_open(id),
            Some(Place::Queue | Place::Prepared) => Against::default()
                .when(place == Some(0), Rejection::BadNumber)
                .when(true, Rejection::AlreadyAccepted)
                .or(|| ()),
            Some(Place::Pending) => {
                let index = place.map_or(self.end_of_rank(id), |place| {
                    (place as usize).saturating_sub(1)
                });
                Against::default()
                    .when(place == Some(0), Rejection::BadNumber)
                    .or(|| self.place(id, index))
            }
        }
    }

    /// The list in which a request has a place.
    fn list_of(&mut self, id: RequestId) -> Option<&mut Vec<RequestId>> {
        match self.place_of(id)? {
            Place::Prepared => self.prepared.values_mut().find(|list| list.contains(&id)),
            Place::Queue => self.queue.get_mut(&self.requests[&id].floor),
            Place::Pending => None,
        }
    }

    pub(crate) fn shift(&mut self, id: RequestId, place: u32) -> Verdict {
        let Some(stands) = self.place_of(id) else {
            return self.not_open(id);
        };
        let against = Against::default()
            .when(place == 0, Rejection::BadNumber)
            .when(stands == Place::Pending, Rejection::NotInQueue);
        self.move_to(against, id, place as usize)
    }

    fn move_to(&mut self, against: Against, id: RequestId, place: usize) -> Verdict {
        if !against.0.is_empty() {
            return Verdict::Refused(against.0);
        }
        let list = self.list_of(id).expect("it has a place");
        let before = list.clone();
        list.retain(|listed| *listed != id);
        list.insert((place - 1).min(list.len()), id);
        if *list == before {
            return idle(&[Rejection::NoChange]);
        }
        self.deferred.remove(&id);
        Verdict::Done
    }

    pub(crate) fn defer(&mut self, id: RequestId) -> Verdict {
        match self.place_of(id) {
            None => self.not_open(id),
            Some(Place::Pending) => {
                self.place(id, usize::MAX);
                self.deferred.insert(id);
                Verdict::Done
            }
            Some(_) => {
                let news = !self.deferred.contains(&id);
                let moved = self.move_to(Against::default(), id, usize::MAX);
                self.deferred.insert(id);
                if news { Verdict::Done } else { moved }
            }
        }
    }

    pub(crate) fn deny(&mut self, now: Timestamp, id: RequestId, reason: &str) -> Verdict {
        if self.place_of(id).is_none() {
            return self.not_open(id);
        }
        Against::default()
            .when(reason.chars().count() > 200, Rejection::BadText)
            .or(|| {
                self.close(id, State::Denied);
                let request = &self.requests[&id];
                if request.floor == Floor::Speech {
                    self.waits_from.insert(request.site.clone(), now);
                }
                self.tell(format!("denied {id}"));
            })
    }

    pub(crate) fn close(&mut self, id: RequestId, state: State) {
        let request = self.requests.get_mut(&id).expect("a request");
        assert!(matches!(request.state, State::Pending | State::Accepted));
        request.state = state;
        self.take_out(id);
    }

    pub(crate) fn cancel_one(&mut self, id: RequestId) {
        self.close(id, State::Cancelled);
        self.tell(format!("cancelled {id}"));
    }

    pub(crate) fn cancel(&mut self, own: &SiteId, role: Role, id: RequestId) -> Verdict {
        if self.place_of(id).is_none() {
            return self.not_open(id);
        }
        let site = &self.requests[&id].site;
        Against::default()
            .when(role == Role::Site && site != own, Rejection::NotYours)
            .or(|| self.cancel_one(id))
    }

    pub(crate) fn clear(&mut self, floor: Floor) -> Verdict {
        let all = [&self.pending[&floor], &self.queue[&floor]];
        let all: Vec<RequestId> = all.into_iter().flatten().copied().collect();
        if all.is_empty() {
            return idle(&[Rejection::NoChange, Rejection::NoSession]);
        }
        for id in all {
            self.cancel_one(id);
        }
        Verdict::Done
    }

    /// A site's open request that is granted with a turn that nobody asked for.
    pub(crate) fn open_request(&self, floor: Floor, site: &SiteId) -> Option<RequestId> {
        let prepared = self.prepared();
        let prepared = prepared.iter().filter(|_| floor == Floor::Speech);
        prepared
            .chain(&self.queue[&floor])
            .chain(&self.pending[&floor])
            .copied()
            .find(|id| self.requests[id].site == *site)
    }

    /// Whoever is next, and why (rule 5).
    pub(crate) fn next(
        &self,
        now: Timestamp,
        floor: Floor,
    ) -> Option<(RequestId, Option<GrantReason>)> {
        // Who holds the floor has it already.
        let here = |id: &RequestId| {
            let site = &self.requests[id].site;
            self.present(site) && !self.holds(floor, site)
        };
        if floor == Floor::Presentation {
            let first = self.queue[&floor].iter().copied().find(here)?;
            return Some((first, Some(GrantReason::Place)));
        }
        if let Some(called) = &self.called
            && called.ready
            && here(&called.request)
        {
            return Some((called.request, None));
        }
        for skipped in [false, true] {
            let fits = |id: &RequestId| here(id) && self.requests[id].skipped == skipped;
            if self.prepared_open {
                let first = self.prepared().into_iter().find(fits);
                if let Some(id) = first {
                    return Some((id, Some(GrantReason::Prepared)));
                }
            }
            let waiting: Vec<RequestId> = self.queue[&floor].iter().copied().filter(fits).collect();
            if let Some(id) = self.best(&waiting) {
                return Some((id, Some(self.reason(now, id))));
            }
        }
        None
    }

    fn best(&self, waiting: &[RequestId]) -> Option<RequestId> {
        if self.policy == Policy::Manual {
            return waiting.first().copied();
        }
        let order = |id: &RequestId| {
            let request = &self.requests[id];
            let account = self.account(self.current, &request.site);
            let share = match self.policy {
                Policy::RoundRobin => u64::from(account.turns),
                Policy::LeastTime => account.spoken.0,
                Policy::Manual | Policy::FirstCome => 0,
            };
            // What the chair put behind all others stays there under every policy.
            let last = self.deferred.contains(id);
            (last, request.kind, share, request.at, *id)
        };
        waiting.iter().copied().min_by_key(order)
    }

    fn reason(&self, now: Timestamp, id: RequestId) -> GrantReason {
        let request = &self.requests[&id];
        let account = self.account(self.current, &request.site);
        let waited = now - request.at;
        match self.policy {
            Policy::Manual => GrantReason::Place,
            Policy::FirstCome => GrantReason::FirstCome { waited },
            Policy::RoundRobin => GrantReason::RoundRobin {
                turns: account.turns,
                waited,
            },
            Policy::LeastTime => GrantReason::LeastTime {
                spoken: account.spoken,
                waited,
            },
        }
    }
}
