//! From a figure to how bad it is.

use diemcau_protocol::LineGrade;

/// Up to where a figure is good, and up to where it is usable.
pub(crate) struct Limits {
    pub(crate) good: f64,
    pub(crate) usable: f64,
}

impl Limits {
    /// A figure that should be small, if it is not good.
    pub(crate) fn at_most(&self, value: Option<f64>) -> Option<(LineGrade, f64)> {
        let value = value.filter(|value| *value > self.good)?;
        Some((usable_or_bad(value <= self.usable), value))
    }

    /// A figure that should be large, if it is not good.
    pub(crate) fn at_least(&self, value: Option<f64>) -> Option<(LineGrade, f64)> {
        let value = value.filter(|value| *value < self.good)?;
        Some((usable_or_bad(value >= self.usable), value))
    }
}

fn usable_or_bad(usable: bool) -> LineGrade {
    if usable {
        LineGrade::Usable
    } else {
        LineGrade::Bad
    }
}
