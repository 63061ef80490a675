//! What a receiver's line is used for, and how it is found out whether it carries more.

use super::Engine;
use crate::{
    allocator::{Allocator, Budget, Demand},
    api::{MediaEvent, PeerId},
    peer::Peer,
    publication::{Feed, Wish},
    slot::Slot,
};
use std::{slice, time::Instant};

/// What is looked for, in percent of what the next picture needs.
const PROBED: u64 = 105;
/// More than any line carries.
const UNLIMITED: Budget = Budget {
    rate: 1 << 40,
    is_quiet: true,
};

impl Engine {
    /// Gives the slots of `peer`, whose place is empty meanwhile, what its line carries. A receiver whose
    /// line has shown no limit gets everything.
    pub(super) fn allot(&mut self, now: Instant, peer: &mut Peer) {
        let budget = match peer.estimator.budget() {
            Some(budget) => budget,
            // What the path before was too thin for.
            None if peer.slots.iter().any(Slot::is_held) => UNLIMITED,
            None => return,
        };
        let wanted = |slot: &Slot| slot.wanted.map(|source| (source, slot.kind.feed()));
        let rates: Vec<u64> = peer
            .slots
            .iter()
            .map(|slot| wanted(slot).map_or(0, |(id, feed)| self.rate_of(now, peer, id, feed)))
            .collect();
        let demands: Vec<Demand<'_>> = peer
            .slots
            .iter()
            .zip(&rates)
            .map(|(slot, rate)| Demand {
                kind: slot.kind,
                rates: if *rate == 0 {
                    &[]
                } else {
                    slice::from_ref(rate)
                },
            })
            .collect();
        let current: Vec<Option<usize>> = peer
            .slots
            .iter()
            .map(|slot| (slot.wanted.is_some() && !slot.is_held()).then_some(0))
            .collect();
        let given = peer.allocator.decide(now, budget, &demands, &current);
        if let Some(next) = Allocator::next(&demands, &given) {
            peer.estimator.probe(now, next / 100 * PROBED);
        }
        let given = given.into_iter().map(|layer| layer.is_some());
        for (nth, (shown, rate)) in given.zip(&rates).enumerate() {
            let slot = &mut peer.slots[nth];
            // What a silent source will take is not known; it goes on as it was.
            if *rate == 0 || !slot.hold(!shown) {
                continue;
            }
            let source = slot.wanted.filter(|_| shown);
            self.events.push_back(MediaEvent::Slot {
                peer: peer.id,
                mid: slot.mid.clone(),
                source,
                rtp: None,
            });
            match (source, slot.kind.feed()) {
                (Some(source), Feed::Video(kind)) => {
                    self.counters.slots_released += 1;
                    self.want_key_frame_of(now, peer, source, kind, Wish::Switch);
                }
                _ => self.counters.slots_held += 1,
            }
        }
    }

    /// Sends the padding that a probe of the line to `peer` needs now.
    pub(super) fn send_padding(&mut self, now: Instant, peer: &mut Peer) {
        let mut owed = peer.estimator.padding(now);
        if owed == 0 {
            return;
        }
        let (Some((_, seal)), Some(path)) = (&mut peer.keys, peer.ice.selected()) else {
            return;
        };
        // One that flows is known to the receiver for certain.
        let pads = |slot: &&mut Slot| slot.can_pad();
        let Some(slot) = peer
            .slots
            .iter_mut()
            .filter(pads)
            .max_by_key(|slot| slot.flowing().is_some())
        else {
            return;
        };
        while owed > 0 {
            let start = self.outbox.bytes.len();
            let number = peer.estimator.number(slot.transport_cc);
            if !slot.pad(number, seal, &mut self.outbox.bytes) {
                return;
            }
            let sent = self.outbox.bytes.len() - start;
            peer.estimator.sent(now, number, sent);
            self.outbox.finish_picture(start, path);
            self.counters.packets_of_padding += 1;
            owed = owed.saturating_sub(sent as u64);
        }
    }

    /// What a feed takes of a line, in bit/s. `peer`, whose place is empty, may be its own source.
    fn rate_of(&self, now: Instant, peer: &Peer, source: PeerId, feed: Feed) -> u64 {
        let publisher = if source == peer.id {
            Some(peer)
        } else {
            let place = self.by_id.get(&source);
            place.and_then(|place| self.places[*place as usize].as_deref())
        };
        let publication = publisher.and_then(|publisher| publisher.publication(feed));
        let publication = publication.filter(|publication| publication.is_open());
        let stream = publication.and_then(|publication| publication.stream.as_ref());
        stream.map_or(0, |stream| stream.rate(now))
    }
}
