//! Probes: for a moment the line gets more than it is believed to carry, filled up with padding. How
//! fast that comes out of it is what it carries, if it is more than was believed.
//!
//! A probe that found nothing is followed by smaller and longer ones after longer pauses: what it adds
//! to the queue delays the sound.

/// Padding goes out this often while a probe lasts. All times are in microseconds.
const TICK: i64 = 5_000;
/// How long a probe lasts: longer after one that told nothing, since jitter hides a short one.
const LENGTHS: (i64, i64) = (60_000, 240_000);
/// The pause after a probe that found nothing.
const PAUSES: (i64, i64) = (1_000_000, 5_000_000);
/// What is tried, as a multiple of the estimate: at first, after congestion, and after finding nothing.
const BOLD: f64 = 2.0;
const CAREFUL: f64 = 1.5;
const TIMID: f64 = 1.3;
/// No answer will come after so long.
const GIVE_UP: i64 = 3_000_000;
/// Fewer packets show nothing.
const FEWEST: u32 = 5;
/// If a smaller share arrives, the line was full.
const ARRIVES: f64 = 0.7;
/// A line that carried so much of what was tried may carry all of it.
const CARRIED: f64 = 0.9;
/// One that carried less is measured by that, less this margin.
const MARGIN: f64 = 0.95;

/// Probes of one receiver's line.
#[derive(Debug)]
pub(super) struct Prober {
    cluster: Option<Cluster>,
    not_before: i64,
    pause: i64,
    length: i64,
    factor: f64,
}

/// The packets of a probe, those that would have been sent anyhow among them.
#[derive(Debug)]
struct Cluster {
    rate: f64,
    first: u64,
    /// Behind the last; none while it lasts.
    end: Option<u64>,
    began: i64,
    due: i64,
    sent_bytes: u64,
    sent: u32,
    arrived_bytes: u64,
    arrived: u32,
    /// When the first and the last packet arrived, and the size of the first.
    earliest: Option<(i64, u32)>,
    latest: i64,
}

impl Default for Prober {
    fn default() -> Self {
        Self {
            cluster: None,
            not_before: 0,
            pause: PAUSES.0,
            length: LENGTHS.0,
            factor: BOLD,
        }
    }
}

impl Prober {
    /// Begins a probe with the packet `first`, unless one is on its way or it is too soon: more than
    /// `estimate`, and no more than `wanted`.
    pub(super) fn begin(&mut self, now: i64, first: u64, estimate: f64, wanted: f64) {
        if self.cluster.is_some() || now < self.not_before {
            return;
        }
        self.cluster = Some(Cluster {
            rate: (estimate * self.factor).min(wanted),
            first,
            end: None,
            began: now,
            due: now,
            sent_bytes: 0,
            sent: 0,
            arrived_bytes: 0,
            arrived: 0,
            earliest: None,
            latest: 0,
        });
    }

    /// Whether a probe is sent, or its answer is waited for.
    pub(super) fn is_on(&self) -> bool {
        self.cluster.is_some()
    }

    /// The line is full: the next probe is not soon.
    pub(super) fn stop(&mut self, now: i64) {
        self.cluster = None;
        self.not_before = now + PAUSES.0;
        self.factor = CAREFUL;
    }

    /// When [`Self::owed`] is to be asked.
    pub(super) fn due(&self) -> Option<i64> {
        let cluster = self.cluster.as_ref()?;
        cluster.end.is_none().then_some(cluster.due)
    }

    /// Notes a packet of any kind that is sent.
    pub(super) fn sent(&mut self, bytes: usize) {
        if let Some(cluster) = self.cluster.as_mut().filter(|it| it.end.is_none()) {
            cluster.sent_bytes += bytes as u64;
            cluster.sent += 1;
        }
    }

    /// How many bytes of padding are to be sent now. `next` is the number of the next packet.
    pub(super) fn owed(&mut self, now: i64, next: u64) -> u64 {
        let Some(cluster) = self.cluster.as_mut().filter(|it| it.end.is_none()) else {
            return 0;
        };
        if now < cluster.due {
            return 0;
        }
        let elapsed = now - cluster.began;
        if elapsed >= self.length {
            cluster.end = Some(next);
            return 0;
        }
        cluster.due = now + TICK;
        let until_then = cluster.rate * (elapsed + TICK) as f64 / 8e6;
        (until_then as u64).saturating_sub(cluster.sent_bytes)
    }

    /// Notes a packet that arrived.
    pub(super) fn arrived(&mut self, index: u64, arrival: i64, bytes: u32) {
        let Some(cluster) = &mut self.cluster else {
            return;
        };
        if index < cluster.first || cluster.end.is_some_and(|end| index >= end) {
            return;
        }
        cluster.arrived += 1;
        cluster.arrived_bytes += u64::from(bytes);
        if cluster
            .earliest
            .is_none_or(|(earliest, _)| arrival < earliest)
        {
            cluster.earliest = Some((arrival, bytes));
        }
        cluster.latest = cluster.latest.max(arrival);
    }

