//! What should be forwarded, compared with what is: the difference is applied. Doing it twice
//! changes nothing.

use super::{Engine, egress::MOST_MISSED};
use crate::{
    api::{MediaEvent, PeerId, Plan, Receives, RoomId, SlotKind},
    peer::Peer,
    publication::{Camera, Publication, Sink, Wish},
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
        let publications = [
            peer.microphone
                .as_ref()
                .map(|microphone| &microphone.publication),
            peer.camera.as_ref().map(|camera| &camera.publication),
        ];
        for publication in publications.into_iter().flatten() {
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
    pub(super) fn want_key_frame(&mut self, now: Instant, source: PeerId, wish: Wish) {
        let Some(place) = self.by_id.get(&source).copied() else {
            return;
        };
        let Some(peer) = self.peer_mut(place) else {
            return;
        };
        if let Some(camera) = &mut peer.camera {
            camera.want_key_frame(now, wish);
            let deadline = peer.deadline();
            self.timers.arm(place, deadline);
        }
    }

    /// The same while a peer is taken out of its place, which may be its own source: `own` is its
    /// camera. Whoever took it out arms its timer.
    pub(super) fn want_key_frame_beside(
        &mut self,
        now: Instant,
        own: (PeerId, Option<&mut Camera>),
        source: PeerId,
        wish: Wish,
    ) {
        match own {
            (id, Some(camera)) if id == source => camera.want_key_frame(now, wish),
            _ => self.want_key_frame(now, source, wish),
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
        for publication in publications_mut(peer) {
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

    /// Opens or closes a peer's microphone. No other code does.
    fn set_gate(&mut self, place: u32, plan: &Plan) {
        let Some(peer) = self.peer_mut(place) else {
            return;
        };
        let heard = plan.heard.contains(&peer.id);
        let id = peer.id;
        let Some(microphone) = &mut peer.microphone else {
            return;
        };
        if microphone.set_heard(heard) && !heard {
            // What it sends when it is heard again is another beginning in every slot.
            for sink in std::mem::take(&mut microphone.publication.sinks) {
                let receiver = self.peer_mut(sink.place);
                let slot = receiver.and_then(|receiver| receiver.slots.get_mut(sink.slot as usize));
                if let Some(slot) = slot.filter(|slot| slot.flowing() == Some(id)) {
                    slot.stop();
                }
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
            // An old picture stays until the new one can be decoded; sound and nothing do not wait.
            if (slot.kind == SlotKind::Audio || wanted.is_none())
                && let Some(before) = slot.flowing()
            {
                slot.stop();
                left.push((before, sink));
            }
            if wanted.is_none() || slot.flowing() != wanted {
                news.push(MediaEvent::Slot {
                    peer: peer.id,
                    mid: slot.mid.clone(),
                    source: wanted,
                    rtp: None,
                });
            }
        }
        self.events.extend(news);
        for (before, sink) in left {
            self.unlink(before, sink);
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
                    slot.flowing() == slot.wanted,
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
            match kind {
                SlotKind::Audio => {
                    if let Some(microphone) = &mut source_peer.microphone {
                        microphone.publication.link(sink);
                    }
                }
                SlotKind::Main | SlotKind::Thumbnail => {
                    if let Some(camera) = &mut source_peer.camera {
                        camera.publication.link(sink);
                        let wish = if connected && switched.contains(&slot) {
                            Wish::Switch
                        } else {
                            Wish::Newcomer
                        };
                        // The key frame comes while the handshake goes on, and is kept.
                        let is_kept = !connected && camera.is_kept(MOST_MISSED / 2);
                        if !flows && !is_kept {
                            self.want_key_frame(now, source, wish);
                        }
                    }
                }
            }
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

fn publications_mut(peer: &mut Peer) -> impl Iterator<Item = &mut Publication> {
    let microphone = peer
        .microphone
        .as_mut()
        .map(|microphone| &mut microphone.publication);
    let camera = peer.camera.as_mut().map(|camera| &mut camera.publication);
    microphone.into_iter().chain(camera)
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
