//! What of a picture is sent to a receiver again: when, and how often.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// A packet is not sent again sooner than this: the first copy may still be on its way.
const RESEND_AFTER: Duration = Duration::from_millis(40);
/// What went out again and what is owed are remembered, so many of each. More than so many are not sent
/// again in that time: whoever asks for them repairs nothing.
const REMEMBERED: usize = 64;
/// On a shorter line there is time to ask once more, and nothing is sent twice.
const LONG: Duration = Duration::from_millis(80);
/// So many losses of its own in so long a time make a receiver's line a bad one.
const BAD: (usize, Duration) = (4, Duration::from_secs(1));

/// The repair of one slot.
#[derive(Debug, Default)]
pub(super) struct Repair {
    newest: VecDeque<Late>,
    owed: VecDeque<u64>,
    /// As it was when the receiver last asked.
    round_trip: Duration,
}

/// A packet that went out behind later ones.
#[derive(Debug, Clone, Copy)]
struct Late {
    index: u64,
    at: Instant,
    /// We had it late ourselves: it is no loss of the receiver's line.
    is_ours: bool,
}

impl Repair {
    /// The receiver asks for a packet that we wait for ourselves.
    pub(super) fn owe(&mut self, index: u64, round_trip: Duration) {
        self.round_trip = round_trip;
        if !self.owed.contains(&index) {
            push(&mut self.owed, index);
        }
    }

    /// A packet that we had waited for goes out. Returns whether it goes out twice: where the
    /// receiver has asked for it, and its own line is long and loses much. It has waited once already.
    pub(super) fn is_here(&mut self, now: Instant, index: u64) -> bool {
        let asked = self.owed.iter().position(|owed| *owed == index);
        let was_asked = asked.and_then(|at| self.owed.remove(at)).is_some();
        let (most, lately) = BAD;
        let lost = self.newest.iter().filter(|it| !it.is_ours);
        let is_bad = lost.filter(|it| now < it.at + lately).count() >= most;
        let late = Late {
            index,
            at: now,
            is_ours: true,
        };
        push(&mut self.newest, late);
        was_asked && is_bad && self.round_trip >= LONG
    }

    /// How often a packet is to be sent that went out already, and that the receiver asks for. One whose
    /// second copy was lost too goes out twice on a long line; and what may still be on its way, not at all.
    pub(super) fn copies(&mut self, now: Instant, index: u64, round_trip: Duration) -> usize {
        // A little less than the round trip, which is not known that well.
        let pause = (round_trip * 3 / 4).max(RESEND_AFTER);
        let before = self.newest.iter().rev().find(|it| it.index == index);
        let before = before.copied();
        if before.is_some_and(|before| now < before.at + pause) {
            return 0;
        }
        let oldest = self
            .newest
            .front()
            .filter(|_| self.newest.len() == REMEMBERED);
        if oldest.is_some_and(|oldest| now < oldest.at + RESEND_AFTER) {
            return 0;
        }
        let late = Late {
            index,
            at: now,
            is_ours: false,
        };
        push(&mut self.newest, late);
        self.round_trip = round_trip;
        if before.is_some() && round_trip >= LONG {
            2
        } else {
            1
        }
    }
}

fn push<T>(newest: &mut VecDeque<T>, one: T) {
    if newest.len() == REMEMBERED {
        newest.pop_front();
    }
    newest.push_back(one);
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const ROUND_TRIP: Duration = Duration::from_millis(100);

    #[test]
    fn what_is_on_its_way_is_not_sent_again_and_what_was_lost_twice_goes_out_twice() {
        let now = Instant::now();
        let mut repair = Repair::default();
        assert_eq!(repair.copies(now, 7, ROUND_TRIP), 1);
        assert_eq!(repair.copies(now + 70 * MS, 7, ROUND_TRIP), 0);
        assert_eq!(repair.copies(now + 100 * MS, 7, ROUND_TRIP), 2);
        assert_eq!(repair.copies(now + 170 * MS, 7, ROUND_TRIP), 0);
        assert_eq!(repair.copies(now + 170 * MS, 8, ROUND_TRIP), 1);
        assert_eq!(repair.copies(now + 180 * MS, 8, MS), 0, "however short");
        assert_eq!(repair.copies(now + 250 * MS, 8, MS), 1, "there is time");
    }

    #[test]
    fn whoever_asks_for_everything_gets_little() {
        let now = Instant::now();
        let mut repair = Repair::default();
        let mut sent = |now| {
            (0..500u64)
                .map(|index| repair.copies(now, index, MS))
                .sum::<usize>()
        };
        assert_eq!(sent(now), REMEMBERED);
        assert_eq!(sent(now + 39 * MS), 0);
        assert!(sent(now + 40 * MS) <= 2 * REMEMBERED);
    }

    #[test]
    fn what_came_late_to_us_goes_out_twice_only_to_who_asked_for_it_over_a_long_bad_line() {
        let now = Instant::now();
        let mut repair = Repair::default();
        repair.owe(7, ROUND_TRIP);
        assert!(!repair.is_here(now, 7), "the line is good");
        let before = repair.copies(now + 60 * MS, 7, ROUND_TRIP);
        assert_eq!(before, 0, "asked for before it came");
        for lost in 10..14 {
            assert_eq!(repair.copies(now, lost, ROUND_TRIP), 1);
        }
        for owed in 20..23 {
            repair.owe(owed, ROUND_TRIP);
        }
        let later = now + 100 * MS;
        assert!(repair.is_here(later, 20));
        assert!(!repair.is_here(later, 30), "it did not ask");
        repair.owe(23, LONG / 2);
        assert!(!repair.is_here(later, 21), "there is time");
        repair.owe(24, ROUND_TRIP);
        let good_again = now + 1100 * MS;
        assert!(!repair.is_here(good_again, 22));
    }
}
