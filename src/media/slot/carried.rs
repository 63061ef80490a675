//! What of a picture the receiver's line carries: up to which layer, or nothing.

use super::Slot;
use crate::layers::{self, Known};

/// What a line without a limit carries.
pub(crate) const ANY_LAYER: u8 = u8::MAX;

impl Slot {
    /// The best layer that the line carries; none: it carries nothing of it.
    pub(crate) fn carried(&self) -> Option<u8> {
        self.carried
    }

    /// Whether nothing goes out because the line is too thin.
    pub(crate) fn is_held(&self) -> bool {
        self.carried.is_none()
    }

    /// Whether it might have more if the line carried more.
    pub(crate) fn is_limited(&self) -> bool {
        self.carried != Some(ANY_LAYER)
    }

    /// The line carries layers up to this one; none: nothing goes out any more. Returns whether the
    /// picture goes or may come again by that, which is with its next key frame.
    pub(crate) fn carry(&mut self, most: Option<u8>) -> bool {
        let before = self.is_held();
        self.carried = most;
        if self.is_held() {
            self.stop();
            self.coming = None;
        }
        before != self.is_held()
    }

    /// The layer of those known that fits it and its line, and the layers that the publisher must send
    /// for it, one bit each.
    pub(crate) fn choose(&self, known: &[Known]) -> (u8, u8) {
        let most = usize::from(self.carried.unwrap_or(0)) + 1;
        let carried = &known[..known.len().min(most)];
        let choice = layers::choose(carried, self.size);
        let needed = if self.is_held() {
            0
        } else {
            layers::needed(carried, choice)
        };
        (choice.now, needed)
    }
}
