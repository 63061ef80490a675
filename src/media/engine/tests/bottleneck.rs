//! The narrow place of a line: it lets so much through, keeps some of the rest, and drops what is beyond.

use crate::congestion::DATAGRAM_OVERHEAD;
use std::time::{Duration, Instant};

/// A queue before a line, and what the line does.
#[derive(Debug, Clone)]
pub(super) struct Bottleneck {
    /// Bit/s.
    pub(super) rate: f64,
    /// What would wait longer is dropped.
    pub(super) deepest: Duration,
    /// Added at random behind the queue: packets overtake each other.
    pub(super) jitter: Duration,
    pub(super) loss_percent: u64,
    /// How long the receiver is too busy to look, again and again, and how long it looks.
    pub(super) busy: Option<(Duration, Duration)>,
    /// Bytes that came to it so far, and packets that it lost in any way.
    pub(super) offered: u64,
    pub(super) lost: u64,
    /// Bits that wait, at that time.
    pub(super) waiting: f64,
    pub(super) at: Instant,
    pub(super) start: Instant,
    pub(super) looked: Instant,
}

impl Bottleneck {
    pub(super) fn new(now: Instant, rate: f64) -> Self {
        Self {
            rate,
            deepest: Duration::from_millis(200),
            jitter: Duration::ZERO,
            loss_percent: 0,
            busy: None,
            offered: 0,
            lost: 0,
            waiting: 0.0,
            at: now,
            start: now,
            looked: now,
        }
    }

    /// How long what comes now will wait.
    pub(super) fn queue(&mut self, now: Instant) -> Duration {
        let passed = now.duration_since(self.at).as_secs_f64() * self.rate;
        (self.waiting, self.at) = ((self.waiting - passed).max(0.0), now);
        Duration::from_secs_f64(self.waiting / self.rate)
    }

    /// When a datagram is through; none: it is lost.
    pub(super) fn pass(&mut self, now: Instant, bytes: usize, random: u64) -> Option<Instant> {
        let bytes = bytes + DATAGRAM_OVERHEAD;
        self.offered += bytes as u64;
        if random % 100 < self.loss_percent || self.queue(now) > self.deepest {
            self.lost += 1;
            return None;
        }
        self.waiting += bytes as f64 * 8.0;
        let jitter = self.jitter.mul_f64((random / 100 % 1000) as f64 / 1000.0);
        let at = now + Duration::from_secs_f64(self.waiting / self.rate) + jitter;
        Some(self.seen_at(at))
    }

    /// When the receiver looks at what is there at a time; nothing is overtaken by that. In every third
    /// second it is busy.
    fn seen_at(&mut self, at: Instant) -> Instant {
        let Some((away, looks)) = self.busy else {
            return at;
        };
        let since = at.duration_since(self.start);
        if since.as_secs() % 3 == 2 {
            let phase = since.as_micros() % (away + looks).as_micros();
            let phase = Duration::from_micros(phase as u64);
            self.looked = self.looked.max(at + away.saturating_sub(phase));
        }
        self.looked.max(at)
    }
}
