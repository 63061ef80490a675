//! What the figures of a line need to know of an inbound stream.

use super::{SOUND_RATE, Stream};
use crate::quality::Count;
use std::time::Duration;

/// What of a stream was counted when its figures were last taken.
#[derive(Debug, Default)]
pub(super) struct Counted {
    /// Packets that came as retransmissions, ever.
    repaired: u64,
    /// Everything until then.
    told: Count,
}

impl Stream {
    /// A packet that is about to be received comes as a retransmission.
    pub(crate) fn note_repaired(&mut self) {
        self.counted.repaired += 1;
    }

    /// What was sent and missed since the last time. A loss that is repaired later counts less than
    /// nothing then, so that over time each is counted once.
    pub(crate) fn take_count(&mut self) -> Count {
        let expected = (self.window.highest() - self.first + 1) as i64;
        let lost = expected - self.received as i64;
        let now = Count {
            expected,
            missed: lost + self.counted.repaired as i64,
            lost,
        };
        let before = std::mem::replace(&mut self.counted.told, now);
        Count {
            expected: now.expected - before.expected,
            missed: now.missed - before.missed,
            lost: now.lost - before.lost,
        }
    }

    /// Whether it is sound.
    pub(crate) fn is_audio(&self) -> bool {
        self.clock_rate == SOUND_RATE
    }

    /// Packets of sound that came only when they were asked for, ever.
    pub(super) fn repaired_sound(&self) -> u64 {
        if self.is_audio() {
            self.counted.repaired
        } else {
            0
        }
    }

    /// RFC 3550 §6.4.1.
    pub(crate) fn jitter(&self) -> Duration {
        Duration::from_secs_f64(self.jitter / f64::from(self.clock_rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn a_loss_counts_once_whether_it_is_repaired_or_not() {
        let now = Instant::now();
        let mut stream = Stream::new(now, 1, 90_000, 100, true);
        for index in [101, 104] {
            assert!(stream.receive(now, index, 0));
        }
        let count = stream.take_count();
        assert_eq!((count.expected, count.missed, count.lost), (5, 2, 2));
        // One of the two comes again, the next packet comes by itself.
        stream.note_repaired();
        assert!(stream.receive(now, 102, 0) && stream.receive(now, 105, 0));
        let count = stream.take_count();
        assert_eq!((count.expected, count.missed, count.lost), (1, 0, -1));
        // What was overtaken was never lost.
        assert!(stream.receive(now, 103, 0));
        let count = stream.take_count();
        assert_eq!((count.expected, count.missed, count.lost), (0, -1, -1));
    }
}
