//! Token buckets: so many at once, then so many a second.

use std::time::Instant;

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

    /// There is a token.
    pub(crate) fn ready(&mut self, now: Instant) -> bool {
        let gone = now.saturating_duration_since(self.filled).as_secs_f64();
        self.filled = now;
        self.tokens = (self.tokens + gone * self.per_second).min(self.size);
        self.tokens >= 1.0
    }

    /// Takes `number` tokens if there are so many; else none.
    pub(crate) fn take_many(&mut self, number: f64, now: Instant) -> bool {
        self.ready(now);
        let enough = self.tokens >= number;
        if enough {
            self.tokens -= number;
        }
        enough
    }

    /// Nothing was taken lately: a new bucket would be the same.
    pub(crate) fn is_full(&mut self, now: Instant) -> bool {
        self.ready(now);
        self.tokens >= self.size
    }

    /// Takes a token if there is one.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        let ready = self.ready(now);
        if ready {
            self.tokens -= 1.0;
        }
        ready
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

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
