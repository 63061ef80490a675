//! A turn and its clock.
//!
//! The clock counts what was spoken, not what has passed: it stands still while the holder's link
//! is lost, while the chair stopped it, while all microphones are closed, and while the server was
//! away.

use crate::{
    BudgetLimit, DeviceId, Epoch, Event, Floor, GrantReason, ItemId, Millis, Overtime, PauseCause,
    RequestId, RevokeCause, Rules, SessionId, SiteId, SpeechKind, Timestamp,
};
use std::collections::BTreeSet;

/// The holder is told when this much of the budget is left. Longest first.
const WARNINGS: [Millis; 3] = [
    Millis::from_secs(60),
    Millis::from_secs(30),
    Millis::from_secs(10),
];

/// The turn of a site that holds a floor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Names the turn in commands.
    pub epoch: Epoch,
    /// Which floor it holds.
    pub floor: Floor,
    /// The holder.
    pub site: SiteId,
    /// The device that presents; none on the speech floor.
    pub device: Option<DeviceId>,
    /// The request that was granted; none when the chair invited or took.
    pub request: Option<RequestId>,
    /// What for; none when the chair invited or took.
    pub kind: Option<SpeechKind>,
    /// The words of the request; empty when there was none.
    pub words: String,
    /// The delegate who speaks; empty: not said.
    pub beneficiary: String,
    /// When it was granted.
    pub granted: Timestamp,
    /// Why.
    pub reason: GrantReason,
    /// The agenda item that it was granted in.
    pub item: Option<ItemId>,
    /// Time of the turn. The presentation floor has no clock.
    pub budget: Millis,
    /// What made it as long as it is.
    pub limit: BudgetLimit,
    /// Spoken before `running_since`.
    pub spoken: Millis,
    /// Since when the clock runs; none while it stands still.
    pub running_since: Option<Timestamp>,
    /// Why it stands still.
    pub pauses: BTreeSet<PauseCause>,
    /// While the holder's link is lost: until when it is waited for. None: for as long as it
    /// takes, which is the privilege of the chair's site.
    pub grace_until: Option<Timestamp>,
    /// The budget is used up and the turn goes on.
    pub overtime: bool,
    /// No sound of it was heard yet.
    pub awaiting_media: bool,
    /// Its site was told that no sound of it is heard.
    pub silent: bool,
    /// The shortest warning that was given.
    pub(crate) warned: Option<Millis>,
    /// Spoken in the turn that was interrupted and is given back; it was accounted for then.
    pub(crate) carried: Millis,
    /// The session that it was granted in.
    pub(crate) session: SessionId,
}

impl Turn {
    /// Time spoken until `now`.
    #[must_use]
    pub fn spoken_at(&self, now: Timestamp) -> Millis {
        self.running_since
            .map_or(self.spoken, |since| self.spoken + (now - since))
    }

    /// Time of the budget left at `now`.
    #[must_use]
    pub fn left_at(&self, now: Timestamp) -> Millis {
        self.budget.saturating_sub(self.spoken_at(now))
    }

    /// Whether its link is lost and waited for.
    pub(crate) fn waits_for_link(&self) -> bool {
        self.pauses.contains(&PauseCause::Link)
    }

    /// Stops the clock at `at`, for one more cause. A lost link is waited for until `until`.
    pub(crate) fn pause(&mut self, at: Timestamp, cause: PauseCause, until: Option<Timestamp>) {
        self.spoken = self.spoken_at(at);
        self.running_since = None;
        self.pauses.insert(cause);
        if cause == PauseCause::Link {
            self.grace_until = until;
        }
    }

    /// Lets the clock run from `at` if no other cause stops it.
    pub(crate) fn resume(&mut self, at: Timestamp, cause: PauseCause) {
        self.pauses.remove(&cause);
        if cause == PauseCause::Link {
            self.grace_until = None;
        }
        if self.pauses.is_empty() {
            self.spoken = self.spoken_at(at);
            self.running_since = Some(at);
        }
    }

    /// Gives the turn more time. Warnings that are due again are given again.
    pub(crate) fn extend(&mut self, at: Timestamp, by: Millis) {
        self.budget = self.budget + by;
        let left = self.left_at(at);
        self.overtime &= left == Millis(0);
        self.warned = passed(left);
    }

    /// The event that ends this turn at `now` for a cause other than its holder.
    pub(crate) fn revoked(&self, now: Timestamp, cause: RevokeCause, reason: &str) -> Event {
        Event::FloorRevoked {
            epoch: self.epoch,
            site: self.site.clone(),
            cause,
            reason: reason.to_owned(),
            spoke: self.spoken_at(now),
        }
    }

    /// When [`due`](Self::due) will first have something to say.
    pub(crate) fn deadline(&self, rules: &Rules, frozen: bool) -> Option<Timestamp> {
        let Some(since) = self.running_since else {
            return self.grace_until.filter(|_| !frozen);
        };
        let in_time = |mark: Millis| since + mark.saturating_sub(self.spoken);
        let silence = self.waits_for_sound().then(|| in_time(self.silence(rules)));
        let clock = self.clock_has_more(rules, frozen).then(|| {
            let left = self.warnings().next().unwrap_or_default();
            in_time(self.budget.saturating_sub(left))
        });
        silence.into_iter().chain(clock).min()
    }

    /// What the clock has to say at `now`. Of several warnings that are late, the shortest: the
    /// others are no longer true. While the floor is frozen nobody could be given it, so nothing
    /// takes it away.
    pub(crate) fn due(&self, now: Timestamp, rules: &Rules, frozen: bool) -> Option<Event> {
        if self.running_since.is_none() {
            let over = self.grace_until.is_some_and(|until| until <= now);
            return (over && !frozen).then(|| self.revoked(now, RevokeCause::LinkLost, ""));
        }
        let (epoch, site) = (self.epoch, self.site.clone());
        if self.waits_for_sound() && self.spoken_at(now) >= self.silence(rules) {
            return Some(Event::FloorSilent { epoch, site });
        }
        if !self.clock_has_more(rules, frozen) {
            return None;
        }
        let left = self.left_at(now);
        if left > Millis(0) {
            let warning = self.warnings().rfind(|warning| left <= *warning);
            return warning.map(|left| Event::FloorWarned { epoch, site, left });
        }
        if rules.overtime == Overtime::Hard && !frozen {
            Some(self.revoked(now, RevokeCause::Overtime, ""))
        } else {
            Some(Event::FloorOvertime { epoch, site })
        }
    }

    /// When so much is spoken, a holder that was not heard is told: a turn that is shorter than that
    /// is told before it ends.
    fn silence(&self, rules: &Rules) -> Millis {
        (self.carried + rules.silence).min(self.budget.max(self.carried))
    }

    fn waits_for_sound(&self) -> bool {
        self.awaiting_media && !self.silent
    }

    /// Whether the clock has still to warn or to end the turn.
    fn clock_has_more(&self, rules: &Rules, frozen: bool) -> bool {
        let ends = rules.overtime == Overtime::Hard && !frozen;
        self.floor == Floor::Speech && (!self.overtime || ends)
    }

    /// Warnings that were not given yet, longest first.
    fn warnings(&self) -> impl DoubleEndedIterator<Item = Millis> {
        let below = self.warned.unwrap_or(Millis(u64::MAX));
        WARNINGS.into_iter().filter(move |warning| *warning < below)
    }
}

/// The shortest warning that is no news when this much is left.
pub(crate) fn passed(left: Millis) -> Option<Millis> {
    WARNINGS.into_iter().rfind(|warning| left <= *warning)
}
