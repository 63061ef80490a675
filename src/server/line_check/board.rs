//! Which checks there are, whose they are and when they end. Time is an argument.

use super::rates::REMEMBERED;
use crate::{
    limits::{Bucket, Buckets},
    room::peer_id,
    sentences::Refusal,
};
use diemcau_conference::{DeviceId, SiteId};
use diemcau_media::{PeerId, Plan, Receives, RoomId};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// Checks whose media may flow at once: a hall of them costs the server what a few sites cost it.
const AT_ONCE: usize = 16;
/// Of one site: whoever has its code must not keep the others from checking.
const AT_ONCE_OF_SITE: usize = 4;
/// A check's media ends by itself after so long.
const LIFE: Duration = Duration::from_secs(90);
/// A result is taken so long after the opening, also when media never came through.
const KEPT: Duration = Duration::from_secs(600);
/// Checks that are kept for their results; the oldest goes first.
const MAX_KEPT: usize = 1024;
/// Checks of a device: at once, and a second.
const OPENINGS: (f64, f64) = (6.0, 0.2);
/// Results of a check: at once, and a second.
const RESULTS: (f64, f64) = (3.0, 0.2);

/// All checks.
pub(super) struct Board {
    room: RoomId,
    checks: BTreeMap<String, Check>,
    openings: Buckets<DeviceId>,
    joins: u32,
}

struct Check {
    device: DeviceId,
    site: SiteId,
    /// Its media, until that ends.
    peer: Option<PeerId>,
    opened: Instant,
    results: Bucket,
}

/// A check that was opened.
#[derive(Debug)]
pub(super) struct Opened {
    /// Its peer.
    pub(super) peer: PeerId,
    /// The peer of the device's older check.
    pub(super) ended: Option<PeerId>,
}

impl Board {
    pub(super) fn new(room: RoomId) -> Self {
        Self {
            room,
            checks: BTreeMap::new(),
            openings: Buckets::new(OPENINGS.0, OPENINGS.1, REMEMBERED),
            joins: 0,
        }
    }

    /// Adds a check with a new id. The device's older one is forgotten.
    pub(super) fn open(
        &mut self,
        now: Instant,
        id: String,
        device: &DeviceId,
        site: &SiteId,
    ) -> Result<Opened, Refusal> {
        self.checks
            .retain(|_, check| check.peer.is_some() || now < check.opened + KEPT);
        let others = self.checks.values().filter(|check| check.device != *device);
        let others: Vec<&Check> = others.filter(|check| check.peer.is_some()).collect();
        let of_site = others.iter().filter(|check| check.site == *site).count();
        if others.len() >= AT_ONCE || of_site >= AT_ONCE_OF_SITE {
            return Err(Refusal::LineChecksFull);
        }
        if !self.openings.take(device, 1.0, now) {
            return Err(Refusal::TooFast);
        }
        let older = self.checks.iter();
        let older = older.filter(|(_, check)| check.device == *device);
        let older = older.map(|(id, _)| id.clone()).next();
        let ended = older.and_then(|id| self.forget(&id));
        if self.checks.len() >= MAX_KEPT {
            let over = self.checks.iter().filter(|(_, check)| check.peer.is_none());
            let oldest = over.min_by_key(|(_, check)| check.opened);
            if let Some(oldest) = oldest.map(|(id, _)| id.clone()) {
                self.checks.remove(&oldest);
            }
        }
        self.joins += 1;
        let peer = peer_id(self.room, self.joins);
        tracing::info!(%site, %device, "A line check is opened");
        self.checks.insert(
            id,
            Check {
                device: device.clone(),
                site: site.clone(),
                peer: Some(peer),
                opened: now,
                results: Bucket::new(RESULTS.0, RESULTS.1, now),
            },
        );
        Ok(Opened { peer, ended })
    }

    /// Ends the media of a device's check; its peer, if there was media.
    pub(super) fn end(&mut self, device: &DeviceId, id: &str) -> Result<Option<PeerId>, Refusal> {
        let check = self.own(device, id)?;
        Ok(check.peer.take())
    }

    /// Removes a check; its peer, if there was media.
    pub(super) fn forget(&mut self, id: &str) -> Option<PeerId> {
        self.checks.remove(id)?.peer
    }

    /// A peer's media is gone.
    pub(super) fn gone(&mut self, peer: PeerId) {
        for check in self.checks.values_mut() {
            if check.peer == Some(peer) {
                check.peer = None;
                tracing::info!(site = %check.site, device = %check.device, "The media of a line check is gone");
            }
        }
    }

