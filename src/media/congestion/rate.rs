//! How much the line carries: additive increase, multiplicative decrease (draft-ietf-rmcat-gcc-02 §5.5),
//! beginning without a limit. A line that has not shown one is not held back.

/// After congestion this much of what arrived is sent.
const DECREASE: f64 = 0.85;
/// Far below the last congestion the estimate grows by this in a second.
const GROWTH: f64 = 1.08;
/// Near it, by one packet of so many bits in a response time.
const STEP: f64 = 9600.0;
/// Within this of the rate at the last congestion is near.
const NEAR: f64 = 0.2;
/// Only what is used can grow: at least this share of the estimate arrives …
const USED: f64 = 0.85;
/// … and the estimate is never raised beyond this multiple of what arrives.
const AHEAD: f64 = 1.2;
/// After losses, of which nobody knows yet whether that helps.
const TRIAL: f64 = 0.9;
/// Whoever uses less than this share of a line loses for another reason.
const SPARED: f64 = 0.6;
/// A line that carries less carries no sound either. Bit/s.
pub(super) const LEAST: f64 = 50_000.0;

/// The estimate, in bit/s.
#[derive(Debug, Default)]
pub(super) struct Rate {
    estimate: Option<f64>,
    /// What arrived when the line was last full.
    full_at: Option<f64>,
    /// The last decrease. What was sent before says nothing of what came of it.
    decided: Option<i64>,
    grown: Option<i64>,
    /// What is believed again if the trial after losses fails.
    before_trial: Option<Option<f64>>,
    spared: bool,
}

impl Rate {
    /// The estimate; none: the line has shown no limit.
    pub(super) fn estimate(&self) -> Option<f64> {
        self.estimate
    }

    /// Whether a packet that was sent at this time saw the line as the last decrease made it.
    pub(super) fn is_answered(&self, sent_at: i64) -> bool {
        self.decided.is_none_or(|decided| sent_at > decided)
    }

    /// The queue grows while `arriving` comes out of it.
    pub(super) fn is_full(&mut self, now: i64, arriving: f64) {
        self.full_at = Some(match self.full_at {
            // The mean of several, unless the line is another one by now.
            Some(before) if is_near(before, arriving) => 0.7 * before + 0.3 * arriving,
            _ => arriving,
        });
        self.before_trial = None;
        self.lower(now, DECREASE * arriving);
    }

    /// Much of what is sent is lost, and `arriving` is what is not. Where that is far less than the line has
    /// shown to carry, and there is no queue, little is sent already, perhaps: less would leave nothing of
    /// the picture.
    pub(super) fn loses(&mut self, now: i64, arriving: f64, is_queued: bool) {
        let is_little = |estimate: f64| !is_queued && arriving < SPARED * estimate;
        self.spared = self.estimate.is_some_and(is_little);
        self.before_trial = (!self.spared).then_some(self.estimate);
        if !self.spared {
            self.lower(now, TRIAL * arriving);
        }
    }

    /// Whether nothing was lowered when losses were last found.
    pub(super) fn has_spared(&self) -> bool {
        self.spared
    }

    /// The losses have gone on though less was sent. What was shown meanwhile stays.
    pub(super) fn loses_always(&mut self) {
        if let Some(before) = self.before_trial.take() {
            // A line that had shown no limit is not taken for one without: it is looked for.
            let before = before.or(self.estimate.map(|tried| tried / TRIAL));
            self.estimate = before.map(|before| self.estimate.map_or(before, |it| it.max(before)));
        }
    }

    /// Nothing is wrong: grows, if what is sent shows that there is room.
    pub(super) fn is_well(&mut self, now: i64, arriving: f64, response: f64) {
        let since = self.grown.replace(now).map_or(0, |before| now - before);
        let Some(estimate) = &mut self.estimate else {
            return;
        };
        if arriving < USED * *estimate {
            return;
        }
        let seconds = since.min(1_000_000) as f64 / 1e6;
        let grown = match self.full_at {
            Some(full) if is_near(full, *estimate) => {
                *estimate + STEP * seconds / response.max(0.1)
            }
            _ => *estimate * GROWTH.powf(seconds),
        };
        *estimate = estimate.max(grown.min(AHEAD * arriving));
    }

