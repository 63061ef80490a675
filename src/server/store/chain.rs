//! The hash chain: each event's hash covers its content and the hash of the event before it.
//!
//! What is hashed is exactly what the columns hold, byte for byte, so that neither another
//! version of the program nor another JSON library can make a true log look false.
//!
//! The chain shows every change, insertion and removal inside the log. It cannot show that events
//! are missing at the end, nor that the whole chain was computed anew: that needs the newest hash
//! known to somebody outside, as the minutes print it.

use ring::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use std::fmt;

/// The length that stands for "no key", which no text can have.
const ABSENT: u32 = u32::MAX;

/// A SHA-256 of the chain (FIPS 180-4); shown in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hash([u8; SHA256_OUTPUT_LEN]);

impl Hash {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// A hash as a column holds it; none if the length is wrong.
    pub(super) fn from_column(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    fn of(bytes: &[u8]) -> Self {
        let mut hash = [0; SHA256_OUTPUT_LEN];
        hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
        Self(hash)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

/// An event as its columns hold it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns<'a> {
    pub(super) seq: i64,
    pub(super) at: i64,
    pub(super) audience: &'a [u8],
    pub(super) actor: &'a [u8],
    pub(super) key: Option<&'a [u8]>,
    pub(super) event: &'a [u8],
}

/// The end of a conference's chain.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    head: Hash,
    /// Kept between events so that hashing one allocates nothing.
    buffer: Vec<u8>,
}

impl Chain {
    /// The chain of a conference without events: the hash of `diemcau log 1 ` and its id, where 1
    /// is the way of hashing, not the format of the file.
    pub(super) fn genesis(conference: &str) -> Self {
        Self::at(Hash::of(format!("diemcau log 1 {conference}").as_bytes()))
    }

    /// A chain that has come to `head`.
    pub(super) fn at(head: Hash) -> Self {
        Self {
            head,
            buffer: Vec::new(),
        }
    }

    pub(super) fn head(&self) -> Hash {
        self.head
    }

    /// Adds an event and gives its hash: SHA-256 of the hash before it, `seq` and `at` as 8 bytes
    /// each, then audience, actor, key and event, each as its length in 4 bytes and its bytes; no
    /// key is a length of 2³² − 1. All numbers big-endian.
    pub(super) fn push(&mut self, columns: &Columns<'_>) -> Hash {
        self.buffer.clear();
        self.buffer.extend_from_slice(&self.head.0);
        self.buffer.extend_from_slice(&columns.seq.to_be_bytes());
        self.buffer.extend_from_slice(&columns.at.to_be_bytes());
        self.text(Some(columns.audience));
        self.text(Some(columns.actor));
        self.text(columns.key);
        self.text(Some(columns.event));
        self.head = Hash::of(&self.buffer);
        self.head
    }

    fn text(&mut self, bytes: Option<&[u8]>) {
        let length = bytes.map_or(ABSENT, |bytes| {
            u32::try_from(bytes.len()).expect("SQLite holds no text above 1 GB")
        });
        self.buffer.extend_from_slice(&length.to_be_bytes());
        self.buffer.extend_from_slice(bytes.unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns<'a>() -> Columns<'a> {
        Columns {
            seq: 1,
            at: 1_368_147_600_000,
            audience: br#"{"to":"everyone"}"#,
            actor: br#"{"actor":"room"}"#,
            key: None,
            event: br#"{"event":"conference.closed"}"#,
        }
    }

    /// The hashes are a format: logs that exist must stay valid. Both figures were computed from
    /// the description of [`Chain::push`] with another implementation.
    #[test]
    fn the_way_of_hashing_is_fixed() {
        let mut chain = Chain::genesis("hoi-nghi-2013");
        assert_eq!(
            chain.head().to_string(),
            "b5ce553e6d7fbcfd301db0e5a954c80434e512d16e9abb4a449cb935e7536834"
        );
        assert_eq!(
            chain.push(&columns()).to_string(),
            "120cf4c67423d657dc8858dc8c94b77f6ef3f0696c268f86562af1c0ade46ed9"
        );
    }

    #[test]
    fn bytes_that_move_between_columns_change_the_hash() {
        let hash = |columns: &Columns<'_>| Chain::genesis("a").push(columns);
        let split = |audience: &'static [u8], actor: &'static [u8]| Columns {
            audience,
            actor,
            ..columns()
        };
        assert_ne!(hash(&split(b"ab", b"c")), hash(&split(b"a", b"bc")));
        let keyed = |key| Columns { key, ..columns() };
        assert_ne!(hash(&keyed(None)), hash(&keyed(Some(b""))));
    }
}
