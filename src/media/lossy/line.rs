//! What a line does to the packets of one direction: which are lost, and when the others arrive. The words
//! are those of the proxy behind which browsers are tested (`tests/e2e/impairment.ts`).

use crate::congestion::DATAGRAM_OVERHEAD;
use std::time::{Duration, Instant};

/// What a line does, each way.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Impairment {
    /// Share of packets that are lost.
    pub(crate) loss_percent: u64,
    /// How many packets in a row are lost, on average: the simple Gilbert model, which is that of Gilbert
    /// and Elliott with nothing lost in its good state and everything in its bad one, as `tc-netem` has it
    /// too. None: each is lost by its own chance (Bernoulli).
    pub(crate) burst: Option<u64>,
    /// Of every packet, so much at most beside what the line takes anyhow. The order stays: a slow one
    /// holds up those behind it.
    pub(crate) jitter: Duration,
    /// Share of packets that are held up for `late` more, while others overtake them.
    pub(crate) reorder_percent: u64,
    pub(crate) late: Duration,
    /// What it carries, in bit/s; none: whatever comes.
    pub(crate) rate: Option<u64>,
    /// How long a packet may wait for the line to be free: the queue has no room for more.
    pub(crate) queue: Duration,
}

/// One direction of a line.
#[derive(Debug)]
pub(crate) struct Way {
    impairment: Impairment,
    delay: Duration,
    is_bad: bool,
    /// When all that was taken in has gone out.
    free: Option<Instant>,
    /// When the newest that keeps its place arrives.
    newest: Option<Instant>,
}

impl Way {
    /// It begins in its good state.
    pub(crate) fn new(impairment: Impairment, delay: Duration) -> Self {
        Self {
            impairment,
            delay,
            is_bad: false,
            free: None,
            newest: None,
        }
    }

    /// When a packet of so many bytes that is sent now arrives; none: it is lost. `random` decides on all
    /// of it.
    pub(crate) fn send(&mut self, now: Instant, bytes: usize, random: u64) -> Option<Instant> {
        let Impairment {
            jitter,
            reorder_percent,
            late,
            ..
        } = self.impairment;
        let is_lost = self.loses(random);
        let waits = self.waits(now);
        let ends = now + waits + self.takes(bytes);
        if self.impairment.rate.is_some() {
            if waits > self.impairment.queue {
                return None;
            }
            self.free = Some(ends);
        }
        // It is lost behind the queue: it has taken its time there.
        if is_lost {
            return None;
        }
        let more = jitter.mul_f64((random >> 20 & 0x3ff) as f64 / 1024.0);
        let arrives = ends + self.delay + more;
        let arrives = self.newest.map_or(arrives, |newest| arrives.max(newest));
        if (random >> 32) % 100 < reorder_percent {
            return Some(arrives + late);
        }
        self.newest = Some(arrives);
        Some(arrives)
    }

    /// How long what is sent now waits for the line to be free.
    pub(crate) fn waits(&self, now: Instant) -> Duration {
        let free = self.free.unwrap_or(now);
        free.saturating_duration_since(now)
    }

    /// How long a packet of so many bytes takes the line.
    fn takes(&self, bytes: usize) -> Duration {
        let bits = ((bytes + DATAGRAM_OVERHEAD) * 8) as f64;
        let rate = self.impairment.rate;
        rate.map_or(Duration::ZERO, |rate| {
            Duration::from_secs_f64(bits / rate as f64)
        })
    }

    /// Each packet is a step of the model. In the bad state a burst goes on with a chance that makes it so
    /// long on average; in the good state one begins with the chance that makes the share right.
    fn loses(&mut self, random: u64) -> bool {
        let loss = self.impairment.loss_percent;
        let (chance, of) = match self.impairment.burst {
            None => (loss, 100),
            Some(burst) if self.is_bad => (burst - 1, burst),
            Some(burst) => (loss, (100 - loss) * burst),
        };
        self.is_bad = random % of < chance;
        self.is_bad
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const PACKETS: u32 = 200_000;

    /// How long each of many packets took, one a millisecond.
    fn took(impairment: Impairment) -> Vec<Option<Duration>> {
        let (start, mut way) = (Instant::now(), Way::new(impairment, 20 * MS));
        let mut random = 0x9e37_79b9_7f4a_7c15u64;
        let sent = (0..PACKETS).map(|nth| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let now = start + nth * MS;
            Some(way.send(now, 100, random >> 11)?.duration_since(now))
        });
        sent.collect()
    }

    /// The share that is lost, and how many are lost in a row on average.
    fn losses(took: &[Option<Duration>]) -> (f64, f64) {
        let lost = took.iter().filter(|one| one.is_none()).count() as f64;
        let runs = took.chunk_by(|one, next| one.is_none() == next.is_none());
        let bursts = runs.filter(|run| run[0].is_none()).count() as f64;
        (lost / took.len() as f64, lost / bursts)
    }

    #[test]
    fn bursts_are_as_long_as_they_are_to_be_and_the_share_stays() {
        for (burst, mean) in [(None, 1.0 / 0.9), (Some(3), 3.0), (Some(8), 8.0)] {
            let (share, found) = losses(&took(Impairment {
                loss_percent: 10,
                burst,
                ..Impairment::default()
            }));
            assert!((0.095..0.105).contains(&share), "{burst:?}: {share}");
            assert!((found / mean - 1.0).abs() < 0.05, "{burst:?}: {found}");
        }
    }

    #[test]
    fn jitter_holds_up_and_keeps_the_order() {
        let took = took(Impairment {
            jitter: 30 * MS,
            ..Impairment::default()
        });
        let took: Vec<Duration> = took.into_iter().map(|one| one.expect("here")).collect();
        assert!(took.iter().all(|one| (20 * MS..50 * MS).contains(one)));
        assert!(took.iter().any(|one| *one > 45 * MS));
        let mut arrived = (0u32..).zip(&took).map(|(nth, one)| nth * MS + *one);
        assert!(
            arrived
                .clone()
                .zip(arrived.by_ref().skip(1))
                .all(|(one, next)| one <= next)
        );
    }

    #[test]
    fn what_a_line_does_not_carry_waits_until_the_queue_is_full() {
        let impairment = Impairment {
            rate: Some(1_000_000),
            queue: 50 * MS,
            ..Impairment::default()
        };
        let (now, mut way) = (Instant::now(), Way::new(impairment, 20 * MS));
        // With all headers each takes the line ten milliseconds.
        let mut send = |now| way.send(now, 1250 - DATAGRAM_OVERHEAD, 0);
        let sent: Vec<_> = (0..8).map(|_| send(now)).collect();
        let arrives = |nth: u32| Some(now + 20 * MS + 10 * MS * (nth + 1));
        assert_eq!(sent[..6], (0..6).map(arrives).collect::<Vec<_>>());
        assert_eq!(sent[6..], [None, None], "there is no room for them");
        assert_eq!(send(now + 10 * MS), arrives(6));
    }

    #[test]
    fn who_is_late_is_overtaken_and_holds_nobody_up() {
        let took = took(Impairment {
            reorder_percent: 5,
            late: 25 * MS,
            ..Impairment::default()
        });
        let late = took.iter().filter(|one| **one == Some(45 * MS)).count() as u32;
        assert!(
            (PACKETS * 4 / 100..PACKETS * 6 / 100).contains(&late),
            "{late}"
        );
        let others = took.iter().filter(|one| **one == Some(20 * MS)).count() as u32;
        assert_eq!(late + others, PACKETS);
    }
}
