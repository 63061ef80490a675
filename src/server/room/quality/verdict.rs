//! From the figures of a line to a verdict. Pure: what is seen at one moment; [`Standing`] decides
//! what of it is told.
//!
//! The limits are wider than those of the line check: before a conference there is time to mend what
//! nobody would notice in it. A page that sees its pictures stand still, or hears gaps, draws them
//! closer: then a small fault of its own line explains it, and a large one is bad.
//!
//! [`Standing`]: super::standing::Standing

use crate::line_check::{Cause, Limits};
use diemcau_media::{Held, Ports};
use diemcau_protocol::{CameraLimit, LineGrade};

/// Share of packets that did not arrive at first; as much is repaired, or hidden by the decoder.
const LOSS: Limits = Limits {
    good: 0.02,
    usable: 0.15,
};
/// The same where people see or hear it.
const LOSS_NOTICED: Limits = Limits {
    good: 0.005,
    usable: 0.03,
};
/// Share of the packets of the camera that repair did not bring.
const UNREPAIRED: f64 = 0.03;
/// Milliseconds.
const JITTER: Limits = Limits {
    good: 50.0,
    usable: 120.0,
};
/// The same where people see or hear it.
const JITTER_NOTICED: Limits = Limits {
    good: 30.0,
    usable: 80.0,
};
/// Milliseconds there and back.
const ROUND_TRIP: Limits = Limits {
    good: 300.0,
    usable: 600.0,
};
/// kbit/s that are sent while the line keeps the camera's picture small.
const RATE_UP: Limits = Limits {
    good: 1000.0,
    usable: 250.0,
};
/// Share of the time that decoding the main picture takes. Frames that were never decoded would blame
/// the computer for what the line lost.
const DECODING: Limits = Limits {
    good: 0.7,
    usable: 0.95,
};
/// Frames a second that a camera gives; few, but never a reason to call the line bad.
const CAMERA: Limits = Limits {
    good: 4.0,
    usable: 0.0,
};
/// Share of the time for which the main picture stands still. Of the small ones one nearly always does in a
/// large conference, whoever's fault that is.
const FROZEN: f64 = 0.1;
/// Share of the sound that is made up.
const CONCEALED: f64 = 0.1;

/// The figures of a device's line and machine. None: not known.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Figures {
    /// Shares of packets.
    pub(super) loss_up: Option<f64>,
    pub(super) unrepaired_up: Option<f64>,
    pub(super) loss_down: Option<f64>,
    /// Milliseconds.
    pub(super) jitter_up: Option<f64>,
    pub(super) jitter_down: Option<f64>,
    pub(super) round_trip: Option<f64>,
    /// kbit/s.
    pub(super) rate_up: Option<f64>,
    pub(super) rate_down: Option<f64>,
    /// What the way down is too narrow for.
    pub(super) held: Held,
    pub(super) over_tcp: bool,
    /// Nothing has come for some seconds: whatever else is here is older.
    pub(super) silent: bool,
    /// Share of the time for which the main picture stands still.
    pub(super) frozen: Option<f64>,
    /// Share of the sound.
    pub(super) concealed: Option<f64>,
    /// Share of the time that decoding takes.
    pub(super) decoding: Option<f64>,
    /// Frames a second.
    pub(super) camera: Option<f64>,
    pub(super) limit: CameraLimit,
}

/// How a line is, and why it is not better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Verdict {
    pub(super) grade: LineGrade,
    /// None while it is good.
    pub(super) cause: Option<Cause>,
}

impl Verdict {
    pub(super) const GOOD: Self = Self {
        grade: LineGrade::Good,
        cause: None,
    };
}

impl Figures {
    /// Half of these and half of others: what is in one of two measures alone is a moment's, and what
    /// comes in every second one is not.
    pub(super) fn mean(&self, other: &Self) -> Self {
        let mean = |one: Option<f64>, other: Option<f64>| match (one, other) {
            (Some(one), Some(other)) => Some(f64::midpoint(one, other)),
            (one, other) => one.or(other),
        };
        Self {
            loss_up: mean(self.loss_up, other.loss_up),
            unrepaired_up: mean(self.unrepaired_up, other.unrepaired_up),
            loss_down: mean(self.loss_down, other.loss_down),
            jitter_up: mean(self.jitter_up, other.jitter_up),
            jitter_down: mean(self.jitter_down, other.jitter_down),
            round_trip: mean(self.round_trip, other.round_trip),
            rate_up: mean(self.rate_up, other.rate_up),
            rate_down: mean(self.rate_down, other.rate_down),
            held: self.held,
            over_tcp: self.over_tcp,
            silent: self.silent,
            frozen: mean(self.frozen, other.frozen),
            concealed: mean(self.concealed, other.concealed),
            decoding: mean(self.decoding, other.decoding),
            camera: mean(self.camera, other.camera),
            limit: self.limit,
        }
    }

    /// People see or hear that something is missing.
    fn is_noticed(&self) -> bool {
        let over = |value: Option<f64>, limit| value.is_some_and(|value| value >= limit);
        over(self.frozen, FROZEN) || over(self.concealed, CONCEALED)
    }
}

