//! Who gets a floor, and how a turn ends.

use super::FloorRequest;
use crate::{
    BudgetLimit, Conference, DeviceId, Epoch, Event, Floor, GrantReason, Millis, Policy, Rejection,
    RequestId, RevokeCause, Rules, Setup, SiteId, SpeechKind, Timestamp, Turn, limits,
};

/// Who is to have a floor, and why.
struct Award<'a> {
    floor: Floor,
    site: &'a SiteId,
    request: Option<&'a FloorRequest>,
    reason: GrantReason,
}

/// How long a turn may take, and what made it so long.
#[derive(Clone, Copy)]
struct Budget {
    time: Millis,
    limit: BudgetLimit,
}

impl Conference {
    pub(crate) fn grant(
        &self,
        now: Timestamp,
        setup: &Setup,
        id: RequestId,
    ) -> Result<Vec<Event>, Rejection> {
        let request = self.floor.find(id)?;
        self.hand_over(now, setup, &Award::to(request, GrantReason::Chair))
    }

    pub(crate) fn grant_next(
        &self,
        now: Timestamp,
        setup: &Setup,
        floor: Floor,
    ) -> Result<Vec<Event>, Rejection> {
        self.open_session()?;
        let (request, reason) = self.next_of(now, floor).ok_or(Rejection::NobodyWaits)?;
        self.hand_over(now, setup, &Award::to(request, reason))
    }

    pub(crate) fn invite(
        &self,
        now: Timestamp,
        setup: &Setup,
        floor: Floor,
        site: &SiteId,
        reason: GrantReason,
    ) -> Result<Vec<Event>, Rejection> {
        setup.site(site).ok_or(Rejection::UnknownSite)?;
        let award = Award {
            floor,
            site,
            request: self.request_of(floor, site),
            reason,
        };
        self.hand_over(now, setup, &award)
    }

    /// A site that is called up has its turn: what it had asked for is then granted too.
    fn request_of(&self, floor: Floor, site: &SiteId) -> Option<&FloorRequest> {
        let prepared = match floor {
            Floor::Speech => self.floor.prepared_for(self.agenda.current),
            Floor::Presentation => &[],
        };
        let mut requests = prepared.iter().chain(self.floor.open_requests(floor));
        requests.find(|request| request.site == *site)
    }

    /// Gives a floor to a site; running turns of it end, the queue stays.
    fn hand_over(
        &self,
        now: Timestamp,
        setup: &Setup,
        award: &Award<'_>,
    ) -> Result<Vec<Event>, Rejection> {
        self.may_hold(award.floor, award.site)?;
        let running = self.floor.of(award.floor).turns.iter();
        let mut events: Vec<Event> = running
            .map(|turn| turn.revoked(now, RevokeCause::Preempted, ""))
            .collect();
        let budget = self.budget(now, &setup.rules, award.floor, award.site, award.request);
        events.push(self.granted(award, budget));
        Ok(self.with_clocks(now, setup, events))
    }

    fn may_hold(&self, floor: Floor, site: &SiteId) -> Result<(), Rejection> {
        self.open_session()?;
        if self.floor.is_held_by(floor, site) {
            return Err(Rejection::HoldsFloor);
        }
        if !self.links.is_present(site) {
            return Err(Rejection::SiteAbsent);
        }
        let locked = floor == Floor::Presentation && self.floor.presentation_locked;
        if locked && *site != self.chair_site() {
            return Err(Rejection::PresentationLocked);
        }
        Ok(())
    }

    fn granted(&self, award: &Award<'_>, budget: Budget) -> Event {
        let request = award.request;
        Event::FloorGranted {
            floor: award.floor,
            epoch: self.floor.last_epoch.next(),
            site: award.site.clone(),
            request: request.map(|request| request.id),
            kind: request.map(|request| request.kind),
            budget: budget.time,
            limit: budget.limit,
            reason: award.reason,
            device: match award.floor {
                Floor::Speech => None,
                Floor::Presentation => self.presenting_device(award),
            },
        }
    }

    /// The device that asked, if it is linked; else the one that speaks for its site.
    fn presenting_device(&self, award: &Award<'_>) -> Option<DeviceId> {
        let asked = award.request.and_then(|request| request.device.as_ref());
        asked
            .filter(|device| self.links.is_linked(device))
            .or_else(|| self.links.source(award.site))
            .cloned()
    }

    /// The time of a turn, cut to what its site and the agenda item have left. What is used up
    /// limits nothing: the chair gives the floor knowing it.
    fn budget(
        &self,
        now: Timestamp,
        rules: &Rules,
        floor: Floor,
        site: &SiteId,
        request: Option<&FloorRequest>,
    ) -> Budget {
        if floor == Floor::Presentation {
            return Budget {
                time: Millis(0),
                limit: BudgetLimit::Turn,
            };
        }
        let turn = request.and_then(|request| request.budget);
        let turn = Some(turn.unwrap_or(rules.turn));
        let site_time = Some(rules.site_time).filter(|time| *time > Millis(0));
        let item_time = self.agenda.current().and_then(|item| item.draft.time);
        let left = |time: Option<Millis>, site| {
            let left = time?.saturating_sub(self.spoken_by(now, site));
            (left > Millis(0)).then_some(left)
        };
        let all = [
            (turn, BudgetLimit::Turn),
            (left(site_time, Some(site)), BudgetLimit::Site),
            (left(item_time, None), BudgetLimit::Item),
        ];
        let known = all.into_iter().filter_map(|(time, limit)| {
            let time = time?;
            Some(Budget { time, limit })
        });
        known.min_by_key(|budget| budget.time).unwrap_or(Budget {
            time: rules.turn,
            limit: BudgetLimit::Turn,
        })
    }

