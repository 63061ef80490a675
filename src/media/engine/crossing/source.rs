//! The side where a source's transport is: its packets go to the shards that want them.

use super::{Abroad, Engine};
use crate::{
    api::PeerId,
    crossing::{Crossings, Head, Message, Published, ShardId, Wanted},
    layers::Known,
    peer::Peer,
    publication::{AudioKind, Feed, Layer, Source, VideoKind, Wish},
    sdp::Use,
    stream::Packet,
};
use std::time::Instant;

/// A shard that has receivers for a peer.
#[derive(Debug)]
pub(crate) struct Watcher {
    shard: ShardId,
    wanted: Wanted,
    /// What it was told of the layers of the camera and of the screen.
    told: [Vec<Known>; 2],
}

impl Watcher {
    /// It wants nothing yet, and knows nothing.
    fn new(shard: ShardId) -> Self {
        Self {
            shard,
            wanted: Wanted::default(),
            told: Default::default(),
        }
    }
}

impl Peer {
    /// Whether a layer of a feed goes to another shard.
    pub(crate) fn crosses(&self, feed: Feed, layer: u8) -> bool {
        let mut watchers = self.watchers.iter();
        watchers.any(|watcher| watcher.wanted.has(feed, layer))
    }

    /// Layers of its camera that other shards need, one bit each.
    pub(crate) fn needed_elsewhere(&self) -> u8 {
        let watchers = self.watchers.iter();
        watchers.fold(0, |needed, watcher| needed | watcher.wanted.active)
    }

    /// What those who hear a sound on other shards miss of it, in 256ths: where that is most.
    pub(crate) fn missed_elsewhere(&self, kind: AudioKind) -> u8 {
        let nth = usize::from(kind == AudioKind::Screen);
        let watchers = self.watchers.iter();
        let missed = watchers.map(|watcher| watcher.wanted.missed[nth]);
        missed.max().unwrap_or(0)
    }

    /// Tells another shard what has changed of the layers of its pictures.
    fn say_layers(&mut self, to: ShardId, outbox: &mut Crossings) {
        let videos = [self.camera.as_ref(), self.screen.as_ref()];
        let watcher = self.watchers.iter_mut().find(|it| it.shard == to);
        let told = watcher.into_iter().flat_map(|watcher| &mut watcher.told);
        for ((kind, video), told) in VideoKind::ALL.into_iter().zip(videos).zip(told) {
            let layers = video.map_or(&[][..], |video| &video.layers);
            if !layers.iter().map(Layer::known).eq(told.iter().copied()) {
                *told = layers.iter().map(Layer::known).collect();
                outbox.say(Message::Layers(self.id, kind, told.clone()));
            }
        }
    }

    fn published(&self) -> Published {
        let sections = Feed::ALL.into_iter().filter_map(|feed| {
            let (mid, sending) = match feed {
                Feed::Audio(kind) => self.sound(kind).map(|it| (&it.mid, &it.sending))?,
                Feed::Video(kind) => self.video(kind).map(|it| (&it.mid, &it.sending))?,
            };
            let mut sending = sending.clone();
            // What is missing is asked for here.
            sending.nack = false;
            Some((mid.clone(), Use::Sends(feed, sending)))
        });
        Published {
            peer: self.id,
            room: self.room,
            sections: sections.collect(),
        }
    }
}

#[cfg(test)]
impl Peer {
    /// Whether another shard knows what is known here of its layers.
    pub(super) fn has_told(&self, to: ShardId) -> bool {
        let mut watchers = self.watchers.iter();
        let Some(watcher) = watchers.find(|watcher| watcher.shard == to) else {
            return false;
        };
        let known = VideoKind::ALL.map(|kind| {
            let video = self.video(kind);
            let layers = video.map_or(&[][..], |video| &video.layers);
            layers.iter().map(Layer::known).collect::<Vec<_>>()
        });
        known == watcher.told
    }
}

