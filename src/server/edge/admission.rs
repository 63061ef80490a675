//! How many connections there may be, in all and from one address.

use crate::{
    config::{Network, neighbourhood},
    metrics,
};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// Connections in all.
pub(super) const TOTAL: usize = 4096;
/// Connections from one address: an office behind one address, six for each browser.
const PER_ADDRESS: usize = 256;
/// From this machine itself: tests, agents, a proxy that nobody has named.
const FROM_LOOPBACK: usize = TOTAL;

/// Counts connections.
pub(super) struct Admission {
    trusted: Vec<Network>,
    counts: Mutex<Counts>,
    emptied: Notify,
}

#[derive(Default)]
struct Counts {
    all: usize,
    by_origin: HashMap<IpAddr, usize>,
}

/// A place for one connection, given back when it is dropped.
pub(super) struct Permit {
    admission: Arc<Admission>,
    origin: IpAddr,
}

impl Admission {
    pub(super) fn new(trusted: &[Network]) -> Self {
        Self {
            trusted: trusted.to_vec(),
            counts: Mutex::default(),
            emptied: Notify::new(),
        }
    }

    /// A place for a connection from `peer`; none, and counted, when there are too many.
    pub(super) fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Permit> {
        let origin = neighbourhood(peer);
        let most = self.most(peer);
        let mut counts = self.lock();
        if counts.all >= TOTAL {
            metrics::CONNECTIONS_FULL.count();
            return None;
        }
        let count = counts.by_origin.entry(origin).or_default();
        if *count >= most {
            metrics::CONNECTIONS_ADDRESS.count();
            return None;
        }
        *count += 1;
        counts.all += 1;
        metrics::CONNECTIONS.count();
        Some(Permit {
            admission: Arc::clone(self),
            origin,
        })
    }

    /// Returns once there is no connection.
    pub(super) async fn empty(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.lock().all == 0 {
                return;
            }
            emptied.await;
        }
    }

    fn most(&self, peer: IpAddr) -> usize {
        let peer = peer.to_canonical();
        if self.trusted.iter().any(|network| network.contains(peer)) {
            TOTAL
        } else if peer.is_loopback() {
            FROM_LOOPBACK
        } else {
            PER_ADDRESS
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut counts = self.admission.lock();
        counts.all -= 1;
        if let Some(count) = counts.by_origin.get_mut(&self.origin) {
            *count -= 1;
            if *count == 0 {
                counts.by_origin.remove(&self.origin);
            }
        }
        if counts.all == 0 {
            self.admission.emptied.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(admission: &Arc<Admission>, from: &str, number: usize) -> Vec<Permit> {
        let from = from.parse().expect("an address");
        std::iter::repeat_with(|| admission.admit(from))
            .take(number)
            .flatten()
            .collect()
    }

    #[test]
    fn one_address_cannot_take_every_place() {
        let admission = Arc::new(Admission::new(&["10.9.0.0/16".parse().expect("a network")]));
        let greedy = take(&admission, "192.0.2.1", 300);
        assert_eq!(greedy.len(), 256);
        assert_eq!(
            take(&admission, "::ffff:192.0.2.1", 1).len(),
            0,
            "the same address"
        );
        assert_eq!(take(&admission, "192.0.2.2", 1).len(), 1);
        let _six = take(&admission, "2001:db8:0:1::1", 256);
        assert_eq!(
            take(&admission, "2001:db8:0:1:ffff::2", 1).len(),
            0,
            "the same network"
        );
        assert_eq!(take(&admission, "2001:db8:0:2::1", 1).len(), 1);
        drop(greedy);
        assert_eq!(
            take(&admission, "192.0.2.1", 1).len(),
            1,
            "places are given back"
        );
    }

    #[test]
    fn a_proxy_and_this_machine_have_all_places_and_no_more() {
        for address in ["10.9.0.1", "127.0.0.1", "::1"] {
            let admission = Arc::new(Admission::new(&["10.9.0.0/16".parse().expect("a network")]));
            let all = take(&admission, address, 5000);
            assert_eq!(all.len(), 4096, "{address}");
            assert_eq!(take(&admission, "192.0.2.1", 1).len(), 0);
            drop(all);
            assert!(
                admission.lock().by_origin.is_empty(),
                "nothing is kept of who has gone"
            );
        }
    }

    #[tokio::test]
    async fn who_waits_for_the_last_to_go_is_woken() {
        let admission = Arc::new(Admission::new(&[]));
        admission.empty().await;
        let places = take(&admission, "192.0.2.1", 3);
        let waiting = tokio::spawn({
            let admission = Arc::clone(&admission);
            async move { admission.empty().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(places);
        waiting.await.expect("it ends");
    }
}
