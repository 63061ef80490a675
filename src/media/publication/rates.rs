//! What the layers of a picture take of a receiver's line: what is asked for when a line is given out.

use super::{Publication, Video};
use crate::layers::{self, Known, Size};
use std::time::Instant;

/// A layer that never came takes so many times what the next lower one does: about what browsers send
/// at twice the height.
const STEP: u64 = 3;

/// Bit/s of the layers of a source, ascending; sound has one layer. Empty: nothing comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Rates {
    rates: [u64; layers::MOST],
    count: usize,
}

impl Rates {
    /// The same, low to high.
    pub(crate) fn as_slice(&self) -> &[u64] {
        &self.rates[..self.count]
    }

    fn from(found: &[Option<u64>]) -> Self {
        let mut rates = [0; layers::MOST];
        for (rate, found) in rates.iter_mut().zip(found) {
            *rate = found.unwrap_or(0);
        }
        let count = found.len().min(layers::MOST);
        if rates.iter().all(|rate| *rate == 0) {
            return Self::default();
        }
        for nth in 1..count {
            if rates[nth] == 0 {
                rates[nth] = rates[nth - 1] * STEP;
            }
            rates[nth] = rates[nth].max(rates[nth - 1]);
        }
        for nth in (1..count).rev() {
            if rates[nth - 1] == 0 {
                rates[nth - 1] = rates[nth] / STEP;
            }
        }
        Self { rates, count }
    }
}

impl Publication {
    /// What it takes; nothing behind a closed gate.
    pub(crate) fn rates(&self, now: Instant) -> Rates {
        let stream = self.stream.as_ref().filter(|_| self.is_open());
        let rate = stream.map_or(0, |stream| stream.rate(now));
        Rates::from(&[Some(rate)])
    }
}

impl Video {
    /// What its layers take, up to the best that a slot of this size can use. A layer that rests because
    /// nobody watches it is there for the asking, at what it took before; one that does not come though
    /// it was asked for is not.
    pub(crate) fn rates(&self, now: Instant, size: Size) -> Rates {
        if !self.is_open() || !self.flows() {
            return Rates::default();
        }
        let mut known = [Known::default(); layers::MOST];
        let mut found = [None; layers::MOST];
        let layers = self.layers.iter().zip(known.iter_mut().zip(&mut found));
        for (layer, (known, found)) in layers {
            (*known, *found) = (layer.known(), layer.rate(now));
        }
        let count = self.layers.len().min(layers::MOST);
        let best = layers::choose(&known[..count], size).best;
        let is_there = |nth: &usize| !self.is_active(*nth) || self.layers[*nth].is_due(now);
        let top = (0..=usize::from(best)).rev().find(is_there);
        Rates::from(&found[..=top.unwrap_or(0)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(found: &[u64]) -> Vec<u64> {
        let found: Vec<_> = found.iter().map(|it| (*it > 0).then_some(*it)).collect();
        Rates::from(&found).as_slice().to_vec()
    }

    #[test]
    fn what_is_not_known_is_made_up_from_what_is() {
        let cases: [(&[u64], &[u64]); 8] = [
            (&[0], &[]),
            (&[0, 0, 0], &[]),
            (&[150], &[150]),
            (&[150, 0, 0], &[150, 450, 1350]),
            (&[150, 0, 1500], &[150, 450, 1500]),
            (&[0, 500, 0], &[166, 500, 1500]),
            (&[0, 0, 1500], &[166, 500, 1500]),
            // A picture that stands still may take less of a line when it is large.
            (&[150, 100, 90], &[150, 150, 150]),
        ];
        for (found, expected) in cases {
            assert_eq!(rates(found), expected, "{found:?}");
        }
    }
}