impl Engine {
    /// Sends a packet of `peer` that has passed its gate to the shards that want it.
    pub(in crate::engine) fn cross(
        &mut self,
        peer: &Peer,
        feed: Feed,
        layer: u8,
        packet: &Packet<'_>,
    ) {
        if !peer.crosses(feed, layer) {
            return;
        }
        let Some(stream) = peer.stream(feed, layer) else {
            return;
        };
        let head = Head {
            peer: peer.id,
            feed,
            layer,
            ssrc: stream.ssrc,
            index: packet.index,
            timestamp: packet.timestamp,
            marker: packet.marker,
            clock: stream.clock(),
        };
        for watcher in &peer.watchers {
            if !watcher.wanted.has(feed, layer) {
                continue;
            }
            let Some(outbox) = self.abroad.outbox(watcher.shard) else {
                continue;
            };
            let dropped = match feed {
                Feed::Audio(_) => &mut self.counters.crossing_dropped_sound,
                Feed::Video(_) => &mut self.counters.crossing_dropped_pictures,
            };
            if outbox.push(head, packet.payload) {
                self.counters.packets_crossed += 1;
            } else {
                *dropped += 1;
            }
        }
    }

    /// Another shard seeks a peer, or does not any more.
    pub(super) fn note_sought(&mut self, peer: PeerId, by: ShardId, sought: bool) {
        if sought {
            self.abroad.sought.entry((peer, by)).or_insert(false);
            self.abroad.note_id(peer);
            return;
        }
        self.abroad.sought.remove(&(peer, by));
        if let Some(peer) = self.own_peer(peer) {
            peer.watchers.retain(|watcher| watcher.shard != by);
        }
    }

    /// Another shard wants something else of a peer than before.
    pub(super) fn note_wanted(&mut self, now: Instant, id: PeerId, by: ShardId, wanted: Wanted) {
        let Some(peer) = self.own_peer(id) else {
            return;
        };
        let room = peer.room;
        let watcher = peer.watchers.iter_mut().find(|it| it.shard == by);
        let Some(watcher) = watcher else {
            return;
        };
        watcher.wanted = wanted;
        let camera = peer.camera.as_mut().filter(|it| it.has_layers());
        let told = camera.and_then(|it| it.activate(now, wanted.active).then(|| it.active()));
        self.at_work = Some(room);
        self.tell_layers(id, told);
    }

    /// Slots of another shard wait for a key frame.
    pub(super) fn note_key_frame_wish(
        &mut self,
        now: Instant,
        peer: PeerId,
        by: ShardId,
        (kind, layer): (VideoKind, u8),
        wish: Wish,
    ) {
        let Some(found) = self.own_peer(peer) else {
            return;
        };
        let room = found.room;
        if found.watchers.iter().any(|watcher| watcher.shard == by) {
            self.at_work = Some(room);
            self.want_key_frame(now, Source { peer, layer }, kind, wish);
        }
    }

    /// Tells those who seek a peer that it is here, that it was, and what has changed of its layers.
    pub(super) fn say_what_is_here(&mut self, id: PeerId) {
        let Abroad {
            sought, outboxes, ..
        } = &mut self.abroad;
        let place = self.by_id.get(&id).map(|place| *place as usize);
        let peer = place.and_then(|place| self.places[place].as_deref_mut());
        let mut peer = peer.filter(|peer| peer.relay.is_none());
        let by_all = (id, ShardId::default())..=(id, ShardId(u8::MAX));
        for ((_, by), told) in sought.range_mut(by_all) {
            let Some(outbox) = outboxes.get_mut(usize::from(by.0)) else {
                continue;
            };
            self.counters.crossing_compared += 1;
            let Some(peer) = &mut peer else {
                if std::mem::take(told) {
                    outbox.say(Message::Gone(id));
                }
                continue;
            };
            if !std::mem::replace(told, true) {
                outbox.say(Message::Here(Box::new(peer.published())));
                peer.watchers.push(Watcher::new(*by));
            }
            peer.say_layers(*by, outbox);
        }
    }

    /// A peer whose transport is here.
    fn own_peer(&mut self, id: PeerId) -> Option<&mut Peer> {
        let place = self.by_id.get(&id).copied()?;
        self.peer_mut(place).filter(|peer| peer.relay.is_none())
    }
}
