//! What comes in: from a datagram to a packet that may be forwarded.

use super::Engine;
use crate::{
    api::MediaEvent,
    demux::{Class, classify},
    dtls::Progress,
    ice,
    outbox::{Path, Protocol},
    peer::{Names, Peer, Track},
    publication::{AudioKind, Feed, MicrophoneNews, Publication, VideoKind, Wish},
    rtp::{self, Header},
    stream::{Packet, SOUND_RATE, Stream},
};
use std::time::Instant;

const VIDEO_RATE: u32 = 90_000;

impl Engine {
    /// Takes a datagram that came on `path`. Its content is used up.
    pub fn handle_datagram(&mut self, now: Instant, path: Path, datagram: &mut [u8]) {
        self.counters.datagrams_received += 1;
        let class = classify(datagram);
        match class {
            Class::Unknown => self.counters.dropped_unknown_protocol += 1,
            Class::Stun => self.handle_stun(now, path, datagram),
            Class::Dtls | Class::Rtp | Class::Rtcp => {
                // An address belongs to a peer only after a checked request.
                let Some(place) = self.by_path.get(&path).copied() else {
                    self.counters.dropped_unknown_address += 1;
                    return;
                };
                // The peer is taken out while it is worked on: its packets go to others.
                let Some(mut peer) = self.places[place as usize].take() else {
                    return;
                };
                self.at_work = Some(peer.room);
                #[cfg(test)]
                assert_ne!(peer.id, super::POISONED);
                peer.tally.came(datagram.len());
                let stays = match class {
                    Class::Dtls => self.handle_dtls(now, &mut peer, datagram),
                    Class::Rtp => {
                        self.handle_rtp(now, &mut peer, datagram);
                        true
                    }
                    _ => {
                        self.handle_rtcp(now, &mut peer, datagram);
                        true
                    }
                };
                self.put_back(place, peer);
                if !stays {
                    self.lose(now, place);
                }
            }
        }
    }

    fn handle_stun(&mut self, now: Instant, path: Path, datagram: &[u8]) {
        let Some(request) = ice::parse(datagram) else {
            self.counters.dropped_stun_malformed += 1;
            return;
        };
        let named = ice::place(&request);
        let place = named.and_then(|name| self.abroad.place(name));
        if place.is_some_and(|place| self.is_held(now, &path, place)) {
            self.counters.dropped_stun_unauthenticated += 1;
            return;
        }
        let known = place
            .and_then(|place| Some((place, self.places.get_mut(place as usize)?.as_deref_mut()?)));
        let checked = known.and_then(|(place, peer)| {
            self.at_work = Some(peer.room);
            let before = peer.ice.selected();
            let checked = peer
                .ice
                .handle_request(now, path, request, self.identity.crypto())?;
            let moves = peer.ice.selected() != before;
            if moves {
                peer.estimator.moved();
            }
            Some((place, peer, checked, moves))
        });
        let Some((place, peer, checked, moves)) = checked else {
            self.counters.dropped_stun_unauthenticated += 1;
            return;
        };
        self.outbox.push(path, &checked.response);
        peer.flush_dtls(&mut self.outbox);
        if checked.recovered {
            self.events.push_back(MediaEvent::Link {
                peer: peer.id,
                weak: false,
            });
        }
        let is_paced = peer.paced.is_some();
        if let Some(forgotten) = checked.forgotten
            && self.by_path.get(&forgotten) == Some(&place)
        {
            self.by_path.remove(&forgotten);
        }
        self.by_path.insert(path, place);
        if moves
            && is_paced
            && let Some(mut peer) = self.places[place as usize].take()
        {
            // What waited for the old line goes to the new one, which has shown nothing yet.
            self.end_pacing(now, &mut peer);
            self.put_back(place, peer);
        }
    }

    /// Whether an address is that of another peer than the one at `place`. A sender may write any
    /// address on a UDP datagram, so a peer's own password does not show that the address is its
    /// own; it gets it when the other peer has left or fallen silent. A TCP connection is its
    /// client's, whoever that says it is.
    fn is_held(&self, now: Instant, path: &Path, place: u32) -> bool {
        let holder = self.by_path.get(path).filter(|holder| **holder != place);
        let holder = holder.and_then(|holder| self.places.get(*holder as usize)?.as_deref());
        path.protocol == Protocol::Udp
            && holder.is_some_and(|holder| holder.keys.is_some() && holder.ice.holds(now, path))
    }

    /// Returns false if the peer is gone.
    fn handle_dtls(&mut self, now: Instant, peer: &mut Peer, datagram: &[u8]) -> bool {
        let progress = peer.dtls.handle_datagram(&self.identity, now, datagram);
        peer.flush_dtls(&mut self.outbox);
        match progress {
            Progress::Waiting => true,
            Progress::Dropped => {
                self.counters.dropped_dtls_unexpected += 1;
                true
            }
            Progress::Connected(keys, profile) => {
                peer.keys = Some(*keys);
                self.counters.handshakes += 1;
                tracing::debug!(peer = peer.id.0, ?profile, "A peer is connected");
                self.events
                    .push_back(MediaEvent::Connected { peer: peer.id });
                self.catch_up(now, peer);
                true
            }
            Progress::Closed => false,
            Progress::Failed(why) => {
                self.counters.handshakes_failed += 1;
                tracing::info!(peer = peer.id.0, why, "A peer could not be connected");
                false
            }
        }
    }

