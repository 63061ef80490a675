//! Rounds of engine and floor, one after the other, so that both meet the same moods of the
//! machine.

use super::{BenchError, LOAD, Options, field::Field, floor::Floor, wire::Server};
use std::time::{Duration, Instant};

/// A round is repeated so many times when packets are dropped, each time slower.
const TRIES: usize = 4;
/// How much slower.
const SLOWER: f64 = 0.75;
/// Rate of the first, short rounds that find the cost from which the others' rate follows.
const TRIAL_RATE: f64 = 200.0;

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// VP8 with 1,200 B of payload.
    Camera,
    /// Opus with 120 B of payload.
    Microphone,
}

impl Kind {
    /// Bytes of payload.
    pub(super) fn payload_len(self) -> usize {
        match self {
            Self::Camera => 1200,
            Self::Microphone => 120,
        }
    }
}

/// What the source does in a round.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    pub(super) kind: Kind,
    /// Packets a second.
    pub(super) rate: f64,
    pub(super) length: Duration,
}

/// The times of a source's packets.
#[derive(Debug)]
pub(super) struct Pace {
    interval: Duration,
    due: Option<Instant>,
}

impl Pace {
    /// `rate` packets a second, from now on.
    pub(super) fn new(rate: f64) -> Self {
        Self {
            interval: Duration::from_secs_f64(1.0 / rate),
            due: None,
        }
    }

    /// Goes on with another rate.
    pub(super) fn set_rate(&mut self, rate: f64) {
        self.interval = Duration::from_secs_f64(1.0 / rate);
    }

    /// Whether a packet is due, and whether it is the first one. One that was late is not made up
    /// for: two packets in a row would be a delay of the source's making.
    pub(super) fn step(&mut self, now: Instant) -> Option<bool> {
        if self.due.is_some_and(|due| now < due) {
            return None;
        }
        Some(self.due.replace(now + self.interval).is_none())
    }
}

/// Processor time per forwarded packet, in nanoseconds.
pub(super) struct Compared {
    pub(super) engine: f64,
    pub(super) floor: f64,
    /// The median of the rounds' ratios.
    pub(super) ratio: f64,
}

/// The rate at which forwarding to `receivers` for `cost` nanoseconds each takes `share` of a core.
pub(super) fn rate(cost: f64, receivers: usize, share: f64) -> f64 {
    share * 1e9 / (cost * receivers as f64)
}

/// Measures engine and floor in turn.
pub(super) fn compare(
    options: &Options,
    server: &mut Server,
    field: &mut Field,
    kind: Kind,
) -> Result<Compared, BenchError> {
    let trial = Load {
        kind,
        rate: TRIAL_RATE,
        length: Duration::from_secs(1),
    };
    let (cost, _) = forwarded(server, field, trial)?;
    let mut load = Load {
        kind,
        rate: rate(cost, options.receivers, LOAD),
        length: options.round,
    };
    let (mut engine, mut floor, mut ratios) = (vec![], vec![], vec![]);
    for _ in 0..options.rounds.max(1) {
        let (cost, rate) = forwarded(server, field, load)?;
        load.rate = rate;
        let (bottom, rate) = undropped(load, |load| {
            let running = Floor::start(field.addresses()?, kind)?;
            let sent = field.flow_floor(&load, running.address())?;
            let whole = field.settle_floor(sent)?;
            field.end_floor(running.address())?;
            let (time, packets) = running.stop()?;
            Ok(whole.then_some(time as f64 / packets.max(1) as f64))
        })?;
        load.rate = rate;
        engine.push(cost);
        floor.push(bottom);
        ratios.push(cost / bottom);
    }
    Ok(Compared {
        engine: median(engine),
        floor: median(floor),
        ratio: median(ratios),
    })
}

/// One round of the engine: processor time per forwarded packet, and the rate at which nothing was
/// dropped.
pub(super) fn forwarded(
    server: &mut Server,
    field: &mut Field,
    load: Load,
) -> Result<(f64, f64), BenchError> {
    undropped(load, |load| {
        field.refresh()?;
        field.take_delays();
        // What the counters say is at most a quarter of a second old, and of one moment.
        let warm = Load {
            length: load.length / 4,
            ..load
        };
        let sent = field.flow_media(&warm)?;
        let (time, packets) = server.cost()?;
        let sent = sent + field.flow_media(&load)?;
        let (time_after, packets_after) = server.cost()?;
        let whole = field.settle_media(load.kind, sent)?;
        let forwarded = packets_after - packets;
        if forwarded == 0 {
            return Err(BenchError::Silent("the source"));
        }
        let cost = (time_after - time) as f64 / forwarded as f64;
        Ok(whole.then_some(cost))
    })
}

/// Repeats `round`, slower and slower, until nothing is dropped. Returns its result and its rate.
pub(super) fn undropped(
    mut load: Load,
    mut round: impl FnMut(Load) -> Result<Option<f64>, BenchError>,
) -> Result<(f64, f64), BenchError> {
    for _ in 0..TRIES {
        if let Some(result) = round(load)? {
            return Ok((result, load.rate));
        }
        eprintln!(
            "packets were dropped at {:.0} packets per second: the round is void",
            load.rate
        );
        load.rate *= SLOWER;
    }
    Err(BenchError::Dropped(load.rate))
}

/// The middle one.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
