//! Token buckets: so many at once, then so many a second.

use crate::metrics;
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

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
    fn wait(&mut self, now: Instant) -> Duration {
        self.fill(now);
        let seconds = ((1.0 - self.tokens) / self.per_second).max(0.0);
        Duration::from_millis((seconds * 1000.0).ceil() as u64)
    }

    /// Nothing was taken that has not come back: a new bucket would be the same.
    fn is_full(&mut self, now: Instant) -> bool {
        self.fill(now);
        self.tokens >= self.size
    }

    /// Takes `number` tokens if there are so many; else none.
    fn take_many(&mut self, number: f64, now: Instant) -> bool {
        self.fill(now);
        let enough = self.tokens >= number;
        if enough {
            self.tokens -= number;
        }
        enough
    }

    /// Takes a token if there is one.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        self.take_many(1.0, now)
    }

    fn fill(&mut self, now: Instant) {
        let gone = now.saturating_duration_since(self.filled).as_secs_f64();
        self.filled = now;
        self.tokens = (self.tokens + gone * self.per_second).min(self.size);
    }
}

/// A bucket for each of many, of whom no more than so many are remembered.
pub(crate) struct Buckets<K> {
    size: f64,
    per_second: f64,
    most: usize,
    buckets: HashMap<K, Bucket>,
}

impl<K: Eq + Hash + Clone> Buckets<K> {
    pub(crate) fn new(size: f64, per_second: f64, most: usize) -> Self {
        Self {
            size,
            per_second,
            most,
            buckets: HashMap::new(),
        }
    }

    /// How long until there is a token for `key`.
    pub(crate) fn wait(&mut self, key: &K, now: Instant) -> Duration {
        let bucket = self.buckets.get_mut(key);
        bucket.map_or(Duration::ZERO, |bucket| bucket.wait(now))
    }

    /// Takes so many of the tokens of `key`, if it has them.
    pub(crate) fn take(&mut self, key: &K, number: f64, now: Instant) -> bool {
        self.make_room(key, now);
        let new = || Bucket::new(self.size, self.per_second, now);
        let bucket = self.buckets.entry(key.clone()).or_insert_with(new);
        bucket.take_many(number, now)
    }

    /// Gives a token back that was taken for nothing.
    pub(crate) fn give_back(&mut self, key: &K) {
        if let Some(bucket) = self.buckets.get_mut(key) {
            bucket.tokens = (bucket.tokens + 1.0).min(bucket.size);
        }
    }

    /// Forgets whoever has all tokens again, and if nobody has, one of them.
    fn make_room(&mut self, key: &K, now: Instant) {
        if self.buckets.len() < self.most || self.buckets.contains_key(key) {
            return;
        }
        self.buckets.retain(|_, bucket| !bucket.is_full(now));
        if self.buckets.len() >= self.most
            && let Some(other) = self.buckets.keys().next().cloned()
        {
            metrics::LIMITS_FORGOTTEN.count();
            self.buckets.remove(&other);
        }
    }
}

/// Spares the log: a kind of line that strangers can cause comes ten times at once and then once in
/// ten seconds, however many they cause.
pub(crate) struct Spared(Mutex<Option<(Bucket, u64)>>);

impl Spared {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Whether the line may be written; then how many like it were not since the last that was.
    pub(crate) fn may_say(&self, now: Instant) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (bucket, unsaid) = state.get_or_insert_with(|| (Bucket::new(10.0, 0.1, now), 0));
        if bucket.take(now) {
            return Some(std::mem::take(unsaid));
        }
        *unsaid += 1;
        metrics::LOG_LINES_HELD_BACK.count();
        None
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
    fn no_more_than_so_many_are_remembered() {
        let start = Instant::now();
        let mut buckets = Buckets::new(1.0, 1.0, 100);
        for number in 0..1000 {
            assert!(buckets.take(&number, 1.0, start));
        }
        assert!(buckets.buckets.len() <= 100);
        assert!(!buckets.take(&999, 1.0, start));
        assert!(!buckets.wait(&999, start).is_zero());
        buckets.give_back(&999);
        assert!(buckets.take(&999, 1.0, start));
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

    #[test]
    fn a_flood_is_told_in_few_lines_and_none_is_forgotten() {
        let spared = Spared::new();
        let start = Instant::now();
        let said = (0..1000).filter_map(|_| spared.may_say(start)).count();
        assert_eq!(said, 10);
        let later = start + Duration::from_secs(11);
        assert_eq!(spared.may_say(later), Some(990));
        assert_eq!(spared.may_say(later), None);
    }
}
