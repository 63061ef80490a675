//! The time of the conferences: wall time once at the start, then a clock that never goes back.

use diemcau_conference::Timestamp;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A clock that neither jumps nor goes back, whatever the machine's wall clock does.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    base: Timestamp,
    started: Instant,
}

impl Clock {
    /// Starts at wall time, but no earlier than `not_before`: the last thing that was recorded.
    #[must_use]
    pub fn start(not_before: Timestamp) -> Self {
        let wall = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let wall = Timestamp(u64::try_from(wall.as_millis()).unwrap_or(u64::MAX));
        if wall < not_before {
            let behind = (not_before - wall).0;
            tracing::warn!(
                behind,
                "The machine's clock is behind the log; the log's time is used"
            );
        }
        Self {
            base: wall.max(not_before),
            started: Instant::now(),
        }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let gone = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Timestamp(self.base.0.saturating_add(gone))
    }

    /// How long until a time; zero when it is past. Rounded up, so that a sleeper does not wake
    /// a fraction of a millisecond early and sleep again.
    #[must_use]
    pub fn until(&self, at: Timestamp) -> Duration {
        let now = self.now();
        if at <= now {
            Duration::ZERO
        } else {
            Duration::from_millis((at - now).0 + 1)
        }
    }
}
