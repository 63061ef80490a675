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

/// What is asked for so often, or for so long, will not come before its receiver gives it up: Chromium asks ten
/// times, once a round trip.
const MOST_ASKS: u8 = 7;
const ASKED_FOR: Duration = Duration::from_millis(400);
/// What was first asked for before that has been given up.
const FORGOTTEN: Duration = Duration::from_secs(3);
/// A key frame in place of what does not come has so long to get there.
const KEY_FRAME_WITHIN: Duration = Duration::from_secs(1);

/// The repair of one slot.
#[derive(Debug, Default)]
pub(super) struct Repair {
    newest: VecDeque<(u64, Instant)>,
    asked: Vec<Asked>,
    gave_up: Option<Instant>,
}

/// A packet that the receiver asks for.
#[derive(Debug)]
struct Asked {
    index: u64,
    since: Instant,
    times: u8,
}

impl Repair {
    /// A packet that we had waited for ourselves goes out. The receiver has asked for it before.
    pub(super) fn is_here(&mut self, now: Instant, index: u64) {
        if self.newest.len() == REMEMBERED {
            self.newest.pop_front();
        }
        self.newest.push_back((index, now));
    }

    /// A packet is asked for, by a receiver that can go on from `oldest`. Returns whether that is so often, or
    /// for so long, that a key frame is to come in its place.
    pub(super) fn gives_up(
        &mut self,
        now: Instant,
        index: u64,
        oldest: u64,
        line: RoundTrip,
    ) -> bool {
        let is_known = |it: &Asked| now < it.since + FORGOTTEN;
        let mut asked = self.asked.iter_mut();
        let Some(asked) = asked.find(|it| it.index == index && is_known(it)) else {
            if self.asked.len() == REMEMBERED {
                self.asked.retain(|it| it.index >= oldest && is_known(it));
            }
            // Of an outage the first are enough.
            if self.asked.len() < REMEMBERED {
                self.asked.push(Asked {
                    index,
                    since: now,
                    times: 1,
                });
            }
            return false;
        };
        asked.times = asked.times.saturating_add(1);
        let passed = now - asked.since;
        // What was sent again must have had the time to come, and to come a second time.
        let is_hopeless =
            passed >= 2 * line.get() && (passed >= ASKED_FOR || asked.times >= MOST_ASKS);
        let is_due = is_hopeless && self.gave_up.is_none_or(|at| now >= at + KEY_FRAME_WITHIN);
        if is_due {
            self.asked.clear();
            self.gave_up = Some(now);
        }
        is_due
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

    /// Which of so many asks for a packet, each so long after the one before, gives it up.
    fn asks(repair: &mut Repair, round_trip: Duration, every: Duration, count: u32) -> Vec<u32> {
        let (now, line) = (Instant::now(), line(round_trip));
        let asked = (0..count).filter(|nth| repair.gives_up(now + every * *nth, 7, 0, line));
        asked.collect()
    }

    #[test]
    fn what_is_asked_for_in_vain_is_given_up_once() {
        let new = Repair::default;
        assert_eq!(asks(&mut new(), 20 * MS, 20 * MS, 30), [6], "often");
        assert_eq!(asks(&mut new(), 20 * MS, 110 * MS, 6), [4], "for long");
        assert_eq!(asks(&mut new(), 20 * MS, 50 * MS, 6), [0u32; 0], "not yet");
        let (now, line, mut repair) = (Instant::now(), line(20 * MS), new());
        assert!(!repair.gives_up(now, 8, 0, line));
        assert!(repair.gives_up(now + ASKED_FOR, 8, 0, line));
        assert!(!repair.gives_up(now + ASKED_FOR, 10, 0, line));
        let later = now + 2 * ASKED_FOR;
        assert!(
            !repair.gives_up(later, 10, 0, line),
            "a key frame is on its way"
        );
        assert!(repair.gives_up(now + ASKED_FOR + KEY_FRAME_WITHIN, 10, 0, line));
    }

    #[test]
    fn what_is_on_a_long_way_is_not_given_up_before_it_can_be_here() {
        let new = Repair::default;
        // Who does not know how long the way is asks too often.
        assert_eq!(asks(&mut new(), 450 * MS, 100 * MS, 15), [9]);
        assert_eq!(asks(&mut new(), 450 * MS, 450 * MS, 3), [2]);
    }

    #[test]
    fn of_an_outage_the_first_packets_are_given_up() {
        let (now, line, mut repair) = (Instant::now(), line(20 * MS), Repair::default());
        let gave_up = (0..25u32).find(|nth| {
            let mut all = 0..300;
            all.any(|index| repair.gives_up(now + 20 * MS * *nth, index, 0, line))
        });
        assert_eq!(gave_up, Some(6));
        // From a later key frame on they are of no matter.
        let then = now + KEY_FRAME_WITHIN + 200 * MS;
        for index in 200..300 {
            assert!(!repair.gives_up(then, index, 200, line));
        }
        assert!(
            !repair.gives_up(then, 300, 290, line),
            "there is room for it"
        );
        assert!(repair.asked.iter().any(|it| it.index == 300));
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
