//! What was sent to a receiver lately, by transport-wide number, and what became of it.

use crate::rtp;
use std::hint::black_box;

/// So many packets are remembered: more than what is under way on a line that is limited, however deep
/// its queue.
pub(crate) const CAPACITY: u64 = 2048;

/// A packet that the receiver has not got within this time of a later one is lost; until then it may
/// have been overtaken. Microseconds.
const OVERTAKEN: i64 = 250_000;

/// The newest packets.
#[derive(Debug)]
pub(super) struct Sent {
    entries: Box<[Entry]>,
    first: u64,
    next: u64,
    /// Everything below was told of, or will never be.
    told: u64,
    /// Everything below is counted as arrived or lost.
    judged: u64,
    /// When the newest packet that arrived was sent.
    newest: i64,
}

/// A packet as it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Packet {
    /// Its number with its rollovers.
    pub(super) index: u64,
    /// When, in microseconds.
    pub(super) at: i64,
    /// Bytes on the line.
    pub(super) size: u32,
    /// It waited for its turn, and belongs to those before it.
    pub(super) waited: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    /// The low bits of the time.
    at: u32,
    size: u16,
    waited: bool,
    fate: Fate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Fate {
    /// Nothing was told of it.
    #[default]
    Unknown,
    Missing,
    /// It was lost, and went out again under its number.
    Again,
    Arrived,
}

impl Sent {
    /// Nothing is remembered; the next packet will be `next`.
    pub(super) fn new(next: u64) -> Self {
        Self {
            entries: vec![Entry::default(); CAPACITY as usize].into(),
            first: next,
            next,
            told: next,
            judged: next,
            newest: i64::MIN,
        }
    }

    /// Number of the next packet.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Notes a packet.
    pub(super) fn push(&mut self, at: i64, size: usize, waited: bool) {
        let entry = self.entry(self.next);
        *entry = Entry {
            at: at as u32,
            size: u16::try_from(size).unwrap_or(u16::MAX),
            waited,
            fate: Fate::Unknown,
        };
        self.next += 1;
        self.first = self.first.max(self.next.saturating_sub(CAPACITY));
    }

    /// Notes that a packet goes out again under its number.
    pub(super) fn push_again(&mut self, sequence: u16) {
        if let Some(index) = self.index(sequence) {
            let fate = &mut self.entry(index).fate;
            if *fate != Fate::Arrived {
                *fate = Fate::Again;
            }
        }
    }

    /// Reads the entry of the next packet, to no end but that it is near when it is written.
    pub(super) fn touch(&self) {
        black_box(self.entries[(self.next % CAPACITY) as usize].at);
    }

    /// Feedback begins with this number: the bytes of all packets before it that no feedback told of.
    /// It was lost itself, and they say nothing.
    pub(super) fn skip_to(&mut self, sequence: u16) -> u32 {
        let Some(index) = self.index(sequence) else {
            return 0;
        };
        let skipped = self.told.max(self.first)..index;
        self.told = self.told.max(index);
        skipped
            .map(|index| *self.entry(index))
            .filter(|entry| entry.fate == Fate::Unknown)
            .map(|entry| u32::from(entry.size))
            .sum()
    }

    /// What a receiver says of a packet. Returns the packet if it has arrived, the first time that it is
    /// told; none for what is too old, or was never sent.
    pub(super) fn tell(&mut self, now: i64, sequence: u16, arrived: bool) -> Option<Packet> {
        let index = self.index(sequence)?;
        self.told = self.told.max(index + 1);
        let entry = self.entry(index);
        if matches!(entry.fate, Fate::Arrived | Fate::Again) {
            return None;
        }
        if !arrived {
            entry.fate = Fate::Missing;
            return None;
        }
        entry.fate = Fate::Arrived;
        let packet = packet(now, index, *entry);
        self.newest = self.newest.max(packet.at);
        Some(packet)
    }

    /// When the newest packet that arrived was sent.
    pub(super) fn newest_arrived(&self) -> i64 {
        self.newest
    }

    /// Everything before this packet was told of, or will never be.
    pub(super) fn told(&self) -> u64 {
        self.told
    }

