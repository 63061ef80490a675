//! A turn and its clock.
//!
//! The clock counts what was spoken, not what has passed: it stands still while the holder's
//! link is lost and while the server was away.

use crate::{
    Epoch, Event, Millis, Overtime, RequestId, RevokeCause, SiteId, SpeechKind, Timestamp,
};

/// The holder is told when this much of the budget is left. Longest first.
const WARNINGS: [Millis; 3] = [
    Millis::from_secs(60),
    Millis::from_secs(30),
    Millis::from_secs(10),
];

/// The turn of the site that holds the floor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Names the turn in commands.
    pub epoch: Epoch,
    /// The holder.
    pub site: SiteId,
    /// The request that was granted; none when the chair invited or took.
    pub request: Option<RequestId>,
    /// What for; none when the chair invited or took.
    pub kind: Option<SpeechKind>,
    /// The words of the request; empty when there was none.
    pub words: String,
    /// When it was granted.
    pub granted: Timestamp,
    /// Time of the turn.
    pub budget: Millis,
    /// Spoken before `running_since`.
    pub spoken: Millis,
    /// Since when the clock runs; none while it stands still.
    pub running_since: Option<Timestamp>,
    /// While the clock stands still: until when the holder is waited for. None: for as long as
    /// it takes, which is the central site's privilege.
    pub grace_until: Option<Timestamp>,
    /// The budget is used up and the turn goes on.
    pub overtime: bool,
    /// The shortest warning that was given.
    pub(crate) warned: Option<Millis>,
}

impl Turn {
    /// Time spoken until `now`.
    #[must_use]
    pub fn spoken_at(&self, now: Timestamp) -> Millis {
        self.running_since
            .map_or(self.spoken, |since| self.spoken + (now - since))
    }

    /// Lets the clock run from `at`.
    pub(crate) fn run(&mut self, at: Timestamp) {
        self.spoken = self.spoken_at(at);
        self.running_since = Some(at);
        self.grace_until = None;
    }

    /// Stops the clock at `at` and waits for the holder until `until`.
    pub(crate) fn pause(&mut self, at: Timestamp, until: Option<Timestamp>) {
        self.spoken = self.spoken_at(at);
        self.running_since = None;
        self.grace_until = until;
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
    pub(crate) fn deadline(&self, overtime: Overtime) -> Option<Timestamp> {
        let Some(since) = self.running_since else {
            return self.grace_until;
        };
        if self.overtime && overtime == Overtime::Soft {
            return None;
        }
        let left = self.warnings().next().unwrap_or_default();
        let mark = self.budget.saturating_sub(left);
        Some(since + mark.saturating_sub(self.spoken))
    }

    /// What the clock has to say at `now`. Of several warnings that are late, the shortest: the
    /// others are no longer true.
    pub(crate) fn due(&self, now: Timestamp, overtime: Overtime) -> Option<Event> {
        if self.running_since.is_none() {
            let over = self.grace_until.is_some_and(|until| until <= now);
            return over.then(|| self.revoked(now, RevokeCause::LinkLost, ""));
        }
        let left = self.budget.saturating_sub(self.spoken_at(now));
        if left == Millis(0) {
            return match overtime {
                Overtime::Hard => Some(self.revoked(now, RevokeCause::Overtime, "")),
                Overtime::Soft if self.overtime => None,
                Overtime::Soft => Some(Event::FloorOvertime {
                    epoch: self.epoch,
                    site: self.site.clone(),
                }),
            };
        }
        self.warnings()
            .rfind(|warning| left <= *warning)
            .map(|left| Event::FloorWarned {
                epoch: self.epoch,
                site: self.site.clone(),
                left,
            })
    }

    /// Warnings that were not given yet, longest first.
    fn warnings(&self) -> impl DoubleEndedIterator<Item = Millis> {
        let below = self.warned.unwrap_or(self.budget).min(self.budget);
        WARNINGS.into_iter().filter(move |warning| *warning < below)
    }
}
