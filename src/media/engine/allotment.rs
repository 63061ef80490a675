//! What a receiver's line is used for, and how it is found out whether it carries more.

use super::Engine;
use crate::{
    allocator::{Allocator, Budget, Demand},
    api::MediaEvent,
    peer::Peer,
    publication::{Feed, Rates},
    slot::{ANY_LAYER, Slot},
};
use std::time::Instant;

/// What is looked for, in percent of what the next picture needs.
const PROBED: u64 = 105;
/// More than any line carries.
const UNLIMITED: Budget = Budget {
    rate: 1 << 40,
    is_quiet: true,
};

impl Engine {
    /// Gives the slots of `peer`, whose place is empty meanwhile, what its line carries: a lower layer
    /// where the one that fits its size is too much, nothing where the lowest is. A receiver whose
    /// line has shown no limit gets everything.
    pub(super) fn allot(&mut self, now: Instant, peer: &mut Peer) {
        let budget = match peer.estimator.budget(now) {
            Some(budget) => budget,
            // What the path before was too thin for.
            None if peer.allocator.limits => UNLIMITED,
            None => return,
        };
        let slots = || peer.slots.iter();
        let rates: Vec<Rates> = slots().map(|slot| self.rates_of(now, peer, slot)).collect();
        let demands: Vec<Demand<'_>> = slots()
            .zip(&rates)
            .map(|(slot, rates)| Demand {
                kind: slot.kind,
                rates: rates.as_slice(),
            })
            .collect();
        let has = |(slot, demand): (&Slot, &Demand<'_>)| {
            let best = demand.rates.len().checked_sub(1)?;
            Some(usize::from(slot.carried()?).min(best))
        };
        let current: Vec<Option<usize>> = slots().zip(&demands).map(has).collect();
        let given = peer.allocator.decide(now, budget, &demands, &current);
        if let Some(next) = Allocator::next(&demands, &given) {
            peer.estimator.probe(now, next / 100 * PROBED);
        }
        let slots = demands.iter().zip(&given).zip(&current).enumerate();
        for (nth, ((demand, given), current)) in slots {
            // What a silent source will take is not known; it goes on as it was.
            let Some(best) = demand.rates.len().checked_sub(1) else {
                continue;
            };
            let is_free = budget == UNLIMITED && *given == Some(best);
            if is_free && peer.slots[nth].is_limited() {
                self.carry(now, peer, nth, Some(ANY_LAYER));
            } else if given != current {
                self.carry(now, peer, nth, given.map(|layer| layer as u8));
            }
        }
        peer.allocator.limits = peer.slots.iter().any(Slot::is_limited);
    }

    /// The line to `peer` carries up to that layer of what its slot `nth` wants.
    fn carry(&mut self, now: Instant, peer: &mut Peer, nth: usize, most: Option<u8>) {
        let slot = &mut peer.slots[nth];
        if slot.carry(most) {
            // What flowed in it may not be needed here any more.
            self.abroad.touch();
            if slot.is_held() {
                self.counters.slots_held += 1;
            } else {
                self.counters.slots_released += 1;
            }
            self.events.push_back(MediaEvent::Slot {
                peer: peer.id,
                mid: slot.mid.clone(),
                source: slot.wanted,
                held: slot.is_held(),
                rtp: None,
            });
        }
        if peer.slots[nth].is_held() {
            self.forget_waiting(peer, nth as u32);
        }
        self.link(now, peer, nth as u32, true);
    }

    /// Sends the padding that a probe of the line to `peer` needs now.
    pub(super) fn send_padding(&mut self, now: Instant, peer: &mut Peer) {
        let mut owed = peer.estimator.padding(now);
        // What waits fills the line as well.
        while owed > 0
            && let Some(next) = peer.paced.as_mut().and_then(|paced| paced.take_any())
        {
            let sent = self.send_waiting(now, peer, next);
            owed = owed.saturating_sub(sent as u64);
        }
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
            peer.estimator.sent(now, number, sent, false);
            if let Some(paced) = &mut peer.paced {
                paced.sent(now, sent);
            }
            self.outbox.finish_picture(start, path);
            self.counters.packets_of_padding += 1;
            owed = owed.saturating_sub(sent as u64);
        }
    }

    /// What the source of a slot of `peer`, whose place is empty, takes of a line.
    fn rates_of(&self, now: Instant, peer: &Peer, slot: &Slot) -> Rates {
        let found = slot.wanted.and_then(|source| {
            let publisher = self.publisher(peer, source)?;
            match slot.kind.feed() {
                Feed::Audio(kind) => Some(publisher.sound(kind)?.rates(now)),
                Feed::Video(kind) => Some(publisher.video(kind)?.rates(now, slot.size)),
            }
        });
        found.unwrap_or_default()
    }
}
