//! The media part of the bench: what forwarding costs beside the machine's floor, how long it
//! takes, what a receiver weighs, and how fast the gate closes.
//!
//! The media plane runs in a process of its own on the first core; source and receivers stand on
//! the second one. Handshakes are real; after them the receivers only count and authenticate one
//! packet in [`SAMPLE`].

mod clocks;
mod crowd;
mod delay;
mod field;
mod flood;
mod floor;
mod janus;
mod loss;
mod parts;
mod receiver;
mod rounds;
mod serve;
mod shards;
mod sites;
mod source;
mod system;
mod wire;

pub use janus::run_janus;
pub use loss::run_loss;
pub use serve::serve_media;

use crate::{far_end, shard};
use field::Field;
use rounds::{Kind, Load};
use std::{io, time::Duration};
use wire::Server;

/// One packet in so many is authenticated by the receivers.
const SAMPLE: u64 = 64;
/// Receivers that are there before memory is measured: what is made once is made by then.
const EARLY: usize = 8;
/// The gate is opened and closed so many times.
const GATES: usize = 10;
/// Share of one core at which costs are measured.
const LOAD: f64 = 0.5;
/// Shortest useful round.
const SHORT: Duration = Duration::from_millis(400);

/// A measured figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Its fixed name.
    pub name: &'static str,
    /// Its value in `unit`.
    pub value: f64,
    /// `ns`, `ratio`, `ms`, `kB`, `%`, `receivers` or `us/s`.
    pub unit: &'static str,
}

/// How to measure.
#[derive(Debug, Clone)]
pub struct Options {
    /// Arguments with which this executable calls [`serve_media`] and nothing else; `--bind=` and an
    /// address follow, and `--shards=` and a number.
    pub child: Vec<String>,
    /// Receivers of the one source.
    pub receivers: usize,
    /// Rounds of engine and floor for each packet size; the median counts.
    pub rounds: usize,
    /// Length of a round.
    pub round: Duration,
}

impl Options {
    /// 200 receivers, five rounds of a second and a half: about fifty seconds.
    #[must_use]
    pub fn new(child: Vec<String>) -> Self {
        Self {
            child,
            receivers: 200,
            rounds: 5,
            round: Duration::from_millis(1500),
        }
    }
}

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A system call failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The process with the media plane ended or said something else than was asked.
    #[error("the media process did not answer: {0}")]
    Server(String),
    /// No certificate could be made.
    #[error("{0}")]
    Identity(String),
    /// A client was not connected in time.
    #[error("client {0} was not connected")]
    NotConnected(u64),
    /// The load was never what it should be.
    #[error("no run was at {0:.0} % of a core without a loss")]
    Unsteady(f64),
    /// Packets were lost at every rate that was tried.
    #[error("packets were dropped in every round, down to {0:.0} packets per second")]
    Dropped(f64),
    /// Janus did not do its part.
    #[error("Janus: {0}")]
    Janus(String),
    /// The lines that lose packets could not be played.
    #[error("{0}")]
    Lossy(String),
    /// What came out of the media plane was not what it should have sealed.
    #[error("{0} packets were not authentic")]
    NotAuthentic(u64),
    /// Nothing came where something should have.
    #[error("no packet came through: {0}")]
    Silent(&'static str),
}

impl From<far_end::NoIdentity> for BenchError {
    fn from(error: far_end::NoIdentity) -> Self {
        Self::Identity(error.to_string())
    }
}

/// Measures what forwarding costs, what a receiver weighs and how fast the gate closes. Blocks for
/// about fifty seconds with the default options; a round in which a packet was dropped is repeated
/// at a lower rate, which is said on standard error.
///
/// # Errors
/// See [`BenchError`].
pub fn run(options: &Options) -> Result<Vec<Figure>, BenchError> {
    on_far_core(|| costs(options))
}

/// Measures how long a packet is under way. Blocks for about half a minute; a run whose load was
/// not what it should be is repeated, which is said on standard error.
///
/// # Errors
/// See [`BenchError`].
pub fn run_delay(options: &Options) -> Result<Vec<Figure>, BenchError> {
    on_far_core(|| {
        let mut server = Server::start(&options.child)?;
        let mut field = Field::new(&mut server)?;
        admit(options, &mut server, &mut field)?;
        field.stamp_arrivals()?;
        delay::measure(options, &mut server, &mut field)
    })
}

/// Measures what forgeries do to a conference that is forwarded. Blocks for about half a minute.
///
/// # Errors
/// See [`BenchError`]; a forgery that is not counted by its name is one.
pub fn run_flood(options: &Options) -> Result<Vec<Figure>, BenchError> {
    on_far_core(|| {
        let mut server = Server::start(&options.child)?;
        let mut field = Field::new(&mut server)?;
        admit(options, &mut server, &mut field)?;
        field.stamp_arrivals()?;
        flood::measure(&mut server, &mut field)
    })
}

