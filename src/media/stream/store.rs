//! The newest packets of a stream, for those who ask for them again.

use super::Packet;
use crate::codec::Descriptor;
use std::collections::VecDeque;

/// Packets kept for retransmission: at 1.5 Mbit/s about four seconds.
const STORED: usize = 600;
/// Of sound, more than a second; and what one of them takes.
const STORED_SOUND: usize = 64;
const ROOM_FOR_SOUND: usize = 256;

/// The newest packets of a stream. Memory of packets that left is used again.
#[derive(Debug)]
pub(super) struct Store {
    packets: VecDeque<Stored>,
    /// So many are kept, …
    most: usize,
    /// … and room is made for so many bytes of each.
    room: usize,
}

#[derive(Debug)]
struct Stored {
    index: u64,
    timestamp: u32,
    marker: bool,
    descriptor: Option<Descriptor>,
    payload: Vec<u8>,
}

impl Stored {
    fn packet(&self) -> Packet<'_> {
        Packet {
            index: self.index,
            timestamp: self.timestamp,
            marker: self.marker,
            payload: &self.payload,
            descriptor: self.descriptor,
            clock: None,
        }
    }
}

impl Store {
    pub(super) fn new(is_sound: bool) -> Self {
        let (most, room) = if is_sound {
            (STORED_SOUND, ROOM_FOR_SOUND)
        } else {
            (STORED, 1200)
        };
        Self {
            packets: VecDeque::new(),
            most,
            room,
        }
    }

    pub(super) fn keep(&mut self, packet: &Packet<'_>) {
        let mut payload = if self.packets.len() >= self.most {
            self.packets
                .pop_front()
                .map(|oldest| oldest.payload)
                .unwrap_or_default()
        } else {
            Vec::with_capacity(self.room)
        };
        payload.clear();
        payload.extend_from_slice(packet.payload);
        let stored = Stored {
            index: packet.index,
            timestamp: packet.timestamp,
            marker: packet.marker,
            descriptor: packet.descriptor,
            payload,
        };
        // Nearly always at the end; a repaired packet goes where it belongs.
        let at = self
            .packets
            .iter()
            .rposition(|other| other.index < packet.index)
            .map_or(0, |at| at + 1);
        self.packets.insert(at, stored);
    }

    pub(super) fn get(&self, index: u64) -> Option<Packet<'_>> {
        let at = self
            .packets
            .binary_search_by_key(&index, |stored| stored.index)
            .ok()?;
        Some(self.packets[at].packet())
    }

    /// Everything since the newest key frame began, if that is whole up to `highest` and no more than
    /// `most` packets.
    pub(super) fn since_key_frame(&self, highest: u64, most: usize) -> Option<Vec<Packet<'_>>> {
        let newest = self.packets.back()?.index;
        let begins = |stored: &Stored| {
            stored
                .descriptor
                .is_some_and(|descriptor| descriptor.starts_key_frame())
        };
        let recent = self.packets.iter().rev().take(most);
        let first = recent.clone().find(|stored| begins(stored))?.index;
        let found: Vec<Packet<'_>> = recent
            .take_while(|stored| stored.index >= first)
            .map(Stored::packet)
            .collect();
        let is_whole = newest == highest && found.len() as u64 == newest - first + 1;
        is_whole.then(|| found.into_iter().rev().collect())
    }

    /// Keeps nothing of what came so far.
    pub(super) fn forget(&mut self) {
        self.packets = VecDeque::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_packets_can_be_had_again() {
        let mut store = Store::new(false);
        let keep = |store: &mut Store, index: u64| {
            store.keep(&Packet {
                index,
                timestamp: index as u32,
                marker: false,
                payload: &index.to_be_bytes(),
                descriptor: None,
                clock: None,
            });
        };
        for index in (0..2000).filter(|index| *index != 1500) {
            keep(&mut store, index);
        }
        keep(&mut store, 1500);
        assert_eq!(
            store.get(1500).expect("repaired late").payload,
            1500u64.to_be_bytes()
        );
        assert_eq!(store.get(1999).expect("newest").timestamp, 1999);
        assert!(store.get(100).is_none(), "too old");
    }
}
