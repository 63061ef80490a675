//! From the timestamps of a source to those of the slot that it flows in.
//!
//! A receiver holds sound and picture together by what sender reports say of each slot's timestamps,
//! and believes a mean of many reports. So a slot has one line of time for life: whatever source comes,
//! its timestamps are put where that line was when they were captured. If they were put where they
//! arrive, the line would jump by what one encoder is slower than the other.

use super::{Era, Last, Slot};
use crate::stream::Packet;
use std::time::{Duration, Instant};

/// Clocks that are further from what elapsed than this are not believed.
const MOST_MISALIGNED: Duration = Duration::from_secs(1);
/// Sound may be captured so much before the newest that went out: a player leaves out what overlaps.
const MOST_OVERLAP: Duration = Duration::from_millis(60);
/// A source is on its line again within fewer packets than this.
const CATCHES_UP_WITHIN: u64 = 4096;

/// How the timestamps of one source become those of the slot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timeline {
    /// What is added to each.
    pub(super) offset: u32,
    /// The source's timestamp of the first.
    first: u32,
    /// The first was captured so much before the newest of the source before it. Time may not go back:
    /// it begins behind that, and goes at half its speed until it is where it belongs.
    behind: u32,
}

impl Timeline {
    /// The first timestamp `first` belongs at `at`, and nothing may be before `after` any more.
    fn new(first: u32, at: u32, after: u32) -> Self {
        let behind = after.wrapping_add(1).wrapping_sub(at) as i32;
        Self {
            offset: at.wrapping_sub(first),
            first,
            behind: behind.max(0) as u32,
        }
    }

    /// The timestamp in the slot of a packet of the source, the `since`th after the first.
    pub(super) fn at(&self, timestamp: u32, since: u64) -> u32 {
        let on_line = timestamp.wrapping_add(self.offset);
        let passed = timestamp.wrapping_sub(self.first);
        if passed < 2 * self.behind && since < CATCHES_UP_WITHIN {
            on_line.wrapping_add(self.behind - passed.div_ceil(2))
        } else {
            on_line
        }
    }
}

impl Slot {
    /// The timeline of the source that begins with `packet`.
    pub(super) fn timeline(&self, now: Instant, packet: &Packet<'_>) -> Timeline {
        let Some(last) = &self.last else {
            return Timeline::new(
                packet.timestamp,
                packet.timestamp,
                packet.timestamp.wrapping_sub(1),
            );
        };
        let gap = self.ticks(now.duration_since(last.at)).max(1);
        let elapsed = last.timestamp.wrapping_add(gap);
        let at = self.captured(last, elapsed, packet).unwrap_or(elapsed);
        Timeline::new(packet.timestamp, at, last.timestamp)
    }

    /// Where on the slot's line `packet` was captured, if the source before and its own have said how
    /// their timestamps belong to our time, and that is not far from what `elapsed` says.
    fn captured(&self, last: &Last, elapsed: u32, packet: &Packet<'_>) -> Option<u32> {
        let era: &Era = self.eras.back()?;
        let ((their_ntp, theirs), (ntp, rtp)) = (packet.clock?, era.clock?);
        let ticks = ntp_ticks(their_ntp.wrapping_sub(ntp), self.clock_rate());
        // What the timestamp of the source before would be, had it captured this.
        let before = rtp
            .wrapping_add(ticks)
            .wrapping_add(packet.timestamp.wrapping_sub(theirs));
        let at = before.wrapping_add(era.timeline.offset);
        let misaligned = (at.wrapping_sub(elapsed) as i32).unsigned_abs();
        let overlap = last.timestamp.wrapping_sub(at) as i32;
        let most = if self.kind.is_audio() {
            MOST_OVERLAP
        } else {
            MOST_MISALIGNED
        };
        let is_near = misaligned <= self.ticks(MOST_MISALIGNED);
        (is_near && overlap <= self.ticks(most) as i32).then_some(at)
    }
}

/// A difference of NTP times in ticks of an RTP clock.
pub(super) fn ntp_ticks(difference: u64, rate: u32) -> u32 {
    ((i128::from(difference as i64) * i128::from(rate)) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The slot's timestamps of those that begin at `first`, each `step` after the one before.
    fn stamps(timeline: Timeline, first: u32, step: u32, count: u64) -> Vec<u32> {
        let each = (0..count).map(|nth| timeline.at(first.wrapping_add(nth as u32 * step), nth));
        each.collect()
    }

    #[test]
    fn what_was_captured_later_is_where_it_belongs_from_the_first() {
        let timeline = Timeline::new(u32::MAX - 2000, 10_000, 9_000);
        assert_eq!(
            stamps(timeline, u32::MAX - 2000, 3000, 3),
            [10_000, 13_000, 16_000]
        );
    }

    #[test]
    fn what_was_captured_before_never_goes_back_and_comes_to_its_line() {
        // 100 ms before the newest; 30 pictures a second.
        let after = 4_000_000_000;
        let timeline = Timeline::new(500, after - 9_000, after);
        let found = stamps(timeline, 500, 3000, 12);
        assert_eq!(found[0], after + 1);
        assert!(found.is_sorted_by(|one, next| *next - *one >= 1_500));
        let on_line: Vec<u32> = (0..12).map(|nth| after - 9_000 + nth * 3000).collect();
        assert!(found[5] > on_line[5]);
        assert_eq!(found[7..], on_line[7..]);
    }

    #[test]
    fn a_timestamp_that_comes_round_again_is_on_its_line() {
        let timeline = Timeline::new(500, 1_000, 4_000);
        assert_eq!(timeline.at(500, 0), 4_001);
        assert_eq!(timeline.at(500, 1 << 32), 1_000);
    }
}
