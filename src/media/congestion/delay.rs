//! Whether a queue grows on the way to a receiver. Two things are looked at, and both must say so: the
//! trend of the delay over groups of packets against a threshold that adapts to the line
//! (draft-ietf-rmcat-gcc-02 §5.2–5.4, with a line through the groups in place of a Kalman filter), and the
//! least delay of the last moments. Jitter, or a receiver that was busy, lifts some packets; a queue
//! lifts all.
//!
//! Of a group only the packet with the least delay counts. It waited for what was there before the
//! group, and not for the group itself, so that a key frame sent at once is no queue, nor is one that the pacer
//! spreads, a little faster than the line carries it.

use crate::least::Least;
use std::collections::VecDeque;

/// Packets that were sent within this time are a group. All times are in microseconds.
const GROUP: i64 = 5_000;
/// So are those that waited for their turn behind each other. Where something always waits, a line that is far
/// too thin lets too few of these groups through for a trend: there only a long queue tells that it is full.
const TRAIN: i64 = 100_000;
/// The trend is over so much time …
const SPAN: i64 = 500_000;
/// … and so many groups.
const GROUPS: usize = 64;
/// With less than this there is no trend.
const FEWEST_GROUPS: usize = 5;
/// The least delay is that of so much time.
const MOMENTS: i64 = 400_000;
/// The queue is what the delay is above its minimum of one or two of these.
const AGE: i64 = 10_000_000;
/// A queue shorter than this, and than what is usual jitter, is none.
const SHORT: f64 = 40_000.0;
/// A queue that is longer is too long, whether it grows or not.
const LONG: f64 = 400_000.0;
/// The receiver's clock was set anew.
const JUMP: i64 = 10_000_000;

/// The threshold of the trend: where it begins, and between what it stays.
const THRESHOLD: f64 = 12_500.0;
const THRESHOLDS: (f64, f64) = (8_000.0, 600_000.0);
/// It follows a trend above it quickly, one below it slowly; a share a millisecond.
const RISE: f64 = 0.01;
const FALL: f64 = 0.000_18;
/// One that is so far above is no jitter.
const OUTLIER: f64 = 15_000.0;
/// Jitter is the mean of about this time.
const JITTER_AGE: f64 = 2_000_000.0;

/// What the delay says of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Signal {
    /// Nothing.
    #[default]
    Normal,
    /// A queue grows, or is far too long.
    Full,
    /// A queue drains.
    Draining,
}

/// The delays of the newest packets.
#[derive(Debug, Default)]
pub(super) struct Delay {
    group: Option<Group>,
    groups: VecDeque<Group>,
    least: Least<AGE>,
    threshold: Option<f64>,
    judged: Option<i64>,
    jitter: f64,
    suspicions: u32,
    queue: f64,
}

/// Packets that were sent together.
#[derive(Debug, Clone, Copy)]
struct Group {
    sent: i64,
    delay: i64,
}

impl Group {
    fn arrival(&self) -> i64 {
        self.sent + self.delay
    }
}

impl Delay {
    /// Notes a packet that arrived; the receiver's clock may be any. It may have waited for its turn.
    pub(super) fn arrived(&mut self, sent: i64, arrival: i64, waited: bool) {
        let together = if waited { TRAIN } else { GROUP };
        let delay = arrival - sent;
        if let Some(group) = &mut self.group {
            if (delay - group.delay).abs() > JUMP {
                *self = Self::default();
            } else if sent - group.sent < together {
                // One that was overtaken belongs to an older group, which is judged already.
                if sent >= group.sent {
                    group.delay = group.delay.min(delay);
                }
                self.least.note(sent, delay);
                return;
            } else {
                if self.groups.len() == GROUPS {
                    self.groups.pop_front();
                }
                self.groups.push_back(*group);
            }
        }
        self.least.note(sent, delay);
        self.group = Some(Group { sent, delay });
    }

    /// What the packets that came so far say. To be asked once for each feedback.
    pub(super) fn judge(&mut self) -> Signal {
        let Some(newest) = self.groups.iter().map(Group::arrival).max() else {
            return Signal::Normal;
        };
        // By arrival: into a line that became thin much is sent before a little of it has arrived.
        while let Some(oldest) = self.groups.front()
            && oldest.arrival() < newest - SPAN
        {
            self.groups.pop_front();
        }
        let recent = self.groups.iter();
        let recent = recent.filter(|group| group.arrival() >= newest - MOMENTS);
        let standing = recent.map(|group| group.delay).min().unwrap_or_default();
        self.queue = (standing - self.least.get().unwrap_or(standing)) as f64;
        let elapsed = self
            .judged
            .replace(newest)
            .map_or(0, |before| newest - before);
        let Some((growth, scatter)) = self.trend() else {
            let is_long = self.queue > LONG && self.does_not_drain();
            return self.suspect(is_long);
        };
        let weight = (elapsed as f64 / JITTER_AGE).clamp(0.0, 1.0);
        self.jitter += weight * (scatter - self.jitter);
        let threshold = self.adapt(elapsed, growth);
        let grows = growth > threshold && self.queue > SHORT + self.jitter;
        let is_long = self.queue > LONG && growth > -threshold;
        if growth < -threshold {
            self.suspicions = 0;
            Signal::Draining
        } else {
            self.suspect(grows || is_long)
        }
    }

