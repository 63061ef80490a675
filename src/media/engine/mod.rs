//! The engine: datagrams, commands and time in; datagrams and events out. No socket, no clock, no
//! task.

mod allotment;
mod crossing;
mod egress;
#[cfg(any(test, feature = "fuzzing"))]
#[cfg_attr(
    not(feature = "fuzzing"),
    allow(dead_code, unreachable_pub, reason = "only its own tests use it here")
)]
pub mod fuzzing;
mod guard;
mod ingress;
mod layers;
mod pacing;
mod repair;
mod reports;
mod routing;
mod sound;
mod upkeep;

#[cfg(test)]
mod tests;

pub(crate) use crossing::{Relay, Watcher};
#[cfg(test)]
pub(crate) use guard::POISONED;

use crate::{
    api::{JoinError, Joined, MediaEvent, PeerId, Plan, RoomId, Slot as SlotInfo},
    counters::Counters,
    dtls::{Dtls, Identity},
    ice::{Credentials, Ice},
    outbox::{Outbox, Path},
    peer::Peer,
    rtcp::ReportBlock,
    sdp::{self, Local, Offer, Use},
    slot::Slot,
    timers::Timers,
};
use crossing::Abroad;
use ring::rand::{SecureRandom, SystemRandom};
use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    time::{Duration, Instant},
};

/// Microphone levels are told this often.
const LEVELS_INTERVAL: Duration = Duration::from_millis(200);

/// No more peers than this: an engine's places are 24 bits of a user name fragment, and memory is
/// finite.
const MAX_PEERS: usize = 20_000;

/// All peers of one shard.
pub struct Engine {
    identity: Identity,
    random: SystemRandom,
    candidates: Vec<SocketAddr>,
    cname: String,
    epoch: Instant,
    ntp_at_epoch: u64,
    places: Vec<Option<Box<Peer>>>,
    free: Vec<u32>,
    by_id: HashMap<PeerId, u32>,
    by_path: HashMap<Path, u32>,
    plans: HashMap<RoomId, Plan>,
    abroad: Abroad,
    timers: Timers,
    levels_due: Option<Instant>,
    outbox: Outbox,
    /// Room for the blocks of a receiver report.
    blocks: Vec<ReportBlock>,
    events: VecDeque<MediaEvent>,
    counters: Counters,
    /// The room of the peer that is worked on.
    at_work: Option<RoomId>,
}

/// The machine gives no randomness, or no certificate can be made of it.
#[derive(Debug, thiserror::Error)]
#[error("no certificate for media could be made: {0}")]
pub struct NoIdentity(String);

impl Engine {
    /// An engine without peers. `candidates` is what answers offer; `ntp` is the time of day at
    /// `now`, in 2⁻³² seconds since 1900.
    ///
    /// # Errors
    /// [`NoIdentity`] when the machine has no randomness.
    pub fn new(now: Instant, ntp: u64, candidates: Vec<SocketAddr>) -> Result<Self, NoIdentity> {
        let identity = Identity::generate().map_err(|error| NoIdentity(error.to_string()))?;
        let random = SystemRandom::new();
        let mut cname = [0; 8];
        random
            .fill(&mut cname)
            .map_err(|_| NoIdentity("no randomness".to_owned()))?;
        Ok(Self {
            identity,
            random,
            candidates,
            cname: cname.iter().map(|byte| format!("{byte:02x}")).collect(),
            epoch: now,
            ntp_at_epoch: ntp,
            places: vec![],
            free: vec![],
            by_id: HashMap::new(),
            by_path: HashMap::new(),
            plans: HashMap::new(),
            abroad: Abroad::default(),
            timers: Timers::default(),
            levels_due: None,
            outbox: Outbox::default(),
            blocks: vec![],
            events: VecDeque::new(),
            counters: Counters::default(),
            at_work: None,
        })
    }

    /// Answers an offer. The peer then waits for connectivity checks.
    ///
    /// # Errors
    /// [`JoinError::BadOffer`] with what is missing, [`JoinError::Full`].
    pub fn join(
        &mut self,
        now: Instant,
        room: RoomId,
        id: PeerId,
        offer: &str,
    ) -> Result<Joined, JoinError> {
        if self.by_id.len() >= MAX_PEERS || self.by_id.contains_key(&id) {
            return Err(JoinError::Full);
        }
        self.accept(now, room, id, &Offer::parse(offer)?)
    }

