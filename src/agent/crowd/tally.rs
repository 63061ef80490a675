//! The crowd's figures, as they grow and at the end.

use crate::{Media, State, report::share};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// What all devices have told so far.
pub(super) struct Tally(Mutex<Inner>);

struct Inner {
    started: Instant,
    cpu_at_start: Option<Duration>,
    devices: Vec<Book>,
    /// Milliseconds from the opening of the WebSocket to connected media, of every join.
    join_ms: Vec<u32>,
    reconnects: u64,
    waits: u64,
    reasons: BTreeMap<String, u64>,
    last_line: (Instant, Received),
}

/// What is known of one device.
#[derive(Default)]
struct Book {
    joined: bool,
    failed: bool,
    /// Of connections that are over.
    before: Received,
    /// The connection that is open, or was last.
    now: Option<watch::Receiver<State>>,
}

/// What a device received.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Received {
    packets: u64,
    bytes: u64,
    lost: u64,
    expected: u64,
    frames: u64,
    key_frames: u64,
}

/// The end of a crowd.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Summary {
    /// Devices that were asked for.
    pub(super) devices: usize,
    /// Devices that had media at least once.
    pub(super) joined: usize,
    /// Devices that were given up.
    pub(super) failed: usize,
    /// Reasons of failures, also of those after which another attempt went well.
    pub(super) reasons: BTreeMap<String, u64>,
    /// From the opening of the WebSocket to connected media, over all joins.
    pub(super) join_p50_ms: Option<u32>,
    pub(super) join_p99_ms: Option<u32>,
    /// Connections that broke off and were made again.
    pub(super) reconnects: u64,
    /// How often the server asked a device to wait.
    pub(super) waits: u64,
    pub(super) seconds: f64,
    pub(super) packets: u64,
    pub(super) packets_per_second: f64,
    /// RTP payload.
    pub(super) bytes: u64,
    pub(super) kbps: f64,
    pub(super) lost: u64,
    /// Share of all packets, 0 to 1.
    pub(super) loss: f64,
    pub(super) frames: u64,
    pub(super) key_frames: u64,
    /// Devices that had a whole key frame: a decoder would show a picture.
    pub(super) with_picture: usize,
    /// Cores that this process kept busy; none: the system does not say.
    pub(super) cores: Option<f64>,
}

