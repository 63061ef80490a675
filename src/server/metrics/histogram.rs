//! How long something takes, counted in buckets.

use super::page::{Kind, Page};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// Upper bounds in microseconds, and as the page writes them in seconds: from a fast disk's sync to
/// one that is in trouble.
const BOUNDS: [(u64, &str); 13] = [
    (500, "0.0005"),
    (1_000, "0.001"),
    (2_500, "0.0025"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (25_000, "0.025"),
    (50_000, "0.05"),
    (100_000, "0.1"),
    (250_000, "0.25"),
    (500_000, "0.5"),
    (1_000_000, "1"),
    (2_500_000, "2.5"),
    (10_000_000, "10"),
];

/// Durations, by how long they were.
pub(crate) struct Histogram {
    name: &'static str,
    help: &'static str,
    /// How many were in each bucket and in no smaller one; the last is for what is longer than all.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    microseconds: AtomicU64,
}

impl Histogram {
    pub(crate) const fn new(name: &'static str, help: &'static str) -> Self {
        Self {
            name,
            help,
            buckets: [const { AtomicU64::new(0) }; BOUNDS.len() + 1],
            microseconds: AtomicU64::new(0),
        }
    }

    /// Starts a measurement.
    pub(crate) fn start(&'static self) -> Timing {
        Timing(self, Instant::now())
    }

    pub(crate) fn note(&self, duration: Duration) {
        let time = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.partition_point(|(bound, _)| *bound < time);
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.microseconds.fetch_add(time, Ordering::Relaxed);
    }

    pub(crate) fn write(&self, page: &mut Page) {
        let mut line = |ending: &str, labels: &[(&str, &str)], value: f64| {
            page.line(Kind::Histogram, self.name, self.help, ending, labels, value);
        };
        let mut count = 0;
        let bounds = BOUNDS.iter().map(|(_, text)| *text).chain(["+Inf"]);
        for (bucket, bound) in self.buckets.iter().zip(bounds) {
            count += bucket.load(Ordering::Relaxed);
            line("_bucket", &[("le", bound)], count as f64);
        }
        let seconds = self.microseconds.load(Ordering::Relaxed) as f64 / 1e6;
        line("_sum", &[], seconds);
        line("_count", &[], count as f64);
    }
}

/// A measurement that runs.
#[must_use]
pub(crate) struct Timing(&'static Histogram, Instant);

impl Timing {
    /// Notes how long it was.
    pub(crate) fn end(self) {
        self.0.note(self.1.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_counts_what_is_at_most_its_bound_and_all_below() {
        let histogram = Histogram::new("x_seconds", "X.");
        for microseconds in [0, 500, 501, 2_000_000, 60_000_000] {
            histogram.note(Duration::from_micros(microseconds));
        }
        let mut page = Page::default();
        histogram.write(&mut page);
        let text = page.text();
        for line in [
            "x_seconds_bucket{le=\"0.0005\"} 2",
            "x_seconds_bucket{le=\"0.001\"} 3",
            "x_seconds_bucket{le=\"1\"} 3",
            "x_seconds_bucket{le=\"2.5\"} 4",
            "x_seconds_bucket{le=\"10\"} 4",
            "x_seconds_bucket{le=\"+Inf\"} 5",
            "x_seconds_sum 62.001001",
            "x_seconds_count 5",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
