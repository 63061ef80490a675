//! Who may measure a rate, and how fast: a conference that runs on the same line must not notice.
//!
//! Whoever cannot be served is refused, never slowed below the pace: a figure that is told is the
//! line's and not that of others who measure.

use crate::{limits::Bucket, metrics, sentences::Refusal};
use diemcau_conference::DeviceId;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Most bytes of one measurement.
pub(crate) const MAX_BYTES: u64 = 4 * 1024 * 1024;
/// Bytes a second of one measurement: 10 Mbit/s, several times what a site needs.
pub(crate) const PACE: f64 = 1_250_000.0;
/// Measurements at once, each way: 40 Mbit/s.
const AT_ONCE: usize = 4;
/// The same while a session is open.
const AT_ONCE_IN_SESSION: usize = 1;
/// A measurement is over after so long, whether all its bytes came or not.
const LIFE: Duration = Duration::from_secs(60);
/// Bytes of a device at once, and a second: 64 MiB a minute.
const BYTES: (f64, f64) = (64.0 * 1024.0 * 1024.0, 64.0 * 1024.0 * 1024.0 / 60.0);
/// Buckets that are kept before the full ones are dropped.
const MAX_BUCKETS: usize = 1024;

/// Which way the bytes go, as the device sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Direction {
    Up,
    Down,
}

/// A bucket for each device.
pub(super) struct PerDevice {
    size: f64,
    per_second: f64,
    buckets: BTreeMap<DeviceId, Bucket>,
}

impl PerDevice {
    pub(super) fn new(size: f64, per_second: f64) -> Self {
        Self {
            size,
            per_second,
            buckets: BTreeMap::new(),
        }
    }

    /// Takes so many of a device's tokens, if it has them.
    pub(super) fn take(&mut self, device: &DeviceId, number: f64, now: Instant) -> bool {
        if self.buckets.len() >= MAX_BUCKETS {
            self.buckets.retain(|_, bucket| !bucket.is_full(now));
        }
        let bucket = self.buckets.entry(device.clone());
        let new = || Bucket::new(self.size, self.per_second, now);
        bucket.or_insert_with(new).take_many(number, now)
    }
}

/// The measurements that run.
pub(super) struct Rates {
    running: BTreeMap<(Direction, DeviceId), Running>,
    bytes: PerDevice,
    last: u64,
}

struct Running {
    number: u64,
    until: Instant,
}

impl Rates {
    pub(super) fn new() -> Self {
        Self {
            running: BTreeMap::new(),
            bytes: PerDevice::new(BYTES.0, BYTES.1),
            last: 0,
        }
    }

    /// Begins one in place of the device's own; its number.
    fn begin(
        &mut self,
        now: Instant,
        direction: Direction,
        device: &DeviceId,
        bytes: u64,
        in_session: bool,
    ) -> Result<u64, Refusal> {
        self.running.retain(|_, running| now < running.until);
        let at_once = if in_session {
            AT_ONCE_IN_SESSION
        } else {
            AT_ONCE
        };
        let others = self.running.keys();
        let others = others.filter(|(way, other)| *way == direction && other != device);
        if others.count() >= at_once {
            return Err(Refusal::RatesBusy);
        }
        if !self.bytes.take(device, bytes as f64, now) {
            return Err(Refusal::TooFast);
        }
        self.last += 1;
        let running = Running {
            number: self.last,
            until: now + LIFE,
        };
        self.running.insert((direction, device.clone()), running);
        Ok(self.last)
    }

    fn holds(&self, now: Instant, number: u64, key: &(Direction, DeviceId)) -> bool {
        let running = self.running.get(key);
        running.is_some_and(|running| running.number == number && now < running.until)
    }

    fn end(&mut self, number: u64, key: &(Direction, DeviceId)) {
        let running = self.running.get(key);
        if running.is_some_and(|running| running.number == number) {
            self.running.remove(key);
        }
    }
}

/// The right to measure; it ends when this is dropped.
pub(crate) struct Ticket {
    rates: Arc<Mutex<Rates>>,
    key: (Direction, DeviceId),
    number: u64,
}