    /// Ends the media of every check whose time is over.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<PeerId> {
        let over = |check: &&mut Check| now >= check.opened + LIFE;
        let checks = self.checks.values_mut().filter(over);
        checks.filter_map(|check| check.peer.take()).collect()
    }

    /// When [`Self::expire`] is to be called.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let running = self.checks.values().filter(|check| check.peer.is_some());
        running.map(|check| check.opened + LIFE).min()
    }

    /// Whether a device may tell the result of a check now.
    pub(super) fn admit_result(
        &mut self,
        now: Instant,
        device: &DeviceId,
        id: &str,
    ) -> Result<(), Refusal> {
        let check = self.own(device, id)?;
        if check.results.take(now) {
            Ok(())
        } else {
            Err(Refusal::TooFast)
        }
    }

    /// Each peer hears and sees itself, and nobody else does.
    pub(super) fn plan(&self) -> Plan {
        let peers = || self.checks.values().filter_map(|check| check.peer);
        let own = |peer| Receives {
            audio: vec![peer],
            main: Some(peer),
            ..Receives::default()
        };
        Plan {
            heard: peers().collect(),
            presenting: None,
            receivers: peers().map(|peer| (peer, own(peer))).collect(),
        }
    }

    fn own(&mut self, device: &DeviceId, id: &str) -> Result<&mut Check, Refusal> {
        let check = self.checks.get_mut(id);
        check
            .filter(|check| check.device == *device)
            .ok_or(Refusal::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct World {
        board: Board,
        now: Instant,
    }

    impl World {
        fn new() -> Self {
            Self {
                board: Board::new(RoomId(7)),
                now: Instant::now(),
            }
        }

        /// Each device is of a site of its own.
        fn open(&mut self, id: &str, device: &str) -> Result<Opened, Refusal> {
            self.open_at(id, device, device)
        }

        fn open_at(&mut self, id: &str, device: &str, site: &str) -> Result<Opened, Refusal> {
            let (device, site) = (DeviceId::new(device), SiteId::new(site));
            self.board.open(self.now, id.to_owned(), &device, &site)
        }

        fn peers(&self) -> Vec<PeerId> {
            self.board.plan().receivers.into_keys().collect()
        }
    }

    #[test]
    fn everyone_has_themselves_alone_in_the_plan() {
        let mut world = World::new();
        let one = world.open("a", "one").expect("opened").peer;
        let two = world.open("b", "two").expect("opened").peer;
        let plan = world.board.plan();
        assert_eq!(plan.heard, [one, two].into());
        for peer in [one, two] {
            let receives = &plan.receivers[&peer];
            assert_eq!(
                (&receives.audio, receives.main, receives.thumbnails.len()),
                (&vec![peer], Some(peer), 0)
            );
        }
    }

    #[test]
    fn a_newer_check_of_a_device_ends_the_older() {
        let mut world = World::new();
        let first = world.open("a", "one").expect("opened").peer;
        let second = world.open("b", "one").expect("opened");
        assert_eq!(second.ended, Some(first));
        assert_eq!(world.peers(), [second.peer]);
        let device = DeviceId::new("one");
        assert_eq!(world.board.end(&device, "a"), Err(Refusal::NotFound));
        assert_eq!(world.board.end(&device, "b"), Ok(Some(second.peer)));
        assert_eq!(world.board.end(&device, "b"), Ok(None), "twice is harmless");
        assert_eq!(world.board.plan(), Plan::default());
    }

    #[test]
    fn sixteen_run_at_once_and_an_end_makes_room() {
        let mut world = World::new();
        for number in 0..16 {
            let name = number.to_string();
            world.open(&name, &name).expect("opened");
        }
        assert!(matches!(
            world.open("17", "other"),
            Err(Refusal::LineChecksFull)
        ));
        assert!(world.open("again", "3").is_ok(), "in place of its own");
        let device = DeviceId::new("5");
        world.board.end(&device, "5").expect("its own");
        assert!(world.open("17", "other").is_ok());
    }

    #[test]
    fn one_site_cannot_hold_them_all() {
        let mut world = World::new();
        for device in ["1", "2", "3", "4"] {
            world.open_at(device, device, "can-tho").expect("opened");
        }
        assert!(matches!(
            world.open_at("5", "5", "can-tho"),
            Err(Refusal::LineChecksFull)
        ));
        assert!(world.open_at("6", "6", "nghe-an").is_ok());
    }

    #[test]
    fn a_check_ends_by_itself_and_its_result_is_still_taken() {
        let mut world = World::new();
        let peer = world.open("a", "one").expect("opened").peer;
        let device = DeviceId::new("one");
        let due = world.board.next_deadline().expect("a deadline");
        assert_eq!(due, world.now + LIFE);
        let before = due - Duration::from_millis(1);
        assert_eq!(world.board.expire(before), []);
        assert_eq!(world.board.expire(due), [peer]);
        assert_eq!(
            (world.board.next_deadline(), world.peers().len()),
            (None, 0)
        );
        assert_eq!(world.board.admit_result(due, &device, "a"), Ok(()));
        let other = DeviceId::new("two");
        let foreign = world.board.admit_result(due, &other, "a");
        assert_eq!(foreign, Err(Refusal::NotFound), "another device's");
        world.now += KEPT;
        world.open("b", "two").expect("opened");
        let late = world.board.admit_result(world.now, &device, "a");
        assert_eq!(late, Err(Refusal::NotFound));
    }

    #[test]
    fn media_that_is_gone_leaves_the_result_to_be_told() {
        let mut world = World::new();
        let peer = world.open("a", "one").expect("opened").peer;
        world.board.gone(peer);
        assert_eq!(world.board.plan(), Plan::default());
        let device = DeviceId::new("one");
        let told = (0..9).filter(|_| {
            let admitted = world.board.admit_result(world.now, &device, "a");
            admitted.is_ok()
        });
        assert_eq!(told.count(), 3, "and not without end");
    }

    #[test]
    fn a_device_opens_a_few_checks_and_then_one_in_five_seconds() {
        let mut world = World::new();
        let opened = (0..9).filter(|n| world.open(&n.to_string(), "one").is_ok());
        assert_eq!(opened.count(), 6);
        world.now += Duration::from_secs(5);
        assert!(world.open("later", "one").is_ok());
        assert!(matches!(world.open("soon", "one"), Err(Refusal::TooFast)));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut world = World::new();
        for number in 0..MAX_KEPT + 10 {
            let name = number.to_string();
            world.open(&name, &name).expect("opened");
            let device = DeviceId::new(name.clone());
            world.board.end(&device, &name).expect("its own");
            world.now += Duration::from_millis(1);
        }
        assert_eq!(world.board.checks.len(), MAX_KEPT);
        assert!(!world.board.checks.contains_key("0"), "the oldest went");
    }
}