impl Tally {
    pub(super) fn new(devices: usize) -> Self {
        let started = Instant::now();
        Self(Mutex::new(Inner {
            started,
            cpu_at_start: cpu_time(),
            devices: std::iter::repeat_with(Book::default)
                .take(devices)
                .collect(),
            join_ms: Vec::new(),
            reconnects: 0,
            waits: 0,
            reasons: BTreeMap::new(),
            last_line: (started, Received::default()),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A device has media.
    pub(super) fn joined(&self, number: usize, state: watch::Receiver<State>) {
        let mut inner = self.lock();
        if let Media::Connected { after } = state.borrow().media {
            let after = u32::try_from(after.as_millis()).unwrap_or(u32::MAX);
            inner.join_ms.push(after);
        }
        let book = &mut inner.devices[number];
        let again = book.joined;
        book.joined = true;
        book.now = Some(state);
        inner.reconnects += u64::from(again);
    }

    /// A device lost its connection and will try again.
    pub(super) fn cut_off(&self, number: usize) {
        let mut inner = self.lock();
        let book = &mut inner.devices[number];
        if let Some(state) = book.now.take() {
            book.before += Received::of(&state.borrow());
        }
        inner.count("the connection broke off".to_owned());
    }

    /// An attempt failed; another follows.
    pub(super) fn attempt_failed(&self, reason: String) {
        self.lock().count(reason);
    }

    /// The server asked a device to wait.
    pub(super) fn waited(&self) {
        self.lock().waits += 1;
    }

    /// A device was given up.
    pub(super) fn failed(&self, number: usize, reason: String) {
        let mut inner = self.lock();
        inner.devices[number].failed = true;
        inner.count(reason);
    }

    /// The figures since the last line.
    pub(super) fn line(&self, now: Instant) -> String {
        let mut inner = self.lock();
        let all = inner.received();
        let (last_at, last) = std::mem::replace(&mut inner.last_line, (now, all));
        let seconds = now.duration_since(last_at).as_secs_f64().max(0.001);
        let per_second = |all: u64, last: u64| float(all.saturating_sub(last)) / seconds;
        let packets = per_second(all.packets, last.packets);
        let kbps = per_second(all.bytes, last.bytes) * 8.0 / 1000.0;
        let lost = all.lost.saturating_sub(last.lost);
        let linked = inner.devices.iter().filter(|book| book.is_linked()).count();
        format!(
            "{:5.0} s  {linked} of {} in, {} failed, {packets:.0} packets/s, {kbps:.0} kbit/s, {lost} lost, \
             {} reconnects",
            now.duration_since(inner.started).as_secs_f64(),
            inner.devices.len(),
            inner.devices.iter().filter(|book| book.failed).count(),
            inner.reconnects,
        )
    }

    /// The figures of the whole time.
    pub(super) fn summary(&self) -> Summary {
        let mut inner = self.lock();
        let all = inner.received();
        let seconds = inner.started.elapsed().as_secs_f64().max(0.001);
        inner.join_ms.sort_unstable();
        let cpu = cpu_time().zip(inner.cpu_at_start);
        Summary {
            devices: inner.devices.len(),
            joined: inner.devices.iter().filter(|book| book.joined).count(),
            failed: inner.devices.iter().filter(|book| book.failed).count(),
            reasons: inner.reasons.clone(),
            join_p50_ms: percentile(&inner.join_ms, 50),
            join_p99_ms: percentile(&inner.join_ms, 99),
            reconnects: inner.reconnects,
            waits: inner.waits,
            seconds: tenth(seconds),
            packets: all.packets,
            packets_per_second: tenth(float(all.packets) / seconds),
            bytes: all.bytes,
            kbps: tenth(float(all.bytes) * 8.0 / 1000.0 / seconds),
            lost: all.lost,
            loss: share(all.lost, all.expected).unwrap_or(0.0),
            frames: all.frames,
            key_frames: all.key_frames,
            with_picture: inner
                .devices
                .iter()
                .filter(|book| book.received().key_frames > 0)
                .count(),
            cores: cpu.map(|(now, start)| {
                let busy = now.saturating_sub(start).as_secs_f64();
                (busy / seconds * 100.0).round() / 100.0
            }),
        }
    }
}

impl Inner {
    fn count(&mut self, reason: String) {
        *self.reasons.entry(reason).or_default() += 1;
    }

    fn received(&self) -> Received {
        let mut all = Received::default();
        for book in &self.devices {
            all += book.received();
        }
        all
    }
}

impl Book {
    fn received(&self) -> Received {
        let mut all = self.before;
        if let Some(state) = &self.now {
            all += Received::of(&state.borrow());
        }
        all
    }

    fn is_linked(&self) -> bool {
        let linked = |state: &watch::Receiver<State>| state.borrow().linked;
        self.now.as_ref().is_some_and(linked)
    }
}

impl Received {
    fn of(state: &State) -> Self {
        let mut all = Self::default();
        for slot in &state.slots {
            all.lost += slot.lost();
            all.expected += slot.expected();
            for row in slot.received() {
                all.packets += row.packets;
                all.bytes += row.bytes;
                if !slot.info.kind.is_audio() {
                    all.frames += row.frames;
                    all.key_frames += row.key_frames;
                }
            }
        }
        all
    }
}

impl std::ops::AddAssign for Received {
    fn add_assign(&mut self, other: Self) {
        self.packets += other.packets;
        self.bytes += other.bytes;
        self.lost += other.lost;
        self.expected += other.expected;
        self.frames += other.frames;
        self.key_frames += other.key_frames;
    }
}

/// The value below or at which so many percent of the sorted values are (nearest rank).
fn percentile(sorted: &[u32], percent: usize) -> Option<u32> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

#[allow(clippy::cast_precision_loss, reason = "counts of an hour at most")]
fn float(count: u64) -> f64 {
    count as f64
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// The processor time of this process (proc(5): fields 14 and 15, in hundredths of a second).
fn cpu_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the name, which may have blanks and brackets in it.
    let fields = text.rsplit_once(')')?.1.split_whitespace();
    let ticks: u64 = fields
        .skip(11)
        .take(2)
        .map(|field| field.parse::<u64>().ok())
        .sum::<Option<u64>>()?;
    Some(Duration::from_millis(ticks * 10))
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            devices,
            joined,
            failed,
            ..
        } = self;
        writeln!(
            f,
            "{joined} of {devices} devices joined, {failed} were given up."
        )?;
        for (reason, count) in &self.reasons {
            writeln!(f, "    {count} x {reason}")?;
        }
        if let (Some(p50), Some(p99)) = (self.join_p50_ms, self.join_p99_ms) {
            writeln!(f, "Joining took {p50} ms (median), {p99} ms (99 of 100).")?;
        }
        writeln!(
            f,
            "In {} s they received {} packets ({}/s) and {} bytes ({} kbit/s); {} were lost ({:.2} %).",
            self.seconds,
            self.packets,
            self.packets_per_second,
            self.bytes,
            self.kbps,
            self.lost,
            self.loss * 100.0
        )?;
        writeln!(
            f,
            "Pictures: {} frames, {} of them key frames; {} of {devices} devices could show one.",
            self.frames, self.key_frames, self.with_picture
        )?;
        writeln!(
            f,
            "Reconnects: {}. The server asked to wait {} times.",
            self.reconnects, self.waits
        )?;
        if let Some(cores) = self.cores {
            writeln!(f, "This process kept {cores} cores busy.")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_seen() {
        let values: Vec<u32> = (1..=200).collect();
        assert_eq!(percentile(&values, 50), Some(100));
        assert_eq!(percentile(&values, 99), Some(198));
        assert_eq!(percentile(&[7], 99), Some(7));
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn failures_are_counted_by_reason() {
        let tally = Tally::new(3);
        tally.failed(0, "wrong-code".to_owned());
        tally.failed(2, "wrong-code".to_owned());
        tally.waited();
        let summary = tally.summary();
        assert_eq!((summary.devices, summary.joined, summary.failed), (3, 0, 2));
        assert_eq!(summary.reasons["wrong-code"], 2);
        assert_eq!(summary.waits, 1);
        let words = summary.to_string();
        assert!(
            words.contains("0 of 3 devices joined, 2 were given up."),
            "{words}"
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_processor_time_of_this_process_is_read() {
        let start = cpu_time().unwrap();
        let mut sum = 0_u64;
        while cpu_time().unwrap() == start {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(cpu_time().unwrap() > start);
    }
}
