//! What should be forwarded, compared with what is: the difference is applied. Doing it twice
//! changes nothing.

use super::{Engine, egress::MOST_MISSED};
use crate::{
    api::{MediaEvent, PeerId, Plan, Receives, RoomId, SlotKind},
    layers,
    peer::Peer,
    publication::{AudioKind, Feed, Sink, Source, Video, VideoKind, Wish},
    slot::Slot,
};
use std::time::Instant;

impl Engine {
    /// Replaces what a room forwards.
    pub fn reconcile(&mut self, now: Instant, room: RoomId, plan: Plan) {
        self.at_work = Some(room);
        self.abroad.touch();
        for place in self.places_of(room) {
            self.set_gate(place, &plan);
        }
        for place in self.places_of(room) {
            self.route(now, place, &plan);
        }
        if plan == Plan::default() {
            self.plans.remove(&room);
        } else {
            self.plans.insert(room, plan);
        }
    }

    /// Gives a new peer what its room's plan has for it, and the others what they wait for.
    pub(super) fn admit(&mut self, now: Instant, place: u32) {
        let Some((id, room)) = self.peer_mut(place).map(|peer| (peer.id, peer.room)) else {
            return;
        };
        let Some(plan) = self.plans.remove(&room) else {
            return;
        };
        self.set_gate(place, &plan);
        self.route(now, place, &plan);
        let is_relayed = self.abroad.is_relayed(id);
        for other in self.places_of(room) {
            let Some(peer) = self.peer_mut(other) else {
                continue;
            };
            let slots = (0u32..).zip(&peer.slots);
            let awaiting = slots.filter(|(_, slot)| slot.wanted == Some(id));
            let mut awaiting: Vec<u32> = awaiting.map(|(nth, _)| nth).collect();
            if !awaiting.is_empty() {
                // One that comes from another shard was there before: it is switched to.
                awaiting.retain(|_| is_relayed);
                self.link_wanted(now, other, &awaiting);
            }
        }
        self.plans.insert(room, plan);
    }

    /// Empties the slots that a peer that left was shown in, and forgets its own.
    pub(super) fn dismiss(&mut self, peer: &Peer, place: u32) {
        for feed in Feed::ALL {
            self.empty_slots(peer.id, &peer.sinks(feed));
        }
        for (index, slot) in (0u32..).zip(&peer.slots) {
            for source in [slot.aimed(), slot.flowing()].into_iter().flatten() {
                self.unlink(source, slot.kind.feed(), Sink { place, slot: index });
            }
        }
    }

    /// Ends the flow of `source` in its slots, and says so.
    pub(super) fn empty_slots(&mut self, source: PeerId, sinks: &[Sink]) {
        for sink in sinks {
            let receiver = self.places.get_mut(sink.place as usize);
            let Some(receiver) = receiver.and_then(Option::as_deref_mut) else {
                continue;
            };
            let Some(slot) = receiver.slots.get_mut(sink.slot as usize) else {
                continue;
            };
            self.events.extend(empty_slot(receiver.id, slot, source));
        }
    }

    /// Asks `source` for a key frame, joined with other wishes for one.
    pub(super) fn want_key_frame(
        &mut self,
        now: Instant,
        source: Source,
        kind: VideoKind,
        wish: Wish,
    ) {
        let Some(place) = self.by_id.get(&source.peer).copied() else {
            return;
        };
        let Some(peer) = self.peer_mut(place) else {
            return;
        };
        if let Some(layer) = peer.layer_mut(kind, source.layer) {
            layer.want_key_frame(now, wish);
            let deadline = peer.deadline();
            self.timers.arm(place, deadline);
        }
    }

    /// The same while `peer` is taken out of its place, which may be its own source. Whoever took it
    /// out arms its timer.
    pub(super) fn want_key_frame_of(
        &mut self,
        now: Instant,
        peer: &mut Peer,
        source: Source,
        kind: VideoKind,
        wish: Wish,
    ) {
        if peer.id != source.peer {
            self.want_key_frame(now, source, kind, wish);
        } else if let Some(layer) = peer.layer_mut(kind, source.layer) {
            layer.want_key_frame(now, wish);
        }
    }

