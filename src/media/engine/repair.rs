//! What of a picture is sent to a receiver again, and once more a little later.

use super::Engine;
use crate::{
    peer::{Echo, Peer},
    publication::{Feed, VideoKind},
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
        if !peer.estimator.may_repair(now) {
            return;
        }
        let line = peer.round_trip;
        let Some((index, twice)) = peer.slots[slot].resendable(now, sequence, line) else {
            return;
        };
        self.send_copy(now, peer, slot, index);
        if twice && peer.echoes.len() < MOST_ECHOES {
            let due = now + SPACING;
            peer.echoes.push_back(Echo { due, slot, index });
        }
    }

    /// Sends the second copies that are due.
    pub(super) fn send_echoes(&mut self, now: Instant, peer: &mut Peer) {
        while let Some(echo) = peer.echoes.pop_front_if(|echo| now >= echo.due) {
            if peer.estimator.may_repair(now) {
                self.send_copy(now, peer, echo.slot, echo.index);
            }
        }
    }

    /// Sends the packet that has `index` in a slot as a retransmission.
    fn send_copy(&mut self, now: Instant, peer: &mut Peer, slot: usize, index: u64) {
        let slot = &mut peer.slots[slot];
        let Some((source, source_index)) = slot.origin(index) else {
            return;
        };
        let feed = slot.kind.feed();
        let stream = if source.peer == peer.id {
            // Taken apart: its slot and its keys are at work beside it.
            let video = match feed {
                Feed::Video(VideoKind::Camera) => peer.camera.as_ref(),
                Feed::Video(VideoKind::Screen) => peer.screen.as_ref(),
                Feed::Audio(_) => None,
            };
            let layer = video.and_then(|video| video.layer(source.layer));
            layer.and_then(|layer| layer.stream.as_ref())
        } else {
            let place = self.by_id.get(&source.peer);
            let publisher = place.and_then(|place| self.places[*place as usize].as_deref());
            publisher.and_then(|publisher| publisher.stream(feed, source.layer))
        };
        let (Some(packet), Some((_, seal)), Some(path)) = (
            stream.and_then(|stream| stream.kept(source_index)),
            &mut peer.keys,
            peer.ice.selected(),
        ) else {
            return;
        };
        let start = self.outbox.bytes.len();
        let number = peer.estimator.number(slot.transport_cc);
        if slot.resend(&packet, index, number, seal, &mut self.outbox.bytes) {
            let sent = self.outbox.bytes.len() - start;
            peer.estimator.sent(now, number, sent);
            peer.estimator.repaired(sent);
            peer.tally.resent(sent);
            self.outbox.finish_picture(start, path);
            self.counters.packets_retransmitted += 1;
        }
    }
}
