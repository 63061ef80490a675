//! What a tenth that is lost each way leaves of picture and sound. No clock and no socket has a part in
//! it: every run on any machine says the same.

use super::{BenchError, Figure, figure};
use crate::lossy::{Outcome, Script, play};
use std::time::Duration;

const LENGTH: Duration = Duration::from_secs(60);
const SEEDS: u64 = 4;
/// Of each of the two lines.
const ROUND_TRIPS: [Duration; 2] = [Duration::from_millis(40), Duration::from_millis(120)];

/// Plays a source and a receiver behind lines that lose a tenth of all packets each way, a minute of
/// virtual time for each seed. The figures are those of the line on which they are worse.
///
/// # Errors
/// [`BenchError::Lossy`].
pub fn run_loss() -> Result<Vec<Figure>, BenchError> {
    let (mut frames, mut audio) = (100.0f64, 0.0f64);
    for round_trip in ROUND_TRIPS {
        let mut all = Outcome::default();
        for seed in 1..=SEEDS {
            let script = Script {
                seed,
                round_trip,
                loss_percent: 10,
                length: LENGTH,
                repairs_sound: true,
            };
            all.add(&play(&script).map_err(BenchError::Lossy)?);
        }
        eprintln!(
            "a tenth lost each way, {} ms there and back on each line: {:.2} % of the frames in time, \
             {:.2} % of the sound missing",
            round_trip.as_millis(),
            all.frames_percent(),
            all.missing_percent()
        );
        frames = frames.min(all.frames_percent());
        audio = audio.max(all.missing_percent());
    }
    Ok(vec![
        figure("loss_10_frames", frames, "%"),
        figure("loss_10_audio", audio, "%"),
    ])
}
