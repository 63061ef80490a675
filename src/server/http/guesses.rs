//! Wrong codes cost the one who enters them, and nobody else.
//!
//! Tries are counted for each (address, site) and for each address over all sites, before anything
//! slow is done; only wrong ones count. Checking a code is slow on purpose, so that at most one is
//! checked at a time and few wait: a flood from many addresses fills the queue of those who sign
//! in, and nothing else of the server.

use crate::{config::neighbourhood, limits::Buckets};
use diemcau_conference::SiteId;
use std::{
    collections::{BTreeMap, VecDeque},
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Wrong tries of an address at a site: at once, and seconds for each after that.
const AT_SITE: (f64, f64) = (5.0, 5.0);
/// Wrong tries of an address at all sites: an office behind one address has many people.
const IN_ALL: (f64, f64) = (20.0, 2.0);
/// Addresses that are remembered at most, and as many at a site; about 2 MB.
const REMEMBERED: usize = 10_000;
/// The host hears of a site from so many refused tries within a minute on.
const ALARM: usize = 5;
const MINUTE: Duration = Duration::from_secs(60);
/// The host is told again of a site that is still guessed at.
const AGAIN: Duration = Duration::from_secs(10);

/// All tries that were wrong lately.
pub(super) struct Guesses(Mutex<State>);

struct State {
    at_site: Buckets<(IpAddr, SiteId)>,
    in_all: Buckets<IpAddr>,
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
        let buckets = |(size, seconds): (f64, f64)| (size, 1.0 / seconds, REMEMBERED);
        let (site, all) = (buckets(AT_SITE), buckets(IN_ALL));
        Self(Mutex::new(State {
            at_site: Buckets::new(site.0, site.1, site.2),
            in_all: Buckets::new(all.0, all.1, all.2),
            refused: BTreeMap::new(),
        }))
    }

    /// Counts a try as wrong before it is checked: many at once, or one that is broken off, gain
    /// nothing.
    ///
    /// # Errors
    /// How long this address must wait.
    pub(super) fn begin(
        &self,
        address: IpAddr,
        site: &SiteId,
        now: Instant,
    ) -> Result<(), Duration> {
        let address = neighbourhood(address);
        let (mut state, key) = (self.lock(), (address, site.clone()));
        let wait = state
            .at_site
            .wait(&key, now)
            .max(state.in_all.wait(&address, now));
        if !wait.is_zero() {
            return Err(wait);
        }
        state.at_site.take(&key, 1.0, now);
        state.in_all.take(&address, 1.0, now);
        Ok(())
    }

    /// The try was none of a wrong code: it counts no more.
    pub(super) fn forgive(&self, address: IpAddr, site: &SiteId) {
        let address = neighbourhood(address);
        let mut state = self.lock();
        state.at_site.give_back(&(address, site.clone()));
        state.in_all.give_back(&address);
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv6Addr;

    const GUESSER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 10));

    fn site(id: &str) -> SiteId {
        SiteId::new(id)
    }

    fn guess(guesses: &Guesses, address: IpAddr, at: &str, now: Instant) -> bool {
        guesses.begin(address, &site(at), now).is_ok()
    }

    #[test]
    fn a_guesser_is_slowed_and_nobody_else() {
        let (guesses, start) = (Guesses::new(), Instant::now());
        let tries = (0..50).filter(|_| guess(&guesses, GUESSER, "can-tho", start));
        assert_eq!(tries.count(), 5);
        assert!(guess(&guesses, OTHER, "can-tho", start));
        assert!(guess(&guesses, GUESSER, "nghe-an", start));
        let wait = guesses.begin(GUESSER, &site("can-tho"), start);
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
    fn right_codes_cost_nothing() {
        let (guesses, start) = (Guesses::new(), Instant::now());
        for _ in 0..50 {
            assert!(guess(&guesses, GUESSER, "can-tho", start));
            guesses.forgive(GUESSER, &site("can-tho"));
        }
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
