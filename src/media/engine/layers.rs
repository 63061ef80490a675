//! Which layer of a camera goes into which slot, and which ones its publisher is to send.

use super::Engine;
use crate::{
    api::{MediaEvent, PeerId},
    peer::Peer,
    publication::{Sink, VideoKind, Wish},
    slot::Slot,
};
use std::time::Instant;

impl Engine {
    /// Points every slot that shows a camera of `publisher`, whose place is empty meanwhile, at the
    /// layer that fits it, now that others come than before.
    pub(super) fn aim_slots(&mut self, now: Instant, publisher: &mut Peer, kind: VideoKind) {
        let Some(video) = publisher.video(kind).filter(|it| it.has_layers()) else {
            return;
        };
        let (id, known) = (publisher.id, video.known());
        let (mut needed, mut moved) = (0, vec![]);
        for sink in video.sinks() {
            let Some(slot) = self.slot_of(publisher, sink) else {
                continue;
            };
            if slot.wanted != Some(id) {
                continue;
            }
            let (layer, needed_here) = slot.choose(&known);
            needed |= needed_here;
            moved.extend(slot.aim(layer).map(|aimed| (sink, layer, aimed)));
        }
        let Some(video) = publisher.video_mut(kind) else {
            return;
        };
        for (sink, layer, aimed) in moved {
            video.link(sink, layer, aimed.left);
            if let Some(layer) = video.layer_mut(layer).filter(|_| aimed.waits) {
                layer.want_key_frame(now, Wish::Switch);
            }
        }
        let active = video.activate(now, needed).then(|| video.active());
        self.tell_layers(id, active);
    }

    /// Lets layers rest that nobody has watched for a while.
    pub(super) fn rest_layers(&mut self, now: Instant, publisher: &mut Peer) {
        let kind = VideoKind::Camera;
        let Some(video) = publisher.video(kind).filter(|it| it.has_layers()) else {
            return;
        };
        let (id, known) = (publisher.id, video.known());
        let mut needed = publisher.needed_elsewhere();
        for sink in video.sinks() {
            let Some(slot) = self.slot_of(publisher, sink) else {
                continue;
            };
            if slot.wanted == Some(id) {
                needed |= slot.choose(&known).1;
            }
            let flowing = slot.flowing().filter(|flowing| flowing.peer == id);
            needed |= flowing.map_or(0, |flowing| 1 << flowing.layer);
        }
        let Some(video) = publisher.video_mut(kind) else {
            return;
        };
        let active = video.watched(now, needed).then(|| video.active());
        self.tell_layers(id, active);
    }

    /// Tells a publisher which layers it is to send. One of another shard is told by that shard.
    pub(super) fn tell_layers(&mut self, peer: PeerId, active: Option<Vec<String>>) {
        let active = active.filter(|_| !self.abroad.is_relayed(peer));
        self.events
            .extend(active.map(|active| MediaEvent::Layers { peer, active }));
    }

    /// The slot of a sink, which may be one of `publisher`'s own, whose place is empty meanwhile.
    fn slot_of<'a>(&'a mut self, publisher: &'a mut Peer, sink: Sink) -> Option<&'a mut Slot> {
        let receiver = if self.by_id.get(&publisher.id) == Some(&sink.place) {
            publisher
        } else {
            self.peer_mut(sink.place)?
        };
        receiver.slots.get_mut(sink.slot as usize)
    }
}
