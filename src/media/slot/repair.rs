//! What of a picture is sent to a receiver again: when, and how often.

use crate::round_trip::RoundTrip;
use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// A packet is not sent again sooner than this: the first copy may still be on its way.
const RESEND_AFTER: Duration = Duration::from_millis(40);
/// What went out late or again is remembered, so many packets of it. More than so many are not sent again
/// in that time: whoever asks for them repairs nothing.
const REMEMBERED: usize = 64;
/// On a line at least as long, what is sent again goes out twice: if it is lost too, the picture stands
/// still until it has been asked for and sent once more. On a shorter one there is time for that.
const LONG: Duration = Duration::from_millis(80);

/// The repair of one slot.
#[derive(Debug, Default)]
pub(super) struct Repair {
    newest: VecDeque<(u64, Instant)>,
}

impl Repair {
    /// A packet that we had waited for ourselves goes out. The receiver has asked for it before.
    pub(super) fn is_here(&mut self, now: Instant, index: u64) {
        if self.newest.len() == REMEMBERED {
            self.newest.pop_front();
        }
        self.newest.push_back((index, now));
    }

    /// A packet that the receiver asks for is to be sent, and this tells whether twice. None: it is not to
    /// be sent, as it may still be on its way.
    pub(super) fn take(&mut self, now: Instant, index: u64, line: RoundTrip) -> Option<bool> {
        // A little less than the round trip, which is not known that well. While nothing has told it,
        // rather once too often than once too few: a receiver asks only a few times.
        let pause = line.known().map_or(RESEND_AFTER, |line| line * 3 / 4);
        let pause = pause.max(RESEND_AFTER);
        let mut newest = self.newest.iter();
        if newest.any(|(again, at)| *again == index && now < *at + pause) {
            return None;
        }
        let oldest = self.newest.front();
        let oldest = oldest.filter(|_| self.newest.len() == REMEMBERED);
        if oldest.is_some_and(|(_, at)| now < *at + RESEND_AFTER) {
            return None;
        }
        self.is_here(now, index);
        Some(line.is_at_least(LONG))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn line(round_trip: Duration) -> RoundTrip {
        let mut line = RoundTrip::default();
        line.note(round_trip);
        line
    }

    #[test]
    fn what_is_on_its_way_is_not_sent_again() {
        let now = Instant::now();
        let mut repair = Repair::default();
        let line = line(60 * MS);
        assert_eq!(repair.take(now, 7, line), Some(false));
        assert_eq!(repair.take(now + 44 * MS, 7, line), None);
        assert_eq!(repair.take(now + 45 * MS, 7, line), Some(false));
        // What we had late ourselves was asked for before it came.
        repair.is_here(now, 9);
        assert_eq!(repair.take(now + 44 * MS, 9, line), None);
        assert_eq!(repair.take(now + 60 * MS, 9, line), Some(false));
    }

    #[test]
    fn on_a_long_line_it_goes_out_twice() {
        let now = Instant::now();
        let mut repair = Repair::default();
        assert_eq!(repair.take(now, 7, line(LONG)), Some(true));
        assert_eq!(repair.take(now, 8, line(LONG - MS)), Some(false));
        let unknown = RoundTrip::default();
        assert_eq!(repair.take(now, 9, unknown), Some(false));
    }

    #[test]
    fn whoever_asks_for_everything_gets_little() {
        let now = Instant::now();
        let mut repair = Repair::default();
        let mut sent = |now| {
            (0..500u64)
                .filter_map(|index| repair.take(now, index, line(MS)))
                .count()
        };
        assert_eq!(sent(now), REMEMBERED);
        assert_eq!(sent(now + 39 * MS), 0);
        assert_eq!(sent(now + 40 * MS), REMEMBERED);
    }
}
