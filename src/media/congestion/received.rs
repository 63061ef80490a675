//! How fast packets come out of the line, by the receiver's clock. While there is a queue before it, that
//! is what the line carries.

/// Arrivals are counted in pieces of so many microseconds, …
const PIECE: i64 = 32_000;
/// … the newest of which are kept.
const PIECES: usize = 16;
/// What a full line carries, in pieces: short, since it may just have become thin.
const SHORT: usize = 6;
/// What is used of a line, in pieces.
const LONG: usize = 15;

/// So many pieces in a row without a packet are a pause.
const PAUSE: usize = 2;

/// Bytes that arrived lately.
#[derive(Debug, Default)]
pub(super) struct Received {
    bytes: [u32; PIECES],
    first: Option<i64>,
    newest: i64,
}

impl Received {
    /// Notes bytes that arrived.
    pub(super) fn note(&mut self, arrival: i64, bytes: u32) {
        let piece = arrival.div_euclid(PIECE);
        if self.first.is_none() || (piece - self.newest).abs() > 100 * PIECES as i64 {
            *self = Self {
                first: Some(piece),
                newest: piece,
                ..Self::default()
            };
        }
        while self.newest < piece {
            self.newest += 1;
            *self.at(self.newest) = 0;
        }
        if piece > self.newest - PIECES as i64 {
            let counted = self.at(piece);
            *counted = counted.saturating_add(bytes);
        }
    }

    /// The rate of the last fifth of a second, in bit/s. Where nothing came for a part of it, a receiver
    /// was busy, or nothing was sent: then that of the last half second, if it is more.
    pub(super) fn now(&mut self) -> f64 {
        let short = self.rate(SHORT);
        if self.silence(SHORT) < PAUSE {
            return short;
        }
        short.max(self.rate(LONG))
    }

    /// How many of the newest pieces in a row had nothing.
    fn silence(&mut self, pieces: usize) -> usize {
        let known = self.first.map_or(0, |first| self.newest - first);
        let from = self.newest - (pieces as i64).min(known);
        let (mut longest, mut run) = (0, 0);
        for piece in from..self.newest {
            run = if *self.at(piece) == 0 { run + 1 } else { 0 };
            longest = longest.max(run);
        }
        longest
    }

    /// The rate of the last half second, in bit/s.
    pub(super) fn lately(&mut self) -> f64 {
        self.rate(LONG)
    }

    /// The newest piece is not over yet.
    fn rate(&mut self, pieces: usize) -> f64 {
        let known = self.first.map_or(0, |first| self.newest - first);
        let pieces = (pieces as i64).min(known);
        if pieces <= 0 {
            return 0.0;
        }
        let newest = self.newest;
        let counted = (newest - pieces..newest).map(|piece| u64::from(*self.at(piece)));
        counted.sum::<u64>() as f64 * 8e6 / (pieces * PIECE) as f64
    }

    fn at(&mut self, piece: i64) -> &mut u32 {
        &mut self.bytes[piece.rem_euclid(PIECES as i64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_follows_the_line() {
        let mut received = Received::default();
        assert!(received.now().abs() < 1.0, "nothing came");
        // A packet of 1000 bytes each 4 ms is 2 Mbit/s.
        for nth in 0..250 {
            received.note(nth * 4000, 1000);
        }
        assert!((received.now() - 2e6).abs() < 0.1e6, "{}", received.now());
        assert!((received.lately() - 2e6).abs() < 0.1e6);
        // Then one each 25 ms: 320 kbit/s.
        for nth in 0..10 {
            received.note(1_000_000 + nth * 25_000, 1000);
        }
        assert!(
            (received.now() - 0.32e6).abs() < 0.1e6,
            "{}",
            received.now()
        );
        assert!(received.lately() > 0.8e6, "the fast time is not over here");
    }

    #[test]
    fn who_looks_only_now_and_then_gets_as_much_as_is_sent() {
        let mut received = Received::default();
        let mut least = f64::MAX;
        for nth in 0..1000 {
            // A packet of 1000 bytes each 8 ms is 1 Mbit/s; looked at each 160 ms.
            received.note(nth / 20 * 160_000, 1000);
            if nth > 100 {
                least = least.min(received.now());
            }
        }
        assert!(least > 0.8e6, "{least}");
    }

    #[test]
    fn what_is_late_is_counted_and_silence_is_too() {
        let mut received = Received::default();
        received.note(0, 100);
        received.note(320_000, 1);
        received.note(160_000, 8000);
        assert!((received.lately() - 8100.0 * 8.0 / 0.32).abs() < 1.0);
        received.note(900_000, 1);
        assert!(received.now() < 1.0);
        // A clock that was set back begins anew.
        received.note(-1_000_000_000, 5);
        assert!(received.now() < 1.0);
    }
}
