//! A defect that shows as a panic ends the conference that it was met in, and no other.

use super::Engine;
use crate::api::{MediaEvent, PeerId, RoomId};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Whoever has this number panics the engine with its first DTLS datagram.
#[cfg(test)]
pub(crate) const POISONED: PeerId = PeerId(u64::MAX);

impl Engine {
    /// Runs `work`. If it panics, all peers of the room that it worked for are gone, and everything
    /// else is as if nothing had happened: a peer is at work alone, only the room's own slots and
    /// publications refer to it, and what both rooms use is made whole again here.
    pub fn guarded<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.at_work = None;
        match catch_unwind(AssertUnwindSafe(|| work(self))) {
            Ok(result) => Some(result),
            Err(_) => {
                self.counters.panics_contained += 1;
                let room = self.at_work.take();
                tracing::error!(
                    room = room.map(|room| room.0),
                    "The media plane met a defect of its own; the conference's devices must join again"
                );
                self.abandon(room);
                None
            }
        }
    }

    /// Forgets all peers of a room, and those that were lost while they were worked on. Nothing is
    /// said to them: whatever would be said is made of what may be broken.
    fn abandon(&mut self, room: Option<RoomId>) {
        for peer in &mut self.places {
            if peer.as_ref().is_some_and(|peer| Some(peer.room) == room) {
                *peer = None;
            }
        }
        if let Some(room) = room {
            self.plans.remove(&room);
        }
        let places = &self.places;
        let is_free = |place: u32| places.get(place as usize).is_none_or(Option::is_none);
        let mut gone: Vec<PeerId> = vec![];
        self.by_id.retain(|id, place| {
            if is_free(*place) {
                gone.push(*id);
            }
            !is_free(*place)
        });
        self.by_path.retain(|_, place| !is_free(*place));
        self.free = (0..places.len() as u32)
            .filter(|place| is_free(*place))
            .collect();
        for place in &self.free {
            self.timers.disarm(*place);
        }
        // On its own shard a relayed peer goes on.
        gone.retain(|peer| !self.abroad.lost(*peer));
        gone.sort_unstable();
        self.events
            .extend(gone.into_iter().map(|peer| MediaEvent::Gone { peer }));
    }
}
