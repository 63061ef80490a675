//! What time asks for: reports, feedback, repeated requests, and the end of lost links.

use super::{Engine, LEVELS_INTERVAL, routing::empty_slot};
use crate::{
    api::{MediaEvent, PeerId, RoomId},
    ice::LinkChange,
    peer::{Peer, REPORT_INTERVAL},
    publication::{AudioKind, Feed, Sink, Source, VideoKind},
    rtcp,
    slot::Clock,
    stream::Stream,
};
use std::{collections::BTreeMap, time::Instant};

impl Engine {
    /// Does what is due for the peer at `place`.
    pub(super) fn attend(&mut self, now: Instant, place: u32) {
        let Some(mut peer) = self.places[place as usize].take() else {
            return;
        };
        self.at_work = Some(peer.room);
        if peer.relay.is_some() {
            self.attend_relayed(now, &mut peer);
            self.put_back(place, peer);
            return;
        }
        let stays = self.attend_transport(now, &mut peer);
        if stays && peer.keys.is_some() {
            self.end_frozen_pictures(now, &mut peer);
            self.send_feedback(now, &mut peer);
            self.send_echoes(now, &mut peer);
            self.release(now, &mut peer);
            self.send_padding(now, &mut peer);
            if now >= peer.next_report {
                peer.next_report = next_report(peer.next_report, now);
                self.rest_layers(now, &mut peer);
                self.send_reports(now, &mut peer);
                if peer.allocator.limits {
                    // Where nothing goes out any more, no feedback tells that the line is better.
                    self.allot(now, &mut peer);
                }
                if let Some(quality) = peer.take_quality(now) {
                    let peer = peer.id;
                    self.events.push_back(MediaEvent::Quality { peer, quality });
                }
            }
        }
        self.put_back(place, peer);
        if !stays {
            self.lose(now, place);
        }
    }

    /// Ends a peer that is gone, and says so.
    pub(super) fn lose(&mut self, now: Instant, place: u32) {
        if let Some(id) = self.peer_mut(place).map(|peer| peer.id) {
            self.remove(now, place);
            self.events.push_back(MediaEvent::Gone { peer: id });
        }
    }

    /// Tells how loud the microphones are, room by room, and which open ones have closed.
    pub(super) fn tell_levels(&mut self, now: Instant) {
        self.levels_due = None;
        let mut rooms: BTreeMap<RoomId, Vec<(PeerId, u8)>> = BTreeMap::new();
        let mut closed = vec![];
        let mut still_open = false;
        for peer in self.places.iter_mut().flatten() {
            let Some(microphone) = &mut peer.microphone else {
                continue;
            };
            if let Some(level) = microphone.take_level() {
                rooms.entry(peer.room).or_default().push((peer.id, level));
            }
            if microphone.take_closed(now) {
                closed.push(MediaEvent::OpenMicrophone {
                    peer: peer.id,
                    open: false,
                });
            }
            still_open |= microphone.is_open();
        }
        if still_open || !rooms.is_empty() {
            self.levels_due = Some(now + LEVELS_INTERVAL);
        }
        self.events.extend(closed);
        self.events.extend(
            rooms
                .into_iter()
                .map(|(room, levels)| MediaEvent::Levels { room, levels }),
        );
    }

    /// Returns false if the peer is gone.
    fn attend_transport(&mut self, now: Instant, peer: &mut Peer) -> bool {
        if peer.dtls.deadline().is_some_and(|due| now >= due) {
            peer.dtls.handle_timeout(now);
            peer.flush_dtls(&mut self.outbox);
        }
        if peer.is_late(now) {
            self.counters.handshakes_failed += 1;
            tracing::info!(peer = peer.id.0, "A peer was not connected in time");
            return false;
        }
        match peer.ice.handle_timeout(now) {
            Some(LinkChange::Gone) => return false,
            Some(LinkChange::Weak) => self.events.push_back(MediaEvent::Link {
                peer: peer.id,
                weak: true,
            }),
            None => {}
        }
        true
    }

    /// A camera or a screen that stopped leaves its slots; it comes back with a key frame. Of a
    /// camera that only sends fewer layers the others stand in.
    fn end_frozen_pictures(&mut self, now: Instant, peer: &mut Peer) {
        for kind in VideoKind::ALL {
            let Some(video) = peer.video_mut(kind) else {
                continue;
            };
            if !video.take_stalled(now) {
                continue;
            }
            if video.flows() {
                self.aim_slots(now, peer, kind);
                continue;
            }
            let sinks = video.sinks();
            self.empty_slots(peer.id, &sinks);
            // Its own slots are taken out with it.
            let own = peer.slots.iter_mut();
            let shown = own.filter(|slot| slot.kind.feed() == Feed::Video(kind));
            let emptied = shown.filter_map(|slot| empty_slot(peer.id, slot, peer.id));
            self.events.extend(emptied);
        }
    }

