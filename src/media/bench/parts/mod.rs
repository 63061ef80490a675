//! What the parts of a copy cost by themselves, so that a cipher, a size of batch and a way of sending
//! are chosen by figures: sealing with what the product uses and with what else is at hand, and the
//! system calls in batches of several sizes and with segments (`UDP_SEGMENT`).
//!
//! All parts are measured in turn, round by round, so that each meets the same moods of the machine;
//! the median counts. Processor time of this thread, which stands on the server's core.

mod calls;
mod ciphers;

use super::{BenchError, Figure, figure, rounds::median, system};
use crate::shard;

/// Rounds of each part.
const ROUNDS: usize = 25;

/// Something whose cost is measured.
struct Part {
    name: &'static str,
    /// One round: nanoseconds for each packet.
    round: Box<dyn FnMut() -> Result<f64, BenchError>>,
}

/// All of them. Blocks for a few seconds.
pub(super) fn measure() -> Result<Vec<Figure>, BenchError> {
    system::pin(system::SERVER);
    let mut parts = ciphers::parts()?;
    parts.extend(calls::parts()?);
    let mut found = vec![vec![]; parts.len()];
    for _ in 0..ROUNDS {
        for (part, found) in parts.iter_mut().zip(&mut found) {
            found.push((part.round)()?);
        }
    }
    let figures = parts.iter().zip(found);
    Ok(figures
        .map(|(part, found)| figure(part.name, median(found), "ns"))
        .collect())
}

/// Nanoseconds that `work` takes of a processor.
fn timed<T>(work: impl FnOnce() -> T) -> (u64, T) {
    let begun = shard::thread_cpu_nanoseconds();
    let result = work();
    (shard::thread_cpu_nanoseconds() - begun, result)
}