    fn handle_rtp(&mut self, now: Instant, peer: &mut Peer, datagram: &mut [u8]) {
        if peer.keys.is_none() {
            self.counters.dropped_before_handshake += 1;
            return;
        }
        let Some(header) = Header::parse(datagram) else {
            self.counters.dropped_rtp_malformed += 1;
            return;
        };
        let extension = |id: Option<u8>| id.and_then(|id| header.extension(datagram, id));
        let ids = peer.extensions;
        let level = extension(ids.audio_level)
            .and_then(|content| content.first())
            .map(|byte| byte & 0x7f);
        let transport_sequence = extension(ids.transport_cc)
            .and_then(|content| content.first_chunk())
            .map(|bytes| u16::from_be_bytes(*bytes));
        let names = Names::read(&header, datagram, &ids);
        let Some(track) = peer.track(header.ssrc, &names, header.payload_type) else {
            self.counters.dropped_rtp_unknown_source += 1;
            return;
        };
        let Some(index) = peer.new_index(track, header.ssrc, header.sequence) else {
            self.counters.dropped_rtp_duplicate += 1;
            return;
        };
        let opened = peer
            .keys
            .as_mut()
            .and_then(|(open, _)| open.open_rtp(datagram, header.len, header.ssrc, index));
        let Some(len) = opened else {
            self.counters.dropped_rtp_unauthenticated += 1;
            return;
        };
        peer.bind(header.ssrc, track);
        if let Some(sequence) = transport_sequence {
            peer.recorder.record(now, header.ssrc, sequence);
        }
        let Some(payload) = rtp::payload(&header, &datagram[..len]) else {
            self.counters.dropped_rtp_malformed += 1;
            return;
        };
        let packet = Packet {
            index,
            timestamp: header.timestamp,
            marker: header.marker,
            payload,
            descriptor: None,
            clock: None,
        };
        match track {
            Track::Audio(AudioKind::Microphone) => {
                self.handle_microphone(now, peer, header.ssrc, &packet, level);
            }
            Track::Audio(AudioKind::Screen) => {
                self.handle_sound(now, peer, AudioKind::Screen, header.ssrc, &packet);
            }
            Track::Video(kind, layer) => {
                self.handle_picture(now, peer, (kind, layer), header.ssrc, packet);
            }
            Track::Rtx(kind, layer) => {
                self.handle_rtx(now, peer, (kind, layer), header.ssrc, packet);
            }
        }
    }

    /// The gate: sound that is not heard ends here.
    fn handle_microphone(
        &mut self,
        now: Instant,
        peer: &mut Peer,
        ssrc: u32,
        packet: &Packet<'_>,
        level: Option<u8>,
    ) {
        let Some(microphone) = &mut peer.microphone else {
            return;
        };
        if !receive_sound(&mut microphone.publication, now, ssrc, packet) {
            self.counters.dropped_rtp_duplicate += 1;
            return;
        }
        self.levels_due.get_or_insert(now + super::LEVELS_INTERVAL);
        // What only probes the line tells nothing of the room.
        let news = (!packet.payload.is_empty()).then(|| microphone.hear(now, level));
        match news.flatten() {
            Some(MicrophoneNews::Seen) => self
                .events
                .push_back(MediaEvent::MicrophoneSeen { peer: peer.id }),
            Some(MicrophoneNews::Open) => {
                self.events.push_back(MediaEvent::OpenMicrophone {
                    peer: peer.id,
                    open: true,
                });
            }
            None => {}
        }
        if !microphone.publication.is_open() {
            self.counters.microphone_packets_stopped += 1;
            return;
        }
        self.send_sound(now, peer, AudioKind::Microphone, packet);
    }

    /// The same gate before the sound of a screen, and a second time before any that was relayed.
    pub(super) fn handle_sound(
        &mut self,
        now: Instant,
        peer: &mut Peer,
        kind: AudioKind,
        ssrc: u32,
        packet: &Packet<'_>,
    ) {
        let Some(publication) = peer.sound_mut(kind) else {
            return;
        };
        if !receive_sound(publication, now, ssrc, packet) {
            self.counters.dropped_rtp_duplicate += 1;
            return;
        }
        if !publication.is_open() {
            match kind {
                AudioKind::Microphone => self.counters.microphone_packets_stopped += 1,
                AudioKind::Screen => self.counters.screen_packets_stopped += 1,
            }
            return;
        }
        self.send_sound(now, peer, kind, packet);
    }