    /// Twice: one feedback may have met a hiccup.
    fn suspect(&mut self, is_full: bool) -> Signal {
        self.suspicions = if is_full { self.suspicions + 1 } else { 0 };
        if self.suspicions > 1 {
            Signal::Full
        } else {
            Signal::Normal
        }
    }

    /// What there is instead of a trend where there are too few groups for one.
    fn does_not_drain(&self) -> bool {
        let ends = self.groups.front().zip(self.groups.back());
        self.groups.len() > 1 && ends.is_some_and(|(oldest, newest)| newest.delay >= oldest.delay)
    }

    /// How long a packet waits in the queue, as far as it is the same for all; in microseconds.
    pub(super) fn queue(&self) -> f64 {
        self.queue
    }

    /// Whether there is no queue to speak of.
    pub(super) fn is_short(&self) -> bool {
        self.queue <= SHORT + self.jitter
    }

    /// By how much the delay grew over the groups, and how far they lie from the line through them on
    /// average; in microseconds. None: there are too few.
    fn trend(&self) -> Option<(f64, f64)> {
        let first = self.groups.front()?;
        let earliest = self.groups.iter().map(Group::arrival).min()?;
        let span = (self.groups.iter().map(Group::arrival).max()? - earliest) as f64;
        if self.groups.len() < FEWEST_GROUPS || span <= 0.0 {
            return None;
        }
        let count = self.groups.len() as f64;
        let points = || {
            self.groups.iter().map(move |group| {
                let (x, y) = (group.arrival() - earliest, group.delay - first.delay);
                (x as f64, y as f64)
            })
        };
        let (sum_x, sum_y) = points().fold((0.0, 0.0), |(a, b), (x, y)| (a + x, b + y));
        let (mean_x, mean_y) = (sum_x / count, sum_y / count);
        let product = |(x, y): (f64, f64)| (x - mean_x) * (y - mean_y);
        let square = |(x, _): (f64, f64)| (x - mean_x).powi(2);
        let slope = points().map(product).sum::<f64>() / points().map(square).sum::<f64>();
        let off = |(x, y): (f64, f64)| (y - mean_y - slope * (x - mean_x)).abs();
        Some((slope * span, points().map(off).sum::<f64>() / count))
    }

