//! From the timestamps of a source to those of the slot that it flows in.
//!
//! A receiver holds sound and picture together by what sender reports say of each slot's timestamps,
//! and believes a mean of many reports. So a slot has one line of time for life: whatever source comes,
//! its timestamps are put where that line was when they were captured. If they were put where they
//! arrive, the line would jump by what one encoder is slower than the other.

use super::Slot;
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
    /// The first timestamp `first` belongs at `at`, and that is `behind` before what may be next.
    fn new(first: u32, at: u32, behind: u32) -> Self {
        Self {
            offset: at.wrapping_sub(first),
            first,
            behind,
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
            return Timeline::new(packet.timestamp, packet.timestamp, 0);
        };
        // A slot may have been empty for so long that timestamps have gone round.
        let gap = self.ticks(now.duration_since(last.at)).max(1) as i64;
        let elapsed = last.timestamp.wrapping_add(gap as u32);
        let later = self
            .captured(packet)
            .map(|at| i64::from(at.wrapping_sub(elapsed) as i32))
            .filter(|later| self.is_believed(*later, gap + later))
            .unwrap_or(0);
        let behind = (1 - gap - later).max(0);
        let at = elapsed.wrapping_add(later as u32);
        Timeline::new(packet.timestamp, at, behind as u32)
    }

    /// Whether a packet may have been captured so many ticks later than it arrived, which is `passed` after
    /// the newest that went out.
    fn is_believed(&self, later: i64, passed: i64) -> bool {
        let overlap = if self.kind.is_audio() {
            MOST_OVERLAP
        } else {
            MOST_MISALIGNED
        };
        later.unsigned_abs() <= self.ticks(MOST_MISALIGNED) && -passed <= self.ticks(overlap) as i64
    }

    /// Where on the slot's line `packet` was captured, if the source before and its own have said how
    /// their timestamps belong to our time.
    fn captured(&self, packet: &Packet<'_>) -> Option<u32> {
        let era = self.eras.back()?;
        let ((their_ntp, theirs), (ntp, rtp)) = (packet.clock?, era.clock?);
        let ticks = ntp_ticks(their_ntp.wrapping_sub(ntp), self.clock_rate());
        // What the timestamp of the source before would be, had it captured this.
        let before = rtp
            .wrapping_add(ticks)
            .wrapping_add(packet.timestamp.wrapping_sub(theirs));
        Some(before.wrapping_add(era.timeline.offset))
    }
}

