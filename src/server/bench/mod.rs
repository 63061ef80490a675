//! The bench: every figure that the product must reach, one a line.
//!
//! A figure is a ratio against something in the same run, a count, or a time on the machine that it
//! runs on. The media part has a process of its own for the media plane
//! ([`diemcau_media::bench`]); in all the others the server and its agents share this process and
//! its cores, and so the agents' own work (on `webrtc`, with real DTLS and SRTP) is in every time
//! that is measured at them: a figure here is what the slower of the two allows, never less than
//! what the server takes. Loopback only; everything that is started is ended, and every part has a
//! limit.

mod append;
mod error;
mod floor_gate;
mod floor_switch;
mod join;
mod join_storm;
mod light;
mod replay;
mod signal_fanout;
mod statistics;
mod venue;
mod web_first_load;

pub use diemcau_media::bench::Figure;
pub use error::BenchError;

use diemcau_media::bench as media;
use serde_json::json;
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{runtime::Runtime, time::timeout};

/// No part takes longer.
const LIMIT: Duration = Duration::from_secs(100);
/// What tasks of a part may still take once it has its figures.
const FAREWELL: Duration = Duration::from_secs(2);

/// What to measure.
#[derive(Debug, Clone)]
pub struct Options {
    /// Names of figures; none: all.
    pub only: Vec<String>,
    /// A shell command that prints the time from a page's WebSocket to its first decoded frame as
    /// `join <ms> ms`; the variable `DIEMCAU` names this executable for it.
    pub join: Option<String>,
    /// A folder of the disk that the log will be on.
    pub data: PathBuf,
    /// Arguments with which this executable calls [`diemcau_media::bench::serve_media`]; `--bind=` and
    /// an address follow, and `--shards=` and a number.
    pub media_server: Vec<String>,
}

/// Figures that are measured together.
#[derive(Debug, Clone, Copy)]
enum Part {
    Media,
    Parts,
    ForwardDelay,
    Flood,
    Crowd,
    Shards,
    Janus,
    Loss,
    FloorGate,
    FloorSwitch,
    FloorGateTwoShards,
    FloorSwitchTwoShards,
    Join,
    JoinStorm,
    SignalFanout,
    Append,
    Replay,
    WebFirstLoad,
}

/// All parts and the names of their figures, in the order in which they are told.
const PARTS: [(Part, &[&str]); 18] = [
    (
        Part::Media,
        &[
            "forward_cost",
            "forward_cost_vs_floor",
            "forward_cost_small_vs_floor",
            "subscriber_memory",
            "gate_close",
        ],
    ),
    (
        Part::Parts,
        &[
            "seal_gcm",
            "seal_gcm_aws_lc",
            "seal_gcm_small",
            "seal_gcm_small_aws_lc",
            "seal_cm",
            "seal_cm_aws_lc",
            "seal_cm_small",
            "seal_cm_small_aws_lc",
            "send_batch_1",
            "send_batch_16",
            "send_batch_64",
            "send_batch_256",
            "send_2_to_one",
            "send_2_as_segments",
            "send_4_to_one",
            "send_4_as_segments",
            "receive_batch_16",
            "receive_batch_64",
        ],
    ),
    (
        Part::ForwardDelay,
        &[
            "forward_delay_p99",
            "forward_delay_floor_p99",
            "forward_delay_p99_middle",
            "forward_delay_floor_p99_middle",
        ],
    ),
    (
        Part::Flood,
        &[
            "flood_delay_ratio",
            "flood_delay_ratio_max",
            "flood_lost",
            "flood_memory",
            "forgery_cost",
        ],
    ),
    (
        Part::Crowd,
        &[
            "crowd_per_core",
            "crowd_served_per_core",
            "copies_together",
            "site_cost",
        ],
    ),
    (Part::Shards, &["crossing_cost", "forward_cost_two_shards"]),
    (Part::Janus, &["janus_cost_ratio", "janus_forward_cost"]),
    (
        Part::Loss,
        &[
            "loss_10_frames",
            "loss_10_audio",
            "loss_10_bursts_frames",
            "loss_10_bursts_audio",
        ],
    ),
    (Part::FloorGate, &["floor_gate", "floor_gate_control"]),
    (Part::FloorSwitch, &["floor_switch", "floor_switch_max"]),
    (
        Part::FloorGateTwoShards,
        &["floor_gate_two_shards", "floor_gate_two_shards_control"],
    ),
    (
        Part::FloorSwitchTwoShards,
        &["floor_switch_two_shards", "floor_switch_two_shards_max"],
    ),
    (Part::Join, &["join"]),
    (Part::JoinStorm, &["join_storm"]),
    (
        Part::SignalFanout,
        &[
            "signal_fanout_p99",
            "signal_fanout_last",
            "signal_answer_p99",
        ],
    ),
    (Part::Append, &["append_p99"]),
    (Part::Replay, &["replay"]),
    (Part::WebFirstLoad, &["web_first_load"]),
];

