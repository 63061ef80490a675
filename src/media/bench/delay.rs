//! How long a packet is under way: from the source's `sendto` to the kernel's stamp on each copy at
//! its receiver, all of it on the server's core but the first step.
//!
//! The rate follows from the time that the sending thread uses just before, so that it is at [`LOAD`] of its
//! core whatever the machine is like today; a run in which it was not is void. The machine's floor does the same work in the same run,
//! in turn with the media plane and in short runs, so that both meet the same machine: what both have is
//! not the media plane's. Both have their core for
//! themselves where the system allows it: what builds and browsers beside the bench do to a thread is
//! said, and is not what is measured. What the machine below takes away (steal) is said too.

use super::{
    BenchError, Figure, Options,
    clocks::{self, Clocks, Reading},
    field::{Field, To},
    figure,
    floor::Floor,
    rounds::{Kind, Pace, median},
    wire::Server,
};
use crate::shard::Turns;
use std::time::{Duration, Instant};

/// Share of one core that the sending thread uses …
const LOAD: f64 = 0.7;
/// … and how far off a run may be.
const TOLERANCE: f64 = 0.1;
/// Runs of each of the two; all of their samples count.
const TURNS: usize = 10;
/// Length of a run, after …
const RUN: Duration = Duration::from_secs(1);
/// … so long to find the rate, where it is not known at all, …
const SEARCH: Duration = Duration::from_millis(1500);
/// … and where it was found in the run before.
const WARM_UP: Duration = Duration::from_millis(500);
/// The rate is found at this share of the load, where nothing queues: copies of packets that queued leave
/// together and cost less, so that a rate found with a queue would make a longer one.
const FOUND_AT: f64 = 0.5;
/// The rate is corrected this often.
const STEP: Duration = Duration::from_millis(250);
/// Where the search for the rate begins, in packets a second.
const FIRST_RATE: f64 = 300.0;
/// A void run is repeated so many times.
const TRIES: usize = 12;

/// The 99th percentiles of the media plane and of the machine's floor, in ms: of all samples, and that of
/// the run in the middle.
pub(super) fn measure(
    options: &Options,
    server: &mut Server,
    field: &mut Field,
) -> Result<Vec<Figure>, BenchError> {
    let clocks = server.clocks()?;
    clocks.keep_core();
    let (mut engine, mut floor) = (Sample::default(), Sample::default());
    let (mut engine_rate, mut floor_rate) = (FIRST_RATE, FIRST_RATE);
    let (mut engine_p99, mut floor_p99) = (vec![], vec![]);
    let mut longest = None;
    for turn in 0..TURNS {
        let warm_up = if turn == 0 { SEARCH } else { WARM_UP };
        let found = repeat(&mut engine_rate, |rate| {
            server.turns()?;
            let sample = run(field, To::Media, &clocks, rate, warm_up)?;
            let Turns { longest: found, .. } = server.turns()?;
            let lengths = [&longest, &found].map(|turn| turn.as_ref().map(|turn| turn.length));
            if lengths[0] < lengths[1] {
                longest = found;
            }
            Ok(sample)
        })?;
        engine_p99.push(found.percentile(99.0));
        engine.add(found);
        let found = repeat(&mut floor_rate, |rate| {
            let running = Floor::start(field.addresses()?, Kind::Camera)?;
            let to = To::Floor(running.address());
            let clocks = running.clocks()?;
            clocks.keep_core();
            let sample = run(field, to, &clocks, rate, warm_up)?;
            field.end_floor(running.address())?;
            running.stop()?;
            Ok(sample)
        })?;
        floor_p99.push(found.percentile(99.0));
        floor.add(found);
    }
    engine.tell("media plane", options.receivers);
    floor.tell("floor", options.receivers);
    if let Some(turn) = longest {
        eprintln!(
            "the longest turn of the media thread's loop took {:.2?}, {:.2?} of it on a core: {} datagrams \
             in, {} copies out; {:.2?}",
            turn.length, turn.ran, turn.datagrams, turn.copies, turn.parts,
        );
    }
    Ok(vec![
        figure("forward_delay_p99", engine.percentile(99.0), "ms"),
        figure("forward_delay_floor_p99", floor.percentile(99.0), "ms"),
        // One pause of the machine spoils one run; what is too slow spoils all.
        figure("forward_delay_p99_middle", median(engine_p99), "ms"),
        figure("forward_delay_floor_p99_middle", median(floor_p99), "ms"),
    ])
}

/// What one or more runs have found.
#[derive(Debug, Default)]
pub(super) struct Sample {
    /// Nanoseconds, ascending.
    delays: Vec<u64>,
    pub(super) clocks: Reading,
    pub(super) length: Duration,
    pub(super) sent: u64,
    /// What the machine below took away, of both cores.
    stolen: Duration,
}

