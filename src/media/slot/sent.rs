//! What the figures of a line need to know of a slot.

use super::Slot;
use std::time::Duration;

impl Slot {
    /// Packets that the sources have not delivered, as a number that goes up with each and down
    /// again when one comes late. Wraps; only differences mean something.
    pub(crate) fn skipped(&self) -> u32 {
        (self.next_index as u32).wrapping_sub(self.packets)
    }

    /// Bytes that went out, retransmissions aside, with so many bytes of `overhead` a packet. Wraps.
    pub(crate) fn sent(&self, overhead: u32) -> u32 {
        self.octets
            .wrapping_add(self.packets.wrapping_mul(overhead))
    }

    /// So many ticks of its clock, as a time.
    pub(crate) fn time_of(&self, ticks: u32) -> Duration {
        Duration::from_secs_f64(f64::from(ticks) / f64::from(self.clock_rate()))
    }
}
