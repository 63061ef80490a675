//! Which peer needs attention next.

use std::{cmp::Reverse, collections::BinaryHeap, time::Instant};

/// One deadline a place; only the earliest counts.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    queue: BinaryHeap<Reverse<(Instant, u32)>>,
    armed: Vec<Option<Instant>>,
}

impl Timers {
    /// Wakes `place` at `when`, unless it wakes earlier anyhow.
    pub(crate) fn arm(&mut self, place: u32, when: Instant) {
        let index = place as usize;
        if index >= self.armed.len() {
            self.armed.resize(index + 1, None);
        }
        if self.armed[index].is_none_or(|armed| when < armed) {
            self.armed[index] = Some(when);
            self.queue.push(Reverse((when, place)));
        }
    }

    /// Forgets a place.
    pub(crate) fn disarm(&mut self, place: u32) {
        if let Some(armed) = self.armed.get_mut(place as usize) {
            *armed = None;
        }
    }

    /// A place whose time has come. It is not armed any more.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<u32> {
        while let Some(Reverse((when, place))) = self.queue.peek().copied() {
            if when > now {
                return None;
            }
            self.queue.pop();
            let armed = &mut self.armed[place as usize];
            if *armed == Some(when) {
                *armed = None;
                return Some(place);
            }
        }
        None
    }

    /// The next time that something may be due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.queue.peek().map(|Reverse((when, _))| *when)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn each_place_wakes_once_at_its_earliest_time() {
        let now = Instant::now();
        let at = |ms| now + Duration::from_millis(ms);
        let mut timers = Timers::default();
        timers.arm(0, at(50));
        timers.arm(1, at(30));
        timers.arm(0, at(20));
        timers.arm(1, at(40));
        assert_eq!(timers.next(), Some(at(20)));
        assert_eq!(timers.pop(at(19)), None);
        assert_eq!(timers.pop(at(100)), Some(0));
        assert_eq!(timers.pop(at(100)), Some(1));
        assert_eq!(timers.pop(at(100)), None);
    }

    #[test]
    fn a_place_that_left_does_not_wake() {
        let now = Instant::now();
        let mut timers = Timers::default();
        timers.arm(3, now);
        timers.disarm(3);
        assert_eq!(timers.pop(now), None);
    }
}
