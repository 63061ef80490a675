//! What should be forwarded, compared with what is: the difference is applied. Doing it twice
//! changes nothing.

use super::{Engine, egress::MOST_MISSED};
use crate::{
    api::{MediaEvent, PeerId, Plan, Receives, RoomId, SlotKind},
    peer::Peer,
    publication::{Feed, Sink, Source, Video, VideoKind, Wish},
    slot::{ANY_LAYER, Slot},
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
            let awaits = |slot: &Slot| slot.wanted == Some(id);
            let is_awaited = self
                .peer_mut(other)
                .is_some_and(|peer| peer.slots.iter().any(awaits));
            if !is_awaited {
                continue;
            }
            // Now it is known how it codes its picture, too.
            self.route(now, other, &plan);
            if let Some(mut peer) = self.places[other as usize].take_if(|_| is_relayed) {
                // It was there before, on its own shard: it is switched to.
                let slots = (0u32..).zip(&peer.slots);
                let awaiting = slots.filter(|(_, slot)| awaits(slot)).map(|(nth, _)| nth);
                let awaiting: Vec<u32> = awaiting.collect();
                self.link_wanted(now, &mut peer, &awaiting);
                self.put_back(other, peer);
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

    /// The sources that the plan has for a peer's slots. Of what its receiver cannot decode a slot
    /// remains empty: nothing is asked of that source for it.
    fn sources(&self, peer: &Peer, plan: &Plan) -> Vec<Option<PeerId>> {
        let none = Receives::default();
        let receives = plan.receivers.get(&peer.id).unwrap_or(&none);
        let thumbnails = assign(&peer.slots, &receives.thumbnails);
        let shown = |source: &PeerId| plan.presenting == Some(*source);
        let source = |slot: &Slot| {
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
            wanted.filter(|source| self.can_show(slot, *source))
        };
        peer.slots.iter().map(source).collect()
    }

    /// Whether the receiver of `slot` takes what `source` sends; yes, while that is not known.
    fn can_show(&self, slot: &Slot, source: PeerId) -> bool {
        let place = self.by_id.get(&source);
        let publisher = place.and_then(|place| self.places[*place as usize].as_deref());
        let codec = publisher.and_then(|publisher| publisher.codec(slot.kind.feed()));
        codec.is_none_or(|codec| slot.takes(codec))
    }

    /// Puts the plan's sources into a peer's slots.
    fn route(&mut self, now: Instant, place: u32, plan: &Plan) {
        let Some(peer) = self.places[place as usize].as_deref() else {
            return;
        };
        let sources = self.sources(peer, plan);
        let Some(peer) = self.peer_mut(place) else {
            return;
        };
        let receives = plan.receivers.get(&peer.id);
        let (mut news, mut left, mut switched) = (vec![], vec![], vec![]);
        let mut resized = false;
        for ((index, slot), wanted) in (0u32..).zip(&mut peer.slots).zip(sources) {
            resized |= slot.set_height(receives.and_then(|it| it.heights.get(&slot.mid).copied()));
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
            if wanted.is_none() {
                slot.carry(Some(ANY_LAYER));
            }
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
                held: slot.is_held(),
                rtp: slot.newest_timestamp().filter(|_| flows),
            });
        }
        self.events.extend(news);
        for (before, feed, sink) in left {
            self.unlink(before, feed, sink);
        }
        let Some(mut peer) = self.places[place as usize].take() else {
            return;
        };
        // What is new may be too much for its line.
        if resized || !switched.is_empty() {
            self.allot(now, &mut peer);
        }
        self.link_wanted(now, &mut peer, &switched);
        self.put_back(place, peer);
    }

    /// Makes every slot of `peer`, whose place is empty meanwhile, a sink of the source that it should
    /// have. Those in `switched` should have it only now; whatever the others still wait for was asked
    /// for before.
    fn link_wanted(&mut self, now: Instant, peer: &mut Peer, switched: &[u32]) {
        for slot in 0..peer.slots.len() as u32 {
            self.link(now, peer, slot, switched.contains(&slot));
        }
    }

    /// The same with one slot.
    pub(super) fn link(&mut self, now: Instant, peer: &mut Peer, slot: u32, switched: bool) {
        let Some(place) = self.by_id.get(&peer.id).copied() else {
            return;
        };
        let sink = Sink { place, slot };
        let slot = peer.slots.get(slot as usize);
        let Some((feed, source)) = slot.and_then(|slot| Some((slot.kind.feed(), slot.wanted?)))
        else {
            return;
        };
        match feed {
            Feed::Audio(kind) => {
                let publisher = self.publisher_mut(peer, source);
                if let Some(sound) = publisher.and_then(|publisher| publisher.sound_mut(kind)) {
                    sound.link(sink);
                }
            }
            Feed::Video(kind) => self.link_picture(now, peer, source, kind, sink, switched),
        }
    }

    /// Makes a slot of `peer` a sink of the layer that fits it and its line, and of no other but what
    /// flows in it.
    fn link_picture(
        &mut self,
        now: Instant,
        peer: &mut Peer,
        source: PeerId,
        kind: VideoKind,
        sink: Sink,
        switched: bool,
    ) {
        let publisher = self.publisher(peer, source);
        let Some(known) = publisher.and_then(|it| it.video(kind)).map(Video::known) else {
            return;
        };
        let connected = peer.keys.is_some();
        let Some(slot) = peer.slots.get_mut(sink.slot as usize) else {
            return;
        };
        let (layer, needed) = slot.choose(&known);
        let left = slot.aim(layer).and_then(|aimed| aimed.left);
        let aimed = Source {
            peer: source,
            layer,
        };
        // What still waits of a source that was not wanted in between has holes.
        let waits = if switched {
            slot.may_begin(aimed)
        } else {
            slot.waits_for(aimed)
        };
        let publisher = self.publisher_mut(peer, source);
        let Some(video) = publisher.and_then(|it| it.video_mut(kind).as_mut()) else {
            return;
        };
        video.link(sink, layer, left);
        let is_news = video.activate(now, needed);
        // The key frame comes while the handshake goes on, and is kept.
        let layer = video.layer(layer);
        let is_kept = !connected && layer.is_some_and(|layer| layer.is_kept(MOST_MISSED / 2));
        let active = is_news.then(|| video.active());
        self.tell_layers(source, active);
        if !waits || is_kept {
            return;
        }
        let wish = if connected && switched {
            Wish::Switch
        } else {
            Wish::Newcomer
        };
        self.want_key_frame_of(now, peer, aimed, kind, wish);
    }

    /// A source, which may be `peer` itself, whose place is empty.
    pub(super) fn publisher<'a>(&'a self, peer: &'a Peer, source: PeerId) -> Option<&'a Peer> {
        if source == peer.id {
            return Some(peer);
        }
        let place = self.by_id.get(&source)?;
        self.places.get(*place as usize)?.as_deref()
    }

    /// The same, to change it.
    fn publisher_mut<'a>(&'a mut self, peer: &'a mut Peer, source: PeerId) -> Option<&'a mut Peer> {
        if source == peer.id {
            return Some(peer);
        }
        let place = self.by_id.get(&source).copied()?;
        self.peer_mut(place)
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
        held: false,
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