impl Sample {
    pub(super) fn add(&mut self, other: Self) {
        self.delays.extend(other.delays);
        self.delays.sort_unstable();
        self.clocks.ran += other.clocks.ran;
        self.clocks.waited += other.clocks.waited;
        self.length += other.length;
        self.sent += other.sent;
        self.stolen += other.stolen;
    }

    /// What was found between two readings of the clocks.
    pub(super) fn new(mut delays: Vec<u64>, clocks: Reading, length: Duration, sent: u64) -> Self {
        delays.sort_unstable();
        Self {
            delays,
            clocks,
            length,
            sent,
            stolen: Duration::ZERO,
        }
    }

    /// Milliseconds that `percent` of the delays do not exceed; NaN without any.
    pub(super) fn percentile(&self, percent: f64) -> f64 {
        let rank = (self.delays.len() as f64 * percent / 100.0).ceil() as usize;
        let delay = self.delays.get(rank.saturating_sub(1));
        delay.map_or(f64::NAN, |delay| *delay as f64 / 1e6)
    }

    fn share(&self, time: Duration) -> f64 {
        time.as_secs_f64() / self.length.as_secs_f64()
    }

    /// Share of a core.
    pub(super) fn load(&self) -> f64 {
        self.share(self.clocks.ran)
    }

    fn tell(&self, what: &str, receivers: usize) {
        eprintln!(
            "delay of the {what}: p50 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms, longest {:.2} ms of {} \
             samples; {:.0} packets per second to {receivers} receivers, {:.1} % of a core, which \
             something else had for {:.2} % of the time; steal of both cores {:.2} %",
            self.percentile(50.0),
            self.percentile(99.0),
            self.percentile(99.9),
            self.percentile(100.0),
            self.delays.len(),
            self.sent as f64 / self.length.as_secs_f64(),
            100.0 * self.load(),
            100.0 * self.share(self.clocks.waited),
            100.0 * self.share(self.stolen),
        );
    }
}

/// Repeats `run` until its load was what it should be and nothing was dropped.
fn repeat(
    rate: &mut f64,
    mut run: impl FnMut(&mut f64) -> Result<Option<Sample>, BenchError>,
) -> Result<Sample, BenchError> {
    for _ in 0..TRIES {
        match run(rate)? {
            Some(sample) if (sample.load() - LOAD).abs() <= TOLERANCE => return Ok(sample),
            Some(sample) => eprintln!("a run at {:.0} % is void", 100.0 * sample.load()),
            None => {}
        }
    }
    Err(BenchError::Unsteady(100.0 * LOAD))
}

/// One run; none if a packet was dropped. `rate` is where the search begins and where it ended, which is a
/// part of the rate of the run.
fn run(
    field: &mut Field,
    to: To,
    clocks: &Clocks,
    rate: &mut f64,
    warm_up: Duration,
) -> Result<Option<Sample>, BenchError> {
    field.refresh()?;
    let mut pace = Pace::new(*rate);
    let how = (LOAD * FOUND_AT, warm_up);
    let mut sent = steer(field, to, &mut pace, clocks, rate, how)?;
    pace.set_rate(*rate / FOUND_AT);
    field.take_delays();
    let (begun, before, stolen) = (Instant::now(), clocks.read()?, clocks::stolen()?);
    let measured = field.go_on(Kind::Camera, to, &mut pace, RUN)?;
    let (length, ran) = (begun.elapsed(), clocks.read()? - before);
    let stolen = clocks::stolen()?.saturating_sub(stolen);
    sent += measured;
    let lost = match to {
        To::Media => field.settle_lost(Kind::Camera, sent)?,
        To::Floor(_) => field.settle_floor_lost(sent)?,
    };
    if lost > 0 {
        eprintln!("{lost} copies of {sent} packets were dropped: the run is void");
        return Ok(None);
    }
    let delays = field.take_delays();
    Ok(Some(Sample {
        stolen,
        ..Sample::new(delays, ran, length, measured)
    }))
}

/// Sends for a while, and corrects the rate by what the thread used since the last time, so that it
/// comes to `load` of a core. Returns how many packets it sent.
pub(super) fn steer(
    field: &mut Field,
    to: To,
    pace: &mut Pace,
    clocks: &Clocks,
    rate: &mut f64,
    (load, length): (f64, Duration),
) -> Result<u64, BenchError> {
    let end = Instant::now() + length;
    let mut sent = 0;
    while Instant::now() < end {
        let (begun, before) = (Instant::now(), clocks.read()?);
        sent += field.go_on(Kind::Camera, to, pace, STEP)?;
        let now = clocks.read()? - before;
        // Time in which something else had the core is not there to be used: a rate that was
        // raised to use it would only fill the queues.
        let used = (now.ran + now.waited).as_secs_f64() / begun.elapsed().as_secs_f64();
        // A step that was disturbed must not throw the rate far off.
        *rate *= (load / used.max(0.01)).clamp(0.8, 1.25);
        pace.set_rate(*rate);
    }
    Ok(sent)
}