    /// Moves the threshold towards the trend. Returns the one that it is to be judged by.
    fn adapt(&mut self, elapsed: i64, growth: f64) -> f64 {
        let threshold = self.threshold.unwrap_or(THRESHOLD);
        let above = growth.abs() - threshold;
        let gain = if above > 0.0 { RISE } else { FALL };
        let milliseconds = elapsed.clamp(0, 100_000) as f64 / 1000.0;
        let moved = if above > OUTLIER {
            threshold
        } else {
            threshold + (gain * milliseconds).min(1.0) * above
        };
        self.threshold = Some(moved.clamp(THRESHOLDS.0, THRESHOLDS.1));
        threshold
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends a packet each 10 ms for `seconds`, judging each 50 ms; `delay` tells how long each takes.
    /// Returns the signals.
    fn run(delay: &mut Delay, from: i64, seconds: f64, how: impl Fn(i64) -> i64) -> Vec<Signal> {
        let mut signals = vec![];
        for nth in 0..(seconds * 100.0) as i64 {
            let sent = from + nth * 10_000;
            delay.arrived(sent, sent + 77_000_000 + how(nth), false);
            if nth % 5 == 4 {
                signals.push(delay.judge());
            }
        }
        signals
    }

    /// Any numbers below `limit`.
    fn scattered(nth: i64, limit: i64) -> i64 {
        let mixed = (nth as u64 ^ 0x5bd1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 33) as i64 % limit
    }

    fn is_full(signals: &[Signal]) -> bool {
        signals.contains(&Signal::Full)
    }

    #[test]
    fn a_queue_that_grows_by_a_twentieth_is_seen() {
        let mut delay = Delay::default();
        let quiet = run(&mut delay, 0, 3.0, |_| 0);
        assert!(!is_full(&quiet));
        // 5 % too much: half a millisecond each 10 ms.
        let grows = run(&mut delay, 3_000_000, 1.5, |nth| nth * 500);
        assert!(is_full(&grows), "{grows:?}");
        assert!(delay.queue() > 40_000.0 && !delay.is_short());
    }

    #[test]
    fn an_overload_is_seen_within_half_a_second() {
        let mut delay = Delay::default();
        run(&mut delay, 0, 3.0, |_| 0);
        let signals = run(&mut delay, 3_000_000, 0.5, |nth| nth * 10_000);
        assert!(is_full(&signals), "{signals:?}");
    }

    #[test]
    fn jitter_is_no_queue() {
        for jitter in [5_000, 50_000, 200_000] {
            let mut delay = Delay::default();
            let signals = run(&mut delay, 0, 60.0, |nth| scattered(nth, jitter));
            let full = signals.iter().filter(|it| **it == Signal::Full).count();
            assert_eq!(full, 0, "{jitter} µs");
        }
    }

    #[test]
    fn a_queue_is_seen_through_jitter() {
        let mut delay = Delay::default();
        run(&mut delay, 0, 20.0, |nth| scattered(nth, 100_000));
        let how = |nth| scattered(nth, 100_000) + nth * 3_000;
        let signals = run(&mut delay, 20_000_000, 2.0, how);
        assert!(is_full(&signals), "{signals:?}");
    }

    #[test]
    fn a_receiver_that_was_busy_is_no_queue() {
        let mut delay = Delay::default();
        // Every half second nothing is looked at for 200 ms, and then all at once.
        let how = |nth: i64| match nth % 50 {
            phase @ 0..20 => (20 - phase) * 10_000,
            _ => 0,
        };
        assert!(!is_full(&run(&mut delay, 0, 30.0, how)));
    }

    #[test]
    fn a_standing_queue_is_too_long_until_it_is_the_line() {
        let mut delay = Delay::default();
        run(&mut delay, 0, 3.0, |_| 0);
        let signals = run(&mut delay, 3_000_000, 2.0, |_| 600_000);
        assert!(is_full(&signals));
        let signals = run(&mut delay, 5_000_000, 30.0, |_| 600_000);
        assert!(!is_full(&signals[500..]), "the line is longer now");
    }

    #[test]
    fn a_queue_that_drains_is_told() {
        let mut delay = Delay::default();
        run(&mut delay, 0, 3.0, |_| 0);
        run(&mut delay, 3_000_000, 0.5, |nth| nth * 10_000);
        let signals = run(&mut delay, 3_500_000, 0.8, |nth| 500_000 - nth * 5_000);
        assert_eq!(signals.last(), Some(&Signal::Draining));
    }

    /// Sends packets of 1,000 bytes that waited for their turn at a pace, judging each 50 ms, over a line
    /// that carries so much in each second of the time. Returns when it was told that it is full, and how long
    /// the queue was then.
    fn full_at(pace: f64, seconds: i64, carries: impl Fn(f64) -> f64) -> Option<(f64, f64)> {
        let mut delay = Delay::default();
        run(&mut delay, 0, 3.0, |_| 0);
        let (from, apart) = (3_000_000, (8e9 / pace) as i64);
        let (mut free, mut judged) = (from, from);
        for nth in 0..seconds * 1_000_000 / apart {
            let sent = from + nth * apart;
            let carried = carries((sent - from) as f64 / 1e6);
            free = free.max(sent) + (8e9 / carried) as i64;
            while judged + 50_000 < free {
                judged += 50_000;
                if delay.judge() == Signal::Full {
                    return Some(((judged - from) as f64 / 1e6, delay.queue() / 1e6));
                }
            }
            delay.arrived(sent, free + 77_000_000, true);
        }
        None
    }

    #[test]
    fn what_always_waits_for_its_turn_does_not_fill_a_line_for_long() {
        for pace in [150e3, 300e3, 1e6, 3e6] {
            for share in [0.5, 0.6, 0.7, 0.85] {
                let full = full_at(pace, 20, |_| share * pace);
                let (at, _) = full.unwrap_or_else(|| panic!("{share} of {pace}: never"));
                assert!(at < 3.5, "{share} of {pace}: after {at} s");
            }
            // By a fifth in ten seconds.
            let full = full_at(pace, 20, |at| pace * (1.0 - 0.02 * at));
            let (at, queue) = full.unwrap_or_else(|| panic!("slowly from {pace}: never"));
            assert!(queue < 0.6, "slowly from {pace}: {queue} s after {at} s");
        }
    }

    #[test]
    fn a_long_queue_is_seen_by_two_groups() {
        let mut delay = Delay::default();
        run(&mut delay, 0, 3.0, |_| 0);
        let mut signals = vec![];
        for nth in 0..8 {
            let sent = 3_000_000 + nth * 300_000;
            delay.arrived(sent, sent + 77_000_000 + 3_000_000, true);
            signals.push(delay.judge());
        }
        assert!(is_full(&signals), "{signals:?}");
    }
}
