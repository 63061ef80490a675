//! The rate of the line both ways: bodies of growing size until one takes long enough to tell.

use crate::{
    AgentError,
    http::{Call, Server},
    sign_in::Session,
};
use diemcau_protocol::RateReceived;
use hyper::{Method, body::Bytes};
use std::time::Duration;

/// The sizes of bodies, in bytes; the server takes none that is larger than the last.
const SIZES: [usize; 4] = [64 << 10, 256 << 10, 1 << 20, 4 << 20];

/// A transfer that took so long tells the rate; a larger one is not needed.
const LONG_ENOUGH: Duration = Duration::from_secs(1);

/// A transfer that takes longer is given up: 64 kB in this time are 26 kbit/s, no line for a
/// picture.
const LIMIT: Duration = Duration::from_secs(20);

const PATH: &str = "/api/v1/line-check/rate";

/// In kbit/s; none: it could not be measured.
pub(super) struct Rates {
    pub(super) up_kbps: Option<f64>,
    pub(super) down_kbps: Option<f64>,
}

pub(super) async fn measure(server: &Server, session: &Session) -> Rates {
    let mut rates = Rates {
        up_kbps: None,
        down_kbps: None,
    };
    for size in SIZES {
        match down(server, session, size).await {
            Ok(took) => rates.down_kbps = Some(kbps(size, took)),
            Err(error) => {
                tracing::debug!(%error, size, "The rate from the server was not measured.");
                break;
            }
        }
        if rates.down_kbps.is_some_and(|rate| is_enough(rate, size)) {
            break;
        }
    }
    for size in SIZES {
        match up(server, session, size).await {
            Ok(took) => rates.up_kbps = Some(kbps(size, took)),
            Err(error) => {
                tracing::debug!(%error, size, "The rate to the server was not measured.");
                break;
            }
        }
        if rates.up_kbps.is_some_and(|rate| is_enough(rate, size)) {
            break;
        }
    }
    rates
}

/// The time from the first byte of the body to its last.
async fn down(server: &Server, session: &Session, size: usize) -> Result<Duration, AgentError> {
    let path = format!("{PATH}?bytes={size}");
    let mut call = Call::new(Method::GET, &path);
    call.cookie = Some(&session.cookie);
    call.largest = size;
    call.limit = LIMIT;
    let answer = server.call(call).await?;
    if answer.body.len() < size {
        return Err(AgentError::Protocol("the body is too short".to_owned()));
    }
    Ok(answer.body_took)
}

/// The time in which the server got the body; as this end saw it, if it was too short to tell.
async fn up(server: &Server, session: &Session, size: usize) -> Result<Duration, AgentError> {
    let mut call = Call::new(Method::POST, PATH);
    call.cookie = Some(&session.cookie);
    call.body = Some((noise(size), "application/octet-stream"));
    call.limit = LIMIT;
    let answer = server.call(call).await?;
    let received: RateReceived = answer.json()?;
    if received.bytes < size as u64 {
        return Err(AgentError::Protocol("the server got less".to_owned()));
    }
    // Its buffers had most of a short body before it looked.
    Ok(match received.millis {
        0..=20 => answer.took,
        millis => Duration::from_millis(millis).min(answer.took),
    })
}

/// Bytes that nothing on the way can compress (xorshift, Marsaglia 2003).
fn noise(size: usize) -> Bytes {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.take(size.div_ceil(8)).flatten().take(size).collect()
}

/// Rounded to whole kbit/s.
#[allow(clippy::cast_precision_loss, reason = "four megabytes at most")]
fn kbps(bytes: usize, took: Duration) -> f64 {
    let seconds = took.as_secs_f64().max(0.000_1);
    (bytes as f64 * 8.0 / 1000.0 / seconds).round()
}

fn is_enough(kbps: f64, size: usize) -> bool {
    #[allow(clippy::cast_precision_loss, reason = "four megabytes at most")]
    let seconds = size as f64 * 8.0 / 1000.0 / kbps.max(0.001);
    seconds >= LONG_ENOUGH.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_bits_over_time() {
        let second = Duration::from_secs(1);
        assert_eq!(kbps(125_000, second).to_bits(), 1000_f64.to_bits());
        assert!(is_enough(kbps(125_000, second), 125_000));
        assert!(!is_enough(kbps(125_000, second / 2), 125_000));
    }

    #[test]
    fn noise_has_the_size_and_no_pattern() {
        let noise = noise(65_537);
        assert_eq!(noise.len(), 65_537);
        let mut counts = [0_u32; 256];
        for byte in &noise {
            counts[usize::from(*byte)] += 1;
        }
        assert!(counts.iter().all(|count| (128..512).contains(count)));
    }
}
