//! What waits for its turn to go to a receiver whose line has a limit. These are references: the bytes
//! stand in the stores of the sources' layers, and only what goes out gets a number and is sealed.

use crate::{congestion::Pacer, publication::Source};
use std::{collections::VecDeque, time::Instant};

/// No more packets of pictures are made to wait; those beyond go out at once. The store of a layer keeps
/// more.
const CROWDED: usize = 384;
/// Until then there is room for as many as may come between two looks at the clock.
const ROOM: usize = CROWDED + 1024;
/// The same of what is sent again: whoever asks for more is asked to ask again.
const ROOM_FOR_REPAIRS: usize = 64;
/// What a packet has on the line beside its payload.
const HEADERS: usize = 64;

/// A packet that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// The receiver's slot that it is for.
    pub(crate) slot: u32,
    /// The layer that it is of.
    pub(crate) source: Source,
    /// Its index there.
    pub(crate) index: u64,
    /// Bytes of its payload.
    pub(crate) payload: u16,
}

/// What goes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// A part of a picture.
    Picture(Waiting),
    /// One that had gone out with this index of its slot.
    Again(Waiting, u64),
}

/// A line with a limit, and what waits for it.
#[derive(Debug)]
pub(crate) struct Paced {
    pacer: Pacer,
    /// They go before the pictures: a receiver stands still without them.
    repairs: VecDeque<(Waiting, u64)>,
    pictures: VecDeque<Waiting>,
    /// Bytes of all of them.
    bytes: usize,
}

impl Paced {
    /// The line carries so many bit/s, as far as is known. Takes all memory that it will ever need.
    pub(crate) fn new(now: Instant, carried: u64) -> Self {
        Self {
            pacer: Pacer::new(now, carried),
            repairs: VecDeque::with_capacity(ROOM_FOR_REPAIRS),
            pictures: VecDeque::with_capacity(ROOM),
            bytes: 0,
        }
    }

    /// The same has changed, and perhaps there is a queue before the line.
    pub(crate) fn set(&mut self, now: Instant, carried: u64, is_queued: bool) {
        self.pacer.set(now, carried, is_queued);
    }

    /// Notes a datagram of so many bytes that went out, of whatever kind.
    pub(crate) fn sent(&mut self, now: Instant, bytes: usize) {
        self.pacer.sent(now, bytes);
    }

    /// Whether a packet need not wait.
    pub(crate) fn passes(&mut self, now: Instant) -> bool {
        self.is_empty() && self.pacer.is_due(now)
    }

    /// Makes a part of a picture wait. Returns false where there is no room for it.
    pub(crate) fn push(&mut self, waiting: Waiting) -> bool {
        let fits = self.pictures.len() < ROOM;
        if fits {
            match self.place_before(&waiting) {
                Some(place) => self.pictures.insert(place, waiting),
                None => self.pictures.push_back(waiting),
            }
            self.grow(&waiting);
        }
        fits
    }

    /// Where a packet belongs that came late: in front of those that it holds up, but not in front of the
    /// first one, with which its source may begin. None: behind all.
    fn place_before(&self, late: &Waiting) -> Option<usize> {
        let same = |it: &Waiting| it.slot == late.slot && it.source == late.source;
        let newest = self.pictures.iter().rev().find(|it| same(it))?;
        if newest.index < late.index {
            return None;
        }
        let mut own = self.pictures.iter().enumerate().filter(|(_, it)| same(it));
        let (_, first) = own.next()?;
        if first.index > late.index {
            return None;
        }
        own.find(|(_, it)| it.index > late.index)
            .map(|(place, _)| place)
    }

    /// The same with one that is sent again, as `index` of its slot.
    pub(crate) fn push_again(&mut self, waiting: Waiting, index: u64) -> bool {
        let fits = self.repairs.len() < ROOM_FOR_REPAIRS;
        if fits {
            self.repairs.push_back((waiting, index));
            self.grow(&waiting);
        }
        fits
    }

    /// Whether a packet of a slot waits to be sent again.
    pub(crate) fn repairs(&self, slot: u32, index: u64) -> bool {
        let mut repairs = self.repairs.iter();
        repairs.any(|(waiting, again)| waiting.slot == slot && *again == index)
    }

    /// Takes the next one, if its time has come.
    pub(crate) fn take(&mut self, now: Instant) -> Option<Next> {
        let may = self.is_crowded() || self.pacer.is_due(now);
        may.then(|| self.take_any())?
    }

    /// Takes the next one.
    pub(crate) fn take_any(&mut self) -> Option<Next> {
        let next = match self.repairs.pop_front() {
            Some((waiting, index)) => Next::Again(waiting, index),
            None => Next::Picture(self.pictures.pop_front()?),
        };
        self.bytes -= next.waiting().size();
        if self.is_empty() {
            self.pacer.rest();
        }
        Some(next)
    }

