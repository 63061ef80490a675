//! What becomes of a command about the floor.

use super::FloorRequest;
use crate::{
    Conference, Epoch, Event, Floor, Millis, Rejection, RequestId, RevokeCause, Role, Rules, Setup,
    SiteId, SpeechKind, Timestamp, limits,
};

/// A person whose role has the command.
pub(crate) struct Asker<'a> {
    pub(crate) site: &'a SiteId,
    pub(crate) role: Role,
}

impl Conference {
    pub(crate) fn request(
        &self,
        rules: &Rules,
        site: &SiteId,
        floor: Floor,
        kind: SpeechKind,
        words: &str,
    ) -> Result<Vec<Event>, Rejection> {
        self.open_session()?;
        limits::check_words(words)?;
        if self.floor.is_held_by(site) {
            return Err(Rejection::HoldsFloor);
        }
        if self.open_request_of(site).is_some() {
            return Err(Rejection::AlreadyRequested);
        }
        let request = self.floor.last_request.next();
        let mut events = vec![Event::FloorRequested {
            request,
            floor,
            site: site.clone(),
            kind,
            words: words.to_owned(),
        }];
        if rules.accept_automatically {
            let place = as_place(self.floor.end_of_rank(kind));
            events.push(Event::FloorAccepted {
                request,
                site: site.clone(),
                place,
            });
        }
        Ok(events)
    }

    /// A place behind the end of the queue means its end: the queue may have become shorter
    /// since the chair looked.
    pub(crate) fn accept(
        &self,
        id: RequestId,
        place: Option<u32>,
    ) -> Result<Vec<Event>, Rejection> {
        let request = self.floor.find(id)?;
        if self.floor.queue.iter().any(|queued| queued.id == id) {
            return Err(Rejection::AlreadyAccepted);
        }
        let end = as_place(self.floor.queue.len() + 1);
        let place = match place {
            Some(0) => return Err(Rejection::BadNumber),
            Some(place) => place.min(end),
            None => as_place(self.floor.end_of_rank(request.kind)),
        };
        Ok(vec![Event::FloorAccepted {
            request: id,
            site: request.site.clone(),
            place,
        }])
    }

    pub(crate) fn deny(&self, id: RequestId, reason: &str) -> Result<Vec<Event>, Rejection> {
        let request = self.floor.find(id)?;
        limits::check_words(reason)?;
        let site = request.site.clone();
        Ok(vec![Event::FloorDenied {
            request: id,
            site,
            reason: reason.to_owned(),
        }])
    }

    pub(crate) fn cancel(&self, asker: &Asker<'_>, id: RequestId) -> Result<Vec<Event>, Rejection> {
        let request = self.floor.find(id)?;
        if !asker.role.is_host() && request.site != *asker.site {
            return Err(Rejection::NotYours);
        }
        Ok(vec![Event::FloorCancelled {
            request: id,
            site: request.site.clone(),
        }])
    }

    pub(crate) fn grant(
        &self,
        now: Timestamp,
        rules: &Rules,
        id: RequestId,
    ) -> Result<Vec<Event>, Rejection> {
        let request = self.floor.find(id)?;
        self.hand_over(now, rules.turn, &request.site, Some(request))
    }

    pub(crate) fn invite(
        &self,
        now: Timestamp,
        setup: &Setup,
        site: &SiteId,
    ) -> Result<Vec<Event>, Rejection> {
        setup.site(site).ok_or(Rejection::UnknownSite)?;
        self.hand_over(now, setup.rules.turn, site, self.open_request_of(site))
    }

    pub(crate) fn take(
        &self,
        now: Timestamp,
        rules: &Rules,
        central: &SiteId,
    ) -> Result<Vec<Event>, Rejection> {
        self.hand_over(now, rules.turn, central, self.open_request_of(central))
    }

    /// A site that is called up has its turn: what it had asked for is then granted too.
    fn open_request_of(&self, site: &SiteId) -> Option<&FloorRequest> {
        self.floor
            .open_requests()
            .find(|request| request.site == *site)
    }

    /// Gives the floor to a site; a running turn ends, the queue stays.
    fn hand_over(
        &self,
        now: Timestamp,
        budget: Millis,
        site: &SiteId,
        request: Option<&FloorRequest>,
    ) -> Result<Vec<Event>, Rejection> {
        self.open_session()?;
        if self.floor.is_held_by(site) {
            return Err(Rejection::HoldsFloor);
        }
        if !self.links.is_present(site) {
            return Err(Rejection::SiteAbsent);
        }
        let mut events = Vec::with_capacity(2);
        if let Some(turn) = &self.floor.turn {
            events.push(turn.revoked(now, RevokeCause::Preempted, ""));
        }
        events.push(Event::FloorGranted {
            floor: Floor::Speech,
            epoch: self.floor.last_epoch.next(),
            site: site.clone(),
            request: request.map(|request| request.id),
            kind: request.map(|request| request.kind),
            budget,
        });
        Ok(events)
    }

    pub(crate) fn release(
        &self,
        now: Timestamp,
        site: &SiteId,
        epoch: Epoch,
    ) -> Result<Vec<Event>, Rejection> {
        let turn = self.floor.turn(epoch)?;
        if turn.site != *site {
            return Err(Rejection::NotYours);
        }
        let spoke = turn.spoken_at(now);
        Ok(vec![Event::FloorReleased {
            epoch,
            site: site.clone(),
            spoke,
        }])
    }

    pub(crate) fn revoke(
        &self,
        now: Timestamp,
        epoch: Epoch,
        reason: &str,
    ) -> Result<Vec<Event>, Rejection> {
        let turn = self.floor.turn(epoch)?;
        limits::check_words(reason)?;
        Ok(vec![turn.revoked(now, RevokeCause::Chair, reason)])
    }
}

fn as_place(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
