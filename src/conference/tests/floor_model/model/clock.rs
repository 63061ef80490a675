//! What happens by itself, and when (rules 7, 10, 11, 12, 13).
//!
//! What is late is made up for at the time of the tick, in the order of [`Due`].

use super::{Called, Model, Verdict, refused};
use diemcau_conference::{
    DeviceId, Epoch, Floor, Millis, Overtime, Policy, Rejection, RequestId, RevokeCause, SiteId,
    Timestamp,
};

/// Something that is due. Of what is due, the first here comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// A lost device is waited for no longer.
    LinkEnds(DeviceId),
    /// A deputy takes the chair.
    Passes(SiteId),
    /// Speech turns come before presentations, older ones before newer ones.
    Turn(Floor, Epoch, TurnDue),
    /// A site that was called up did not answer.
    Unanswered,
}

/// What is due of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TurnDue {
    /// The holder is waited for no longer.
    Lost,
    /// It is not heard.
    Silent,
    Warning,
    TimeIsUp,
}

impl Model {
    /// Everything that will happen by itself, and when.
    fn dues(&self) -> Vec<(Timestamp, Due)> {
        let mut dues = Vec::new();
        if self.closed {
            return dues;
        }
        for (device, link) in &self.links {
            if let Some((_, until)) = link.lost {
                dues.push((until, Due::LinkEnds(device.clone())));
            }
        }
        if let Some(site) = self.deputy_present()
            && self.session.is_some()
            && self.is_away()
        {
            let away = self.chair.away_since.unwrap_or_default();
            let until = away + self.setup.rules.grace;
            dues.push((until, Due::Passes(site)));
        }
        for turn in &self.turns {
            if let Some(until) = turn.until
                && !self.is_away()
            {
                dues.push((until, Due::Turn(turn.floor, turn.epoch, TurnDue::Lost)));
            }
        }
        dues.extend(self.turn_dues());
        if let Some(called) = self.called.as_ref().filter(|called| !called.ready) {
            dues.push((called.until, Due::Unanswered));
        }
        dues
    }

