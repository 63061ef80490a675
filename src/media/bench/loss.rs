//! What a tenth that is lost each way leaves of picture and sound, one by one and in bursts. No clock and no
//! socket has a part in it: every run on any machine says the same.

use super::{BenchError, Figure, figure};
use crate::lossy::{BURST, Impairment, Outcome, Script, play};
use std::time::Duration;

const LENGTH: Duration = Duration::from_secs(60);
const SEEDS: u64 = 8;
/// Of each of the two lines.
const ROUND_TRIPS: [Duration; 2] = [Duration::from_millis(40), Duration::from_millis(120)];

/// Plays a source and a receiver behind lines that lose a tenth of all packets each way, a minute of
/// virtual time for each seed. The figures are those of the line on which they are worse.
///
/// # Errors
/// [`BenchError::Lossy`].
pub fn run_loss() -> Result<Vec<Figure>, BenchError> {
    let (frames, audio) = worst(None)?;
    let (bursts_frames, bursts_audio) = worst(Some(BURST))?;
    Ok(vec![
        figure("loss_10_frames", frames, "%"),
        figure("loss_10_audio", audio, "%"),
        figure("loss_10_bursts_frames", bursts_frames, "%"),
        figure("loss_10_bursts_audio", bursts_audio, "%"),
    ])
}

/// The frames in time and the sound that is missing, in percent.
fn worst(burst: Option<u64>) -> Result<(f64, f64), BenchError> {
    let (mut frames, mut audio) = (100.0f64, 0.0f64);
    for round_trip in ROUND_TRIPS {
        let mut all = Outcome::default();
        for seed in 1..=SEEDS {
            let script = Script {
                seed,
                round_trip,
                line: Impairment {
                    loss_percent: 10,
                    burst,
                    ..Impairment::default()
                },
                length: LENGTH,
                repairs_sound: true,
            };
            all.add(&play(&script).map_err(BenchError::Lossy)?);
        }
        eprintln!(
            "a tenth lost each way, {}, {} ms there and back on each line: {:.2} % of the frames in time, \
             {:.2} % of the sound missing",
            burst.map_or_else(
                || "one by one".to_owned(),
                |burst| format!("{burst} in a row on average")
            ),
            round_trip.as_millis(),
            all.frames_percent(),
            all.missing_percent()
        );
        frames = frames.min(all.frames_percent());
        audio = audio.max(all.missing_percent());
    }
    Ok((frames, audio))
}
