//! Who may measure a rate, and how fast: a conference that runs on the same line must not notice.
//!
//! Whoever cannot be served is refused, never slowed below the pace: a figure that is told is the
//! line's and not that of others who measure.

use crate::{limits::Buckets, metrics, sentences::Refusal};
use diemcau_conference::{DeviceId, SiteId};
use diemcau_protocol::SignedIn;
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
/// What the smallest measurement costs of them: holding a place is worth something too.
const LEAST: u64 = 256 * 1024;
/// Devices whose limits are remembered at most.
pub(super) const REMEMBERED: usize = 1024;

/// Which way the bytes go, as the device sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Direction {
    Up,
    Down,
}

/// The measurements that run.
pub(super) struct Rates {
    running: BTreeMap<(Direction, DeviceId), Running>,
    bytes: Buckets<DeviceId>,
    last: u64,
}

struct Running {
    number: u64,
    site: SiteId,
    until: Instant,
}

impl Rates {
    pub(super) fn new() -> Self {
        Self {
            running: BTreeMap::new(),
            bytes: Buckets::new(BYTES.0, BYTES.1, REMEMBERED),
            last: 0,
        }
    }

    /// Begins one in place of the device's own; its number.
    fn begin(
        &mut self,
        now: Instant,
        direction: Direction,
        who: (&SiteId, &DeviceId),
        bytes: u64,
        in_session: bool,
    ) -> Result<u64, Refusal> {
        let (site, device) = who;
        self.running.retain(|_, running| now < running.until);
        let at_once = if in_session {
            AT_ONCE_IN_SESSION
        } else {
            AT_ONCE
        };
        let all = self.running.iter();
        let others: Vec<&Running> = all
            .filter(|((way, other), _)| *way == direction && other != device)
            .map(|(_, running)| running)
            .collect();
        // Two of one site would share its line, and many would keep the others out.
        if others.len() >= at_once || others.iter().any(|other| other.site == *site) {
            return Err(Refusal::RatesBusy);
        }
        if !self.bytes.take(device, bytes.max(LEAST) as f64, now) {
            return Err(Refusal::TooFast);
        }
        self.last += 1;
        let running = Running {
            number: self.last,
            site: site.clone(),
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
        who: &SignedIn,
        bytes: u64,
        in_session: bool,
    ) -> Result<Self, Refusal> {
        let (now, seat) = (Instant::now(), (&who.site, &who.device));
        let begun = lock(rates).begin(now, direction, seat, bytes, in_session);
        let number = begun.inspect_err(|_| metrics::RATES_REFUSED.count())?;
        Ok(Self {
            rates: Arc::clone(rates),
            key: (direction, who.device.clone()),
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

    /// The device `b` of the site `a` is `a b`; one without a site is the only one of its own.
    fn begin(
        rates: &mut Rates,
        now: Instant,
        way: Direction,
        name: &str,
        bytes: u64,
        in_session: bool,
    ) -> Result<u64, Refusal> {
        let site = SiteId::new(name.split(' ').next().expect("a word"));
        rates.begin(now, way, (&site, &DeviceId::new(name)), bytes, in_session)
    }

    #[test]
    fn so_many_measure_at_once_each_way_and_one_while_a_session_is_open() {
        let (now, mut rates) = (Instant::now(), Rates::new());
        let mut begin =
            |way, name: &str, in_session| begin(&mut rates, now, way, name, 1000, in_session);
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
        assert!(self::begin(&mut rates, now, DOWN, "e", 1000, false).is_ok());
    }

    #[test]
    fn one_of_a_site_measures_at_a_time() {
        let (now, mut rates) = (Instant::now(), Rates::new());
        assert!(begin(&mut rates, now, DOWN, "a 1", 1, false).is_ok());
        let second = begin(&mut rates, now, DOWN, "a 2", 1, false);
        assert_eq!(second, Err(Refusal::RatesBusy));
        assert!(begin(&mut rates, now, Direction::Up, "a 2", 1, false).is_ok());
    }

    #[test]
    fn one_that_hangs_is_over_by_itself() {
        let (now, mut rates) = (Instant::now(), Rates::new());
        let number = begin(&mut rates, now, DOWN, "a", 1, true).expect("begun");
        assert!(rates.holds(now + LIFE - Duration::from_millis(1), number, &key("a")));
        assert!(!rates.holds(now + LIFE, number, &key("a")));
        assert!(begin(&mut rates, now + LIFE, DOWN, "b", 1, true).is_ok());
    }

    #[test]
    fn a_device_moves_64_mib_and_then_its_rate() {
        let (mut now, mut rates) = (Instant::now(), Rates::new());
        let mut moved = 0;
        while begin(&mut rates, now, DOWN, "a", MAX_BYTES, false).is_ok() {
            moved += MAX_BYTES;
        }
        assert_eq!(moved, 64 * 1024 * 1024);
        let over = begin(&mut rates, now, DOWN, "a", MAX_BYTES, false);
        assert_eq!(over, Err(Refusal::TooFast));
        assert!(begin(&mut rates, now, DOWN, "b", MAX_BYTES, false).is_ok());
        now += Duration::from_secs(5);
        assert!(begin(&mut rates, now, DOWN, "a", MAX_BYTES, false).is_ok());
    }

    #[test]
    fn holding_a_place_costs_something_too() {
        let (now, mut rates) = (Instant::now(), Rates::new());
        let begun = (0..1000).take_while(|_| begin(&mut rates, now, DOWN, "a", 1, false).is_ok());
        assert_eq!(begun.count(), 256);
    }
}
