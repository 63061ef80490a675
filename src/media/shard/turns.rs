//! What the turns of the loop take and have in them. For the bench: without it nothing is looked at.

#[cfg(feature = "bench")]
pub(crate) use watched::{Turns, take};

/// A part of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "bench", derive(serde::Serialize, serde::Deserialize))]
pub(crate) enum Part {
    /// Joins, leaves and plans.
    Commands,
    /// Datagrams and their copies.
    Datagrams,
    /// What other shards said.
    Crossings,
    /// What time asks for.
    Timeouts,
    /// Counters, events, connections.
    Upkeep,
}

/// Looks at the turns of one shard.
#[cfg(not(feature = "bench"))]
#[derive(Debug, Default)]
pub(super) struct Watch(());

#[cfg(not(feature = "bench"))]
impl Watch {
    pub(super) fn begin(&mut self) {}
    pub(super) fn end_of(&mut self, _part: Part) {}
    pub(super) fn received(&mut self, _len: usize, _copies: u64) {}
    pub(super) fn batch_ends(&mut self) {}
    pub(super) fn end(&mut self) {}
}

#[cfg(feature = "bench")]
pub(super) use watched::Watch;

#[cfg(feature = "bench")]
mod watched {
    use super::Part;
    use crate::shard::{lock, system::thread_cpu_nanoseconds};
    use serde::{Deserialize, Serialize};
    use std::{
        sync::Mutex,
        time::{Duration, Instant},
    };

    /// What was found since it was last asked; of all shards, of which benches that ask have one.
    static FOUND: Mutex<Turns> = Mutex::new(Turns {
        longest: None,
        copies: 0,
        together: 0,
    });

    /// What turns were like.
    #[derive(Debug, Clone, Default, Serialize, Deserialize)]
    pub(crate) struct Turns {
        /// The longest of them.
        pub(crate) longest: Option<Turn>,
        /// Packets sent to receivers.
        pub(crate) copies: u64,
        /// Those of them that could have been another segment of the copy before them to the same receiver
        /// (`UDP_SEGMENT`): of a packet that was read by the same call and is no longer. With one source all
        /// packets have the same receivers.
        pub(crate) together: u64,
    }

    /// One turn, from waking up to lying down.
    #[derive(Debug, Clone, Default, Serialize, Deserialize)]
    pub(crate) struct Turn {
        pub(crate) length: Duration,
        /// Time on a core.
        pub(crate) ran: Duration,
        pub(crate) datagrams: u64,
        pub(crate) copies: u64,
        /// How long each part took.
        pub(crate) parts: Vec<(Part, Duration)>,
    }

    /// Takes what was found.
    pub(crate) fn take() -> Turns {
        std::mem::take(&mut *lock(&FOUND))
    }

    #[derive(Debug)]
    pub(in crate::shard) struct Watch {
        begun: (Instant, u64),
        part_begun: Instant,
        turn: Turn,
        /// Length of the segments that the next packet may be one of.
        segments: Option<usize>,
        together: u64,
    }

    impl Default for Watch {
        fn default() -> Self {
            let now = Instant::now();
            Self {
                begun: (now, 0),
                part_begun: now,
                turn: Turn::default(),
                segments: None,
                together: 0,
            }
        }
    }

    impl Watch {
        /// A turn begins.
        pub(in crate::shard) fn begin(&mut self) {
            let now = Instant::now();
            (self.begun, self.part_begun) = ((now, thread_cpu_nanoseconds()), now);
            // Its memory is used again: what watches must not be what takes long.
            let mut parts = std::mem::take(&mut self.turn.parts);
            parts.clear();
            self.turn = Turn {
                parts,
                ..Turn::default()
            };
            self.together = 0;
        }

        /// All since the last part was this one.
        pub(in crate::shard) fn end_of(&mut self, part: Part) {
            let now = Instant::now();
            let length = now - std::mem::replace(&mut self.part_begun, now);
            self.turn.parts.push((part, length));
        }

        /// A datagram of so many bytes was worked on, and so many copies of it were made.
        pub(in crate::shard) fn received(&mut self, len: usize, copies: u64) {
            self.turn.datagrams += 1;
            self.turn.copies += copies;
            if copies == 0 {
                return;
            }
            self.segments = match self.segments {
                // All segments have one length; only the last one may be shorter.
                Some(segment) if len <= segment => {
                    self.together += copies;
                    (len == segment).then_some(len)
                }
                _ => Some(len),
            };
        }

        /// What comes next was read by another call.
        pub(in crate::shard) fn batch_ends(&mut self) {
            self.segments = None;
        }

        /// The turn ends.
        pub(in crate::shard) fn end(&mut self) {
            let (begun, ran) = self.begun;
            self.turn.length = begun.elapsed();
            let mut found = lock(&FOUND);
            found.copies += self.turn.copies;
            found.together += self.together;
            let longest = found.longest.as_ref().map(|longest| longest.length);
            if longest.is_none_or(|longest| longest < self.turn.length) {
                self.turn.ran = Duration::from_nanos(thread_cpu_nanoseconds() - ran);
                found.longest = Some(self.turn.clone());
            }
        }
    }
}
