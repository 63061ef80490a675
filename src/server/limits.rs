//! Token buckets: so many at once, then so many a second.

use std::time::{Duration, Instant};

/// A bucket that fills at a steady rate.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    tokens: f64,
    size: f64,
    per_second: f64,
    filled: Instant,
}

impl Bucket {
    /// A full bucket.
    pub(crate) fn new(size: f64, per_second: f64, now: Instant) -> Self {
        Self {
            tokens: size,
            size,
            per_second,
            filled: now,
        }
    }

    /// How long until there is a token; rounded up to milliseconds.
    pub(crate) fn wait(&mut self, now: Instant) -> Duration {
        self.fill(now);
        let seconds = ((1.0 - self.tokens) / self.per_second).max(0.0);
        Duration::from_millis((seconds * 1000.0).ceil() as u64)
    }

    /// Nothing was taken that has not come back: a new bucket would be the same.
    pub(crate) fn is_full(&mut self, now: Instant) -> bool {
        self.fill(now);
        self.tokens >= self.size
    }

    /// Takes `number` tokens if there are so many; else none.
    pub(crate) fn take_many(&mut self, number: f64, now: Instant) -> bool {
        self.fill(now);
        let enough = self.tokens >= number;
        if enough {
            self.tokens -= number;
        }
        enough
    }

    /// Takes a token if there is one.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        self.fill(now);
        let ready = self.tokens >= 1.0;
        if ready {
            self.tokens -= 1.0;
        }
        ready
    }

    fn fill(&mut self, now: Instant) {
        let gone = now.saturating_duration_since(self.filled).as_secs_f64();
        self.filled = now;
        self.tokens = (self.tokens + gone * self.per_second).min(self.size);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_size_at_once_and_then_its_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::new(3.0, 2.0, start);
        assert_eq!((0..5).filter(|_| bucket.take(start)).count(), 3);
        assert!(!bucket.take(start + Duration::from_millis(400)));
        assert!(bucket.take(start + Duration::from_millis(600)));
        let later = start + Duration::from_secs(3600);
        assert_eq!((0..9).filter(|_| bucket.take(later)).count(), 3);
    }

    #[test]
    fn many_are_taken_whole_or_not_at_all() {
        let start = Instant::now();
        let mut bucket = Bucket::new(10.0, 1.0, start);
        assert!(bucket.is_full(start));
        assert!(bucket.take_many(7.0, start) && !bucket.is_full(start));
        assert!(!bucket.take_many(4.0, start));
        assert!(
            bucket.take_many(3.0, start),
            "the refusal before took nothing"
        );
        assert!(bucket.is_full(start + Duration::from_secs(10)));
    }
}