    /// What the clocks of running turns will say.
    fn turn_dues(&self) -> Vec<(Timestamp, Due)> {
        let rules = &self.setup.rules;
        let mut dues = Vec::new();
        for turn in self.speech_turns() {
            let Some(since) = turn.since else { continue };
            let due = |spoken: Millis, what| {
                let at = since + spoken.saturating_sub(turn.spoken);
                (at, Due::Turn(turn.floor, turn.epoch, what))
            };
            if turn.awaiting && !turn.silent {
                let mark = turn.counted + rules.silence;
                dues.push(due(mark.min(turn.budget), TurnDue::Silent));
            }
            if let Some(left) = turn.warnings.last() {
                let mark = turn.budget.saturating_sub(*left);
                dues.push(due(mark, TurnDue::Warning));
            }
            let hard = rules.overtime == Overtime::Hard && !self.is_away();
            if hard || !turn.overtime {
                dues.push(due(turn.budget, TurnDue::TimeIsUp));
            }
        }
        dues
    }

    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.dues().into_iter().map(|(at, _)| at).min()
    }

    /// Everything that was due by `due`, put down at `now`.
    pub(crate) fn tick(&mut self, due: Timestamp, now: Timestamp) {
        loop {
            let dues = self.dues().into_iter().filter(|(at, _)| *at <= due);
            let Some(what) = dues.map(|(_, what)| what).min() else {
                return;
            };
            self.happen(due, now, what);
        }
    }

    fn happen(&mut self, due: Timestamp, now: Timestamp, what: Due) {
        match what {
            Due::LinkEnds(device) => {
                self.links.remove(&device);
            }
            Due::Passes(site) => self.pass_to(due, now, site),
            Due::Turn(_, epoch, TurnDue::Silent) => {
                self.turn_mut(epoch).silent = true;
                self.tell(format!("silent {epoch}"));
            }
            Due::Turn(_, epoch, TurnDue::Warning) => self.warn(due, epoch),
            Due::Turn(_, epoch, TurnDue::TimeIsUp) => self.time_is_up(due, now, epoch),
            Due::Turn(_, epoch, TurnDue::Lost) => self.lose(due, now, epoch),
            Due::Unanswered => self.skip(due),
        }
    }

    /// Of several warnings that are late, the shortest: the others are no longer true.
    fn warn(&mut self, due: Timestamp, epoch: Epoch) {
        let turn = self.turn_mut(epoch);
        let left = turn.left_at(due);
        let true_ones = turn.warnings.iter().filter(|mark| left <= **mark);
        let shortest = true_ones.min().copied().unwrap_or_default();
        turn.warnings.retain(|mark| *mark < left);
        if left > Millis(0) {
            self.tell(format!("warned {epoch} {}", shortest.0));
        }
    }

    fn time_is_up(&mut self, due: Timestamp, now: Timestamp, epoch: Epoch) {
        let hard = self.setup.rules.overtime == Overtime::Hard && !self.is_away();
        if hard {
            self.revoke_late(due, now, epoch, RevokeCause::Overtime);
        } else {
            self.turn_mut(epoch).overtime = true;
            self.tell(format!("overtime {epoch}"));
        }
    }

    fn revoke_late(&mut self, due: Timestamp, now: Timestamp, epoch: Epoch, cause: RevokeCause) {
        let site = self.turn_mut(epoch).site.clone();
        let speech = self.turn_mut(epoch).floor == Floor::Speech;
        self.revoke_turn(due, epoch, cause);
        if speech {
            self.waits_from.insert(site, now);
        }
    }

    /// The holder did not come back: whoever the policy says is next has the floor, if somebody
    /// chairs.
    fn lose(&mut self, due: Timestamp, now: Timestamp, epoch: Epoch) {
        let floor = self.turn_mut(epoch).floor;
        self.revoke_late(due, now, epoch, RevokeCause::LinkLost);
        let goes_on = floor == Floor::Speech
            && self.policy != Policy::Manual
            && !self.is_away()
            && self.speech_turns().next().is_none();
        if goes_on && let Some((id, reason)) = self.next(due, Floor::Speech) {
            let site = self.requests[&id].site.clone();
            self.hand_over(now, Floor::Speech, &site, Some(id), reason);
        }
    }

    fn skip(&mut self, now: Timestamp) {
        let called = self.called.take().expect("somebody was called");
        let request = self.requests.get_mut(&called.request);
        request.expect("a request").skipped = true;
        self.tell(format!("skipped {}", called.request));
        if called.by_policy
            && self.policy != Policy::Manual
            && !self.is_away()
            && let Some((id, _)) = self.next(now, Floor::Speech)
            && !self.requests[&id].skipped
        {
            self.call_up(now, id, true);
        }
    }

    fn call_up(&mut self, now: Timestamp, request: RequestId, by_policy: bool) {
        let until = now + self.setup.rules.ready;
        self.tell(format!("called {request} {}", until.0));
        self.called = Some(Called {
            request,
            until,
            ready: false,
            by_policy,
        });
    }

    pub(crate) fn call(&mut self, now: Timestamp, request: Option<RequestId>) -> Verdict {
        use super::asking::Place;
        let closed = self.session.is_none();
        let Some(id) = request.or_else(|| self.next(now, Floor::Speech).map(|(id, _)| id)) else {
            let why = if closed {
                Rejection::NoSession
            } else {
                Rejection::NobodyWaits
            };
            return refused(&[why]);
        };
        let speech = self
            .requests
            .get(&id)
            .is_none_or(|request| request.floor == Floor::Speech);
        let Some(place) = self.place_of(id) else {
            return match self.not_open(id) {
                Verdict::Refused(mut reasons) => {
                    if closed {
                        reasons.insert(Rejection::NoSession);
                    }
                    Verdict::Refused(reasons)
                }
                other => other,
            };
        };
        let called = self.called.as_ref();
        if !closed && called.is_some_and(|called| called.ready && called.request == id) {
            let present = self.present(&self.requests[&id].site);
            let reasons = [Rejection::NoChange, Rejection::SiteAbsent];
            return refused(&reasons[..1 + usize::from(!present)]);
        }
        let present = self.present(&self.requests[&id].site);
        super::Against::default()
            .when(closed, Rejection::NoSession)
            .when(!speech || place == Place::Pending, Rejection::NotInQueue)
            .when(!present, Rejection::SiteAbsent)
            .or(|| {
                // Whoever is next because it was called before is called for the same reason again.
                let again = self.called.as_ref().filter(|called| called.request == id);
                let by_policy = again.is_none_or(|called| called.by_policy || !called.ready);
                self.call_up(now, id, request.is_none() && by_policy);
            })
    }

    pub(crate) fn ready(&mut self, site: &SiteId, id: RequestId) -> Verdict {
        let own = self.requests.get(&id).is_some_and(|r| r.site == *site);
        match &mut self.called {
            Some(called) if called.request == id && own => {
                if called.ready {
                    return super::idle(&[Rejection::NoChange, Rejection::NotCalled]);
                }
                called.ready = true;
                self.tell(format!("ready {id}"));
                Verdict::Done
            }
            Some(called) if called.request == id => {
                refused(&[Rejection::NotYours, Rejection::NotCalled])
            }
            _ => refused(&[
                Rejection::NotCalled,
                Rejection::UnknownRequest,
                Rejection::RequestClosed,
                Rejection::NotYours,
            ]),
        }
    }
}
