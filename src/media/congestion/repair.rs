//! How much of a line that is full goes to retransmissions. Whoever loses most because its line is full
//! asks for most, and what it gets fills the line even more.

/// The share of what the line carries.
const SHARE: f64 = 0.3;
/// What was not used of it is kept for so long, in microseconds.
const KEPT: i64 = 250_000;

/// What retransmissions may take.
#[derive(Debug, Default)]
pub(super) struct Repair {
    /// Bytes; below zero, more was sent.
    left: f64,
    since: Option<i64>,
}

impl Repair {
    /// Whether one may be sent now to a line that carries `rate` bit/s. Those of small pictures leave half
    /// of what is kept to the others.
    pub(super) fn is_due(&mut self, now: i64, rate: f64, is_small: bool) -> bool {
        let bytes = |micros: i64| SHARE * rate * micros as f64 / 8e6;
        let passed = self.since.replace(now).map_or(KEPT, |since| now - since);
        self.left = (self.left + bytes(passed.min(KEPT))).min(bytes(KEPT));
        let kept = if is_small { bytes(KEPT) / 2.0 } else { 0.0 };
        self.left > kept
    }

    /// Notes one.
    pub(super) fn sent(&mut self, bytes: usize) {
        self.left -= bytes as f64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_asks_for_everything_gets_a_share_of_the_line() {
        let mut repair = Repair::default();
        let mut sent = 0;
        for millisecond in 0..10_000 {
            for _ in 0..5 {
                if repair.is_due(millisecond * 1000, 800_000.0, false) {
                    repair.sent(1000);
                    sent += 1000;
                }
            }
        }
        // 30 kB a second, and what was kept at first.
        assert!((300_000..310_000).contains(&sent), "{sent}");
    }
}