    /// Takes a slot out of a source's sinks.
    pub(super) fn unlink(&mut self, source: Source, feed: Feed, sink: Sink) {
        let Some(place) = self.by_id.get(&source.peer).copied() else {
            return;
        };
        if let Some(peer) = self.peer_mut(place) {
            peer.unlink(feed, source.layer, sink);
        }
    }

    fn places_of(&self, room: RoomId) -> Vec<u32> {
        let occupied = (0u32..).zip(&self.places);
        occupied
            .filter(|(_, peer)| peer.as_ref().is_some_and(|peer| peer.room == room))
            .map(|(place, _)| place)
            .collect()
    }

    /// Opens or closes a peer's microphone, its screen and the sound of that. No other code does.
    fn set_gate(&mut self, place: u32, plan: &Plan) {
        let Some(peer) = self.peer_mut(place) else {
            return;
        };
        let id = peer.id;
        let heard = plan.heard.contains(&id);
        let presents = plan.presenting == Some(id);
        let mut cut_off = vec![];
        if let Some(microphone) = &mut peer.microphone {
            cut_off.extend(microphone.set_heard(heard));
        }
        if let Some(screen) = &mut peer.screen {
            cut_off.extend(screen.set_open(presents));
        }
        if let Some(sound) = &mut peer.screen_audio {
            cut_off.extend(sound.set_open(presents));
        }
        // What it sends when the gate is open again is another beginning in every slot.
        for sink in cut_off {
            let receiver = self.peer_mut(sink.place);
            let slot = receiver.and_then(|receiver| receiver.slots.get_mut(sink.slot as usize));
            if let Some(slot) = slot.filter(|slot| slot.flows_from(id)) {
                slot.stop();
            }
        }
    }

    /// Puts the plan's sources into a peer's slots.
    fn route(&mut self, now: Instant, place: u32, plan: &Plan) {
        let none = Receives::default();
        let Some(peer) = self.peer_mut(place) else {
            return;
        };
        let receives = plan.receivers.get(&peer.id).unwrap_or(&none);
        let thumbnails = assign(&peer.slots, &receives.thumbnails);
        let shown = |source: &PeerId| plan.presenting == Some(*source);
        let (mut news, mut left, mut switched) = (vec![], vec![], vec![]);
        for (index, slot) in (0u32..).zip(&mut peer.slots) {
            let nth = slot.index as usize;
            let wanted = match slot.kind {
                SlotKind::Audio => receives
                    .audio
                    .get(nth)
                    .filter(|source| plan.heard.contains(source))
                    .copied(),
                SlotKind::Main => receives.main.filter(|_| nth == 0),
                SlotKind::Presentation => receives.presentation.filter(shown),
                SlotKind::PresentationAudio => receives.presentation_audio.filter(shown),
                SlotKind::Thumbnail => thumbnails.get(nth).copied().flatten(),
            };
            slot.set_height(receives.heights.get(&slot.mid).copied());
            if slot.wanted == wanted {
                continue;
            }
            let (sink, feed) = (Sink { place, slot: index }, slot.kind.feed());
            left.extend(
                slot.aimed()
                    .filter(|before| slot.flowing() != Some(*before))
                    .map(|before| (before, feed, sink)),
            );
            slot.wanted = wanted;
            switched.push(index);
            // An old picture stays until the new one can be decoded; sound and nothing do not wait.
            if (slot.kind.is_audio() || wanted.is_none())
                && let Some(before) = slot.flowing()
            {
                slot.stop();
                left.push((before, feed, sink));
            }
            // A source that is wanted again before another took its place flows on.
            let flows = wanted.is_some_and(|wanted| slot.flows_from(wanted));
            news.push(MediaEvent::Slot {
                peer: peer.id,
                mid: slot.mid.clone(),
                source: wanted,
                rtp: slot.newest_timestamp().filter(|_| flows),
            });
        }
        self.events.extend(news);
        for (before, feed, sink) in left {
            self.unlink(before, feed, sink);
        }
        self.link_wanted(now, place, &switched);
    }

