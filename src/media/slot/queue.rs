//! What of a picture may wait for its turn to go out, where the line has a limit.

use super::Slot;
use crate::{publication::Source, stream::Packet};

/// Where a packet stands that cannot go out yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nowhere: it is not for this slot, or not now.
    None,
    /// Behind those that wait.
    Behind,
    /// It begins another source, or a lower layer: what waits of the one before is not wanted any more. That
    /// of a lower layer is, as a better one may still be too much.
    First,
}

impl Slot {
    /// The place of a packet of `source` that cannot go out yet.
    pub(crate) fn queue(&mut self, source: Source, packet: &Packet<'_>) -> Turn {
        let flows = self.flowing == Some(source);
        let goes_on = |coming: Source| coming == source || flows && is_better(coming, source);
        if self.coming.map_or(flows, goes_on) {
            Turn::Behind
        } else if self.starts_with(source, packet).is_some() {
            self.coming = Some(source);
            match self.flowing {
                Some(before) if is_better(source, before) => Turn::Behind,
                _ => Turn::First,
            }
        } else {
            Turn::None
        }
    }

    /// Whether the beginning of `source` waits here.
    pub(crate) fn is_coming(&self, source: Source) -> bool {
        self.coming == Some(source)
    }

    /// A packet of `source` that waited is lost. Returns whether the beginning of that source is lost by
    /// it.
    pub(crate) fn lose(&mut self, source: Source) -> bool {
        let is_beginning = self.coming == Some(source);
        if is_beginning {
            self.coming = None;
        }
        is_beginning
    }
}

/// Whether it is a better layer of the same picture.
fn is_better(one: Source, other: Source) -> bool {
    one.peer == other.peer && one.layer > other.layer
}