    /// Sound that has passed its gate goes out.
    fn send_sound(&mut self, now: Instant, peer: &mut Peer, kind: AudioKind, packet: &Packet<'_>) {
        self.cross(peer, Feed::Audio(kind), 0, packet);
        let Some(publication) = peer.sound_mut(kind) else {
            return;
        };
        publication.keep(packet);
        let clock = publication.stream.as_ref().and_then(Stream::clock);
        let packet = Packet { clock, ..*packet };
        let sinks = std::mem::take(&mut publication.sinks);
        let kept = self.forward(now, peer, 0, &packet, sinks);
        if let Some(publication) = peer.sound_mut(kind) {
            publication.sinks = kept;
        }
    }

    /// The same gate before a screen; a camera has none. A relayed screen meets it a second time.
    pub(super) fn handle_picture(
        &mut self,
        now: Instant,
        peer: &mut Peer,
        (kind, nth): (VideoKind, u8),
        ssrc: u32,
        mut packet: Packet<'_>,
    ) {
        let crosses = peer.crosses(Feed::Video(kind), nth);
        // What is missing of a relayed picture is asked for by its own shard.
        let repairs = peer.relay.is_none();
        let Some(video) = peer.video_mut(kind) else {
            return;
        };
        let (is_open, codec) = (video.is_open(), video.sending.format.codec);
        let Some(layer) = video.layer_mut(nth) else {
            return;
        };
        if !receive(&mut layer.stream, now, ssrc, (VIDEO_RATE, repairs), &packet) {
            self.counters.dropped_rtp_duplicate += 1;
            return;
        }
        if !is_open {
            self.counters.screen_packets_stopped += 1;
            return;
        }
        if !packet.payload.is_empty() {
            packet.descriptor = layer.describe(codec, &packet);
            if packet.descriptor.is_none() {
                self.counters.dropped_rtp_malformed += 1;
                return;
            }
        }
        let height = packet.descriptor.and_then(|picture| picture.height());
        // What only probes the line is no sign that the layer is sent.
        let begins = !packet.payload.is_empty() && layer.packet_came(now);
        let is_resized = height.is_some_and(|height| layer.note_height(height));
        if begins && !layer.sinks.is_empty() {
            layer.want_key_frame(now, Wish::Newcomer);
        }
        if begins || is_resized {
            self.aim_slots(now, peer, kind);
        }
        let Some(layer) = peer.layer_mut(kind, nth) else {
            return;
        };
        if packet
            .descriptor
            .is_some_and(|picture| picture.starts_key_frame())
        {
            layer.key_frame_came();
        }
        if layer.sinks.is_empty() && !crosses {
            return;
        }
        if let Some(stream) = &mut layer.stream {
            packet.clock = stream.clock();
            stream.keep(&packet);
        }
        let sinks = std::mem::take(&mut layer.sinks);
        self.cross(peer, Feed::Video(kind), nth, &packet);
        let kept = self.forward(now, peer, nth, &packet, sinks);
        if let Some(layer) = peer.layer_mut(kind, nth) {
            layer.sinks = kept;
        }
    }

    /// A retransmission (RFC 4588 §4): the original sequence number, then the original payload.
    fn handle_rtx(
        &mut self,
        now: Instant,
        peer: &mut Peer,
        (kind, nth): (VideoKind, u8),
        ssrc: u32,
        packet: Packet<'_>,
    ) {
        let round_trip = peer.round_trip.get();
        let Some(layer) = peer.layer_mut(kind, nth) else {
            return;
        };
        layer.receive_rtx(ssrc, packet.index);
        // A retransmission without content only probes the line.
        let Some((sequence, payload)) = packet.payload.split_first_chunk() else {
            return;
        };
        // One that comes before the layer itself repairs nothing.
        let Some(stream) = &mut layer.stream else {
            return;
        };
        let index = stream.index(u16::from_be_bytes(*sequence));
        if stream.is_new(index) {
            stream.note_repaired();
            let media_ssrc = stream.ssrc;
            if let Some(found) = stream.answered_within(now, index, round_trip) {
                peer.round_trip.note(found);
            }
            self.handle_picture(
                now,
                peer,
                (kind, nth),
                media_ssrc,
                Packet {
                    index,
                    payload,
                    ..packet
                },
            );
        }
    }
}

/// Notes a packet of a stream, which begins with its first packet. One that comes with another SSRC
/// begins anew. Returns false if the packet was here before.
fn receive(
    stream: &mut Option<Stream>,
    now: Instant,
    ssrc: u32,
    (clock_rate, repairs): (u32, bool),
    packet: &Packet<'_>,
) -> bool {
    let is_new = match stream {
        Some(stream) if stream.ssrc == ssrc => stream.receive(now, packet.index, packet.timestamp),
        _ => {
            *stream = Some(Stream::new(now, ssrc, clock_rate, packet.index, repairs));
            true
        }
    };
    if let Some(stream) = stream.as_mut().filter(|_| is_new) {
        stream.weigh(now, packet.payload.len());
    }
    is_new
}

/// The same of sound.
fn receive_sound(sound: &mut Publication, now: Instant, ssrc: u32, packet: &Packet<'_>) -> bool {
    let is_repaired = (SOUND_RATE, sound.sending.nack);
    receive(&mut sound.stream, now, ssrc, is_repaired, packet)
}
