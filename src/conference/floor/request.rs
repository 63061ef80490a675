//! What becomes of a request before it is granted.

use super::{Asker, Floors};
use crate::{
    Conference, DeviceId, Event, Floor, Millis, Rejection, RequestId, Role, Rules, Setup, SiteId,
    SpeechKind, Timestamp, limits,
};

/// An open request for a floor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FloorRequest {
    /// Names the request in commands.
    pub id: RequestId,
    /// Which floor.
    pub floor: Floor,
    /// The site that asks.
    pub site: SiteId,
    /// What for; of no meaning on the presentation floor.
    pub kind: SpeechKind,
    /// In a few words.
    pub words: String,
    /// The delegate who would speak; empty: not said.
    pub beneficiary: String,
    /// When it was made, or came onto the prepared list.
    pub at: Timestamp,
    /// Time that the prepared list gives; none: that of the rules.
    pub budget: Option<Millis>,
    /// The device that would present; none: the site's speaking device.
    pub device: Option<DeviceId>,
    /// It was next once and did not answer; forgotten when another is granted.
    pub skipped: bool,
    /// The chair put it behind all others: under every policy, until the chair moves it.
    pub deferred: bool,
}

/// What a `floor.request` says.
pub(crate) struct Wish<'a> {
    pub(crate) floor: Floor,
    pub(crate) kind: SpeechKind,
    pub(crate) words: &'a str,
    pub(crate) beneficiary: &'a str,
    pub(crate) site: Option<&'a SiteId>,
}

impl Floors {
    pub(crate) fn is_pending(&self, request: &FloorRequest) -> bool {
        let pending = &self.of(request.floor).pending;
        pending.iter().any(|waiting| waiting.id == request.id)
    }

    /// The list in which a request has its place: the queue, or the prepared list that has it.
    fn list_of(&self, request: &FloorRequest) -> &[FloorRequest] {
        let mut prepared = self.prepared.values();
        prepared
            .find(|list| list.iter().any(|prepared| prepared.id == request.id))
            .map_or(&self.of(request.floor).queue, |list| list)
    }

    /// The place at the end of a rank: after all that are of this rank or a higher one.
    fn end_of_rank(&self, floor: Floor, kind: SpeechKind) -> u32 {
        let queue = &self.of(floor).queue;
        let last = queue.iter().rposition(|queued| queued.kind <= kind);
        as_place(last.map_or(1, |index| index + 2))
    }
}

impl Conference {
    pub(crate) fn request(
        &self,
        now: Timestamp,
        setup: &Setup,
        asker: &Asker<'_>,
        wish: &Wish<'_>,
    ) -> Result<Vec<Event>, Rejection> {
        self.open_session()?;
        let site = wish.site.unwrap_or(asker.site);
        if site != asker.site && !asker.role.is_host() {
            return Err(Rejection::NotYours);
        }
        setup.site(site).ok_or(Rejection::UnknownSite)?;
        limits::check_words(wish.words)?;
        limits::check_person(wish.beneficiary)?;
        self.may_request(now, &setup.rules, site, wish)?;
        let request = self.floor.last_request.next();
        // Nobody comes before others by a rank that the floor does not have.
        let kind = match wish.floor {
            Floor::Speech => wish.kind,
            Floor::Presentation => SpeechKind::default(),
        };
        // Whoever asks for others does not sit where the picture would come from.
        let own = asker.role == Role::Site && wish.floor == Floor::Presentation;
        let device = own.then(|| asker.device.clone());
        let mut events = vec![Event::FloorRequested {
            request,
            floor: wish.floor,
            site: site.clone(),
            kind,
            words: wish.words.to_owned(),
            beneficiary: wish.beneficiary.to_owned(),
            device: device.clone(),
        }];
        if self.presents_at_once(&setup.rules, site, wish.floor) {
            events.push(self.present_at_once(site, request, kind, device));
        } else if setup.rules.accept_automatically {
            events.push(Event::FloorAccepted {
                request,
                site: site.clone(),
                place: self.floor.end_of_rank(wish.floor, kind),
            });
        }
        Ok(events)
    }

    fn may_request(
        &self,
        now: Timestamp,
        rules: &Rules,
        site: &SiteId,
        wish: &Wish<'_>,
    ) -> Result<(), Rejection> {
        if self.floor.is_held_by(wish.floor, site) {
            return Err(Rejection::HoldsFloor);
        }
        let open = self.floor.open_requests(wish.floor);
        let own: Vec<_> = open.filter(|open| open.site == *site).collect();
        if wish.floor == Floor::Presentation {
            if self.floor.presentation_locked && *site != self.chair_site() {
                return Err(Rejection::PresentationLocked);
            }
            return if own.is_empty() {
                Ok(())
            } else {
                Err(Rejection::AlreadyRequested)
            };
        }
        let many = own.len() >= rules.requests_per_site as usize;
        if many || own.iter().any(|open| open.kind == wish.kind) {
            return Err(Rejection::AlreadyRequested);
        }
        if !self.floor.queue_open {
            return Err(Rejection::QueueClosed);
        }
        // Order is restored at any time.
        if wish.kind == SpeechKind::PointOfOrder {
            return Ok(());
        }
        self.has_a_share_left(now, rules, site)
    }