/// The worst that can be seen in the figures. `port` is that of media.
pub(super) fn judge(figures: &Figures, port: Ports) -> Verdict {
    if figures.silent {
        return Verdict {
            grade: LineGrade::Bad,
            cause: Some(Cause::Silent),
        };
    }
    let noticed = figures.is_noticed();
    let (loss, jitter) = if noticed {
        (&LOSS_NOTICED, &JITTER_NOTICED)
    } else {
        (&LOSS, &JITTER)
    };
    let uneven = JITTER.at_most(figures.jitter_up);
    let uneven = uneven.max_by_grade(jitter.at_most(figures.jitter_down));
    // A line that is full, or loses much, is uneven by that, and as bad as it is uneven.
    let explained = [
        loss_up(figures),
        narrow(figures),
        loss.at_most(figures.loss_down)
            .because(|share| Cause::LossDown { share }),
    ];
    let is_explained = explained.iter().any(Option::is_some);
    let worsened = |verdict: Verdict| Verdict {
        grade: verdict
            .grade
            .max(uneven.map_or(LineGrade::Good, |(grade, _)| grade)),
        ..verdict
    };
    // Of several that are as bad the first is told: it explains the others.
    let found = explained.map(|it| it.map(worsened)).into_iter().chain([
        uneven
            .filter(|_| !is_explained)
            .because(|millis| Cause::Jitter { millis }),
        ROUND_TRIP
            .at_most(figures.round_trip)
            .because(|millis| Cause::RoundTrip { millis }),
        rate_up(figures),
        computer(figures),
        CAMERA
            .at_least(figures.camera)
            .because(|frames| Cause::CameraSlow { frames }),
        over_tcp(figures, uneven, port),
    ]);
    let mut worst = Verdict::GOOD;
    for verdict in found.flatten() {
        if verdict.grade > worst.grade {
            worst = verdict;
        }
    }
    worst
}

fn loss_up(figures: &Figures) -> Option<Verdict> {
    let (grade, share) = LOSS.at_most(figures.loss_up)?;
    // What is not repaired everyone else sees.
    let seen = figures.unrepaired_up.is_some_and(|lost| lost > UNREPAIRED);
    let grade = if seen { LineGrade::Bad } else { grade };
    verdict(grade, Cause::LossUp { share })
}

fn rate_up(figures: &Figures) -> Option<Verdict> {
    let rate = figures
        .rate_up
        .filter(|_| figures.limit == CameraLimit::Bandwidth);
    let good = RATE_UP.good;
    RATE_UP
        .at_least(rate)
        .because(|kbps| Cause::RateUp { kbps, good })
}

/// A line that is full loses packets and makes them wait, so that this explains the others.
fn narrow(figures: &Figures) -> Option<Verdict> {
    let grade = match figures.held {
        Held::Nothing => return None,
        Held::Thumbnails => LineGrade::Usable,
        Held::Large => LineGrade::Bad,
    };
    let large = figures.held == Held::Large;
    let kbps = figures.rate_down?;
    verdict(grade, Cause::Narrow { kbps, large })
}

fn computer(figures: &Figures) -> Option<Verdict> {
    let decoding = DECODING.at_most(figures.decoding);
    let encoding = figures.limit == CameraLimit::Cpu;
    let encoding = encoding.then_some((LineGrade::Usable, 0.0));
    encoding
        .max_by_grade(decoding)
        .because(|_| Cause::ComputerSlow)
}

/// TCP that holds media up shows it in the jitter or the round trip; a picture that stands still may be
/// its sender's fault. `uneven`: the jitter, where it is over its limits.
fn over_tcp(figures: &Figures, uneven: Option<(LineGrade, f64)>, port: Ports) -> Option<Verdict> {
    figures.over_tcp.then_some(())?;
    let is_held_up = uneven.is_some() || ROUND_TRIP.at_most(figures.round_trip).is_some();
    let grade = if figures.is_noticed() && is_held_up {
        LineGrade::Bad
    } else {
        LineGrade::Usable
    };
    verdict(grade, Cause::NoUdp { port })
}

fn verdict(grade: LineGrade, cause: Cause) -> Option<Verdict> {
    Some(Verdict {
        grade,
        cause: Some(cause),
    })
}

/// A figure that is over its limits: how bad, and what it is.
trait Over {
    fn because(self, cause: impl FnOnce(f64) -> Cause) -> Option<Verdict>;
    fn max_by_grade(self, other: Self) -> Self;
}

impl Over for Option<(LineGrade, f64)> {
    fn because(self, cause: impl FnOnce(f64) -> Cause) -> Option<Verdict> {
        let (grade, value) = self?;
        verdict(grade, cause(value))
    }

    fn max_by_grade(self, other: Self) -> Self {
        match (self, other) {
            (Some(one), Some(other)) => Some(if other.0 > one.0 { other } else { one }),
            (one, other) => one.or(other),
        }
    }
}

#[cfg(test)]
mod tests;