    fn accept(
        &mut self,
        now: Instant,
        room: RoomId,
        id: PeerId,
        offer: &Offer,
    ) -> Result<Joined, JoinError> {
        let uses = sdp::uses(offer);
        if uses.iter().all(|used| *used == Use::None) {
            return Err(JoinError::BadOffer(
                "no section offers Opus, VP8 or baseline H.264".to_owned(),
            ));
        }
        let mut random = [0; 20];
        self.random.fill(&mut random).map_err(|_| JoinError::Full)?;
        let place = self.free.pop().unwrap_or(self.places.len() as u32);
        let credentials = Credentials::new(self.abroad.name(place), random);
        let ice = Ice::new(now, credentials, offer.ufrag.clone());
        let dtls = Dtls::new(&self.identity, offer.fingerprint);
        let mut taken = offered_ssrcs(offer);
        let report_ssrc = self.fresh_ssrc(&mut taken);
        let mut peer = Peer::new(
            now,
            id,
            room,
            ice,
            dtls,
            sdp::extension_ids(offer),
            report_ssrc,
        );
        let mut ssrcs = vec![];
        for (section, used) in offer.sections.iter().zip(&uses) {
            peer.publish(&section.mid, used);
            if let Use::Slot(receiving) = used {
                let pair = (self.fresh_ssrc(&mut taken), self.fresh_ssrc(&mut taken));
                ssrcs.push(pair);
                let random = self.random_u64();
                peer.slots.push(Slot::new(
                    section.mid.clone(),
                    receiving,
                    pair.0,
                    pair.1,
                    random,
                ));
            }
        }
        let credentials = peer.ice.credentials();
        let local = Local {
            ufrag: &credentials.ufrag,
            password: &credentials.password,
            fingerprint: self.identity.fingerprint(),
            candidates: &self.candidates,
            ssrcs: &ssrcs,
            cname: &self.cname,
        };
        let answer = sdp::answer(offer, &uses, &local);
        let slots = peer
            .slots
            .iter()
            .map(|slot| SlotInfo {
                mid: slot.mid.clone(),
                kind: slot.kind,
                index: slot.index,
            })
            .collect();
        // Until here the room has no part in it: an offer must not end a conference.
        self.at_work = Some(room);
        self.place(place, peer);
        self.admit(now, place);
        Ok(Joined { answer, slots })
    }

    /// Ends a peer: the other end is told by DTLS, all that was its own is forgotten.
    pub fn leave(&mut self, now: Instant, id: PeerId) {
        if let Some(place) = self.by_id.get(&id).copied() {
            self.remove(now, place);
        }
    }

    /// Ends all peers.
    pub fn leave_all(&mut self, now: Instant) {
        for place in 0..self.places.len() as u32 {
            self.remove(now, place);
        }
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(place) = self.timers.pop(now) {
            self.attend(now, place);
        }
        self.at_work = None;
        if self.levels_due.is_some_and(|due| now >= due) {
            self.tell_levels(now);
        }
    }

    /// When [`Self::handle_timeout`] should be called next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match (self.timers.next(), self.levels_due) {
            (Some(timer), Some(levels)) => Some(timer.min(levels)),
            (timer, levels) => timer.or(levels),
        }
    }

    /// What happened.
    pub fn poll_event(&mut self) -> Option<MediaEvent> {
        self.events.pop_front()
    }

    /// Whether a path has been checked for a peer.
    pub(crate) fn is_peers(&self, path: &Path) -> bool {
        self.by_path.contains_key(path)
    }

    /// The datagrams to send; the caller clears it when they are sent.
    pub fn outbox(&mut self) -> &mut Outbox {
        &mut self.outbox
    }

    /// How many peers there are; those of other shards are not counted.
    pub(crate) fn peers(&self) -> usize {
        self.by_id.len() - self.abroad.relayed()
    }

    /// What was done and dropped so far.
    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    fn place(&mut self, place: u32, peer: Peer) {
        self.abroad.placed(peer.id);
        let index = place as usize;
        if index == self.places.len() {
            self.places.push(None);
        }
        self.by_id.insert(peer.id, place);
        self.timers.arm(place, peer.deadline());
        self.places[index] = Some(Box::new(peer));
    }

    fn remove(&mut self, now: Instant, place: u32) {
        let Some(mut peer) = self.places.get_mut(place as usize).and_then(Option::take) else {
            return;
        };
        self.at_work = Some(peer.room);
        peer.dtls.close(now);
        peer.flush_dtls(&mut self.outbox);
        self.by_id.remove(&peer.id);
        self.abroad.removed(peer.id);
        for path in peer.ice.paths() {
            if self.by_path.get(path) == Some(&place) {
                self.by_path.remove(path);
            }
        }
        self.timers.disarm(place);
        self.dismiss(&peer, place);
        self.free.push(place);
    }

    /// Puts a peer back that was taken out of its place to be worked on.
    fn put_back(&mut self, place: u32, mut peer: Box<Peer>) {
        self.abroad.note(&mut peer);
        self.timers.arm(place, peer.deadline());
        self.places[place as usize] = Some(peer);
    }

    fn peer_mut(&mut self, place: u32) -> Option<&mut Peer> {
        let peer = self.places.get_mut(place as usize)?.as_deref_mut()?;
        self.abroad.note(peer);
        Some(peer)
    }

    fn ntp(&self, now: Instant) -> u64 {
        let elapsed = now.duration_since(self.epoch);
        let fraction = (u64::from(elapsed.subsec_nanos()) << 32) / 1_000_000_000;
        self.ntp_at_epoch
            .wrapping_add(elapsed.as_secs() << 32 | fraction)
    }

    fn random_u64(&self) -> u64 {
        let mut bytes = [0; 8];
        // Sequence numbers and SSRCs are no secrets: zeros would only be less well spread.
        if self.random.fill(&mut bytes).is_err() {
            tracing::warn!("The machine gives no randomness");
        }
        u64::from_be_bytes(bytes)
    }

    fn fresh_ssrc(&self, taken: &mut Vec<u32>) -> u32 {
        let mut ssrc = self.random_u64() as u32;
        while ssrc == 0 || taken.contains(&ssrc) {
            ssrc = ssrc.wrapping_add(0x9e37_79b9);
        }
        taken.push(ssrc);
        ssrc
    }
}

fn offered_ssrcs(offer: &Offer) -> Vec<u32> {
    let of_section = |section: &sdp::Section| {
        let rtx = section.rtx_of.iter().map(|(_, rtx)| *rtx);
        section.ssrcs.iter().copied().chain(rtx).collect::<Vec<_>>()
    };
    offer.sections.iter().flat_map(of_section).collect()
}
