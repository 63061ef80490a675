//! The idempotency key of a command.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

const LENGTH: usize = 36;
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

/// A UUID in its usual text (RFC 9562 §4): 36 characters, hyphens, hexadecimal digits in lower
/// case. A client makes one for each command; a repeat with the same key does nothing again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommandKey([u8; LENGTH]);

/// The text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key is a UUID in lower case: 8-4-4-4-12 hexadecimal digits")]
pub struct BadKey;

impl CommandKey {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("hexadecimal digits and hyphens are ASCII")
    }
}

impl FromStr for CommandKey {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let bytes: [u8; LENGTH] = text.as_bytes().try_into().map_err(|_| BadKey)?;
        let well_formed = bytes.iter().enumerate().all(|(place, byte)| {
            if HYPHENS.contains(&place) {
                *byte == b'-'
            } else {
                matches!(byte, b'0'..=b'9' | b'a'..=b'f')
            }
        });
        if well_formed {
            Ok(Self(bytes))
        } else {
            Err(BadKey)
        }
    }
}

impl TryFrom<String> for CommandKey {
    type Error = BadKey;

    fn try_from(text: String) -> Result<Self, BadKey> {
        text.parse()
    }
}

impl From<CommandKey> for String {
    fn from(key: CommandKey) -> Self {
        key.as_str().to_owned()
    }
}

impl fmt::Display for CommandKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CommandKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CommandKey({self})")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    const GOOD: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

    #[test]
    fn a_key_keeps_its_text() {
        let key: CommandKey = GOOD.parse().unwrap();
        assert_eq!(key.as_str(), GOOD);
        let json = serde_json::to_string(&key).unwrap();
        assert_eq!(json, format!("\"{GOOD}\""));
        assert_eq!(serde_json::from_str::<CommandKey>(&json).unwrap(), key);
    }

    #[test]
    fn what_is_no_lower_case_uuid_is_refused() {
        let cases = [
            String::new(),
            GOOD.to_uppercase(),
            GOOD.replace('-', ""),
            format!("{GOOD}0"),
            format!("{{{GOOD}}}"),
            GOOD.replacen('d', "g", 1),
            GOOD.replacen("5b-", "5-b", 1),
            // 36 bytes, but not 36 characters.
            GOOD.replacen("0f", "é", 1),
        ];
        for text in cases {
            assert_eq!(text.parse::<CommandKey>(), Err(BadKey), "{text}");
            assert!(serde_json::from_value::<CommandKey>(text.into()).is_err());
        }
    }
}
