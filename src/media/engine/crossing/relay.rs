//! The side where a source's receivers are: the source is a peer without a transport, so that
//! slots, layers and copies know of no difference.

use super::Engine;
use crate::{
    api::PeerId,
    crossing::{Head, Message, Published, ShardId, Wanted},
    dtls::Dtls,
    ice::{Credentials, Ice},
    layers::Known,
    peer::{Peer, REPORT_INTERVAL},
    publication::{AudioKind, Feed, Layer, Publication, Source, Video, VideoKind, Wish},
    sdp::ExtensionIds,
    slot::Slot,
    stream::Packet,
};
use ring::rand::SecureRandom as _;
use std::{collections::BTreeSet, time::Instant};

/// What is known of a peer whose transport is on another shard.
#[derive(Debug)]
pub(crate) struct Relay {
    origin: ShardId,
    /// What its shard was last told to send.
    told: Wanted,
    /// What those who hear its sounds here miss of them, in 256ths.
    missed: [u8; 2],
}

impl Peer {
    /// When something is due for a relayed peer.
    pub(crate) fn relay_deadline(&self) -> Instant {
        let videos = [&self.camera, &self.screen].into_iter().flatten();
        let layers = videos.flat_map(|video| &video.layers);
        let requests = layers.filter_map(Layer::request_due);
        requests.fold(self.next_report, Instant::min)
    }

    /// What of a relayed peer has a slot here.
    fn wanted(&self) -> Wanted {
        let is_heard = |sound: Option<&Publication>| sound.is_some_and(|it| !it.sinks.is_empty());
        let seen = |video: Option<&Video>| {
            let layers = (0u32..).zip(video.map_or(&[][..], |video| &video.layers));
            let watched = layers.filter(|(_, layer)| !layer.sinks.is_empty());
            watched.fold(0u8, |seen, (nth, _)| seen | 1 << nth)
        };
        Wanted {
            microphone: is_heard(self.sound(AudioKind::Microphone)),
            screen_audio: is_heard(self.sound(AudioKind::Screen)),
            camera: seen(self.camera.as_ref()),
            screen: seen(self.screen.as_ref()),
            active: self.camera.as_ref().map_or(0, Video::active_layers),
            missed: self.relay.as_ref().map_or([0; 2], |relay| relay.missed),
        }
    }
}

#[cfg(test)]
impl Peer {
    /// Whether its shard knows what of it has a slot here.
    pub(super) fn has_told_origin(&self) -> bool {
        let relay = self.relay.as_ref();
        relay.is_some_and(|relay| relay.told == self.wanted())
    }
}

impl Engine {
    /// Seeks the peers that slots want and that are not here, and no others.
    pub(super) fn seek_what_is_wanted(&mut self, now: Instant) {
        let peers = self.places.iter().flatten();
        // An old picture stays until the new one is there.
        let needed = |slot: &Slot| [slot.wanted, slot.flowing().map(|source| source.peer)];
        let needed = peers.flat_map(|peer| peer.slots.iter().flat_map(needed).flatten());
        let mut wanted: BTreeSet<PeerId> = needed
            .filter(|id| !self.by_id.contains_key(id) || self.abroad.is_relayed(*id))
            .collect();
        // One that nobody here can decode is known only while it is relayed.
        let relayed = self.abroad.relayed.iter().copied();
        wanted.extend(relayed.filter(|id| self.is_listed(*id)));
        let before = std::mem::replace(&mut self.abroad.seeking, wanted);
        let found: Vec<PeerId> = self.abroad.seeking.difference(&before).copied().collect();
        for peer in found {
            self.abroad.seek(peer, true);
        }
        for peer in before {
            if !self.abroad.seeking.contains(&peer) {
                self.abroad.seek(peer, false);
                self.end_relay(now, peer, None);
            }
        }
        // Ending a relay has changed no slot that wants anybody.
        self.abroad.stale = false;
    }

    /// Whether the plan has a relayed peer for anybody whose transport is here.
    fn is_listed(&self, id: PeerId) -> bool {
        let place = self.by_id.get(&id).map(|place| *place as usize);
        let peer = place.and_then(|place| self.places[place].as_deref());
        let plan = peer.and_then(|peer| self.plans.get(&peer.room));
        let is_here = |id: &PeerId| self.by_id.contains_key(id) && !self.abroad.is_relayed(*id);
        plan.is_some_and(|plan| {
            let mut here = plan.receivers.iter().filter(|(it, _)| is_here(it));
            here.any(|(_, receives)| receives.has(id))
        })
    }

    /// Tells the shard of a relayed peer what of it has a slot here, if that has changed.
    pub(super) fn say_what_is_wanted(&mut self, id: PeerId) {
        let place = self.by_id.get(&id).map(|place| *place as usize);
        let peer = place.and_then(|place| self.places[place].as_deref_mut());
        let Some(peer) = peer.filter(|peer| peer.relay.is_some()) else {
            return;
        };
        self.counters.crossing_compared += 1;
        let wanted = peer.wanted();
        let Some(relay) = peer.relay.as_mut().filter(|relay| relay.told != wanted) else {
            return;
        };
        relay.told = wanted;
        self.abroad.say(relay.origin, Message::Want(id, wanted));
    }

