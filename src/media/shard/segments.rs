//! Which datagrams leave as segments of one (`UDP_SEGMENT`), so that the kernel goes down its way once for
//! all of them: those to one receiver that have one length; the last may be shorter.

use crate::outbox::{Outbox, Path, Protocol};
use std::{collections::HashMap, iter};

/// No more leave together; every kernel that knows segments takes 64.
pub(super) const MOST: usize = 32;
/// Nor more bytes: before it is cut it is one datagram.
const MOST_BYTES: usize = 60_000;

/// The datagrams of an outbox, as they leave. Its memory is used again.
#[derive(Debug, Default)]
pub(super) struct Segments {
    groups: Vec<Group>,
    /// For each datagram the next one of its group.
    next: Vec<Option<usize>>,
    /// The newest group to each receiver: what is behind it must not leave before it.
    newest: HashMap<Path, usize>,
}

/// What leaves together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    pub(super) path: Path,
    /// Length of a segment.
    pub(super) segment: usize,
    pub(super) count: usize,
    first: usize,
    last: usize,
    bytes: usize,
    /// The last one was shorter: nothing comes behind it.
    is_whole: bool,
}

impl Segments {
    /// Finds what leaves together of all that goes by UDP. To each receiver the order stays.
    pub(super) fn sort(&mut self, outbox: &Outbox) {
        self.groups.clear();
        self.next.clear();
        self.newest.clear();
        for (nth, transmit) in outbox.iter().enumerate() {
            self.next.push(None);
            let (path, len) = (transmit.path, transmit.datagram.len());
            if path.protocol != Protocol::Udp {
                continue;
            }
            let newest = self.newest.get(&path).copied();
            match newest.and_then(|at| self.groups.get_mut(at)) {
                Some(group) if group.takes(len) => {
                    self.next[group.last] = Some(nth);
                    group.add(nth, len);
                }
                _ => {
                    self.newest.insert(path, self.groups.len());
                    self.groups.push(Group::of(path, nth, len));
                }
            }
        }
    }

    /// What leaves together, in the order in which it leaves.
    pub(super) fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The datagrams of a group, by their number in the outbox.
    pub(super) fn members(&self, group: &Group) -> impl Iterator<Item = usize> {
        iter::successors(Some(group.first), |nth| self.next[*nth])
    }
}

impl Group {
    fn of(path: Path, nth: usize, len: usize) -> Self {
        Self {
            path,
            segment: len,
            count: 1,
            first: nth,
            last: nth,
            bytes: len,
            is_whole: false,
        }
    }

    fn takes(&self, len: usize) -> bool {
        let has_room = self.count < MOST && self.bytes + len <= MOST_BYTES;
        has_room && len <= self.segment && !self.is_whole
    }

    fn add(&mut self, nth: usize, len: usize) {
        self.last = nth;
        self.count += 1;
        self.bytes += len;
        self.is_whole = len < self.segment;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr};

    const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn path(protocol: Protocol, port: u16) -> Path {
        Path {
            protocol,
            local: HOME,
            remote: (HOME, port).into(),
        }
    }

    /// The groups of datagrams with these (port, length).
    fn sorted(datagrams: &[(u16, usize)]) -> Vec<Vec<usize>> {
        let mut outbox = Outbox::default();
        for (port, len) in datagrams {
            outbox.push(path(Protocol::Udp, *port), &vec![0; *len]);
        }
        let mut segments = Segments::default();
        // What was there before leaves no trace.
        for _ in 0..2 {
            segments.sort(&outbox);
        }
        let groups = segments.groups().iter();
        groups
            .map(|group| segments.members(group).collect())
            .collect()
    }

    #[test]
    fn datagrams_of_one_length_leave_together_and_the_last_may_be_shorter() {
        assert_eq!(
            sorted(&[(1, 900), (2, 900), (1, 900), (2, 900), (1, 100), (2, 901)]),
            [vec![0, 2, 4], vec![1, 3], vec![5]]
        );
    }

    #[test]
    fn nothing_overtakes_what_leaves_to_the_same_receiver() {
        // The third is as long as the first, but the second stands between them.
        assert_eq!(
            sorted(&[(1, 900), (1, 901), (1, 900), (1, 901)]),
            [vec![0], vec![1, 2], vec![3]]
        );
    }

    #[test]
    fn no_group_has_more_than_the_kernel_takes() {
        let sizes = |datagrams: &[(u16, usize)]| {
            let groups = sorted(datagrams).into_iter();
            groups.map(|group| group.len()).collect::<Vec<_>>()
        };
        assert_eq!(sizes(&[(1, 100); MOST + 1]), [MOST, 1]);
        assert_eq!(sizes(&[(1, 2048); MOST]), [29, 3]);
    }

    #[test]
    fn what_goes_by_tcp_is_no_matter_of_segments() {
        let mut outbox = Outbox::default();
        outbox.push(path(Protocol::Tcp, 1), &[0; 9]);
        outbox.push(path(Protocol::Udp, 1), &[0; 9]);
        let mut segments = Segments::default();
        segments.sort(&outbox);
        assert_eq!(segments.groups().len(), 1);
        assert!(segments.members(&segments.groups()[0]).eq([1]));
    }
}
