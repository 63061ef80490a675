//! What of a verdict is told: nothing that is over in a moment, and never to and fro.

use super::verdict::Verdict;
use crate::line_check::Cause;
use diemcau_conference::Timestamp;
use std::cmp::Ordering;

/// A line is called worse when it has been worse for so long, in milliseconds: longer than one report of
/// a page is the newest, so that a moment at a page alone is never told …
const WORSE_AFTER: u64 = 6_000;
/// … and better, or ill for another cause, after so long.
const BETTER_AFTER: u64 = 10_000;
/// Figures come every two seconds, a little earlier or later.
const EARLY: u64 = 300;
/// A number is told anew no sooner than this, …
const ANEW_AFTER: u64 = 10_000;
/// … and when it is so many times what was told, or as much less.
const ANEW_WHEN: f64 = 1.5;

/// The verdict that was told of a device, and where it tends.
#[derive(Debug)]
pub(super) struct Standing {
    told: Verdict,
    told_at: Timestamp,
    tends: Option<Tendency>,
}

/// Since when what is seen differs from what was told.
#[derive(Debug)]
struct Tendency {
    since: Timestamp,
    worse: bool,
    /// What may be said of all of that time: the mildest where it is worse, else the worst.
    to: Verdict,
}

impl Standing {
    /// A line is good until it shows otherwise.
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            told: Verdict::GOOD,
            told_at: now,
            tends: None,
        }
    }

    pub(super) fn told(&self) -> Verdict {
        self.told
    }

    /// Takes in what is seen now. Returns whether what is told has changed.
    pub(super) fn observe(&mut self, now: Timestamp, seen: Verdict) -> bool {
        let grades = seen.grade.cmp(&self.told.grade);
        if grades == Ordering::Equal && code(seen) == code(self.told) {
            self.tends = None;
            return self.renew(now, seen);
        }
        // A line of which nothing comes any more is worse than any that is only bad.
        let is_dead = grades == Ordering::Equal && seen.cause == Some(Cause::Silent);
        let worse = grades == Ordering::Greater || is_dead;
        let tends = match &mut self.tends {
            Some(tends) if tends.worse == worse => {
                let holds = if worse {
                    seen.grade <= tends.to.grade
                } else {
                    seen.grade >= tends.to.grade
                };
                if holds {
                    tends.to = seen;
                }
                tends
            }
            tends => tends.insert(Tendency {
                since: now,
                worse,
                to: seen,
            }),
        };
        let wait = if worse { WORSE_AFTER } else { BETTER_AFTER };
        if (now - tends.since).0 + EARLY < wait {
            return false;
        }
        self.told = tends.to;
        self.told_at = now;
        self.tends = None;
        true
    }

    /// The same fault with another number.
    fn renew(&mut self, now: Timestamp, seen: Verdict) -> bool {
        let (Some(before), Some(after)) = (number(self.told), number(seen)) else {
            return false;
        };
        let (less, more) = (before.min(after), before.max(after));
        // A camera that gives nothing gives no less than that.
        let is_other = more > less && more >= less * ANEW_WHEN;
        if (now - self.told_at).0 + EARLY < ANEW_AFTER || !is_other {
            return false;
        }
        self.told = seen;
        self.told_at = now;
        true
    }
}

fn code(verdict: Verdict) -> Option<&'static str> {
    verdict.cause.map(Cause::code)
}

