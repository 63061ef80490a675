//! A sliding window over packet indexes: which of the newest were there.

const WORDS: usize = 16;

/// How far behind the newest index a packet may be.
pub(crate) const SIZE: u64 = WORDS as u64 * 64;

/// Remembers the newest [`SIZE`] indexes. Serves as replay list (RFC 3711 §3.3.2), as proof that
/// nothing is sealed twice under one nonce, and as the record of what a publisher still owes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Window {
    highest: u64,
    seen: [u64; WORDS],
}

impl Window {
    /// A window whose first member is `index`.
    pub(crate) fn starting_at(index: u64) -> Self {
        let mut window = Self {
            highest: index,
            seen: [0; WORDS],
        };
        window.mark(index);
        window
    }

    /// The newest member.
    pub(crate) fn highest(&self) -> u64 {
        self.highest
    }

    /// The word in which the newest member is marked.
    pub(crate) fn newest_word(&self) -> u64 {
        self.seen[place(self.highest).0]
    }

    /// Whether `index` is new: not a member, and not so old that nobody knows.
    pub(crate) fn is_new(&self, index: u64) -> bool {
        index > self.highest || (self.highest - index < SIZE && !self.is_marked(index))
    }

    /// Whether `index` is a member. What is too old to be known is not.
    pub(crate) fn contains(&self, index: u64) -> bool {
        index <= self.highest && self.highest - index < SIZE && self.is_marked(index)
    }

    /// Makes `index` a member. Returns whether it was new.
    pub(crate) fn insert(&mut self, index: u64) -> bool {
        if !self.is_new(index) {
            return false;
        }
        if index > self.highest {
            if index - self.highest >= SIZE {
                self.seen = [0; WORDS];
            } else {
                for skipped in self.highest + 1..=index {
                    let (word, bit) = place(skipped);
                    self.seen[word] &= !bit;
                }
            }
            self.highest = index;
        }
        self.mark(index);
        true
    }

    fn mark(&mut self, index: u64) {
        let (word, bit) = place(index);
        self.seen[word] |= bit;
    }

    fn is_marked(&self, index: u64) -> bool {
        let (word, bit) = place(index);
        self.seen[word] & bit != 0
    }
}

fn place(index: u64) -> (usize, u64) {
    ((index / 64) as usize % WORDS, 1 << (index % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_index_enters_once() {
        let mut window = Window::starting_at(100);
        assert!(!window.insert(100));
        assert!(window.insert(103));
        assert!(window.insert(101), "late");
        assert!(!window.insert(101), "doubled");
        assert!(!window.contains(102));
        assert!(window.contains(103));
    }

    #[test]
    fn what_is_too_old_is_refused() {
        let mut window = Window::starting_at(5000);
        assert!(window.insert(5000 + SIZE));
        assert!(!window.is_new(5000), "it has left the window");
        assert!(window.is_new(5001));
    }

    #[test]
    fn a_jump_forgets_what_is_behind() {
        let mut window = Window::starting_at(7);
        assert!(window.insert(7 + 3 * SIZE));
        for index in 7 + 2 * SIZE + 1..7 + 3 * SIZE {
            assert!(window.is_new(index));
        }
    }

    #[test]
    fn slots_are_cleared_when_the_ring_comes_round() {
        let mut window = Window::starting_at(0);
        for index in (2..4 * SIZE).step_by(2) {
            assert!(window.insert(index));
            assert!(!window.contains(index - 1), "odd indexes were never there");
        }
    }
}