    /// Whether a site that asks to present does so at once: it has the word, and nobody presents.
    pub(super) fn presents_at_once(&self, rules: &Rules, site: &SiteId, floor: Floor) -> bool {
        rules.present_with_speech
            && floor == Floor::Presentation
            && self.floor.of(floor).turns.is_empty()
            && self.floor.is_held_by(Floor::Speech, site)
            && self.links.is_present(site)
    }

    pub(super) fn present_at_once(
        &self,
        site: &SiteId,
        request: RequestId,
        kind: SpeechKind,
        device: Option<DeviceId>,
    ) -> Event {
        Event::FloorGranted {
            floor: Floor::Presentation,
            epoch: self.floor.last_epoch.next(),
            site: site.clone(),
            request: Some(request),
            kind: Some(kind),
            budget: Millis(0),
            limit: BudgetLimit::Turn,
            reason: GrantReason::SpeechHolder,
            device: device.or_else(|| self.links.source(site).cloned()),
        }
    }

    /// A site speaks beside those who hold the floor.
    pub(crate) fn answer(
        &self,
        now: Timestamp,
        setup: &Setup,
        site: &SiteId,
        epoch: Epoch,
    ) -> Result<Vec<Event>, Rejection> {
        setup.site(site).ok_or(Rejection::UnknownSite)?;
        if self.floor.turn(epoch)?.floor != Floor::Speech {
            return Err(Rejection::StaleEpoch);
        }
        self.may_hold(Floor::Speech, site)?;
        // One slot is left to the chair, who may always speak.
        let most = (setup.rules.audio_slots as usize).saturating_sub(1).max(2);
        if self.floor.of(Floor::Speech).turns.len() >= most {
            return Err(Rejection::TooManyHolders);
        }
        let award = Award {
            floor: Floor::Speech,
            site,
            request: self.request_of(Floor::Speech, site),
            reason: GrantReason::Answer { to: epoch },
        };
        let budget = self.budget(now, &setup.rules, Floor::Speech, site, award.request);
        let granted = self.granted(&award, budget);
        Ok(self.with_clocks(now, setup, vec![granted]))
    }

    /// Gives the turn that was interrupted last its remaining time back.
    pub(crate) fn restore(
        &self,
        now: Timestamp,
        setup: &Setup,
        epoch: Epoch,
    ) -> Result<Vec<Event>, Rejection> {
        let turn = self
            .floor
            .interrupted()
            .filter(|turn| turn.epoch == epoch)
            .ok_or(Rejection::NotInterrupted)?;
        self.may_hold(Floor::Speech, &turn.site)?;
        let running = self.floor.of(Floor::Speech).turns.iter();
        let mut events: Vec<Event> = running
            .map(|turn| turn.revoked(now, RevokeCause::Preempted, ""))
            .collect();
        events.push(self.given_back(turn));
        Ok(self.with_clocks(now, setup, events))
    }

    fn given_back(&self, turn: &Turn) -> Event {
        Event::FloorGranted {
            floor: Floor::Speech,
            epoch: self.floor.last_epoch.next(),
            site: turn.site.clone(),
            request: None,
            kind: turn.kind,
            budget: turn.budget,
            limit: turn.limit,
            reason: GrantReason::Restored { of: turn.epoch },
            device: None,
        }
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
        Ok(vec![Event::FloorReleased {
            epoch,
            site: site.clone(),
            spoke: turn.spoken_at(now),
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

    /// Whoever presents without being the chair's site ends with the lock.
    pub(crate) fn lock_presentation(
        &self,
        now: Timestamp,
        locked: bool,
    ) -> Result<Vec<Event>, Rejection> {
        if locked == self.floor.presentation_locked {
            return Err(Rejection::NoChange);
        }
        let chair = self.chair_site();
        let others = self.floor.of(Floor::Presentation).turns.iter();
        let ended = others
            .filter(|turn| locked && turn.site != chair)
            .map(|turn| turn.revoked(now, RevokeCause::Chair, ""));
        let locked = Event::PresentationLocked { locked };
        Ok(std::iter::once(locked).chain(ended).collect())
    }

    /// After a holder's link was waited for in vain: the policy's next, where there is a policy and
    /// somebody to watch over it.
    pub(crate) fn go_on(&self, now: Timestamp, setup: &Setup) -> Vec<Event> {
        let idle = self.floor.of(Floor::Speech).turns.is_empty();
        if !idle || self.policy() == Policy::Manual || self.chair_is_away() {
            return Vec::new();
        }
        self.grant_next(now, setup, Floor::Speech)
            .unwrap_or_default()
    }
}

impl<'a> Award<'a> {
    fn to(request: &'a FloorRequest, reason: GrantReason) -> Self {
        Self {
            floor: request.floor,
            site: &request.site,
            request: Some(request),
            reason,
        }
    }
}