    /// What a probe has shown that the line carries, in bit/s, if that is more than `estimate`; all
    /// packets before `told` have been told of.
    pub(super) fn judge(&mut self, now: i64, told: u64, estimate: f64) -> Option<f64> {
        let cluster = self.cluster.as_ref()?;
        let is_told = cluster.end.is_some_and(|end| told >= end);
        if !is_told && now < cluster.began + GIVE_UP {
            return None;
        }
        let carried = cluster
            .carried(self.length)
            .filter(|carried| *carried > estimate);
        self.cluster = None;
        if carried.is_some() {
            (self.pause, self.length) = (PAUSES.0, LENGTHS.0);
            self.factor = BOLD;
        } else {
            self.not_before = now + self.pause;
            self.pause = (self.pause * 2).min(PAUSES.1);
            self.length = (self.length * 2).min(LENGTHS.1);
            self.factor = TIMID;
        }
        carried
    }
}

impl Cluster {
    fn carried(&self, length: i64) -> Option<f64> {
        let (earliest, size) = self.earliest?;
        let span = self.latest - earliest;
        let enough =
            self.arrived >= FEWEST && f64::from(self.arrived) >= ARRIVES * f64::from(self.sent);
        // Packets that were kept somewhere and came all at once show nothing either.
        if !enough || span < length / 2 {
            return None;
        }
        let found = (self.arrived_bytes - u64::from(size)) as f64 * 8e6 / span as f64;
        Some(if found >= CARRIED * self.rate {
            self.rate
        } else {
            MARGIN * found
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A probe of an estimate of 300 kbit/s over a line of `capacity` bit/s. Returns what it shows, and
    /// when it was over.
    fn probe(prober: &mut Prober, from: i64, capacity: f64, jam: bool) -> (Option<f64>, i64) {
        let mut next = 100;
        prober.begin(from, next, 300_000.0, 5e6);
        let mut free = from;
        while let Some(now) = prober.due() {
            let mut owed = prober.owed(now, next);
            while owed > 0 {
                prober.sent(300);
                free = free.max(now) + (300.0 * 8e6 / capacity) as i64;
                let arrival = if jam { from + 1_000_000 } else { free };
                prober.arrived(next, arrival, 300);
                owed = owed.saturating_sub(300);
                next += 1;
            }
        }
        let now = free + 100_000;
        (prober.judge(now, next, 300_000.0), now)
    }

    #[test]
    fn a_line_that_carries_it_is_tried_again_at_once() {
        let mut prober = Prober::default();
        let (carried, now) = probe(&mut prober, 0, 10e6, false);
        assert_eq!(carried, Some(600_000.0));
        prober.begin(now, 500, 600_000.0, 5e6);
        assert!(prober.is_on());
    }

    #[test]
    fn a_line_that_carries_less_is_measured() {
        let (carried, _) = probe(&mut Prober::default(), 0, 450_000.0, false);
        let carried = carried.expect("more than 300 kbit/s");
        assert!((400_000.0..450_000.0).contains(&carried), "{carried}");
    }

    #[test]
    fn one_that_found_nothing_is_repeated_later_and_is_smaller() {
        let mut prober = Prober::default();
        let (mut at, mut rates) = (0, vec![]);
        for pause in [1, 2, 4, 5, 5] {
            let (carried, now) = probe(&mut prober, at, 250_000.0, false);
            assert_eq!(carried, None);
            at = now + pause * 1_000_000;
            prober.begin(at - 1, 100, 300_000.0, 5e6);
            assert!(!prober.is_on(), "not before {pause} s are over");
            prober.begin(at, 100, 300_000.0, 5e6);
            rates.push(prober.cluster.take().expect("begun").rate);
        }
        assert_eq!(rates, [390_000.0; 5]);
    }

    #[test]
    fn what_comes_all_at_once_or_not_at_all_shows_nothing() {
        let mut prober = Prober::default();
        assert_eq!(probe(&mut prober, 0, 10e6, true).0, None);
        let mut prober = Prober::default();
        prober.begin(0, 7, 300_000.0, 5e6);
        assert!(prober.owed(0, 7) > 0);
        assert_eq!(prober.judge(GIVE_UP - 1, 8, 300_000.0), None);
        assert!(prober.is_on());
        assert_eq!(prober.judge(GIVE_UP, 8, 300_000.0), None);
        assert!(!prober.is_on());
    }

    #[test]
    fn what_goes_out_anyhow_needs_no_padding() {
        let mut prober = Prober::default();
        prober.begin(0, 0, 300_000.0, 5e6);
        for tick in 0..12 {
            prober.sent(400);
            assert_eq!(prober.owed(tick * TICK, 0), 0);
        }
        assert_eq!(prober.owed(12 * TICK, 12), 0);
        assert_eq!(prober.due(), None, "it is over");
    }
}
