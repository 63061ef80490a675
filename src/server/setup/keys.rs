//! The key that signs session cookies. It outlives restarts, so that pages stay signed in.

use super::write_secret;
use ring::{
    hmac,
    rand::{SecureRandom, SystemRandom},
};
use std::{fs, io, path::Path};

const LENGTH: usize = 32;

/// Signs cookies (HMAC-SHA-256).
#[derive(Clone)]
pub struct CookieKey(hmac::Key);

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("the key file {path} cannot be used: {reason}")]
    File {
        /// Which file.
        path: String,
        /// Why.
        reason: io::Error,
    },
    /// The file is not a key.
    #[error("the key file {0} is damaged: remove it, and everyone signs in again")]
    Damaged(String),
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    Random,
}

impl CookieKey {
    /// Reads the key of the data folder, or makes it.
    ///
    /// # Errors
    /// The file is damaged, or cannot be read or written.
    pub fn open(data: &Path) -> Result<Self, KeyError> {
        let path = data.join("keys");
        let file_error = |reason| KeyError::File {
            path: path.display().to_string(),
            reason,
        };
        let bytes = match fs::read(&path) {
            Ok(bytes) if bytes.len() == LENGTH => bytes,
            Ok(_) => return Err(KeyError::Damaged(path.display().to_string())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut bytes = vec![0; LENGTH];
                SystemRandom::new()
                    .fill(&mut bytes)
                    .map_err(|_| KeyError::Random)?;
                write_secret(&path, &bytes).map_err(file_error)?;
                bytes
            }
            Err(error) => return Err(file_error(error)),
        };
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// The MAC of the parts; their lengths are part of it.
    pub(crate) fn sign(&self, parts: &[&[u8]]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        context.sign()
    }
}
