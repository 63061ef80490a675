//! Which packets of sound were there when they had to be played.

use std::{collections::BTreeMap, time::Instant};

/// What came of the sound.
#[derive(Debug, Default)]
pub(super) struct Sound {
    /// When each packet came, by the number that the source gave it.
    came: BTreeMap<u32, Instant>,
}

impl Sound {
    /// Takes a packet.
    pub(super) fn take(&mut self, now: Instant, number: u32) {
        self.came.entry(number).or_insert(now);
    }

    /// How many packets did not come by their `deadline`, and how many of these did the FEC in the
    /// next packet not replace either, of the first `count`.
    pub(super) fn judge(&self, count: u32, deadline: impl Fn(u32) -> Instant) -> (u32, u32) {
        let is_here = |number: u32, by: Instant| {
            let came = self.came.get(&number);
            came.is_some_and(|came| *came <= by)
        };
        let late: Vec<u32> = (0..count)
            .filter(|number| !is_here(*number, deadline(*number)))
            .collect();
        let missing = late
            .iter()
            .filter(|number| !is_here(**number + 1, deadline(**number)));
        (late.len() as u32, missing.count() as u32)
    }
}