/// Measures, and writes each figure as `name value unit` on a line of `out` as soon as it is there.
/// A part that fails does not keep the others from being measured.
///
/// # Errors
/// A name that no figure has, or `out` fails; [`BenchError::Incomplete`] at the end when a part
/// failed, which is said on standard error at once.
pub fn run(options: &Options, out: &mut impl Write) -> Result<Vec<Figure>, BenchError> {
    let known = |name: &String| {
        PARTS
            .iter()
            .any(|(_, names)| names.contains(&name.as_str()))
    };
    if let Some(unknown) = options.only.iter().find(|name| !known(name)) {
        return Err(BenchError::UnknownFigure(unknown.clone()));
    }
    let wanted = |name: &str| options.only.is_empty() || options.only.iter().any(|n| n == name);
    let mut figures = Vec::new();
    let mut failed = Vec::new();
    for (part, names) in PARTS {
        if !names.iter().any(|name| wanted(name)) {
            continue;
        }
        match part.measure(options) {
            Ok(measured) => {
                for figure in measured.into_iter().filter(|figure| wanted(figure.name)) {
                    writeln!(out, "{} {:.2} {}", figure.name, figure.value, figure.unit)?;
                    figures.push(figure);
                }
            }
            Err(error) => {
                eprintln!("{}: {error}", names.join(", "));
                failed.extend(names.iter().copied().filter(|name| wanted(name)));
            }
        }
    }
    if failed.is_empty() {
        Ok(figures)
    } else {
        Err(BenchError::Incomplete { figures, failed })
    }
}

/// Writes figures as a JSON list of objects with name, value and unit.
///
/// # Errors
/// The file cannot be written.
pub fn write_json(path: &Path, figures: &[Figure]) -> io::Result<()> {
    let list: Vec<_> = figures
        .iter()
        .map(|figure| json!({"name": figure.name, "value": figure.value, "unit": figure.unit}))
        .collect();
    fs::write(path, format!("{:#}\n", json!(list)))
}

impl Part {
    fn measure(self, options: &Options) -> Result<Vec<Figure>, BenchError> {
        let data = options.data.as_path();
        match self {
            Self::Media => Ok(media::run(&media_options(options))?),
            Self::Parts => Ok(media::run_parts()?),
            Self::ForwardDelay => Ok(media::run_delay(&media_options(options))?),
            Self::Flood => Ok(media::run_flood(&media_options(options))?),
            Self::Crowd => Ok(media::run_crowd(&media_options(options))?),
            Self::Shards => Ok(media::run_shards(&media_options(options))?),
            Self::Janus => Ok(media::run_janus(&media_options(options))?),
            Self::Loss => Ok(media::run_loss()?),
            Self::FloorGate => in_time(floor_gate::measure(data)),
            Self::FloorSwitch => in_time(floor_switch::measure(data)),
            Self::FloorGateTwoShards => in_time(floor_gate::measure_two_shards(data)),
            Self::FloorSwitchTwoShards => in_time(floor_switch::measure_two_shards(data)),
            Self::Join => match &options.join {
                Some(command) => in_time(join::measure(command)),
                None => Err(BenchError::NoJoinCommand),
            },
            Self::JoinStorm => in_time(join_storm::measure(data)),
            Self::SignalFanout => in_time(signal_fanout::measure(data)),
            Self::Append => in_time(append::measure(data)),
            Self::Replay => in_time(replay::measure(data)),
            Self::WebFirstLoad => in_time(web_first_load::measure(data)),
        }
    }
}

fn media_options(options: &Options) -> media::Options {
    media::Options::new(options.media_server.clone())
}

/// Runs a part on a runtime of its own, so that nothing of one part is left while the next is
/// measured.
fn in_time(
    part: impl Future<Output = Result<Vec<Figure>, BenchError>>,
) -> Result<Vec<Figure>, BenchError> {
    let runtime = Runtime::new()?;
    let measured = runtime.block_on(async { timeout(LIMIT, part).await });
    runtime.shutdown_timeout(FAREWELL);
    measured.map_err(|_| BenchError::Late(LIMIT))?
}
