//! Which pages may act for a person who is signed in.
//!
//! Browsers send `Origin` with every WebSocket and every POST; it must be the server's own host or
//! one that the configuration names. Agents and curl send none, and need none: the cookie is
//! `SameSite=Strict`, so no foreign page can make a browser send it.

use super::client::Client;
use crate::{metrics, sentences::Refusal};
use axum::http::{HeaderMap, header};

/// Refuses a request that a foreign page makes. Over https (`client.secure`) a page of the same
/// host over http is foreign: whoever sits on the line could have written it.
pub(crate) fn check(
    headers: &HeaderMap,
    client: Client,
    allowed: &[String],
) -> Result<(), Refusal> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    if let (Ok(origin), Some(host)) = (origin.to_str(), host) {
        // A proxy that the configuration does not name may speak https for us: the cookie is then
        // not `Secure`, but the page still is our own.
        let authority = origin.strip_prefix("https://").or_else(|| {
            let plain = origin.strip_prefix("http://");
            plain.filter(|_| !client.secure)
        });
        if authority == Some(host) || allowed.iter().any(|allowed| allowed == origin) {
            return Ok(());
        }
    }
    metrics::ORIGINS_REFUSED.count();
    tracing::warn!(?origin, "A request from a foreign page is refused");
    Err(Refusal::BadOrigin)
}

/// The origin under which this client knows the server, for links.
pub(super) fn own(headers: &HeaderMap, client: Client) -> String {
    let scheme = if client.secure { "https" } else { "http" };
    let host = headers.get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok());
    format!("{scheme}://{}", host.unwrap_or("localhost"))
}