    fn has_a_share_left(
        &self,
        now: Timestamp,
        rules: &Rules,
        site: &SiteId,
    ) -> Result<(), Rejection> {
        let had = self.account(site).turns;
        if rules.turns_per_site > 0 && had >= rules.turns_per_site {
            return Err(Rejection::NoTurnsLeft);
        }
        let spoken = self.spoken_by(now, Some(site));
        if rules.site_time > Millis(0) && spoken >= rules.site_time {
            return Err(Rejection::NoTimeLeft);
        }
        let rested = self.floor.accounts.rested_since(site);
        if rested.is_some_and(|since| now < since + rules.request_pause) {
            return Err(Rejection::TooSoon);
        }
        Ok(())
    }

    /// A place behind the end of the queue means its end: the queue may have become shorter
    /// since the chair looked.
    pub(crate) fn accept(
        &self,
        id: RequestId,
        place: Option<u32>,
    ) -> Result<Vec<Event>, Rejection> {
        let request = self.floor.find(id)?;
        if !self.floor.is_pending(request) {
            return Err(Rejection::AlreadyAccepted);
        }
        let end = as_place(self.floor.of(request.floor).queue.len() + 1);
        let place = match place {
            Some(0) => return Err(Rejection::BadNumber),
            Some(place) => place.min(end),
            None => self.floor.end_of_rank(request.floor, request.kind),
        };
        Ok(vec![Event::FloorAccepted {
            request: id,
            site: request.site.clone(),
            place,
        }])
    }

    pub(crate) fn move_request(&self, id: RequestId, place: u32) -> Result<Vec<Event>, Rejection> {
        let request = self.floor.find(id)?;
        if self.floor.is_pending(request) {
            return Err(Rejection::NotInQueue);
        }
        if place == 0 {
            return Err(Rejection::BadNumber);
        }
        let list = self.floor.list_of(request);
        let place = place.min(as_place(list.len()));
        if list[place as usize - 1].id == id {
            return Err(Rejection::NoChange);
        }
        Ok(vec![Event::FloorMoved {
            request: id,
            site: request.site.clone(),
            place,
        }])
    }

    /// Behind all others, whatever its rank and the policy; one that waits for the chair has its
    /// place there.
    pub(crate) fn defer(&self, id: RequestId) -> Result<Vec<Event>, Rejection> {
        let request = self.floor.find(id)?;
        let place = if self.floor.is_pending(request) {
            self.floor.of(request.floor).queue.len() + 1
        } else {
            let list = self.floor.list_of(request);
            if request.deferred && list.last().is_some_and(|last| last.id == id) {
                return Err(Rejection::NoChange);
            }
            list.len()
        };
        Ok(vec![Event::FloorDeferred {
            request: id,
            site: request.site.clone(),
            place: as_place(place),
        }])
    }

    pub(crate) fn deny(&self, id: RequestId, reason: &str) -> Result<Vec<Event>, Rejection> {
        let request = self.floor.find(id)?;
        limits::check_words(reason)?;
        Ok(vec![Event::FloorDenied {
            request: id,
            site: request.site.clone(),
            reason: reason.to_owned(),
        }])
    }

    pub(crate) fn cancel(&self, asker: &Asker<'_>, id: RequestId) -> Result<Vec<Event>, Rejection> {
        let request = self.floor.find(id)?;
        if !asker.role.is_host() && request.site != *asker.site {
            return Err(Rejection::NotYours);
        }
        Ok(vec![cancelled(request)])
    }

    /// Prepared speakers stay: they did not ask.
    pub(crate) fn clear(&self, floor: Floor) -> Result<Vec<Event>, Rejection> {
        let events = self.cleared(floor);
        if events.is_empty() {
            return Err(Rejection::NoChange);
        }
        Ok(events)
    }

    pub(crate) fn cleared(&self, floor: Floor) -> Vec<Event> {
        self.floor.open_requests(floor).map(cancelled).collect()
    }
}

fn cancelled(request: &FloorRequest) -> Event {
    Event::FloorCancelled {
        request: request.id,
        site: request.site.clone(),
    }
}

fn as_place(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
