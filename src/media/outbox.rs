//! Datagrams to send, side by side in one buffer that is used again and again.

use std::{
    net::{IpAddr, SocketAddr},
    ops::Range,
};

/// The two ends of a datagram's way: replies leave from the address that was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Path {
    /// This machine's address.
    pub local: IpAddr,
    /// The other end.
    pub remote: SocketAddr,
}

/// Datagrams in the order in which they are to be sent.
#[derive(Debug, Default)]
pub struct Outbox {
    pub(crate) bytes: Vec<u8>,
    datagrams: Vec<(Path, Range<usize>)>,
}

impl Outbox {
    /// Whether there is nothing to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.datagrams.is_empty()
    }

    /// How many datagrams there are.
    pub(crate) fn len(&self) -> usize {
        self.datagrams.len()
    }

    /// The datagrams.
    pub fn iter(&self) -> impl Iterator<Item = (Path, &[u8])> {
        self.datagrams
            .iter()
            .map(|(path, range)| (*path, &self.bytes[range.clone()]))
    }

    /// Forgets the datagrams, keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.datagrams.clear();
    }

    /// Makes a datagram of what stands in the buffer from `start` on.
    pub(crate) fn finish(&mut self, start: usize, path: Path) {
        self.datagrams.push((path, start..self.bytes.len()));
    }

    /// Appends a whole datagram.
    pub(crate) fn push(&mut self, path: Path, datagram: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(datagram);
        self.finish(start, path);
    }
}
