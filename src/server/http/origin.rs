//! Which pages may act for a person who is signed in.
//!
//! Browsers send `Origin` with every WebSocket and every POST; it must be the server's own host or
//! one that the configuration names. Agents and curl send none, and need none: the cookie is
//! `SameSite=Strict`, so no foreign page can make a browser send it.

use crate::{limits::Spared, metrics, sentences::Refusal};
use axum::http::{HeaderMap, header};
use std::time::Instant;

/// Anyone can send such requests.
static REFUSALS: Spared = Spared::new();
/// No origin of a browser that means well is longer.
const SHOWN: usize = 120;

/// Refuses a request that a foreign page makes.
pub(crate) fn check(headers: &HeaderMap, allowed: &[String]) -> Result<(), Refusal> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    if let (Ok(origin), Some(host)) = (origin.to_str(), host) {
        let authority = origin
            .strip_prefix("https://")
            .or_else(|| origin.strip_prefix("http://"));
        if authority == Some(host) || allowed.iter().any(|allowed| allowed == origin) {
            return Ok(());
        }
    }
    metrics::ORIGINS_REFUSED.count();
    if let Some(unsaid) = REFUSALS.may_say(Instant::now()) {
        // A page's address, not a person's; the administrator may want it in `server.origins`.
        let origin = origin.to_str().unwrap_or_default();
        let origin: String = origin.chars().take(SHOWN).collect();
        tracing::warn!(?origin, unsaid, "A request from a foreign page is refused");
    }
    Err(Refusal::BadOrigin)
}

/// The browser reached us over https, through a proxy: its cookie must stay there.
pub(super) fn is_secure(headers: &HeaderMap) -> bool {
    headers
        .get(header::ORIGIN)
        .is_some_and(|origin| origin.as_bytes().starts_with(b"https://"))
}
