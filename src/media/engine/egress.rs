//! What goes out: from a packet to its copies.

use super::Engine;
use crate::{
    api::MediaEvent,
    peer::Peer,
    publication::{Feed, Sink, VideoKind, Wish},
    slot::Forwarded,
    stream::Packet,
};
use std::time::Instant;

/// A newcomer gets no more packets than this at once, about 90 kB for all its pictures: on a line
/// for which that is much a key frame of its own would be no sooner there.
pub(super) const MOST_MISSED: usize = 75;

impl Engine {
    /// Sends a packet of `publisher`, whose place is empty meanwhile, to its sinks; its own slots may
    /// be among them. Returns the sinks that remain: a slot that went over to another source is not
    /// one any more.
    pub(super) fn forward(
        &mut self,
        now: Instant,
        publisher: &mut Peer,
        packet: &Packet<'_>,
        mut sinks: Vec<Sink>,
    ) -> Vec<Sink> {
        let source = publisher.id;
        let own_place = self.by_id.get(&source).copied();
        let mut left = vec![];
        sinks.retain(|sink| {
            let peer = if own_place == Some(sink.place) {
                Some(&mut *publisher)
            } else {
                let receiver = self.places.get_mut(sink.place as usize);
                receiver.and_then(Option::as_deref_mut)
            };
            let Some(peer) = peer else { return false };
            let Some(slot) = peer.slots.get_mut(sink.slot as usize) else {
                return false;
            };
            let (Some((_, seal)), Some(path)) = (&mut peer.keys, peer.ice.selected()) else {
                return slot.concerns(source);
            };
            let start = self.outbox.bytes.len();
            let number = peer.estimator.number(slot.transport_cc);
            match slot.forward(now, source, packet, number, seal, &mut self.outbox.bytes) {
                Forwarded::No => return slot.concerns(source),
                Forwarded::Sent => {}
                Forwarded::Started { before, rtp } => {
                    self.counters.switches += 1;
                    if let Some(before) = before.filter(|before| *before != source) {
                        left.push((before, *sink));
                    }
                    self.events.push_back(MediaEvent::Slot {
                        peer: peer.id,
                        mid: slot.mid.clone(),
                        source: Some(source),
                        rtp: Some(rtp),
                    });
                }
            }
            let sent = self.outbox.bytes.len() - start;
            peer.estimator.sent(now, number, sent);
            if slot.kind.is_audio() {
                self.outbox.finish(start, path);
            } else {
                self.outbox.finish_picture(start, path);
            }
            self.counters.packets_forwarded += 1;
            true
        });
        for (before, sink) in left {
            self.unlink(before, sink);
        }
        sinks
    }

    /// Gives a receiver that has just been connected what it missed of the pictures that it waits
    /// for, where that is little; else asks their sources for a key frame.
    pub(super) fn catch_up(&mut self, now: Instant, peer: &mut Peer) {
        let Peer {
            id,
            slots,
            keys,
            ice,
            camera,
            screen,
            estimator,
            ..
        } = peer;
        let (Some((_, seal)), Some(path)) = (keys, ice.selected()) else {
            return;
        };
        let mut room = MOST_MISSED;
        // The main picture comes first.
        for slot in slots {
            let Feed::Video(kind) = slot.kind.feed() else {
                continue;
            };
            let Some(source) = slot.wanted.filter(|source| slot.waits_for(*source)) else {
                continue;
            };
            if source == *id {
                let own = match kind {
                    VideoKind::Camera => camera.as_mut(),
                    VideoKind::Screen => screen.as_mut(),
                };
                if let Some(own) = own {
                    own.want_key_frame(now, Wish::Newcomer);
                }
                continue;
            }
            let publisher = self
                .by_id
                .get(&source)
                .and_then(|place| self.places[*place as usize].as_deref());
            let stream = publisher
                .and_then(|publisher| publisher.video(kind))
                .and_then(|video| video.publication.stream.as_ref());
            let Some(missed) = stream.and_then(|stream| stream.since_key_frame(room)) else {
                self.want_key_frame(now, source, kind, Wish::Newcomer);
                continue;
            };
            room -= missed.len();
            for packet in &missed {
                let start = self.outbox.bytes.len();
                let number = estimator.number(slot.transport_cc);
                match slot.forward(now, source, packet, number, seal, &mut self.outbox.bytes) {
                    Forwarded::No => continue,
                    Forwarded::Sent => {}
                    Forwarded::Started { rtp, .. } => {
                        self.counters.switches += 1;
                        self.events.push_back(MediaEvent::Slot {
                            peer: *id,
                            mid: slot.mid.clone(),
                            source: Some(source),
                            rtp: Some(rtp),
                        });
                    }
                }
                estimator.sent(now, number, self.outbox.bytes.len() - start);
                self.outbox.finish_picture(start, path);
                self.counters.packets_caught_up += 1;
            }
        }
    }

    /// Sends again what a receiver has not got.
    pub(super) fn resend(&mut self, now: Instant, peer: &mut Peer, ssrc: u32, sequence: u16) {
        let Some(slot) = peer.slots.iter_mut().find(|slot| slot.ssrc == ssrc) else {
            return;
        };
        let Some((source, source_index, index)) = slot.resendable(now, sequence) else {
            return;
        };
        let feed = slot.kind.feed();
        let publication = if source == peer.id {
            // Taken apart: its slot and its keys are at work beside it.
            match feed {
                Feed::Video(VideoKind::Camera) => peer.camera.as_ref().map(|it| &it.publication),
                Feed::Video(VideoKind::Screen) => peer.screen.as_ref().map(|it| &it.publication),
                Feed::Audio(_) => None,
            }
        } else {
            let place = self.by_id.get(&source);
            let source = place.and_then(|place| self.places[*place as usize].as_deref());
            source.and_then(|source| source.publication(feed))
        };
        let stream = publication.and_then(|publication| publication.stream.as_ref());
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
            self.outbox.finish_picture(start, path);
            self.counters.packets_retransmitted += 1;
        }
    }
}