/// Measures how many receivers one core carries, and what a site of a large conference takes. Blocks
/// for about a minute and a half.
///
/// # Errors
/// See [`BenchError`].
pub fn run_crowd(options: &Options) -> Result<Vec<Figure>, BenchError> {
    on_far_core(|| {
        let mut server = Server::start(&options.child)?;
        let mut field = Field::new(&mut server)?;
        let mut figures = crowd::measure(&mut server, &mut field)?;
        drop((server, field));
        let mut server = Server::start(&options.child)?;
        figures.extend(sites::measure(&mut server)?);
        Ok(figures)
    })
}

/// Measures what it costs that a conference is on two shards. Blocks for about half a minute.
///
/// # Errors
/// See [`BenchError`].
pub fn run_shards(options: &Options) -> Result<Vec<Figure>, BenchError> {
    on_far_core(|| shards::measure(options))
}

/// Measures what the parts of a copy cost by themselves: ciphers and system calls. Blocks for a few
/// seconds.
///
/// # Errors
/// See [`BenchError`]; datagrams that do not come over loopback are one.
pub fn run_parts() -> Result<Vec<Figure>, BenchError> {
    on_far_core(parts::measure)
}

/// Runs `measure` on a thread of its own: it stays on its core, the caller does not.
fn on_far_core<T: Send>(measure: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let pinned = || {
            system::pin(system::FAR_ENDS);
            // What measures must not wait for what else runs on the machine.
            shard::go_first();
            measure()
        };
        let measured = scope.spawn(pinned).join();
        measured.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn costs(options: &Options) -> Result<Vec<Figure>, BenchError> {
    let mut server = Server::start(&options.child)?;
    let mut field = Field::new(&mut server)?;
    let memory = admit(options, &mut server, &mut field)?;

    let video = rounds::compare(options, &mut server, &mut field, Kind::Camera)?;
    server.plan(false, true, options.receivers)?;
    let sound = rounds::compare(options, &mut server, &mut field, Kind::Microphone)?;
    field.stamp_arrivals()?;
    let gate = gate_close(options, &mut server, &mut field, sound.engine)?;
    eprintln!(
        "floor of this machine: {:.0} ns for 1,200 B, {:.0} ns for 120 B; \
         forwarding: {:.0} ns, {:.0} ns",
        video.floor, sound.floor, video.engine, sound.engine
    );

    Ok(vec![
        figure("forward_cost", video.engine, "ns"),
        figure("forward_cost_vs_floor", video.ratio, "ratio"),
        figure("forward_cost_small_vs_floor", sound.ratio, "ratio"),
        figure("subscriber_memory", memory, "kB"),
        figure("gate_close", gate, "ms"),
    ])
}

fn figure(name: &'static str, value: f64, unit: &'static str) -> Figure {
    Figure { name, value, unit }
}

/// Lets the source and all receivers in. Returns the growth of the server's memory per receiver.
fn admit(options: &Options, server: &mut Server, field: &mut Field) -> Result<f64, BenchError> {
    let early = EARLY.min(options.receivers / 2);
    let mut join = |field: &mut Field, from: usize, to: usize| -> Result<u64, BenchError> {
        for _ in from..to {
            field.join(server)?;
        }
        server.plan(true, false, to)?;
        let load = Load {
            kind: Kind::Camera,
            rate: 100.0,
            length: SHORT,
        };
        field.flow_media(&load)?;
        field.settle_quiet()?;
        server.resident_kilobytes()
    };
    let before = join(field, 0, early)?;
    let after = join(field, early, options.receivers)?;
    let joined = (options.receivers - early).max(1);
    Ok(after.saturating_sub(before) as f64 / joined as f64)
}

/// The longest time from a plan without the microphone to the microphone's last packet at any
/// receiver, in ms, while it keeps half a core busy.
fn gate_close(
    options: &Options,
    server: &mut Server,
    field: &mut Field,
    cost: f64,
) -> Result<f64, BenchError> {
    let load = Load {
        kind: Kind::Microphone,
        rate: rounds::rate(cost, options.receivers, LOAD),
        length: SHORT / 4,
    };
    let mut longest = 0;
    for _ in 0..GATES {
        server.plan(false, true, options.receivers)?;
        let before = field.received(Kind::Microphone);
        field.flow_media(&load)?;
        if field.received(Kind::Microphone) == before {
            return Err(BenchError::Silent("the microphone"));
        }
        server.ask_plan(false, false, options.receivers)?;
        field.flow_media(&load)?;
        let closed = server.planned()?;
        field.settle_quiet()?;
        longest = longest.max(field.last_arrival(Kind::Microphone).saturating_sub(closed));
    }
    Ok(longest as f64 / 1e6)
}
