//! What should be forwarded, compared with what is: the difference is applied. Doing it twice
//! changes nothing.

use super::{Engine, egress::MOST_MISSED};
use crate::{
    api::{MediaEvent, PeerId, Plan, Receives, RoomId, SlotKind},
    peer::Peer,
    publication::{Feed, Sink, VideoKind, Wish},
    slot::Slot,
};
use std::time::Instant;

impl Engine {
    /// Replaces what a room forwards.
    pub fn reconcile(&mut self, now: Instant, room: RoomId, plan: Plan) {
        self.at_work = Some(room);
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
        for other in self.places_of(room) {
            let awaited = |slot: &Slot| slot.wanted == Some(id);
            if self
                .peer_mut(other)
                .is_some_and(|peer| peer.slots.iter().any(awaited))
            {
                self.link_wanted(now, other, &[]);
            }
        }
        self.plans.insert(room, plan);
    }

    /// Empties the slots that a peer that left was shown in, and forgets its own.
    pub(super) fn dismiss(&mut self, peer: &Peer, place: u32) {
        for publication in Feed::ALL.iter().filter_map(|feed| peer.publication(*feed)) {
            self.empty_slots(peer.id, &publication.sinks);
        }
        for (index, slot) in (0u32..).zip(&peer.slots) {
            for source in [slot.wanted, slot.flowing()].into_iter().flatten() {
                self.unlink(source, Sink { place, slot: index });
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
        source: PeerId,
        kind: VideoKind,
        wish: Wish,
    ) {
        let Some(place) = self.by_id.get(&source).copied() else {
            return;
        };
        let Some(peer) = self.peer_mut(place) else {
            return;
        };
        if let Some(video) = peer.video_mut(kind) {
            video.want_key_frame(now, wish);
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
        source: PeerId,
        kind: VideoKind,
        wish: Wish,
    ) {
        if peer.id != source {
            self.want_key_frame(now, source, kind, wish);
        } else if let Some(video) = peer.video_mut(kind) {
            video.want_key_frame(now, wish);
        }
    }

    /// Takes a slot out of a source's sinks.
    pub(super) fn unlink(&mut self, source: PeerId, sink: Sink) {
        let Some(place) = self.by_id.get(&source).copied() else {
            return;
        };
        let Some(peer) = self.peer_mut(place) else {
            return;
        };
        for publication in peer.publications_mut() {
            publication.sinks.retain(|other| *other != sink);
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
            if let Some(slot) = slot.filter(|slot| slot.flowing() == Some(id)) {
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
            if slot.wanted == wanted {
                continue;
            }
            let sink = Sink { place, slot: index };
            left.extend(
                slot.wanted
                    .filter(|before| slot.flowing() != Some(*before))
                    .map(|before| (before, sink)),
            );
            slot.wanted = wanted;
            switched.push(index);
            if wanted.is_none() {
                slot.hold(false);
            }
            // An old picture stays until the new one can be decoded; sound and nothing do not wait.
            if (slot.kind.is_audio() || wanted.is_none())
                && let Some(before) = slot.flowing()
            {
                slot.stop();
                left.push((before, sink));
            }
            if wanted.is_none() || slot.flowing() != wanted {
                news.push(MediaEvent::Slot {
                    peer: peer.id,
                    mid: slot.mid.clone(),
                    source: wanted.filter(|_| !slot.is_held()),
                    rtp: None,
                });
            }
        }
        self.events.extend(news);
        for (before, sink) in left {
            self.unlink(before, sink);
        }
        // What is new may be too much for its line.
        if !switched.is_empty()
            && let Some(mut peer) = self.places[place as usize].take()
        {
            self.allot(now, &mut peer);
            self.places[place as usize] = Some(peer);
        }
        self.link_wanted(now, place, &switched);
    }

    /// Makes every slot of a peer a sink of the source that it should have. Those in `switched`
    /// should have it only now; whatever the others still wait for was asked for before.
    fn link_wanted(&mut self, now: Instant, place: u32, switched: &[u32]) {
        let Some(peer) = self.peer_mut(place) else {
            return;
        };
        let connected = peer.keys.is_some();
        let wanted: Vec<_> = (0u32..)
            .zip(&peer.slots)
            .filter_map(|(index, slot)| {
                Some((
                    index,
                    slot.kind,
                    slot.wanted?,
                    slot.flowing() == slot.wanted || slot.is_held(),
                ))
            })
            .collect();
        for (slot, kind, source, flows) in wanted {
            let Some(source_place) = self.by_id.get(&source).copied() else {
                continue;
            };
            let Some(source_peer) = self.peer_mut(source_place) else {
                continue;
            };
            let sink = Sink { place, slot };
            let feed = kind.feed();
            let Some(publication) = source_peer.publication_mut(feed) else {
                continue;
            };
            publication.link(sink);
            let Feed::Video(kind) = feed else { continue };
            // The key frame comes while the handshake goes on, and is kept.
            let video = source_peer.video(kind);
            let is_kept = !connected && video.is_some_and(|video| video.is_kept(MOST_MISSED / 2));
            if flows || is_kept {
                continue;
            }
            let wish = if connected && switched.contains(&slot) {
                Wish::Switch
            } else {
                Wish::Newcomer
            };
            self.want_key_frame(now, source, kind, wish);
        }
    }
}

/// Ends the flow of `source` in a slot of `receiver`, and says so.
pub(super) fn empty_slot(receiver: PeerId, slot: &mut Slot, source: PeerId) -> Option<MediaEvent> {
    if slot.flowing() != Some(source) {
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
