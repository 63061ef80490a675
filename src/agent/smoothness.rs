//! How evenly a slot's media comes: jitter and freezes.

use std::{collections::VecDeque, time::Duration};

/// A jump of the transit time that is no jitter: the source was switched.
const SWITCH: f64 = 1.0;

/// Frames whose mean interval a freeze is told by (webrtc-stats, `freezeCount`).
const WINDOW: usize = 30;

/// An interval that is so much longer than the mean is a freeze, if it is also three times as long.
const FREEZE_MARGIN: Duration = Duration::from_millis(150);

/// Interarrival jitter (RFC 3550 §6.4.1, §A.8).
#[derive(Debug, Clone)]
pub(crate) struct Jitter {
    /// Ticks of the RTP timestamp in a second.
    clock_rate: f64,
    last: Option<(u32, Duration)>,
    seconds: f64,
}

impl Jitter {
    pub(crate) fn new(clock_rate: u32) -> Self {
        Self {
            clock_rate: f64::from(clock_rate),
            last: None,
            seconds: 0.0,
        }
    }

    /// Counts a packet of a timestamp that came `at` this time.
    pub(crate) fn count(&mut self, timestamp: u32, at: Duration) {
        let Some((last, last_at)) = self.last.replace((timestamp, at)) else {
            return;
        };
        // The difference of two timestamps, the newer of which may have wrapped.
        let sent = f64::from(timestamp.wrapping_sub(last).cast_signed()) / self.clock_rate;
        let came = at.as_secs_f64() - last_at.as_secs_f64();
        let difference = (came - sent).abs();
        if difference < SWITCH {
            self.seconds += (difference - self.seconds) / 16.0;
        }
    }

    /// The jitter now.
    pub(crate) fn value(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }
}

/// Times in which a picture stood still that should have moved.
#[derive(Debug, Clone, Default)]
pub(crate) struct Freezes {
    last: Option<Duration>,
    intervals: VecDeque<Duration>,
    pub(crate) count: u64,
    pub(crate) total: Duration,
}

impl Freezes {
    /// Counts a whole frame that came `at` this time.
    pub(crate) fn count(&mut self, at: Duration) {
        let Some(last) = self.last.replace(at) else {
            return;
        };
        let interval = at.saturating_sub(last);
        // A mean of few frames says nothing.
        if let Some(mean) = self.mean().filter(|_| self.intervals.len() >= WINDOW / 3)
            && interval >= (3 * mean).max(mean + FREEZE_MARGIN)
        {
            self.count += 1;
            self.total += interval;
            return;
        }
        self.intervals.push_back(interval);
        if self.intervals.len() > WINDOW {
            self.intervals.pop_front();
        }
    }

    /// Another source, or none: the time until its first frame is no freeze.
    pub(crate) fn restart(&mut self) {
        self.last = None;
        self.intervals.clear();
    }

    fn mean(&self) -> Option<Duration> {
        let count = u32::try_from(self.intervals.len()).ok()?;
        self.intervals.iter().sum::<Duration>().checked_div(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(value: u64) -> Duration {
        Duration::from_millis(value)
    }

    #[test]
    fn even_packets_have_no_jitter_and_uneven_ones_have_some() {
        let mut even = Jitter::new(48_000);
        let mut uneven = Jitter::new(48_000);
        for n in 0..200_u32 {
            let timestamp = (u32::MAX - 4800).wrapping_add(n * 960);
            even.count(timestamp, ms(u64::from(n) * 20));
            uneven.count(timestamp, ms(u64::from(n) * 20 + u64::from(n % 2) * 10));
        }
        assert_eq!(even.value().as_micros(), 0);
        let found = uneven.value().as_secs_f64();
        assert!((0.009..0.011).contains(&found), "{found}");
    }

    #[test]
    fn another_source_is_no_jitter() {
        let mut jitter = Jitter::new(90_000);
        jitter.count(0, ms(0));
        jitter.count(900_000_000, ms(40));
        assert_eq!(jitter.value(), Duration::ZERO);
    }

    #[test]
    fn a_long_gap_between_frames_is_a_freeze_and_a_switch_is_none() {
        let mut freezes = Freezes::default();
        for n in 0..20 {
            freezes.count(ms(n * 80));
        }
        freezes.count(ms(19 * 80 + 200));
        assert_eq!(freezes.count, 0, "less than three intervals");
        freezes.count(ms(19 * 80 + 200 + 700));
        assert_eq!((freezes.count, freezes.total), (1, ms(700)));
        freezes.restart();
        freezes.count(ms(60_000));
        assert_eq!(freezes.count, 1);
    }
}