fn number(verdict: Verdict) -> Option<f64> {
    match verdict.cause? {
        Cause::LossUp { share } | Cause::LossDown { share } => Some(share),
        Cause::RoundTrip { millis } | Cause::Jitter { millis } => Some(millis),
        Cause::RateUp { kbps, .. } | Cause::RateDown { kbps, .. } | Cause::Narrow { kbps, .. } => {
            Some(kbps)
        }
        Cause::CameraSlow { frames } => Some(frames),
        Cause::NoUdp { .. }
        | Cause::NoMedia { .. }
        | Cause::Silent
        | Cause::ComputerSlow
        | Cause::NotMeasured => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diemcau_protocol::LineGrade;

    fn loss(grade: LineGrade, share: f64) -> Verdict {
        Verdict {
            grade,
            cause: Some(Cause::LossUp { share }),
        }
    }

    const GOOD: Verdict = Verdict::GOOD;

    /// One verdict every two seconds; what is told after each.
    fn told(seen: &[Verdict]) -> Vec<LineGrade> {
        let mut standing = Standing::new(Timestamp(0));
        let mut all = Vec::new();
        for (round, seen) in seen.iter().enumerate() {
            // Not quite every two seconds.
            let now = Timestamp(round as u64 * 2_000 + round as u64 % 2 * 100);
            let before = standing.told();
            assert_eq!(standing.observe(now, *seen), standing.told() != before);
            all.push(standing.told().grade);
        }
        all
    }

    #[test]
    fn worse_is_told_after_six_seconds_and_better_after_ten() {
        use LineGrade::{Bad, Good, Usable};
        let weak = loss(Usable, 0.08);
        let bad = loss(Bad, 0.3);
        let cases: &[(&str, &[Verdict], &[LineGrade])] = &[
            (
                "it gets weak and stays so",
                &[GOOD, weak, weak, weak, weak, weak],
                &[Good, Good, Good, Good, Usable, Usable],
            ),
            (
                "a moment",
                &[weak, weak, weak, GOOD, weak, weak, weak, GOOD],
                &[Good; 8],
            ),
            (
                "of worse and worse the mildest",
                &[weak, bad, bad, bad, bad, bad, bad, bad],
                &[Good, Good, Good, Usable, Usable, Usable, Usable, Bad],
            ),
            (
                "it mends",
                &[
                    weak, weak, weak, weak, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD,
                ],
                &[
                    Good, Good, Good, Usable, Usable, Usable, Usable, Usable, Usable, Good, Good,
                ],
            ),
            (
                "of better and better the worst",
                &[bad, bad, bad, bad, weak, GOOD, GOOD, GOOD, GOOD, GOOD],
                &[Good, Good, Good, Bad, Bad, Bad, Bad, Bad, Bad, Usable],
            ),
        ];
        for (name, seen, expected) in cases {
            assert_eq!(told(seen), *expected, "{name}");
        }
    }

    #[test]
    fn a_line_that_goes_to_and_fro_changes_nothing() {
        let weak = loss(LineGrade::Usable, 0.08);
        let seen: Vec<Verdict> = [GOOD, weak].into_iter().cycle().take(100).collect();
        assert!(told(&seen).iter().all(|grade| *grade == LineGrade::Good));
        let seen: Vec<Verdict> = [weak; 4].into_iter().chain(seen).collect();
        assert!(
            told(&seen)[3..]
                .iter()
                .all(|grade| *grade == LineGrade::Usable)
        );
    }

    #[test]
    fn a_number_is_told_anew_when_it_is_quite_another() {
        let mut standing = Standing::new(Timestamp(0));
        let mut see = |second: u64, share: f64| {
            let seen = loss(LineGrade::Usable, share);
            standing.observe(Timestamp(second * 1000), seen)
        };
        assert!(!see(0, 0.04) && see(6, 0.04));
        assert!(!see(8, 0.1), "too soon");
        assert!(!see(16, 0.05), "nearly the same");
        assert!(see(18, 0.1));
        assert!(!see(20, 0.04) && see(28, 0.04), "less is told too");
    }

    #[test]
    fn nothing_is_not_told_again_and_again() {
        let mut standing = Standing::new(Timestamp(0));
        let still = Verdict {
            grade: LineGrade::Usable,
            cause: Some(Cause::CameraSlow { frames: 0.0 }),
        };
        let seconds = (0..60).step_by(2);
        let told = seconds.filter(|it| standing.observe(Timestamp(it * 1000), still));
        assert_eq!(told.collect::<Vec<_>>(), [6]);
    }

    #[test]
    fn a_bad_line_that_dies_is_told_like_something_worse() {
        let dead = Verdict {
            grade: LineGrade::Bad,
            cause: Some(Cause::Silent),
        };
        let mut standing = Standing::new(Timestamp(0));
        for second in [0, 6] {
            standing.observe(Timestamp(second * 1000), loss(LineGrade::Bad, 0.3));
        }
        let told = [8, 10, 12, 14].map(|second| standing.observe(Timestamp(second * 1000), dead));
        assert_eq!(told, [false, false, false, true]);
        assert_eq!(standing.told(), dead);
    }

    #[test]
    fn another_cause_is_told_like_something_better() {
        let mut standing = Standing::new(Timestamp(0));
        let delay = Verdict {
            grade: LineGrade::Usable,
            cause: Some(Cause::RoundTrip { millis: 400.0 }),
        };
        let weak = loss(LineGrade::Usable, 0.08);
        for second in [0, 6] {
            standing.observe(Timestamp(second * 1000), weak);
        }
        assert_eq!(standing.told(), weak);
        for second in [8, 10, 12, 14, 16] {
            assert!(!standing.observe(Timestamp(second * 1000), delay));
        }
        assert!(standing.observe(Timestamp(18_000), delay));
        assert_eq!(standing.told(), delay);
    }
}
