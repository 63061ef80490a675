//! Pictures on a line with a limit wait for their turn: sound overtakes them, and what is sent at once
//! does not stand in the line's own queue. A line that has shown no limit has no part in this.

use super::Engine;
use crate::{
    api::{MediaEvent, PeerId, SlotKind},
    paced::{Next, Paced, Waiting},
    peer::Peer,
    publication::{Feed, Sink, Source, VideoKind, Wish},
    slot::{Forwarded, Slot},
};
use std::time::Instant;

impl Engine {
    /// Begins to pace what goes to `peer` when its line has shown a limit, goes on at another pace, and
    /// ends it when there is none any more.
    pub(super) fn pace(&mut self, now: Instant, peer: &mut Peer) {
        match (peer.estimator.budget(now), &mut peer.paced) {
            (Some(budget), Some(paced)) => {
                paced.set(now, budget.rate, peer.estimator.is_queued());
            }
            (Some(budget), None) => peer.paced = Some(Box::new(Paced::new(now, budget.rate))),
            (None, _) => self.end_pacing(now, peer),
        }
    }

    /// Sends everything that waits; nothing waits from now on.
    pub(super) fn end_pacing(&mut self, now: Instant, peer: &mut Peer) {
        while let Some(next) = peer.paced.as_mut().and_then(|paced| paced.take_any()) {
            self.send_waiting(now, peer, next);
        }
        peer.paced = None;
    }

    /// Sends what is due of what waits.
    pub(super) fn release(&mut self, now: Instant, peer: &mut Peer) {
        while let Some(next) = peer.paced.as_mut().and_then(|paced| paced.take(now)) {
            self.send_waiting(now, peer, next);
        }
    }

    /// What waits for a slot that gets nothing any more does not go out.
    pub(super) fn forget_waiting(&mut self, peer: &mut Peer, slot: u32) {
        if let Some(paced) = &mut peer.paced {
            self.counters.paced_dropped += paced.forget(slot) as u64;
        }
    }

    /// Sends a packet that has waited, if it is wanted still. Returns the bytes of the datagram.
    pub(super) fn send_waiting(&mut self, now: Instant, peer: &mut Peer, next: Next) -> usize {
        // By now the line may be full.
        let is_small = is_small(peer, next.waiting().slot);
        let may = matches!(next, Next::Picture(_)) || peer.may_repair(now, is_small);
        let sent = if may {
            self.send_kept(now, peer, next, true)
        } else {
            0
        };
        if sent == 0 {
            self.counters.paced_dropped += 1;
            self.lose_waiting(now, peer, next);
        }
        sent
    }

    /// Sends a part of a picture from what is kept of its layer, for the first time or again, after it has
    /// waited or at once. Returns the bytes of the datagram.
    pub(super) fn send_kept(
        &mut self,
        now: Instant,
        peer: &mut Peer,
        next: Next,
        waited: bool,
    ) -> usize {
        let Waiting {
            slot: nth,
            source,
            index,
            ..
        } = *next.waiting();
        let Some((slot, kind)) = picture_slot(&mut peer.slots, nth) else {
            return 0;
        };
        let video = if source.peer == peer.id {
            // Taken apart: its slot and its keys are at work beside it.
            match kind {
                VideoKind::Camera => peer.camera.as_ref(),
                VideoKind::Screen => peer.screen.as_ref(),
            }
        } else {
            let place = self.by_id.get(&source.peer);
            let publisher = place.and_then(|place| self.places[*place as usize].as_deref());
            publisher.and_then(|publisher| publisher.video(kind))
        };
        let (Some(packet), Some((_, seal)), Some(path)) = (
            video.and_then(|video| video.kept(source.layer, index)),
            &mut peer.keys,
            peer.ice.selected(),
        ) else {
            return 0;
        };
        let start = self.outbox.bytes.len();
        let number = peer.estimator.number(slot.transport_cc);
        let out = &mut self.outbox.bytes;
        let forwarded = match next {
            Next::Picture(_) => slot.forward(now, source, &packet, number, seal, out),
            Next::Again(_, index) if slot.is_held() || waited && slot.is_passed(index) => {
                Forwarded::No
            }
            Next::Again(_, index) if slot.resend(&packet, index, number, seal, out) => {
                Forwarded::Sent
            }
            Next::Again(..) => Forwarded::No,
        };
        if forwarded == Forwarded::No {
            return 0;
        }
        let sent = self.outbox.bytes.len() - start;
        self.outbox.finish_picture(start, path);
        peer.estimator.sent(now, number, sent, waited);
        if let Some(paced) = &mut peer.paced {
            paced.sent(now, sent);
        }
        if let Next::Again(..) = next {
            peer.estimator.repaired(sent);
            peer.tally.resent(sent);
            self.counters.packets_retransmitted += 1;
        } else {
            self.counters.packets_forwarded += 1;
        }
        if let Forwarded::Started { before, rtp } = forwarded {
            let mid = slot.mid.clone();
            self.note_begun(peer.id, mid, (before, source), rtp);
            let place = self.by_id.get(&peer.id).copied();
            if let (Some(place), Some(before)) = (place, before) {
                let sink = Sink { place, slot: nth };
                if before.peer == peer.id {
                    peer.unlink(Feed::Video(kind), before.layer, sink);
                } else {
                    self.unlink(before, Feed::Video(kind), sink);
                }
            }
        }
        sent
    }

    /// Counts, and tells, that a slot has gone over from one source to another.
    pub(super) fn note_begun(
        &mut self,
        receiver: PeerId,
        mid: String,
        (before, source): (Option<Source>, Source),
        rtp: u32,
    ) {
        if before.is_some_and(|before| before.peer == source.peer) {
            self.counters.layer_switches += 1;
            return;
        }
        self.counters.switches += 1;
        // What flowed before may not be needed here any more.
        self.abroad.touch();
        self.events.push_back(MediaEvent::Slot {
            peer: receiver,
            mid,
            source: Some(source.peer),
            held: false,
            rtp: Some(rtp),
        });
    }

    /// What waited could not go out. If that was the beginning of what a slot shall have, it needs another.
    fn lose_waiting(&mut self, now: Instant, peer: &mut Peer, next: Next) {
        let Waiting { slot, source, .. } = *next.waiting();
        let Some((slot, kind)) = picture_slot(&mut peer.slots, slot) else {
            return;
        };
        let begins = matches!(next, Next::Picture(_)) && slot.lose(source);
        let aimed = slot.aimed().filter(|_| begins && !slot.is_held());
        if let Some(aimed) = aimed {
            self.want_key_frame_of(now, peer, aimed, kind, Wish::Repair);
        }
    }
}

/// Whether that slot is a small picture, which comes last.
pub(super) fn is_small(peer: &Peer, slot: u32) -> bool {
    let slot = peer.slots.get(slot as usize);
    slot.is_some_and(|slot| slot.kind == SlotKind::Thumbnail)
}

fn picture_slot(slots: &mut [Slot], nth: u32) -> Option<(&mut Slot, VideoKind)> {
    let slot = slots.get_mut(nth as usize)?;
    match slot.kind.feed() {
        Feed::Video(kind) => Some((slot, kind)),
        Feed::Audio(_) => None,
    }
}
