//! Why https cannot be served, with the file and the mend.

use std::{io, path::PathBuf};

/// Why https cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A configured file cannot be read.
    #[error("{path} of [server.tls] cannot be read: {reason}; check the path and who may read it")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// A configured file is not what it should be.
    #[error("{path} of [server.tls] {what}; {mend}")]
    Wrong {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        what: String,
        /// How to mend it.
        mend: &'static str,
    },
    /// A file of the own CA cannot be read or written.
    #[error("{path} cannot be used: {reason}; the server must be able to write its data folder")]
    Folder {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// A file of the own CA is damaged or missing.
    #[error(
        "the server's own CA in {folder} is damaged: {what}; bring its files back from a copy, or \
         remove the folder: the next start makes a new CA, which every device must be told to trust"
    )]
    Damaged {
        /// The folder of the CA.
        folder: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A certificate could not be made.
    #[error("a certificate cannot be made: {0}")]
    Make(#[from] rcgen::Error),
    /// The TLS library refuses.
    #[error("TLS cannot be set up: {0}")]
    Library(rustls::Error),
}