    /// What waits for a slot is not wanted any more. Returns how many packets that were.
    pub(crate) fn forget(&mut self, slot: u32) -> usize {
        let before = self.repairs.len() + self.pictures.len();
        self.repairs.retain(|(waiting, _)| waiting.slot != slot);
        self.pictures.retain(|waiting| waiting.slot != slot);
        let repairs = self.repairs.iter().map(|(waiting, _)| waiting);
        self.bytes = repairs.chain(&self.pictures).map(Waiting::size).sum();
        if self.is_empty() {
            self.pacer.rest();
        }
        before - self.repairs.len() - self.pictures.len()
    }

    /// When to look for what may go out.
    pub(crate) fn due(&self) -> Option<Instant> {
        let due = if self.is_crowded() {
            self.pacer.asked()
        } else {
            self.pacer.next()
        };
        (!self.is_empty()).then_some(due)
    }

    fn grow(&mut self, waiting: &Waiting) {
        self.bytes += waiting.size();
        self.pacer.hurry(self.bytes);
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.pictures.is_empty() && self.repairs.is_empty()
    }

    fn is_crowded(&self) -> bool {
        self.pictures.len() > CROWDED
    }
}

impl Next {
    /// The packet.
    pub(crate) fn waiting(&self) -> &Waiting {
        match self {
            Self::Picture(waiting) | Self::Again(waiting, _) => waiting,
        }
    }
}

impl Waiting {
    fn size(&self) -> usize {
        usize::from(self.payload) + HEADERS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::PeerId;
    use std::time::Duration;

    fn waiting(slot: u32, index: u64) -> Waiting {
        Waiting {
            slot,
            source: Source {
                peer: PeerId(7),
                layer: 0,
            },
            index,
            payload: 1000,
        }
    }

    #[test]
    fn what_is_sent_again_goes_first_and_the_rest_as_it_came() {
        let now = Instant::now();
        let mut paced = Paced::new(now, 300_000);
        assert!(paced.passes(now) && paced.due().is_none());
        paced.sent(now, 1000);
        assert!(!paced.passes(now));
        assert!(paced.push(waiting(0, 5)) && paced.push(waiting(1, 6)));
        assert!(paced.push_again(waiting(0, 2), 12));
        assert!(paced.repairs(0, 12) && !paced.repairs(1, 12) && !paced.repairs(0, 2));
        assert_eq!(paced.take(now), None, "not yet");
        let due = paced.due().expect("something waits");
        assert!(due > now);
        assert_eq!(paced.take(due), Some(Next::Again(waiting(0, 2), 12)));
        assert!(!paced.passes(due), "nothing overtakes");
        assert_eq!(paced.take(due), Some(Next::Picture(waiting(0, 5))));
        assert_eq!(paced.take_any(), Some(Next::Picture(waiting(1, 6))));
        assert_eq!(paced.take_any(), None);
    }

    #[test]
    fn what_came_late_goes_before_what_it_holds_up_but_not_before_the_beginning() {
        let now = Instant::now();
        let mut paced = Paced::new(now, 300_000);
        for (slot, index) in [(0, 5), (1, 90), (0, 8), (0, 9), (1, 91)] {
            assert!(paced.push(waiting(slot, index)));
        }
        for index in [6, 4, 10] {
            assert!(paced.push(waiting(0, index)));
        }
        let order = std::iter::from_fn(|| paced.take_any());
        let order: Vec<_> = order
            .map(|it| (it.waiting().slot, it.waiting().index))
            .collect();
        let expected = [
            (0, 5),
            (1, 90),
            (0, 6),
            (0, 8),
            (0, 9),
            (1, 91),
            (0, 4),
            (0, 10),
        ];
        assert_eq!(order, expected);
    }

    #[test]
    fn a_slot_that_has_nothing_to_wait_for_leaves_its_place() {
        let now = Instant::now();
        let mut paced = Paced::new(now, 300_000);
        paced.sent(now, 1000);
        for index in 0..20 {
            assert!(paced.push(waiting(index % 2, index.into())));
        }
        assert!(paced.push_again(waiting(1, 2), 12));
        assert_eq!(paced.forget(1), 11);
        for index in 0..10 {
            assert_eq!(paced.take_any(), Some(Next::Picture(waiting(0, 2 * index))));
        }
        assert!(paced.due().is_none());
        assert_eq!(paced.bytes, 0);
    }

    #[test]
    fn a_crowd_goes_out_at_once_and_has_its_bound() {
        let now = Instant::now();
        let mut paced = Paced::new(now, 300_000);
        paced.sent(now, 1000);
        let room = paced.pictures.capacity();
        let pushed = (0..2000).filter(|index| paced.push(waiting(0, *index)));
        assert_eq!(pushed.count(), ROOM);
        assert_eq!(paced.pictures.capacity(), room, "no more memory");
        assert!(paced.due().expect("many wait") <= now);
        let taken = std::iter::from_fn(|| paced.take(now)).count();
        assert_eq!(taken, ROOM - CROWDED);
        assert!(paced.due().expect("some wait") > now);
        assert!(paced.due().expect("some wait") < now + Duration::from_millis(20));
    }
}