    /// A probe has shown that the line carries this.
    pub(super) fn is_shown(&mut self, carried: f64) {
        if let Some(estimate) = &mut self.estimate {
            *estimate = estimate.max(carried);
        }
    }

    fn lower(&mut self, now: i64, to: f64) {
        let to = self.estimate.map_or(to, |before| before.min(to));
        self.estimate = Some(to.max(LEAST));
        self.decided = Some(now);
        self.grown = Some(now);
    }
}

fn is_near(full: f64, rate: f64) -> bool {
    (rate - full).abs() < NEAR * full
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    #[test]
    fn a_line_is_unlimited_until_it_is_full() {
        let mut rate = Rate::default();
        rate.is_well(0, 5e6, 0.1);
        rate.is_shown(1e6);
        assert_eq!(rate.estimate(), None);
        rate.is_full(SECOND, 2e6);
        assert_eq!(rate.estimate(), Some(1.7e6));
        assert!(!rate.is_answered(SECOND) && rate.is_answered(SECOND + 1));
    }

    #[test]
    fn it_grows_by_little_near_the_limit_and_faster_away_from_it() {
        let mut rate = Rate::default();
        rate.is_full(0, 1e6);
        rate.is_well(SECOND, 0.8e6, 0.2);
        let near = rate.estimate().expect("limited");
        assert!((near - 850_000.0 - 48_000.0).abs() < 1000.0, "{near}");
        // Another line, much thinner, that becomes what it was.
        rate.is_full(2 * SECOND, 0.3e6);
        rate.is_shown(0.4e6);
        rate.is_well(3 * SECOND, 0.4e6, 0.2);
        let far = rate.estimate().expect("limited");
        assert!((far - 432_000.0).abs() < 1000.0, "{far}");
    }

    #[test]
    fn what_is_not_used_does_not_grow() {
        let mut rate = Rate::default();
        rate.is_full(0, 1e6);
        for second in 1..100 {
            rate.is_well(second * SECOND, 0.3e6, 0.1);
        }
        assert_eq!(rate.estimate(), Some(850_000.0));
        rate.is_shown(0.5e6);
        assert_eq!(
            rate.estimate(),
            Some(850_000.0),
            "a probe takes nothing away"
        );
    }

    #[test]
    fn a_trial_that_helps_nothing_is_undone() {
        let mut rate = Rate::default();
        rate.loses(0, 1e6, true);
        assert_eq!(rate.estimate(), Some(0.9e6));
        rate.loses_always();
        assert_eq!(rate.estimate().map(f64::round), Some(1e6));
        rate.loses(0, 1e6, true);
        rate.loses_always();
        assert_eq!(rate.estimate().map(f64::round), Some(1e6), "as before");
        rate.loses(0, 1e6, true);
        rate.is_full(SECOND, 0.8e6);
        rate.loses_always();
        assert_eq!(rate.estimate(), Some(0.68e6), "it was full");
    }

    #[test]
    fn who_sends_little_over_a_line_without_a_queue_is_not_cut_by_losses() {
        let mut rate = Rate::default();
        rate.is_full(0, 1e6);
        rate.loses(SECOND, 0.1e6, false);
        assert_eq!(rate.estimate(), Some(0.85e6));
        rate.loses_always();
        assert_eq!(rate.estimate(), Some(0.85e6));
        rate.loses(2 * SECOND, 0.1e6, true);
        assert_eq!(rate.estimate(), Some(0.09e6), "before a queue it is");
    }

    #[test]
    fn what_a_probe_has_shown_stays_when_a_trial_is_undone() {
        let mut rate = Rate::default();
        rate.is_full(0, 1e6);
        rate.loses(SECOND, 0.8e6, true);
        rate.is_shown(1.5e6);
        rate.loses_always();
        assert_eq!(rate.estimate(), Some(1.5e6));
        rate.loses(2 * SECOND, 0.1e6, false);
        rate.is_shown(2e6);
        rate.loses_always();
        assert_eq!(rate.estimate(), Some(2e6), "nothing was lowered");
    }

    #[test]
    fn it_never_ends_at_nothing() {
        let mut rate = Rate::default();
        rate.loses(0, 0.0, true);
        assert_eq!(rate.estimate(), Some(LEAST));
    }
}
