//! What can go wrong for an agent, and what mends it.

use diemcau_protocol::ErrorBody;
use std::{io, path::PathBuf, time::Duration};

/// Why an agent cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The address of the server cannot be used.
    #[error("{0}: not an address such as https://hop.example:8443")]
    Address(String),
    /// What to sign in with is missing or cannot be read.
    #[error("{0}")]
    Entry(String),
    /// A file with a certificate cannot be used.
    #[error("{}: {problem}; name a certificate, PEM or DER, such as the server's ca.crt, with --ca", .path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The server's certificate is not believed here.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The server was not reached, or answered with something that is not HTTP.
    #[error("the server does not answer: {0}")]
    Http(#[from] hyper::Error),
    /// A socket failed.
    #[error("the network does not work: {0}")]
    Network(#[from] io::Error),
    /// A step took too long.
    #[error("{what} took more than {} s: is the server there, and does a firewall let it through?", .limit.as_secs())]
    Late {
        /// The step.
        what: &'static str,
        /// How long it was waited for.
        limit: Duration,
    },
    /// The server refused.
    #[error("the server refused ({}): {}", .0.code, .0.message.en)]
    Refused(ErrorBody),
    /// The server refused for now.
    #[error("the server asks to wait {} s ({}): {}", .after.as_secs(), .error.code, .error.message.en)]
    Later {
        /// What it said in `Retry-After`.
        after: Duration,
        /// Why.
        error: ErrorBody,
    },
    /// The server said something that the protocol does not have.
    #[error("the server's answer is not understood: {0}")]
    Protocol(String),
    /// The WebSocket failed.
    #[error("the signalling link failed: {0}")]
    Link(#[from] Box<tokio_tungstenite::tungstenite::Error>),
    /// The signalling link is closed.
    #[error("the signalling link is closed")]
    Closed,
    /// The media connection failed.
    #[error("the media connection failed: {0}")]
    Media(#[from] webrtc::error::Error),
}

/// Why a server's certificate is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Nobody whom this machine believes has signed it.
    #[error(
        "the certificate of {origin} is not trusted here: download {origin}/ca.crt, or take \
         var/tls/ca.pem from the server's operator, and name it with --ca"
    )]
    Untrusted {
        /// The server.
        origin: String,
    },
    /// It is for other names.
    #[error(
        "the certificate of {origin} is not for that name: use a name that it is for ({names}), or \
         have the operator add this one"
    )]
    OtherName {
        /// The server.
        origin: String,
        /// The names that it is for, as far as they are known.
        names: String,
    },
    /// It is too old, or not valid yet.
    #[error(
        "the certificate of {origin} is not valid today: set this machine's clock, or have the \
         operator renew it"
    )]
    OutOfDate {
        /// The server.
        origin: String,
    },
    /// TLS failed otherwise.
    #[error("no TLS with {origin}: {problem}; does the port speak https?")]
    Tls {
        /// The server.
        origin: String,
        /// What the TLS library says.
        problem: String,
    },
}

impl From<tokio_tungstenite::tungstenite::Error> for AgentError {
    fn from(error: tokio_tungstenite::tungstenite::Error) -> Self {
        Self::Link(Box::new(error))
    }
}

impl AgentError {
    /// The stable code of the server's refusal, if it is one.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        match self {
            Self::Refused(error) | Self::Later { error, .. } => Some(&error.code),
            _ => None,
        }
    }
}
