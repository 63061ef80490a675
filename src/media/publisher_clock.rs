//! What time it is for a publisher, as far as its sender reports tell.

use crate::least::Least;

/// NTP's second.
const SECOND: i64 = 1 << 32;
/// The quickest report of so long counts: what one was late says nothing of the clock. No longer, as two
/// clocks that differ by 50 millionths are 6 ms further apart after two of these.
const SPAN: i64 = 60 * SECOND;
/// No report is so much later than the quickest: the clock was set back.
const LATE: i64 = 5 * SECOND;
/// None is sooner by more than the first was late: it was set forward.
const SOON: i64 = SECOND;

/// How far a publisher's clock is from ours, in NTP's 32.32 fixed point. What its quickest report takes
/// to us counts as part of that, for sound and pictures alike.
#[derive(Debug, Default)]
pub(crate) struct PublisherClock {
    known: Option<Known>,
}

#[derive(Debug)]
struct Known {
    /// What the first report said: NTP times wrap, and differences from it do not.
    first: u64,
    least: Least<SPAN>,
}

/// What a report does to what the others said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moved {
    /// So much is to be added to each time.
    By(u64),
    /// It was of another clock.
    Anew,
}

impl PublisherClock {
    /// Takes in a report that says `theirs` and came at `ours`. Returns what that does to times that were made
    /// ours before.
    pub(crate) fn note(&mut self, ours: u64, theirs: u64) -> Moved {
        let found = ours.wrapping_sub(theirs);
        if let Some(known) = &mut self.known {
            let before = known.ahead();
            let stray = found.wrapping_sub(known.first) as i64;
            if (-SOON..LATE).contains(&stray.saturating_sub(before)) {
                known.least.note(ours as i64, stray);
                return Moved::By(known.ahead().wrapping_sub(before) as u64);
            }
        }
        let mut least = Least::default();
        least.note(ours as i64, 0);
        self.known = Some(Known {
            first: found,
            least,
        });
        Moved::Anew
    }

    /// A time of the publisher's as ours.
    pub(crate) fn ours(&self, theirs: u64) -> u64 {
        let offset = self
            .known
            .as_ref()
            .map_or(0, |known| known.first.wrapping_add(known.ahead() as u64));
        theirs.wrapping_add(offset)
    }
}

impl Known {
    /// How much less than the first the least is; negative.
    fn ahead(&self) -> i64 {
        self.least.get().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = (SECOND / 1000) as u64;
    const S: u64 = SECOND as u64;

    /// Far apart, and one of them wraps soon.
    const OURS: u64 = u64::MAX - 100 * S;
    const THEIRS: u64 = 7 * S;

    #[test]
    fn the_quickest_report_tells_the_clock() {
        let mut clock = PublisherClock::default();
        assert_eq!(clock.note(OURS + 80 * MS, THEIRS), Moved::Anew);
        assert_eq!(clock.ours(THEIRS), OURS + 80 * MS);
        let sooner = clock.note(OURS + S + 20 * MS, THEIRS + S);
        assert_eq!(sooner, Moved::By((60 * MS).wrapping_neg()));
        assert_eq!(clock.ours(THEIRS + S), OURS + S + 20 * MS);
        let later = clock.note(OURS + 2 * S + 400 * MS, THEIRS + 2 * S);
        assert_eq!(later, Moved::By(0));
        assert_eq!(clock.ours(THEIRS), OURS + 20 * MS);
    }

    #[test]
    fn a_clock_that_is_slower_than_ours_is_followed() {
        let mut clock = PublisherClock::default();
        let mut moved = 0u64;
        // A ten thousandth, in ten minutes: ours wraps meanwhile.
        for second in 0..600 {
            let lag = second * S / 10_000;
            if let Moved::By(more) =
                clock.note(OURS.wrapping_add(second * S + lag), THEIRS + second * S)
            {
                moved = moved.wrapping_add(more);
            }
        }
        let true_lag = 600 * S / 10_000;
        let found = clock.ours(THEIRS).wrapping_sub(OURS);
        assert!(
            (true_lag - 13 * MS..true_lag).contains(&found),
            "{} ms",
            found / MS
        );
        assert_eq!(moved, found);
    }

    #[test]
    fn a_clock_that_was_set_is_another_clock() {
        for set in [2 * S, 3600 * S, (3600 * S).wrapping_neg(), 1 << 63] {
            let mut clock = PublisherClock::default();
            clock.note(OURS, THEIRS);
            let theirs = (THEIRS + S).wrapping_add(set);
            assert_eq!(clock.note(OURS + S, theirs), Moved::Anew);
            assert_eq!(clock.ours(theirs), OURS + S);
        }
    }
}
