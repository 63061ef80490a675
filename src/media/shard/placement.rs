//! Which shard a peer comes to. It is decided when it joins, and it stays there.

use crate::api::{PeerId, RoomId};
use std::collections::HashMap;

/// A shard that is so busy, in thousandths of its core, takes no more of a room while another is less so.
const ENOUGH_WORK: u32 = 500;

/// Where rooms and peers are.
pub(super) struct Placement {
    /// Peers of each shard.
    counts: Vec<usize>,
    /// So many of them are enough.
    enough: usize,
    rooms: HashMap<RoomId, Room>,
    peers: HashMap<PeerId, (RoomId, usize)>,
}

struct Room {
    home: usize,
    peers: usize,
}

/// What a shard has to do.
#[derive(Debug, Clone, Copy)]
struct Load {
    peers: usize,
    /// Thousandths of its core.
    work: u32,
}

impl Load {
    /// A thousand is enough.
    fn share(self, enough: usize) -> usize {
        let peers = self.peers * 1000 / enough;
        let work = self.work as usize * 1000 / ENOUGH_WORK as usize;
        peers.max(work)
    }
}

impl Placement {
    /// A room is spread from so many peers of a shard on.
    pub(super) fn new(shards: usize, spread_from: usize) -> Self {
        Self {
            counts: vec![0; shards],
            enough: spread_from.max(1),
            rooms: HashMap::new(),
            peers: HashMap::new(),
        }
    }

    /// Finds a shard for a peer: its room's home, until that has enough to do. `work` is what the
    /// shards do now, in thousandths of a core.
    pub(super) fn join(
        &mut self,
        room: RoomId,
        peer: PeerId,
        work: impl Iterator<Item = u32>,
    ) -> usize {
        let counts = self.counts.iter().zip(work);
        let loads: Vec<Load> = counts
            .map(|(peers, work)| Load {
                peers: *peers,
                work,
            })
            .collect();
        let known = self.rooms.get(&room).map(|room| room.home);
        let shard = choose(known, &loads, self.enough);
        let room_here = self.rooms.entry(room).or_insert(Room {
            home: shard,
            peers: 0,
        });
        room_here.peers += 1;
        self.counts[shard] += 1;
        self.peers.insert(peer, (room, shard));
        shard
    }

    /// A peer is not there any more. Returns where it was.
    pub(super) fn leave(&mut self, peer: PeerId) -> Option<usize> {
        let (room, shard) = self.peers.remove(&peer)?;
        self.counts[shard] -= 1;
        if let Some(found) = self.rooms.get_mut(&room) {
            found.peers -= 1;
            if found.peers == 0 {
                self.rooms.remove(&room);
            }
        }
        Some(shard)
    }
}

/// The home, unless it has enough to do; else the shard that has least to do.
fn choose(home: Option<usize>, loads: &[Load], enough: usize) -> usize {
    let share = |shard: &usize| {
        let load = loads.get(*shard);
        load.map_or(usize::MAX, |load| load.share(enough))
    };
    if let Some(home) = home.filter(|home| share(home) < 1000) {
        return home;
    }
    let least = (0..loads.len()).min_by_key(|shard| (share(shard), Some(*shard) != home));
    least.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_stays_together_until_its_home_has_enough_to_do() {
        // Its home; peers and work of each shard; where it goes.
        type Case = (Option<usize>, &'static [(usize, u32)], usize);
        let cases: [Case; 9] = [
            // A new room goes where least is to do.
            (None, &[(0, 0)], 0),
            (None, &[(0, 0), (0, 0)], 0),
            (None, &[(1, 0), (0, 0)], 1),
            (None, &[(0, 300), (60, 0)], 1),
            // One that has a home stays there, whatever the others do …
            (Some(0), &[(149, 499), (0, 0)], 0),
            // … until that has enough peers or enough to do.
            (Some(0), &[(150, 0), (149, 0)], 1),
            (Some(0), &[(10, 500), (0, 499)], 1),
            // Where all have enough, each gets its share.
            (Some(1), &[(200, 0), (200, 0), (201, 0)], 1),
            (Some(1), &[(199, 900), (200, 0), (200, 800)], 1),
        ];
        for (home, loads, expected) in cases {
            let loads: Vec<Load> = loads
                .iter()
                .map(|(peers, work)| Load {
                    peers: *peers,
                    work: *work,
                })
                .collect();
            assert_eq!(choose(home, &loads, 150), expected, "{home:?} {loads:?}");
        }
    }

    #[test]
    fn a_crowd_is_spread_and_nothing_is_left_of_it_when_it_has_gone() {
        let mut placement = Placement::new(3, 150);
        let idle = || [0; 3].into_iter();
        let crowd = 0..600;
        for peer in crowd.clone() {
            placement.join(RoomId(1), PeerId(peer), idle());
        }
        assert_eq!(placement.counts, [200, 200, 200]);
        assert_eq!(placement.join(RoomId(2), PeerId(1000), idle()), 0);
        for peer in crowd {
            assert!(placement.leave(PeerId(peer)).is_some());
        }
        assert_eq!(placement.leave(PeerId(0)), None, "it was gone");
        assert_eq!(placement.leave(PeerId(1000)), Some(0));
        assert_eq!(placement.counts, [0, 0, 0]);
        assert!(placement.rooms.is_empty() && placement.peers.is_empty());
    }

    #[test]
    fn a_room_is_spread_as_early_as_somebody_wants() {
        // Which shard each peer comes to.
        let cases = [
            (1, [0, 1, 0, 1, 0, 1]),
            (2, [0, 0, 1, 1, 0, 1]),
            (3, [0, 0, 0, 1, 1, 1]),
            (0, [0, 1, 0, 1, 0, 1]),
        ];
        for (spread_from, expected) in cases {
            let mut placement = Placement::new(2, spread_from);
            let idle = || [0; 2].into_iter();
            let found =
                [0, 1, 2, 3, 4, 5].map(|peer| placement.join(RoomId(1), PeerId(peer), idle()));
            assert_eq!(found, expected, "from {spread_from} on");
        }
    }
}
