//! What many measurements come to.

use std::time::Duration;

/// Measured times, of which there is at least one before anything is asked.
#[derive(Debug, Default)]
pub(super) struct Times(Vec<Duration>);

impl Times {
    pub(super) fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// Milliseconds that half of the times do not exceed.
    pub(super) fn median(&self) -> f64 {
        self.percentile(50)
    }

    /// Milliseconds that `percent` of the times do not exceed (nearest rank); NaN without any.
    pub(super) fn percentile(&self, percent: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted
            .get(rank - 1)
            .map_or(f64::NAN, |time| milliseconds(*time))
    }

    /// The longest, in milliseconds.
    pub(super) fn longest(&self) -> f64 {
        self.percentile(100)
    }
}

pub(super) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_times() {
        let mut times = Times::default();
        for time in (1..=200).rev() {
            times.add(Duration::from_millis(time));
        }
        assert_eq!(times.median(), 100.0);
        assert_eq!(times.percentile(99), 198.0);
        assert_eq!(times.longest(), 200.0);
        assert!(Times::default().median().is_nan());
    }
}
