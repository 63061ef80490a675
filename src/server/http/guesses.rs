//! Wrong codes cost the one who enters them, and nobody else.
//!
//! Tries are counted for each (address, site) and for each address over all sites, before anything
//! slow is done; only wrong ones count. Checking a code is slow on purpose, so that at most one is
//! checked at a time and few wait: a flood from many addresses fills the queue of those who sign
//! in, and nothing else of the server.

use crate::{limits::Bucket, metrics};
use diemcau_conference::SiteId;
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Wrong tries of an address at a site: at once, and seconds for each after that.
const AT_SITE: (f64, f64) = (5.0, 5.0);
/// Wrong tries of an address at all sites: an office behind one address has many people.
const IN_ALL: (f64, f64) = (20.0, 2.0);
/// Addresses and sites that are remembered at most; about 2 MB.
const REMEMBERED: usize = 10_000;
/// The host hears of a site from so many refused tries within a minute on.
const ALARM: usize = 5;
const MINUTE: Duration = Duration::from_secs(60);
/// The host is told again of a site that is still guessed at.
const AGAIN: Duration = Duration::from_secs(10);

/// Whom a try is counted against: an address, at one site or over all.
type Key = (IpAddr, Option<SiteId>);

/// All tries that were wrong lately.
pub(super) struct Guesses(Mutex<State>);

struct State {
    buckets: HashMap<Key, Bucket>,
    /// Refused tries of the last minute at each site of the conference, and when the host was told.
    refused: BTreeMap<SiteId, (VecDeque<Instant>, Option<Instant>)>,
}

/// The host should know: so many tries were refused at this site within a minute.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Alarm {
    pub(super) site: SiteId,
    pub(super) refused: u32,
}

impl Guesses {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State {
            buckets: HashMap::new(),
            refused: BTreeMap::new(),
        }))
    }

    /// Whether this address may try a code at this site.
    ///
    /// # Errors
    /// How long it must wait.
    pub(super) fn may_try(
        &self,
        address: IpAddr,
        site: &SiteId,
        now: Instant,
    ) -> Result<(), Duration> {
        let mut state = self.lock();
        let wait = keys(address, site)
            .iter()
            .filter_map(|key| Some(state.buckets.get_mut(key)?.wait(now)))
            .max()
            .unwrap_or_default();
        if wait.is_zero() { Ok(()) } else { Err(wait) }
    }

    /// Counts a wrong code.
    pub(super) fn wrong(&self, address: IpAddr, site: &SiteId, now: Instant) {
        let mut state = self.lock();
        for (key, (size, seconds)) in keys(address, site).into_iter().zip([AT_SITE, IN_ALL]) {
            state.make_room(&key, now);
            state
                .buckets
                .entry(key)
                .or_insert_with(|| Bucket::new(size, 1.0 / seconds, now))
                .take(now);
        }
    }

    /// Notes a try that was refused, wrong or too early, at a site of the conference.
    pub(super) fn refused(&self, site: &SiteId, now: Instant) -> Option<Alarm> {
        let mut state = self.lock();
        let (times, told) = state.refused.entry(site.clone()).or_default();
        times.push_back(now);
        while times
            .front()
            .is_some_and(|time| now.duration_since(*time) > MINUTE || times.len() > REMEMBERED)
        {
            times.pop_front();
        }
        let soon = told.is_some_and(|told| now.duration_since(told) < AGAIN);
        if times.len() < ALARM || soon {
            return None;
        }
        *told = Some(now);
        Some(Alarm {
            site: site.clone(),
            refused: u32::try_from(times.len()).unwrap_or(u32::MAX),
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Forgets whoever has waited long enough, and if all have not, one of them.
    fn make_room(&mut self, key: &Key, now: Instant) {
        if self.buckets.len() < REMEMBERED || self.buckets.contains_key(key) {
            return;
        }
        self.buckets.retain(|_, bucket| !bucket.is_full(now));
        if self.buckets.len() >= REMEMBERED
            && let Some(other) = self.buckets.keys().next().cloned()
        {
            metrics::GUESSERS_FORGOTTEN.count();
            self.buckets.remove(&other);
        }
    }
}

/// A subscriber of IPv6 has a whole /64.
fn keys(address: IpAddr, site: &SiteId) -> [Key; 2] {
    let address = match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let prefix = u128::from(address) & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from(prefix))
        }
    };
    [(address, Some(site.clone())), (address, None)]
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUESSER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 10));

    fn site(id: &str) -> SiteId {
        SiteId::new(id)
    }

    fn guess(guesses: &Guesses, address: IpAddr, at: &str, now: Instant) -> bool {
        let may = guesses.may_try(address, &site(at), now).is_ok();
        if may {
            guesses.wrong(address, &site(at), now);
        }
        may
    }

    #[test]
    fn a_guesser_is_slowed_and_nobody_else() {
        let (guesses, start) = (Guesses::new(), Instant::now());
        let tries = (0..50).filter(|_| guess(&guesses, GUESSER, "can-tho", start));
        assert_eq!(tries.count(), 5);
        assert!(guesses.may_try(OTHER, &site("can-tho"), start).is_ok());
        assert!(guesses.may_try(GUESSER, &site("nghe-an"), start).is_ok());
        let wait = guesses.may_try(GUESSER, &site("can-tho"), start);
        assert_eq!(wait, Err(Duration::from_secs(5)));
        let later = start + Duration::from_secs(5);
        assert!(guess(&guesses, GUESSER, "can-tho", later));
        assert!(!guess(&guesses, GUESSER, "can-tho", later));
    }

    #[test]
    fn going_from_site_to_site_does_not_help() {
        let (guesses, start) = (Guesses::new(), Instant::now());
        let sites = (0..100).map(|number| format!("site-{number}"));
        let tries = sites.filter(|site| guess(&guesses, GUESSER, site, start));
        assert_eq!(tries.count(), 20);
    }

    #[test]
    fn a_whole_ipv6_network_is_one_guesser() {
        let (guesses, start) = (Guesses::new(), Instant::now());
        let tries = (0..50_u16).filter(|host| {
            let address = Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, *host);
            guess(&guesses, address.into(), "can-tho", start)
        });
        assert_eq!(tries.count(), 5);
    }

    #[test]
    fn memory_does_not_grow_with_addresses() {
        let (guesses, start) = (Guesses::new(), Instant::now());
        for number in 0..30_000_u32 {
            guess(&guesses, IpAddr::V4(number.into()), "can-tho", start);
        }
        assert!(guesses.lock().buckets.len() <= REMEMBERED);
    }

    #[test]
    fn the_host_hears_of_it_now_and_then() {
        let (guesses, start) = (Guesses::new(), Instant::now());
        let told = |at: Instant| guesses.refused(&site("can-tho"), at).map(|a| a.refused);
        assert_eq!((0..4).find_map(|_| told(start)), None);
        assert_eq!(told(start), Some(5));
        assert_eq!(told(start + Duration::from_secs(9)), None);
        assert_eq!(told(start + Duration::from_secs(10)), Some(7));
        assert_eq!(
            told(start + Duration::from_secs(200)),
            None,
            "a minute only"
        );
    }
}
