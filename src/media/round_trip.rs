//! How long it takes to a peer and back.

use std::time::Duration;

/// Until something tells it.
const UNKNOWN: Duration = Duration::from_millis(100);
/// Nothing is asked for more often than this.
const LEAST: Duration = Duration::from_millis(20);
/// No line is longer.
const MOST: Duration = Duration::from_secs(2);

/// The round trip to a peer, smoothed (RFC 6298 §2). The peer's reports tell it, and so does how long
/// what was asked for takes to come: a peer that only sends gets no reports of ours to answer.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RoundTrip(Option<Duration>);

impl RoundTrip {
    /// The round trip as far as it is known.
    pub(crate) fn get(self) -> Duration {
        self.0.unwrap_or(UNKNOWN)
    }

    /// The round trip, once something has told it.
    pub(crate) fn known(self) -> Option<Duration> {
        self.0
    }

    /// It is known to be so long, or longer.
    pub(crate) fn is_at_least(self, long: Duration) -> bool {
        self.0.is_some_and(|known| known >= long)
    }

    /// Takes in one measurement.
    pub(crate) fn note(&mut self, found: Duration) {
        let found = found.clamp(LEAST, MOST);
        let smoothed = self.0.map_or(found, |before| (before * 7 + found) / 8);
        self.0 = Some(smoothed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_first_measurement_counts_whole_and_one_that_strays_little() {
        let mut line = RoundTrip::default();
        assert_eq!(line.get(), UNKNOWN);
        assert!(!line.is_at_least(LEAST));
        line.note(40 * MS);
        assert_eq!(line.get(), 40 * MS);
        line.note(120 * MS);
        assert_eq!(line.get(), 50 * MS);
        assert!(line.is_at_least(50 * MS) && !line.is_at_least(51 * MS));
        for _ in 0..60 {
            line.note(120 * MS);
        }
        assert!(line.get() > 119 * MS, "a line that became longer is learnt");
        for _ in 0..60 {
            line.note(MS);
        }
        assert!(
            (LEAST..LEAST + MS).contains(&line.get()),
            "{:?}",
            line.get()
        );
    }
}
