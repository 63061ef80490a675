//! Which frames of a picture can be decoded, and when.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// A key frame that does not come is asked for again.
const ASK_AGAIN: Duration = Duration::from_millis(200);

/// A packet of a frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// Which frame.
    pub(super) frame: u32,
    pub(super) is_first: bool,
    pub(super) is_last: bool,
    pub(super) is_key: bool,
}

/// Puts frames together. Each needs the one before, unless it is a key frame.
#[derive(Debug)]
pub(super) struct Frames {
    parts: BTreeMap<u64, Part>,
    /// The packet behind the newest frame that was decoded.
    next: u64,
    waits_for_key: bool,
    asked_key: Option<Instant>,
    decoded: Vec<(u32, Instant)>,
}

impl Frames {
    /// Waits for the first key frame.
    pub(super) fn new() -> Self {
        Self {
            parts: BTreeMap::new(),
            next: 0,
            waits_for_key: true,
            asked_key: None,
            decoded: vec![],
        }
    }

    /// Takes a packet.
    pub(super) fn take(&mut self, now: Instant, index: u64, part: Part) {
        if index < self.next {
            return;
        }
        self.parts.insert(index, part);
        while let Some((last, frame)) = self.decodable() {
            self.decoded.push((frame, now));
            self.next = last + 1;
            self.waits_for_key = false;
            self.parts = self.parts.split_off(&self.next);
        }
    }

    /// A packet will not come any more: nothing can be decoded until the next key frame.
    pub(super) fn give_up(&mut self, index: u64) {
        self.waits_for_key |= index >= self.next;
    }

    /// Whether a key frame is to be asked for now.
    pub(super) fn asks_for_key(&mut self, now: Instant) -> bool {
        let is_due =
            self.waits_for_key && self.asked_key.is_none_or(|asked| now >= asked + ASK_AGAIN);
        if is_due {
            self.asked_key = Some(now);
        }
        is_due
    }

    /// Frames and when each was decoded.
    pub(super) fn decoded(&self) -> &[(u32, Instant)] {
        &self.decoded
    }

    /// The last packet of the next frame that can be decoded, and the frame.
    fn decodable(&self) -> Option<(u64, u32)> {
        if self.waits_for_key {
            let mut keys = self.parts.iter();
            return keys
                .by_ref()
                .filter(|(_, part)| part.is_first && part.is_key)
                .find_map(|(first, _)| self.whole(*first));
        }
        self.whole(self.next)
    }

    /// The last packet of the frame that begins with `first`, if all of it is here.
    fn whole(&self, first: u64) -> Option<(u64, u32)> {
        let frame = self.parts.get(&first).filter(|part| part.is_first)?.frame;
        let mut last = first;
        while !self.parts.get(&last)?.is_last {
            last += 1;
        }
        Some((last, frame))
    }
}
