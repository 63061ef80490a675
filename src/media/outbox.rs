//! Datagrams to send, side by side in one buffer that is used again and again.

use std::{
    net::{IpAddr, SocketAddr},
    ops::Range,
};

/// What carries a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// UDP.
    Udp,
    /// A TCP connection that the client has opened (RFC 6544).
    Tcp,
}

/// The way of a datagram: replies leave from the address that was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Path {
    /// What carries it.
    pub protocol: Protocol,
    /// This machine's address.
    pub local: IpAddr,
    /// The other end.
    pub remote: SocketAddr,
}

/// Datagrams in the order in which they are to be sent.
#[derive(Debug, Default)]
pub struct Outbox {
    pub(crate) bytes: Vec<u8>,
    datagrams: Vec<(Path, Range<usize>, bool)>,
    /// How many of them are parts of pictures.
    pictures: usize,
}

/// A datagram to send.
#[derive(Debug, Clone, Copy)]
pub struct Transmit<'a> {
    /// Its way.
    pub path: Path,
    /// Its content.
    pub datagram: &'a [u8],
    /// Part of a picture: where not everything fits, this is dropped first.
    pub picture: bool,
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

    /// Whether all datagrams are parts of pictures.
    pub(crate) fn has_pictures_alone(&self) -> bool {
        self.pictures == self.datagrams.len()
    }

    /// The content of the datagram with this number.
    pub(crate) fn datagram(&self, nth: usize) -> &[u8] {
        &self.bytes[self.datagrams[nth].1.clone()]
    }

    /// The datagrams.
    pub fn iter(&self) -> impl Iterator<Item = Transmit<'_>> {
        self.datagrams
            .iter()
            .map(|(path, range, picture)| Transmit {
                path: *path,
                datagram: &self.bytes[range.clone()],
                picture: *picture,
            })
    }

    /// Forgets the datagrams, keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.datagrams.clear();
        self.pictures = 0;
    }

    /// Makes a datagram of what stands in the buffer from `start` on.
    pub(crate) fn finish(&mut self, start: usize, path: Path) {
        self.datagrams.push((path, start..self.bytes.len(), false));
    }

    /// The same for a part of a picture.
    pub(crate) fn finish_picture(&mut self, start: usize, path: Path) {
        self.datagrams.push((path, start..self.bytes.len(), true));
        self.pictures += 1;
    }

    /// Appends a whole datagram.
    pub(crate) fn push(&mut self, path: Path, datagram: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(datagram);
        self.finish(start, path);
    }
}
