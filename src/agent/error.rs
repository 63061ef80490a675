//! What can go wrong for an agent.

use diemcau_protocol::ErrorBody;

/// Why an agent cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The address of the server cannot be used.
    #[error("{0}: not an address such as http://127.0.0.1:8080")]
    Address(String),
    /// The server was not reached, or answered with something that is not HTTP.
    #[error("the server does not answer: {0}")]
    Http(#[from] hyper::Error),
    /// A socket failed.
    #[error("the network does not work: {0}")]
    Network(#[from] std::io::Error),
    /// The server refused.
    #[error("the server refused ({}): {}", .0.code, .0.message.en)]
    Refused(ErrorBody),
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

impl From<tokio_tungstenite::tungstenite::Error> for AgentError {
    fn from(error: tokio_tungstenite::tungstenite::Error) -> Self {
        Self::Link(Box::new(error))
    }
}