impl Ticket {
    pub(super) fn take(
        rates: &Arc<Mutex<Rates>>,
        direction: Direction,
        device: &DeviceId,
        bytes: u64,
        in_session: bool,
    ) -> Result<Self, Refusal> {
        let begun = lock(rates).begin(Instant::now(), direction, device, bytes, in_session);
        let number = begun.inspect_err(|_| metrics::RATES_REFUSED.count())?;
        Ok(Self {
            rates: Arc::clone(rates),
            key: (direction, device.clone()),
            number,
        })
    }

    /// Whether it is still good: its time is not over and its device has not begun anew.
    pub(crate) fn holds(&self) -> bool {
        lock(&self.rates).holds(Instant::now(), self.number, &self.key)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        lock(&self.rates).end(self.number, &self.key);
    }
}

fn lock(rates: &Mutex<Rates>) -> MutexGuard<'_, Rates> {
    rates.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOWN: Direction = Direction::Down;

    fn key(name: &str) -> (Direction, DeviceId) {
        (DOWN, DeviceId::new(name))
    }

    #[test]
    fn so_many_measure_at_once_each_way_and_one_while_a_session_is_open() {
        let (now, mut rates) = (Instant::now(), Rates::new());
        let mut begin = |way, name: &str, in_session| {
            let device = DeviceId::new(name);
            rates.begin(now, way, &device, 1000, in_session)
        };
        for name in ["a", "b", "c", "d"] {
            assert!(begin(DOWN, name, false).is_ok());
        }
        assert_eq!(begin(DOWN, "e", false), Err(Refusal::RatesBusy));
        assert!(begin(Direction::Up, "e", true).is_ok(), "the other way");
        assert_eq!(begin(Direction::Up, "a", true), Err(Refusal::RatesBusy));
        let first = begin(DOWN, "a", false).expect("in place of its own");
        rates.end(first - 1, &key("a"));
        assert!(rates.holds(now, first, &key("a")), "not the older's to end");
        rates.end(first, &key("a"));
        let device = DeviceId::new("e");
        assert!(rates.begin(now, DOWN, &device, 1000, false).is_ok());
    }

    #[test]
    fn one_that_hangs_is_over_by_itself() {
        let (now, mut rates) = (Instant::now(), Rates::new());
        let device = DeviceId::new("a");
        let number = rates.begin(now, DOWN, &device, 1, true).expect("begun");
        assert!(rates.holds(now + LIFE - Duration::from_millis(1), number, &key("a")));
        assert!(!rates.holds(now + LIFE, number, &key("a")));
        let other = DeviceId::new("b");
        assert!(rates.begin(now + LIFE, DOWN, &other, 1, true).is_ok());
    }

    #[test]
    fn a_device_moves_64_mib_and_then_its_rate() {
        let (mut now, mut rates) = (Instant::now(), Rates::new());
        let device = DeviceId::new("a");
        let mut moved = 0;
        while rates.begin(now, DOWN, &device, MAX_BYTES, false).is_ok() {
            moved += MAX_BYTES;
        }
        assert_eq!(moved, 64 * 1024 * 1024);
        assert_eq!(
            rates.begin(now, DOWN, &device, MAX_BYTES, false),
            Err(Refusal::TooFast)
        );
        let other = DeviceId::new("b");
        assert!(rates.begin(now, DOWN, &other, MAX_BYTES, false).is_ok());
        now += Duration::from_secs(5);
        assert!(rates.begin(now, DOWN, &device, MAX_BYTES, false).is_ok());
    }

    #[test]
    fn buckets_of_devices_that_are_gone_are_dropped() {
        let now = Instant::now();
        let mut buckets = PerDevice::new(2.0, 1.0);
        for number in 0..MAX_BUCKETS {
            assert!(buckets.take(&DeviceId::new(number.to_string()), 1.0, now));
        }
        let later = now + Duration::from_secs(1);
        assert!(buckets.take(&DeviceId::new("new"), 1.0, later));
        assert_eq!(buckets.buckets.len(), 1);
    }
}