/// A difference of NTP times in ticks of an RTP clock.
pub(super) fn ntp_ticks(difference: u64, rate: u32) -> u32 {
    ((i128::from(difference as i64) * i128::from(rate)) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        api::{PeerId, SlotKind},
        publication::Source,
        sdp::Receiving,
        slot::{Era, Last},
    };

    /// The slot's timestamps of those that begin at `first`, each `step` after the one before.
    fn stamps(timeline: Timeline, first: u32, step: u32, count: u64) -> Vec<u32> {
        let each = (0..count).map(|nth| timeline.at(first.wrapping_add(nth as u32 * step), nth));
        each.collect()
    }

    #[test]
    fn what_was_captured_later_is_where_it_belongs_from_the_first() {
        let timeline = Timeline::new(u32::MAX - 2000, 10_000, 0);
        assert_eq!(
            stamps(timeline, u32::MAX - 2000, 3000, 3),
            [10_000, 13_000, 16_000]
        );
    }

    #[test]
    fn what_was_captured_before_never_goes_back_and_comes_to_its_line() {
        // 100 ms before the newest; 30 pictures a second.
        let after = 4_000_000_000;
        let timeline = Timeline::new(500, after - 9_000, 9_001);
        let found = stamps(timeline, 500, 3000, 12);
        assert_eq!(found[0], after + 1);
        assert!(found.is_sorted_by(|one, next| *next - *one >= 1_500));
        let on_line: Vec<u32> = (0..12).map(|nth| after - 9_000 + nth * 3000).collect();
        assert!(found[5] > on_line[5]);
        assert_eq!(found[7..], on_line[7..]);
    }

    /// A slot in which the packet with timestamp 7,000 of a source went out at `now`, whose clock then said that
    /// it was captured at `ntp`.
    fn slot(kind: SlotKind, now: Instant, ntp: u64) -> Slot {
        let section = Receiving {
            kind,
            index: 0,
            formats: vec![],
            nack: false,
            transport_cc: None,
        };
        let source = Source {
            peer: PeerId(1),
            layer: 0,
        };
        let mut slot = Slot::new("0".into(), &section, 1, 2, 3);
        slot.flowing = Some(source);
        slot.last = Some(Last {
            at: now,
            timestamp: 7_000,
            picture_id: 0,
            tl0_picture_index: 0,
        });
        slot.eras.push_back(Era {
            source,
            payload_type: 96,
            rtx_payload_type: None,
            clock: Some((ntp, 6_000)),
            first_in: 0,
            first_out: 0,
            timeline: Timeline::new(6_000, 7_000, 0),
            picture_id: 0,
            tl0_picture_index: 0,
        });
        slot
    }

    /// Where the first packet of another source stands in the slot, and the one a second later. It comes `gap`
    /// after the newest, and was captured so many milliseconds after that was.
    fn begins(kind: SlotKind, gap: Duration, captured: i64) -> (u32, u32) {
        let (now, ntp) = (Instant::now(), 1 << 40);
        let slot = slot(kind, now, ntp);
        let captured = ((i128::from(captured) << 32) / 1000) as u64;
        let packet = Packet {
            index: 50,
            timestamp: 123,
            marker: false,
            payload: &[],
            descriptor: None,
            clock: Some((captured.wrapping_add(ntp), 123)),
        };
        let timeline = slot.timeline(now + gap, &packet);
        let rate = slot.clock_rate();
        (timeline.at(123, 0), timeline.at(123 + rate, 60))
    }

    #[test]
    fn a_source_begins_where_it_was_captured_if_that_can_be() {
        const MS: Duration = Duration::from_millis(1);
        const HOUR: i64 = 3_600_000;
        let hours = |count| HOUR * count + 20;
        let late = |count| Duration::from_millis(hours(count) as u64);
        // Gap, captured after the newest was, and what of that is believed; all but the gap in ms.
        let cases = [
            (SlotKind::Main, 40 * MS, 33, 33),
            (SlotKind::Main, 40 * MS, -90, -90),
            (SlotKind::Main, 40 * MS, -900, -900),
            (SlotKind::Main, 40 * MS, -1_100, 40),
            (SlotKind::Main, 40 * MS, 2_000, 40),
            (SlotKind::Audio, 20 * MS, -40, -40),
            (SlotKind::Audio, 20 * MS, -80, 20),
            // Timestamps of a slot that was empty go half round, and once round.
            (SlotKind::Main, late(7), hours(7) - 15, hours(7) - 15),
            (SlotKind::Main, late(14), hours(14) - 15, hours(14) - 15),
            (SlotKind::Main, late(7), 0, hours(7)),
            (SlotKind::Audio, late(13), hours(13) - 5, hours(13) - 5),
        ];
        for (kind, gap, captured, believed) in cases {
            let rate = if kind.is_audio() { 48 } else { 90 };
            let on_line = 7_000u32.wrapping_add((believed * rate) as u32);
            let (first, later) = begins(kind, gap, captured);
            let expected = if believed > 0 { on_line } else { 7_001 };
            let case = format!("{kind:?} after {gap:?}, captured after {captured} ms");
            assert!(
                first.abs_diff(expected) <= 1,
                "{case}: {first} for {expected}"
            );
            let settled = on_line.wrapping_add(1000 * rate as u32);
            // At half its speed it takes twice as long to be where it belongs.
            let settled = settled.max(if believed > -500 { settled } else { later });
            assert!(
                later.abs_diff(settled) <= 1,
                "{case}: {later} for {settled}"
            );
        }
    }

    #[test]
    fn a_timestamp_that_comes_round_again_is_on_its_line() {
        let timeline = Timeline::new(500, 1_000, 3_001);
        assert_eq!(timeline.at(500, 0), 4_001);
        assert_eq!(timeline.at(500, 1 << 32), 1_000);
    }
}