    /// Makes every slot of a peer a sink of the source that it should have. Those in `switched`
    /// should have it only now; whatever the others still wait for was asked for before.
    fn link_wanted(&mut self, now: Instant, place: u32, switched: &[u32]) {
        let Some(peer) = self.peer_mut(place) else {
            return;
        };
        let wanted: Vec<_> = (0u32..)
            .zip(&peer.slots)
            .filter_map(|(index, slot)| Some((index, slot.kind.feed(), slot.wanted?)))
            .collect();
        for (slot, feed, source) in wanted {
            let sink = Sink { place, slot };
            match feed {
                Feed::Audio(kind) => self.link_sound(source, kind, sink),
                Feed::Video(kind) => {
                    self.link_picture(now, source, kind, sink, switched.contains(&slot));
                }
            }
        }
    }

    fn link_sound(&mut self, source: PeerId, kind: AudioKind, sink: Sink) {
        let place = self.by_id.get(&source).copied();
        let publisher = place.and_then(|place| self.peer_mut(place));
        if let Some(sound) = publisher.and_then(|publisher| publisher.sound_mut(kind)) {
            sound.link(sink);
        }
    }

    /// Makes a slot a sink of the layer that fits it, and of no other but what flows in it.
    fn link_picture(
        &mut self,
        now: Instant,
        source: PeerId,
        kind: VideoKind,
        sink: Sink,
        switched: bool,
    ) {
        let Some(source_place) = self.by_id.get(&source).copied() else {
            return;
        };
        let publisher = self.places[source_place as usize].as_deref();
        let Some(known) = publisher.and_then(|it| it.video(kind)).map(Video::known) else {
            return;
        };
        let Some(receiver) = self.peer_mut(sink.place) else {
            return;
        };
        let connected = receiver.keys.is_some();
        let Some(slot) = receiver.slots.get_mut(sink.slot as usize) else {
            return;
        };
        let choice = layers::choose(&known, slot.size);
        let left = slot.aim(choice.now).and_then(|aimed| aimed.left);
        let flows = slot.flowing() == slot.aimed();
        let publisher = self.peer_mut(source_place);
        let Some(video) = publisher.and_then(|it| it.video_mut(kind).as_mut()) else {
            return;
        };
        video.link(sink, choice.now, left);
        let is_news = video.activate(layers::needed(&known, choice));
        // The key frame comes while the handshake goes on, and is kept.
        let layer = video.layer(choice.now);
        let is_kept = !connected && layer.is_some_and(|layer| layer.is_kept(MOST_MISSED / 2));
        let active = is_news.then(|| video.active());
        self.tell_layers(source, active);
        if flows || is_kept {
            return;
        }
        let wish = if connected && switched {
            Wish::Switch
        } else {
            Wish::Newcomer
        };
        let source = Source {
            peer: source,
            layer: choice.now,
        };
        self.want_key_frame(now, source, kind, wish);
    }
}

/// Ends the flow of `source` in a slot of `receiver`, and says so.
pub(super) fn empty_slot(receiver: PeerId, slot: &mut Slot, source: PeerId) -> Option<MediaEvent> {
    if !slot.flows_from(source) {
        return None;
    }
    slot.stop();
    Some(MediaEvent::Slot {
        peer: receiver,
        mid: slot.mid.clone(),
        source: None,
        rtp: None,
    })
}

/// Which thumbnail slot gets which source: one that has its slot keeps it, others take what is
/// free in order.
fn assign(slots: &[Slot], sources: &[PeerId]) -> Vec<Option<PeerId>> {
    let before: Vec<Option<PeerId>> = slots
        .iter()
        .filter(|slot| slot.kind == SlotKind::Thumbnail)
        .map(|slot| slot.wanted.filter(|source| sources.contains(source)))
        .collect();
    let mut newcomers = sources
        .iter()
        .filter(|source| !before.contains(&Some(**source)));
    before
        .iter()
        .map(|kept| kept.or_else(|| newcomers.next().copied()))
        .collect()
}
