//! The hash of a content, which is also the name of its file.

use ring::digest::Digest;
use std::fmt::Write;

/// 64 lower-case hexadecimal digits, and nothing else: safe in a path and in a header.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sha256(String);

impl Sha256 {
    /// Reads what may come from anyone.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (text.len() == 64 && text.bytes().all(digit)).then(|| Self(text.to_owned()))
    }

    /// The hash that was computed.
    pub(super) fn of(digest: Digest) -> Self {
        let mut text = String::with_capacity(64);
        for byte in digest.as_ref() {
            // Writing into a text cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }

    /// The digits.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::digest::{SHA256, digest};

    #[test]
    fn nothing_but_64_digits_is_a_hash() {
        let hash = Sha256::of(digest(&SHA256, b"abc"));
        // FIPS 180-4, the example of one block.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash.as_str(), abc);
        assert_eq!(Sha256::parse(abc), Some(hash));
        for wrong in [
            "",
            "abc",
            &abc.to_uppercase(),
            &abc[1..],
            &format!("{abc}0"),
            &format!("../{}", &abc[3..]),
            &format!("{}\0", &abc[1..]),
            &"ộ".repeat(32),
        ] {
            assert_eq!(Sha256::parse(wrong), None, "{wrong}");
        }
    }
}
