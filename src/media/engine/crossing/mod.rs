//! Several engines, one conference: a source's packets cross once to every other shard that has
//! receivers for it, and there the source is a relayed peer, one without a transport.
//!
//! A shard seeks what its slots want and it does not have, from all others. Who has it says so and
//! says what it publishes; then it is wanted layer by layer, as its slots have it or wait for it.
//! Every engine reconciles the same whole plan, so that a gate is closed at both ends.
//!
//! What is said of a peer is a state, compared with what was said last. Only peers that somebody could
//! have changed since then are compared: those that are noted.

mod relay;
mod source;

pub(crate) use relay::Relay;
pub(crate) use source::Watcher;

use super::Engine;
use crate::{
    api::PeerId,
    crossing::{Crossings, Message, ShardId},
    peer::Peer,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

/// A user name fragment has so many bits for a peer's place; those above name the shard.
const PLACE_BITS: u32 = 24;

/// What an engine has to do with those of other shards.
#[derive(Debug, Default)]
pub(super) struct Abroad {
    shard: ShardId,
    /// What waits to be said to each shard, by its number; nothing to itself.
    outboxes: Vec<Crossings>,
    /// Peers that slots here want and that are not here.
    seeking: BTreeSet<PeerId>,
    /// Those of them that were found.
    relayed: BTreeSet<PeerId>,
    /// Slots or peers have changed since it was last asked what is sought.
    stale: bool,
    /// What others seek, and whether they were told that it is here.
    sought: BTreeMap<(PeerId, ShardId), bool>,
    /// Peers of which there may be something new to say.
    noted: Vec<PeerId>,
}

impl Abroad {
    /// Slots or peers have changed.
    pub(super) fn touch(&mut self) {
        self.stale = true;
    }

    /// Whether a peer's transport is on another shard.
    pub(super) fn is_relayed(&self, peer: PeerId) -> bool {
        self.relayed.contains(&peer)
    }

    /// How many such peers there are.
    pub(super) fn relayed(&self) -> usize {
        self.relayed.len()
    }

    /// A peer is here from now on.
    pub(super) fn placed(&mut self, peer: PeerId) {
        self.stale = true;
        self.note_id(peer);
    }

    /// A peer is not here any more.
    pub(super) fn removed(&mut self, peer: PeerId) {
        self.relayed.remove(&peer);
        self.stale = true;
        self.note_id(peer);
    }

    /// Somebody may have changed what of a peer crosses. Whoever gets a peer to change it comes by
    /// here; of one that has nothing to do with other shards nothing is noted.
    pub(super) fn note(&mut self, peer: &mut Peer) {
        if peer.is_noted || (peer.relay.is_none() && peer.watchers.is_empty()) {
            return;
        }
        peer.is_noted = true;
        self.noted.push(peer.id);
    }

    /// The same of one that may not be here, or that others have begun to seek.
    fn note_id(&mut self, peer: PeerId) {
        if !self.outboxes.is_empty() {
            self.noted.push(peer);
        }
    }

    /// A peer went down with its room here. Returns whether it was relayed; then it is sought anew if
    /// it is wanted.
    pub(super) fn lost(&mut self, peer: PeerId) -> bool {
        let was_relayed = self.is_relayed(peer);
        self.removed(peer);
        if self.seeking.remove(&peer) {
            self.seek(peer, false);
        }
        was_relayed
    }

    /// What a user name fragment begins with, for the peer at `place` of this shard.
    pub(super) fn name(&self, place: u32) -> u32 {
        u32::from(self.shard.0) << PLACE_BITS | place
    }

    /// The place of the peer that a user name fragment names, if it is of this shard.
    pub(super) fn place(&self, name: u32) -> Option<u32> {
        (name >> PLACE_BITS == u32::from(self.shard.0)).then_some(name & ((1 << PLACE_BITS) - 1))
    }

    fn outbox(&mut self, to: ShardId) -> Option<&mut Crossings> {
        self.outboxes.get_mut(usize::from(to.0))
    }

    fn say(&mut self, to: ShardId, message: Message) {
        if let Some(outbox) = self.outbox(to) {
            outbox.say(message);
        }
    }

    fn seek(&mut self, peer: PeerId, sought: bool) {
        let own = usize::from(self.shard.0);
        let others = self.outboxes.iter_mut().enumerate();
        for (_, outbox) in others.filter(|(shard, _)| *shard != own) {
            outbox.say(Message::Seek { peer, sought });
        }
    }
}

impl Engine {
    /// Makes it the engine of one of `count` shards. It has no peers yet.
    pub(crate) fn among(mut self, shard: ShardId, count: u8) -> Self {
        self.abroad.shard = shard;
        let outboxes = (0..count).map(|_| Crossings::default());
        self.abroad.outboxes = outboxes.filter(|_| count > 1).collect();
        self
    }

    /// Takes what another shard says.
    pub(crate) fn handle_crossing(
        &mut self,
        now: Instant,
        from: ShardId,
        message: &Message,
        payload: &[u8],
    ) {
        match message {
            Message::Seek { peer, sought } => self.note_sought(*peer, from, *sought),
            Message::Want(peer, wanted) => self.note_wanted(now, *peer, from, *wanted),
            Message::KeyFrame {
                peer,
                kind,
                layer,
                wish,
            } => self.note_key_frame_wish(now, *peer, from, (*kind, *layer), *wish),
            Message::Here(published) => self.begin_relay(now, from, published),
            Message::Gone(peer) => self.end_relay(now, *peer, Some(from)),
            Message::Layers(peer, kind, layers) => {
                self.relay_layers(now, *peer, from, *kind, layers);
            }
            Message::Packet(head) => self.relay_packet(now, from, head, payload),
        }
    }

    /// Finds out what is to be said to other shards. Call it before [`Self::crossings`].
    pub(crate) fn settle_crossings(&mut self, now: Instant) {
        if self.abroad.outboxes.is_empty() {
            return;
        }
        self.at_work = None;
        if std::mem::take(&mut self.abroad.stale) {
            self.seek_what_is_wanted(now);
        }
        // One after the other: a defect with one of them must not lose what the others have to say.
        while let Some(id) = self.abroad.noted.pop() {
            let place = self.by_id.get(&id).copied();
            let peer = place.and_then(|place| self.places[place as usize].as_deref_mut());
            if let Some(peer) = peer {
                peer.is_noted = false;
                self.at_work = Some(peer.room);
            }
            self.say_what_is_wanted(id);
            self.say_what_is_here(id);
        }
        self.at_work = None;
    }

    /// What waits to be said to another shard; the caller takes it or clears it. None: there is no
    /// such shard.
    pub(crate) fn crossings(&mut self, to: ShardId) -> Option<&mut Crossings> {
        self.abroad.outbox(to)
    }
}

#[cfg(test)]
impl Engine {
    /// Of all that others may have to be told: how much there is to compare, and of whom they were
    /// told something else than is so. After [`Self::settle_crossings`] there is nobody.
    pub(super) fn compare_all(&self) -> (usize, Vec<PeerId>) {
        let found = |id: &PeerId| {
            let place = self.by_id.get(id)?;
            self.places[*place as usize].as_deref()
        };
        let sought = self.abroad.sought.iter();
        let untold = sought.filter(|((id, by), told)| match found(id) {
            Some(peer) if peer.relay.is_none() => !**told || !peer.has_told(*by),
            _ => **told,
        });
        let mut wrong: Vec<PeerId> = untold.map(|((id, _), _)| *id).collect();
        let relayed = self.abroad.relayed.iter().copied();
        wrong.extend(relayed.filter(|id| !found(id).is_some_and(Peer::has_told_origin)));
        let count = self.abroad.sought.len() + self.abroad.relayed.len();
        (count, wrong)
    }
}