    /// How many packets have been told of and cannot be repaired by waiting, and how many of them are
    /// lost, since the last time.
    pub(super) fn judge(&mut self, now: i64) -> (u32, u32) {
        let (mut all, mut lost) = (0, 0);
        self.judged = self.judged.max(self.first);
        while self.judged < self.next {
            let entry = *self.entry(self.judged);
            if packet(now, self.judged, entry).at > self.newest.saturating_sub(OVERTAKEN) {
                break;
            }
            all += u32::from(entry.fate != Fate::Unknown);
            lost += u32::from(matches!(entry.fate, Fate::Missing | Fate::Again));
            self.judged += 1;
        }
        (all, lost)
    }

    fn index(&self, sequence: u16) -> Option<u64> {
        let index = rtp::extend(self.next.checked_sub(1)?, sequence);
        (self.first..self.next).contains(&index).then_some(index)
    }

    fn entry(&mut self, index: u64) -> &mut Entry {
        &mut self.entries[(index % CAPACITY) as usize]
    }
}

/// The entry with the whole of its time, which is less than an hour ago.
fn packet(now: i64, index: u64, entry: Entry) -> Packet {
    let age = (now as u32).wrapping_sub(entry.at);
    Packet {
        index,
        at: now - i64::from(age),
        size: u32::from(entry.size),
        waited: entry.waited,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten packets, one a hundred milliseconds, from 65,530 on: their numbers roll over.
    fn ten() -> Sent {
        let mut sent = Sent::new(65_530);
        for nth in 0..10 {
            sent.push(5_000_000_000 + nth * 100_000, 1000, false);
        }
        sent
    }

    #[test]
    fn a_packet_is_told_of_once_and_only_if_it_was_sent() {
        let mut sent = ten();
        let now = 5_002_000_000;
        let expected = Packet {
            index: 65_537,
            at: 5_000_700_000,
            size: 1000,
            waited: false,
        };
        assert_eq!(sent.tell(now, 1, true), Some(expected));
        assert_eq!(sent.tell(now, 1, true), None, "twice");
        assert_eq!(sent.tell(now, 4, true), None, "not sent yet");
        assert_eq!(sent.tell(now, 65_529, true), None, "before the first");
        assert_eq!(sent.newest_arrived(), 5_000_700_000);
    }

    #[test]
    fn what_is_overtaken_is_not_lost() {
        let mut sent = ten();
        let now = 5_002_000_000;
        for sequence in [65_530, 65_532, 65_534] {
            sent.tell(now, sequence, true);
        }
        for sequence in [65_531, 65_533] {
            sent.tell(now, sequence, false);
        }
        assert_eq!(sent.judge(now), (2, 1), "the others are too young");
        sent.tell(now, 65_533, true);
        sent.tell(now, 3, true);
        assert_eq!(sent.judge(now), (3, 0), "it came late");
    }

    #[test]
    fn what_goes_out_again_under_its_number_is_lost_and_tells_no_time() {
        let mut sent = ten();
        let now = 5_002_000_000;
        for nth in 0..10u16 {
            let sequence = 65_530u16.wrapping_add(nth);
            if nth == 2 || nth == 3 {
                sent.push_again(sequence);
            }
            let told = sent.tell(now, sequence, nth != 3);
            assert_eq!(told.is_some(), nth != 2 && nth != 3, "{nth}");
        }
        assert_eq!(sent.judge(now), (7, 2), "the newest are too young");
    }

    #[test]
    fn packets_of_lost_feedback_are_neither_lost_nor_arrived() {
        let mut sent = ten();
        let now = 5_002_000_000;
        assert_eq!(sent.skip_to(65_530), 0);
        sent.tell(now, 65_530, true);
        assert_eq!(sent.skip_to(0), 5 * 1000);
        assert_eq!(sent.skip_to(0), 0, "once");
        for sequence in 0..4 {
            sent.tell(now, sequence, sequence != 1);
        }
        assert_eq!(sent.judge(now), (2, 0));
    }

    #[test]
    fn what_is_too_old_is_forgotten() {
        let mut sent = Sent::new(0);
        for nth in 0..3 * CAPACITY as i64 {
            sent.push(nth * 1000, 100, false);
        }
        let now = 7_000_000;
        assert_eq!(sent.tell(now, 2 * CAPACITY as u16 - 1, true), None);
        assert!(sent.tell(now, 2 * CAPACITY as u16, true).is_some());
        assert_eq!(
            sent.skip_to(3 * CAPACITY as u16 - 1),
            (CAPACITY as u32 - 2) * 100
        );
    }
}
