//! What of a picture is sent to a receiver again, and once more a little later.

use super::{Engine, pacing::is_small};
use crate::{
    paced::{Next, Waiting},
    peer::{Echo, Peer},
    publication::{Feed, Wish},
};
use std::time::{Duration, Instant};

/// What is sent twice is sent the second time so much later: losses come in bursts, and the two are not
/// to be lost in the same one.
const SPACING: Duration = Duration::from_millis(30);
/// So many second copies wait for a receiver at most. Who asks for more gets them once.
const MOST_ECHOES: usize = 64;

impl Engine {
    /// Sends again what a receiver has not got.
    pub(super) fn resend(&mut self, now: Instant, peer: &mut Peer, ssrc: u32, sequence: u16) {
        let Some(slot) = peer.slots.iter().position(|slot| slot.ssrc == ssrc) else {
            return;
        };
        if peer.slots[slot].kind.is_audio() {
            return self.repeat_sound(now, peer, slot, sequence);
        }
        let Some(index) = peer.slots[slot].sent_as(sequence) else {
            return;
        };
        if is_needless(peer, slot, index) {
            return;
        }
        let line = peer.round_trip;
        if peer.slots[slot].gives_up(now, index, line) {
            self.renew(now, peer, slot);
        }
        if !peer.may_repair(now, is_small(peer, slot as u32)) {
            return;
        }
        let Some(twice) = peer.slots[slot].resendable(now, index, line) else {
            return;
        };
        self.send_copy(now, peer, slot, index);
        if twice && peer.echoes.len() < MOST_ECHOES {
            let due = now + SPACING;
            peer.echoes.push_back(Echo { due, slot, index });
        }
    }

    /// Asks for a key frame in place of what a receiver asks for in vain. It will give up soon, and a browser
    /// stands still for three seconds before it asks for one itself.
    fn renew(&mut self, now: Instant, peer: &mut Peer, slot: usize) {
        let slot = &peer.slots[slot];
        if let (Feed::Video(kind), Some(flowing)) = (slot.kind.feed(), slot.flowing()) {
            self.want_key_frame_of(now, peer, flowing, kind, Wish::Repair);
        }
    }

    /// Sends the second copies that are due.
    pub(super) fn send_echoes(&mut self, now: Instant, peer: &mut Peer) {
        while let Some(echo) = peer.echoes.pop_front_if(|echo| now >= echo.due) {
            let is_needless = is_needless(peer, echo.slot, echo.index);
            if !is_needless && peer.may_repair(now, is_small(peer, echo.slot as u32)) {
                self.send_copy(now, peer, echo.slot, echo.index);
            }
        }
    }

    /// Sends the packet that has `index` in a slot as a retransmission, or makes it wait for its turn.
    fn send_copy(&mut self, now: Instant, peer: &mut Peer, slot: usize, index: u64) {
        let Some((source, source_index)) = peer.slots[slot].origin(index) else {
            return;
        };
        let feed = peer.slots[slot].kind.feed();
        let publisher = self.publisher(peer, source.peer);
        let stream = publisher.and_then(|publisher| publisher.stream(feed, source.layer));
        let Some(packet) = stream.and_then(|stream| stream.kept(source_index)) else {
            return;
        };
        let slot = slot as u32;
        let waiting = Waiting {
            slot,
            source,
            index: source_index,
            payload: packet.payload.len() as u16,
        };
        if let Some(paced) = &mut peer.paced
            && !paced.passes(now)
        {
            if paced.repairs(slot, index) {
                return;
            }
            if paced.push_again(waiting, index) {
                self.counters.packets_paced += 1;
            } else {
                self.counters.paced_dropped += 1;
            }
        } else {
            self.send_kept(now, peer, Next::Again(waiting, index), false);
        }
    }
}

/// Whether what went out as `index` is not sent again: a line with a limit has no room for what nobody will
/// decode.
fn is_needless(peer: &Peer, slot: usize, index: u64) -> bool {
    peer.paced.is_some() && peer.slots[slot].is_passed(index)
}
