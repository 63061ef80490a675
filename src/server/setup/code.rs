//! A code as people type it, and what is kept of it.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use ring::rand::{SecureRandom, SystemRandom};
use std::fmt;

/// Crockford's base 32: no I, L, O or U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 8;

/// The system gives no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct NoRandom;

/// The name of something that nobody is to guess: so many random bytes, as hex.
///
/// # Errors
/// The system gives no random bytes.
pub(crate) fn random_hex<const N: usize>() -> Result<String, NoRandom> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| NoRandom)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A code of 40 random bits, shown as `K7QM-3XWP`.
#[derive(Clone, PartialEq, Eq)]
pub struct Code([u8; LENGTH]);

impl Code {
    /// A new random code.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn random() -> Result<Self, NoRandom> {
        let mut bytes = [0; LENGTH];
        SystemRandom::new().fill(&mut bytes).map_err(|_| NoRandom)?;
        Ok(Self(bytes.map(|byte| ALPHABET[usize::from(byte % 32)])))
    }

    /// Reads what a person typed: blanks, hyphens and case do not matter, O is 0, I and L are 1.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut code = [0; LENGTH];
        let mut length = 0;
        for letter in text
            .bytes()
            .filter(|b| !matches!(b, b' ' | b'-' | b'\t' | b'\n' | b'\r'))
        {
            let letter = match letter.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                letter => letter,
            };
            *code.get_mut(length)? = letter;
            if !ALPHABET.contains(&letter) {
                return None;
            }
            length += 1;
        }
        (length == LENGTH).then_some(Self(code))
    }
}

/// The code itself: only for who is to have it, never for a log line or a file.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, letter) in self.0.iter().enumerate() {
            if at == LENGTH / 2 {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(*letter))?;
        }
        Ok(())
    }
}

/// What is kept of a code: argon2id with a salt of its own, as a PHC string. Who steals the file
/// needs about 20 ms and 19 MiB for each of 2⁴⁰ guesses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeHash(String);

impl CodeHash {
    /// Hashes a code; takes as long as checking it.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn of(code: &Code) -> Result<Self, NoRandom> {
        let hash = Argon2::default().hash_password(&code.0);
        hash.map(|hash| Self(hash.to_string()))
            .map_err(|_| NoRandom)
    }

    /// Reads what [`as_str`](Self::as_str) gave.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        PasswordHash::new(text).ok()?;
        Some(Self(text.to_owned()))
    }

    /// As it stands in the file.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is of this code. Slow on purpose: call it where nothing waits.
    #[must_use]
    pub fn matches(&self, code: &Code) -> bool {
        PasswordHash::new(&self.0)
            .is_ok_and(|hash| Argon2::default().verify_password(&code.0, &hash).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = Code::parse("K7QM-01XW").expect("a code");
        for text in ["k7qm01xw", " K7QM OIXW ", "k7qm-oLxw"] {
            assert!(Code::parse(text) == Some(code.clone()), "{text}");
        }
        for text in ["", "K7QM-01X", "K7QM-01XWW", "K7QM-01XU", "Cần-Thơ1"] {
            assert!(Code::parse(text).is_none(), "{text}");
        }
        let random = Code::random().expect("random");
        assert!(Code::parse(&random.to_string()) == Some(random));
    }

    #[test]
    fn a_hash_knows_its_code_and_tells_nothing_of_it() {
        let code = Code::parse("K7QM-01XW").expect("a code");
        let hash = CodeHash::of(&code).expect("random");
        assert!(hash.matches(&code));
        assert!(!hash.matches(&Code::parse("K7QM-01XV").expect("a code")));
        let read = CodeHash::parse(hash.as_str()).expect("its own form");
        assert!(read.matches(&code));
        assert!(!hash.as_str().contains("K7QM"));
        assert_ne!(hash, CodeHash::of(&code).expect("random"), "salted");
        assert_eq!(CodeHash::parse("K7QM-01XW"), None);
    }
}