    /// To a publisher: arrivals, what is missing, a key frame.
    fn send_feedback(&mut self, now: Instant, peer: &mut Peer) {
        let start = self.outbox.bytes.len();
        let sender = peer.report_ssrc;
        if peer.recorder.deadline().is_some_and(|due| now >= due) {
            peer.recorder.write(&mut self.outbox.bytes, sender);
        }
        for kind in VideoKind::ALL {
            let count = peer.video(kind).map_or(0, |video| video.layers.len() as u8);
            for layer in 0..count {
                self.ask_publisher(now, peer, kind, layer);
            }
        }
        for kind in AudioKind::ALL {
            self.ask_for_sound(now, peer, kind);
        }
        peer.send_rtcp(now, &mut self.outbox, start);
    }

    /// Writes what a layer owes: a key frame, what is missing.
    fn ask_publisher(&mut self, now: Instant, peer: &mut Peer, kind: VideoKind, nth: u8) {
        let source = Source {
            peer: peer.id,
            layer: nth,
        };
        let waiting = peer
            .layer(kind, nth)
            .filter(|layer| layer.request_due().is_some_and(|due| now >= due))
            .is_some_and(|layer| self.is_waited_for(peer, source, &layer.sinks));
        let (sender, round_trip) = (peer.report_ssrc, peer.round_trip.get());
        let Some(layer) = peer.layer_mut(kind, nth) else {
            return;
        };
        if let Some(ssrc) = layer.take_request(now, waiting.then_some(round_trip)) {
            rtcp::write_picture_loss(&mut self.outbox.bytes, sender, ssrc);
            self.counters.key_frames_requested += 1;
        }
        if let Some(stream) = &mut layer.stream {
            let missing = stream.due(now, round_trip);
            if !missing.is_empty() {
                self.counters.nacks_sent += missing.len() as u64;
                rtcp::write_nack(&mut self.outbox.bytes, sender, stream.ssrc, &missing);
            }
        }
    }

    /// Whether a connected receiver waits for a key frame of `source`, a layer of `publisher`, whose
    /// place is empty meanwhile, in one of these slots.
    pub(super) fn is_waited_for(&self, publisher: &Peer, source: Source, sinks: &[Sink]) -> bool {
        let own_place = self.by_id.get(&publisher.id).copied();
        sinks.iter().any(|sink| {
            let receiver = if own_place == Some(sink.place) {
                Some(publisher)
            } else {
                let receiver = self.places.get(sink.place as usize);
                receiver.and_then(Option::as_deref)
            };
            let slots = receiver
                .filter(|receiver| receiver.keys.is_some())
                .map(|receiver| &receiver.slots);
            let slot = slots.and_then(|slots| slots.get(sink.slot as usize));
            slot.is_some_and(|slot| slot.waits_for(source))
        })
    }

    /// Sender reports for every slot that flows, receiver reports for every stream that comes.
    fn send_reports(&mut self, now: Instant, peer: &mut Peer) {
        let start = self.outbox.bytes.len();
        let ntp = self.ntp(now);
        let slots = std::mem::take(&mut peer.slots);
        for slot in &slots {
            let Some(source) = slot.flowing() else {
                continue;
            };
            let publisher = if source.peer == peer.id {
                Some(&*peer)
            } else {
                let place = self.by_id.get(&source.peer);
                place.and_then(|place| self.places[*place as usize].as_deref())
            };
            let stream = publisher.and_then(|it| it.stream(slot.kind.feed(), source.layer));
            let clock = Clock {
                ntp,
                source: stream.and_then(Stream::clock),
                now,
            };
            if let Some((ntp, rtp, packets, octets)) = slot.sender_report(&clock) {
                rtcp::write_sender_report(
                    &mut self.outbox.bytes,
                    slot.ssrc,
                    ntp,
                    rtp,
                    packets,
                    octets,
                    &self.cname,
                );
            }
        }
        peer.slots = slots;
        self.blocks.clear();
        let blocks = peer.streams_mut().map(|stream| stream.report(now));
        self.blocks.extend(blocks);
        for kind in AudioKind::ALL {
            let Some((sound, stream)) = peer
                .sound(kind)
                .and_then(|sound| Some((sound, sound.stream.as_ref()?)))
            else {
                continue;
            };
            let here = self.missed_by_hearers(now, peer, &sound.sinks);
            let missed = here.max(peer.missed_elsewhere(kind));
            let mut blocks = self.blocks.iter_mut();
            if let Some(block) = blocks.find(|block| block.ssrc == stream.ssrc) {
                block.fraction_lost = block.fraction_lost.max(missed);
            }
        }
        if !self.blocks.is_empty() {
            rtcp::write_receiver_report(&mut self.outbox.bytes, peer.report_ssrc, &self.blocks);
        }
        peer.send_rtcp(now, &mut self.outbox, start);
    }
}

/// When the report after the one that was `due` goes out. It is counted from that one and not from
/// `now`: peers that a pause has made late together would go on together, and all their reports would
/// stand before the next packet in every second after it.
fn next_report(due: Instant, now: Instant) -> Instant {
    let missed = now.saturating_duration_since(due).as_nanos() / REPORT_INTERVAL.as_nanos();
    due + REPORT_INTERVAL * (missed as u32 + 1)
}