    /// A peer that is sought is on another shard.
    pub(super) fn begin_relay(&mut self, now: Instant, origin: ShardId, published: &Published) {
        let id = published.peer;
        if let Some(place) = self.relayed_from(id, Some(origin)) {
            // Said anew: what was wanted is not known there.
            if let Some(relay) = self.peer_mut(place).and_then(|peer| peer.relay.as_mut()) {
                relay.told = Wanted::default();
            }
            return;
        }
        if !self.abroad.seeking.contains(&id) || self.by_id.contains_key(&id) {
            return;
        }
        let mut random = [0; 20];
        if self.random.fill(&mut random).is_err() {
            tracing::warn!("The machine gives no randomness");
            return;
        }
        let place = self.free.pop().unwrap_or(self.places.len() as u32);
        // A way that nobody is told and nobody can take: its packets come by the other shard.
        let credentials = Credentials::new(self.abroad.name(place), random);
        let ice = Ice::new(now, credentials, String::new());
        let dtls = Dtls::new(&self.identity, [0; 32]);
        let extensions = ExtensionIds::default();
        let mut peer = Peer::new(now, id, published.room, ice, dtls, extensions, 0);
        for (mid, used) in &published.sections {
            peer.publish(mid, used);
        }
        for video in [&mut peer.camera, &mut peer.screen].into_iter().flatten() {
            video.become_relayed();
        }
        peer.relay = Some(Relay {
            origin,
            told: Wanted::default(),
            missed: [0; 2],
        });
        self.at_work = Some(published.room);
        self.abroad.relayed.insert(id);
        self.place(place, peer);
        self.admit(now, place);
    }

    /// A relayed peer is not wanted any more, or is gone from the shard where it was.
    pub(super) fn end_relay(&mut self, now: Instant, peer: PeerId, origin: Option<ShardId>) {
        let Some(place) = self.relayed_from(peer, origin) else {
            return;
        };
        self.remove(now, place);
    }

    /// What is known of the layers of a relayed picture, as its shard says.
    pub(super) fn relay_layers(
        &mut self,
        now: Instant,
        id: PeerId,
        origin: ShardId,
        kind: VideoKind,
        layers: &[Known],
    ) {
        let Some(place) = self.relayed_from(id, Some(origin)) else {
            return;
        };
        let Some(mut peer) = self.places[place as usize].take() else {
            return;
        };
        self.at_work = Some(peer.room);
        if let Some(video) = peer.video_mut(kind) {
            video.relay_known(now, layers);
            if video.flows() {
                self.aim_slots(now, &mut peer, kind);
            } else {
                let sinks = video.sinks();
                self.empty_slots(id, &sinks);
            }
        }
        self.put_back(place, peer);
    }

    /// Takes a packet that has passed its gate on the shard of its source.
    pub(super) fn relay_packet(
        &mut self,
        now: Instant,
        origin: ShardId,
        head: &Head,
        payload: &[u8],
    ) {
        let Some(place) = self.relayed_from(head.peer, Some(origin)) else {
            return;
        };
        let Some(mut peer) = self.places[place as usize].take() else {
            return;
        };
        self.at_work = Some(peer.room);
        let packet = Packet {
            index: head.index,
            timestamp: head.timestamp,
            marker: head.marker,
            payload,
            descriptor: None,
            clock: None,
        };
        if let Some((ntp, rtp)) = head.clock {
            let streams = peer.streams_mut();
            for stream in streams.filter(|stream| stream.ssrc == head.ssrc) {
                stream.set_clock(now, 0, ntp, rtp);
            }
        }
        match head.feed {
            Feed::Audio(kind) => self.handle_sound(now, &mut peer, kind, head.ssrc, &packet),
            Feed::Video(kind) => {
                self.handle_picture(now, &mut peer, (kind, head.layer), head.ssrc, packet);
            }
        }
        self.put_back(place, peer);
    }

    /// Does what is due for a relayed peer: asks its shard for key frames, and lets layers rest.
    pub(in crate::engine) fn attend_relayed(&mut self, now: Instant, peer: &mut Peer) {
        for kind in VideoKind::ALL {
            let count = peer.video(kind).map_or(0, |video| video.layers.len() as u8);
            for layer in 0..count {
                if let Some(wish) = self.take_wish(now, peer, kind, layer)
                    && let Some(relay) = &peer.relay
                {
                    let ask = Message::KeyFrame {
                        peer: peer.id,
                        kind,
                        layer,
                        wish,
                    };
                    self.abroad.say(relay.origin, ask);
                }
            }
        }
        if now >= peer.next_report {
            peer.next_report = now + REPORT_INTERVAL;
            self.rest_layers(now, peer);
            let missed = AudioKind::ALL.map(|kind| {
                let sound = peer.sound(kind);
                sound.map_or(0, |sound| self.missed_by_hearers(now, peer, &sound.sinks))
            });
            if let Some(relay) = &mut peer.relay {
                relay.missed = missed;
            }
        }
    }

    /// The request for a key frame that is due. It is repeated while slots wait.
    fn take_wish(
        &mut self,
        now: Instant,
        peer: &mut Peer,
        kind: VideoKind,
        nth: u8,
    ) -> Option<Wish> {
        let source = Source {
            peer: peer.id,
            layer: nth,
        };
        let layer = peer.layer(kind, nth)?;
        layer.request_due().filter(|due| now >= *due)?;
        let waiting = self.is_waited_for(peer, source, &layer.sinks);
        let round_trip = peer.round_trip.get();
        let layer = peer.layer_mut(kind, nth)?;
        layer.take_request(now, waiting.then_some(round_trip))?;
        Some(layer.take_wish())
    }

    /// The place of a relayed peer, if it is relayed from there.
    fn relayed_from(&self, peer: PeerId, origin: Option<ShardId>) -> Option<u32> {
        let place = self.by_id.get(&peer).copied()?;
        let relay = self
            .places
            .get(place as usize)?
            .as_deref()?
            .relay
            .as_ref()?;
        origin
            .is_none_or(|origin| origin == relay.origin)
            .then_some(place)
    }
}
