//! Who is at the other end of a request.

use std::net::{IpAddr, Ipv4Addr};

/// The other end of a request: an extension that the listener puts on each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client {
    /// Its address; behind a proxy that is trusted, what the proxy says it is.
    pub(crate) address: IpAddr,
    /// It came by https.
    pub(crate) secure: bool,
}

impl Default for Client {
    fn default() -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            secure: false,
        }
    }
}
