//! How much a stream takes of a line.

use crate::{
    congestion::DATAGRAM_OVERHEAD,
    rtp::{HEADER_LEN, NUMBER_LEN},
};
use std::time::{Duration, Instant};

/// A rate is the mean of about two of these: pictures vary from frame to frame.
const WINDOW: Duration = Duration::from_millis(500);
/// Who has sent nothing for so long takes nothing.
const SILENT_AFTER: Duration = Duration::from_secs(2);
/// What a packet is more than its payload: header, number, tag, and what carries the datagram.
const PACKET: usize = HEADER_LEN + NUMBER_LEN + 16 + DATAGRAM_OVERHEAD;

/// The rate of one stream.
#[derive(Debug)]
pub(crate) struct Meter {
    since: Instant,
    bytes: usize,
    rate: Option<f64>,
    /// The rate before the last silence.
    before: Option<f64>,
    last: Instant,
}

impl Meter {
    /// Nothing came yet.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            since: now,
            bytes: 0,
            rate: None,
            before: None,
            last: now,
        }
    }

    /// Notes a packet with so many bytes of payload.
    pub(crate) fn note(&mut self, now: Instant, payload: usize) {
        if now >= self.last + SILENT_AFTER {
            *self = Self {
                before: self.rate.or(self.before),
                ..Self::new(now)
            };
        }
        self.bytes += payload + PACKET;
        self.last = now;
        let elapsed = now.duration_since(self.since);
        if elapsed >= WINDOW {
            let found = self.bytes as f64 * 8.0 / elapsed.as_secs_f64();
            self.rate = Some(self.rate.map_or(found, |before| (before + found) / 2.0));
            (self.since, self.bytes) = (now, 0);
        }
    }

    /// Bit/s on a receiver's line, once half a second has passed.
    pub(crate) fn rate(&self, now: Instant) -> u64 {
        let is_silent = now >= self.last + SILENT_AFTER;
        self.rate.filter(|_| !is_silent).unwrap_or_default() as u64
    }

    /// Bit/s when it was last known, if it ever was.
    pub(crate) fn last_rate(&self) -> Option<u64> {
        self.rate.or(self.before).map(|rate| rate as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_told_until_nothing_comes() {
        let mut now = Instant::now();
        let mut meter = Meter::new(now);
        for _ in 0..300 {
            now += Duration::from_millis(10);
            meter.note(now, 1250 - PACKET);
        }
        let rate = meter.rate(now);
        assert!((980_000..1_020_000).contains(&rate), "{rate}");
        assert_eq!(meter.rate(now + SILENT_AFTER), 0);
        meter.note(now + SILENT_AFTER, 1000);
        assert_eq!(meter.rate(now + SILENT_AFTER), 0, "it begins anew");
        assert_eq!(meter.last_rate(), Some(rate), "and is remembered");
    }
}
