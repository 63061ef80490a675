//! When the next packet of a picture may go to a line with a limit: evenly, at a little more than the
//! line is believed to carry. What stands in a queue of ours can be overtaken by sound; what stands in the
//! line's cannot.

use std::time::{Duration, Instant};

/// How much faster than the line is believed to carry. With more of it a key frame makes a queue in the line
/// again, and fills it on lines that keep little. With less a receiver that is busy now and then loses a
/// picture.
const PACE: f64 = 1.5;
/// The same while a queue stands before the line: it is to become shorter, and what finds it full is lost.
const PACE_INTO_QUEUE: f64 = 0.8;
/// What falls due within this time goes out together.
const STEP: Duration = Duration::from_millis(5);
/// What waits is gone after this, whatever the line is believed to carry: the belief may be wrong, and a
/// picture that is late is worth little.
const LONGEST: Duration = Duration::from_millis(500);

/// The pace of one receiver's line.
#[derive(Debug)]
pub(crate) struct Pacer {
    /// Bytes a second.
    rate: f64,
    /// The same for what waits now, where it would wait too long.
    raised: f64,
    /// Bytes that went out before their time; below zero, what may go out at once.
    debt: f64,
    at: Instant,
}

impl Pacer {
    /// The line carries so many bit/s, as far as is known.
    pub(crate) fn new(now: Instant, carried: u64) -> Self {
        Self {
            rate: rate(PACE, carried),
            raised: 0.0,
            debt: 0.0,
            at: now,
        }
    }

    /// The same has changed, and perhaps there is a queue before the line.
    pub(crate) fn set(&mut self, now: Instant, carried: u64, is_queued: bool) {
        self.pass(now);
        let pace = if is_queued { PACE_INTO_QUEUE } else { PACE };
        self.rate = rate(pace, carried);
        self.owe(0.0);
    }

    /// Notes bytes that went out, in their time or not.
    pub(crate) fn sent(&mut self, now: Instant, bytes: usize) {
        self.pass(now);
        self.owe(bytes as f64);
    }

    /// Whether something may go out.
    pub(crate) fn is_due(&mut self, now: Instant) -> bool {
        self.pass(now);
        // A byte is less than the clock can tell.
        self.debt < 1.0
    }

    /// When to ask that again.
    pub(crate) fn next(&self) -> Instant {
        let paid = Duration::from_secs_f64(self.debt.max(0.0) / self.rate());
        self.at + paid.max(STEP)
    }

    /// The last time that it was asked.
    pub(crate) fn asked(&self) -> Instant {
        self.at
    }

    /// So many bytes wait.
    pub(crate) fn hurry(&mut self, waiting: usize) {
        let all = waiting as f64 + self.debt.max(0.0);
        self.raised = self.raised.max(all / LONGEST.as_secs_f64());
    }

    /// Nothing waits any more.
    pub(crate) fn rest(&mut self) {
        self.raised = 0.0;
    }

    fn owe(&mut self, bytes: f64) {
        // Sound alone may be more than the line carries. It does not stop the pictures for good.
        let most = self.rate() * LONGEST.as_secs_f64();
        self.debt = (self.debt + bytes).min(most);
    }

    fn rate(&self) -> f64 {
        self.rate.max(self.raised)
    }

    fn pass(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        let unused = self.rate() * STEP.as_secs_f64();
        self.debt = (self.debt - self.rate() * passed).max(-unused);
        self.at = now.max(self.at);
    }
}

/// Bytes a second at this pace, for a line that carries so many bit/s.
fn rate(pace: f64, carried: u64) -> f64 {
    pace * carried.max(1) as f64 / 8.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// What a line carries to which so many packets of 1,000 bytes go out in a second.
    fn carried(packets: u64) -> u64 {
        (packets as f64 * 8000.0 / PACE) as u64
    }

    /// Sends as much as may go out of `waiting` packets of 1,000 bytes, and tells after how long each went.
    fn drain(pacer: &mut Pacer, from: Instant, mut waiting: usize) -> Vec<Duration> {
        let (mut now, mut went) = (from, vec![]);
        pacer.hurry(waiting * 1000);
        while waiting > 0 {
            if pacer.is_due(now) {
                pacer.sent(now, 1000);
                went.push(now - from);
                waiting -= 1;
            } else {
                assert!(pacer.next() >= now + STEP);
                now = pacer.next();
            }
        }
        pacer.rest();
        went
    }

    #[test]
    fn packets_go_out_evenly() {
        let now = Instant::now();
        let mut pacer = Pacer::new(now, carried(50));
        let went = drain(&mut pacer, now, 10);
        assert_eq!(went[0], Duration::ZERO, "the first does not wait");
        for pair in went.windows(2) {
            let apart = pair[1] - pair[0];
            assert!((19 * MS..=21 * MS).contains(&apart), "{went:?}");
        }
    }

    #[test]
    fn before_a_queue_it_is_slower_than_the_line() {
        let now = Instant::now();
        let mut pacer = Pacer::new(now, carried(50));
        pacer.set(now, 400_000, true);
        let went = drain(&mut pacer, now, 5);
        assert!(went[4] >= 100 * MS, "a packet each 25 ms: {went:?}");
        pacer.set(now + went[4], 400_000, false);
        let went = drain(&mut pacer, now + 1000 * MS, 5);
        assert!(went[4] < 60 * MS, "{went:?}");
    }

    #[test]
    fn a_fast_line_goes_in_steps_and_saves_up_no_more_than_one() {
        let now = Instant::now();
        let mut pacer = Pacer::new(now, carried(2000));
        let later = now + 1000 * MS;
        let went = drain(&mut pacer, later, 100);
        let at_once = went.iter().filter(|at| at.is_zero()).count();
        assert!((10..=11).contains(&at_once), "{at_once}");
        assert!((40 * MS..=50 * MS).contains(went.last().expect("all went")));
    }

    #[test]
    fn what_others_took_is_waited_for() {
        let now = Instant::now();
        let mut pacer = Pacer::new(now, carried(50));
        pacer.sent(now, 3000);
        assert!(!pacer.is_due(now + 55 * MS) && pacer.is_due(now + 61 * MS));
        pacer.sent(now + 61 * MS, 10_000_000);
        assert!(!pacer.is_due(now + 500 * MS), "but not for ever");
        assert!(pacer.is_due(now + 562 * MS));
    }

    #[test]
    fn what_would_wait_too_long_goes_faster() {
        let now = Instant::now();
        let mut pacer = Pacer::new(now, carried(50));
        pacer.sent(now, 2000);
        let went = drain(&mut pacer, now, 100);
        let last = *went.last().expect("all went");
        assert!((450 * MS..=LONGEST).contains(&last), "{last:?}");
        let later = now + 1000 * MS;
        let went = drain(&mut pacer, later, 5);
        assert!(went[4] >= 75 * MS, "that was for once: {went:?}");
    }
}
