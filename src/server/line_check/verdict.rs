//! What a line is good for: the thresholds, for page and agent alike.
//!
//! A site receives the main picture (1 Mbit/s), the sound and the thumbnails, and sends its camera
//! (1 Mbit/s) and its sound. Loss up to the thresholds is repaired unnoticed; beyond 400 ms people
//! talk over each other (ITU-T G.114 has 150 and 400 ms one way; here it is both ways).

use super::{limits::Limits, words::Cause};
use crate::sentences::Refusal;
use diemcau_media::Ports;
use diemcau_protocol::{LineGrade, LineResult, LineVerdict, Transport};

/// Share of packets.
const LOSS: Limits = Limits {
    good: 0.01,
    usable: 0.05,
};
/// Milliseconds, there and back.
const ROUND_TRIP: Limits = Limits {
    good: 150.0,
    usable: 400.0,
};
/// Milliseconds.
const JITTER: Limits = Limits {
    good: 30.0,
    usable: 80.0,
};
/// kbit/s.
const RATE_UP: Limits = Limits {
    good: 1000.0,
    usable: 500.0,
};
/// kbit/s.
const RATE_DOWN: Limits = Limits {
    good: 2000.0,
    usable: 800.0,
};

/// No time is longer, in milliseconds.
const MAX_TIME: f64 = 600_000.0;
/// No line is faster, in kbit/s.
const MAX_RATE: f64 = 100_000_000.0;

/// Says what measurements mean. `port` is that of media.
///
/// # Errors
/// [`Refusal::BadMessage`] for figures that no line has.
pub(crate) fn judge(result: &LineResult, port: Ports) -> Result<LineVerdict, Refusal> {
    if !is_possible(result) {
        return Err(Refusal::BadMessage);
    }
    let mut found: Vec<(LineGrade, Cause)> = Vec::new();
    found.extend(transport(result.transport, port));
    let mut add = |over: Option<(LineGrade, f64)>, cause: fn(f64) -> Cause| {
        found.extend(over.map(|(grade, value)| (grade, cause(value))));
    };
    if result.transport != Transport::None {
        add(LOSS.at_most(result.loss_up), |share| Cause::LossUp {
            share,
        });
        add(LOSS.at_most(result.loss_down), |share| Cause::LossDown {
            share,
        });
        add(ROUND_TRIP.at_most(result.rtt_ms), |millis| {
            Cause::RoundTrip { millis }
        });
        add(JITTER.at_most(result.jitter_ms), |millis| Cause::Jitter {
            millis,
        });
    }
    add(RATE_UP.at_least(result.rate_up_kbps), |kbps| {
        Cause::RateUp {
            kbps,
            good: RATE_UP.good,
        }
    });
    add(RATE_DOWN.at_least(result.rate_down_kbps), |kbps| {
        Cause::RateDown {
            kbps,
            good: RATE_DOWN.good,
        }
    });
    if !is_measured(result) {
        found.push((LineGrade::Usable, Cause::NotMeasured));
    }
    // Stable: those of one grade stay in the order above.
    found.sort_by_key(|(grade, _)| std::cmp::Reverse(*grade));
    let verdict = found.first().map_or(LineGrade::Good, |(grade, _)| *grade);
    let findings = found.into_iter();
    Ok(LineVerdict {
        verdict,
        findings: findings
            .map(|(grade, cause)| cause.finding(grade))
            .collect(),
    })
}

fn transport(transport: Transport, port: Ports) -> Option<(LineGrade, Cause)> {
    match transport {
        Transport::Udp => None,
        Transport::Tcp => Some((LineGrade::Usable, Cause::NoUdp { port })),
        Transport::None => Some((LineGrade::Bad, Cause::NoMedia { port })),
    }
}

/// A line is not called good for what nobody measured. Round trip and jitter are not in every
/// browser's figures, and loss shows a bad line without them.
fn is_measured(result: &LineResult) -> bool {
    let loss = result.loss_up.is_some() && result.loss_down.is_some();
    let rates = result.rate_up_kbps.is_some() && result.rate_down_kbps.is_some();
    rates && (loss || result.transport == Transport::None)
}

fn is_possible(result: &LineResult) -> bool {
    let within = |value: Option<f64>, most: f64| {
        value.is_none_or(|value| value.is_finite() && (0.0..=most).contains(&value))
    };
    result
        .connect_ms
        .is_none_or(|millis| f64::from(millis) <= MAX_TIME)
        && within(result.rtt_ms, MAX_TIME)
        && within(result.jitter_ms, MAX_TIME)
        && within(result.loss_up, 1.0)
        && within(result.loss_down, 1.0)
        && within(result.rate_up_kbps, MAX_RATE)
        && within(result.rate_down_kbps, MAX_RATE)
}

#[cfg(test)]
mod tests;
