//! Who asks: the address and the scheme of a request, as far as they can be believed.
//!
//! What a proxy says of them (`X-Forwarded-For`, `X-Forwarded-Proto`) is believed only of those
//! that the configuration trusts; from anyone else these headers are noise.

use crate::config::Network;
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, StatusCode, request::Parts},
};
use std::net::{IpAddr, SocketAddr};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The other end of a request. The listener puts it into every request's extensions; handlers take
/// it as an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// The address, behind the trusted proxies. IPv4 is never written as IPv6.
    pub address: IpAddr,
    /// The browser speaks https, with us or with a trusted proxy.
    pub secure: bool,
}

impl Client {
    /// Whose request it is that came from `peer`, over TLS with us or not.
    pub(crate) fn of(peer: IpAddr, tls: bool, headers: &HeaderMap, trusted: &[Network]) -> Self {
        let trusts = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
        let mut address = peer.to_canonical();
        if !trusts(address) {
            return Self {
                address,
                secure: tls,
            };
        }
        // Each proxy writes behind the others from whom it got the request: from the right, the
        // first that is no trusted proxy is the client. What stands further left is its own claim.
        for hop in values(headers, &FORWARDED_FOR).rev() {
            let Some(hop) = parse(hop) else { break };
            address = hop;
            if !trusts(hop) {
                break;
            }
        }
        let proto = values(headers, &FORWARDED_PROTO).next_back();
        Self {
            address,
            secure: proto.map_or(tls, |proto| proto.eq_ignore_ascii_case("https")),
        }
    }
}

/// The values of a header that is a list, in one line or in several.
fn values<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> impl DoubleEndedIterator<Item = &'a str> {
    headers
        .get_all(name)
        .iter()
        .flat_map(|line| line.to_str().unwrap_or_default().split(','))
        .map(str::trim)
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1` or `[2001:db8::1]:4711`.
fn parse(hop: &str) -> Option<IpAddr> {
    let bare = hop.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse().ok();
    let with_port = || hop.parse::<SocketAddr>().ok().map(|address| address.ip());
    address
        .or_else(with_port)
        .map(|ip: IpAddr| ip.to_canonical())
}

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, StatusCode> {
        // Every listener of ours puts it there.
        let client = parts.extensions.get::<Self>().copied();
        client.ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn only_a_trusted_proxy_says_for_whom_it_asks() {
        let trusted = ["10.0.0.1", "10.0.1.0/24", "::1"].map(|n| n.parse().expect("a network"));
        /// The peer, over TLS or not; `X-Forwarded-For`, `X-Forwarded-Proto`; who it is, secure or not.
        type Row = (
            &'static str,
            bool,
            &'static [&'static str],
            &'static [&'static str],
            &'static str,
            bool,
        );
        let rows: &[Row] = &[
            // Straight to us: what it claims does not matter.
            ("192.0.2.9", false, &[], &[], "192.0.2.9", false),
            ("192.0.2.9", true, &[], &["http"], "192.0.2.9", true),
            (
                "192.0.2.9",
                false,
                &["8.8.8.8"],
                &["https"],
                "192.0.2.9",
                false,
            ),
            (
                "::ffff:192.0.2.9",
                false,
                &["8.8.8.8"],
                &[],
                "192.0.2.9",
                false,
            ),
            // Through a proxy of ours.
            (
                "10.0.0.1",
                false,
                &["203.0.113.5"],
                &["https"],
                "203.0.113.5",
                true,
            ),
            (
                "::1",
                false,
                &["2001:db8::7"],
                &["http"],
                "2001:db8::7",
                false,
            ),
            (
                "::ffff:10.0.0.1",
                false,
                &["203.0.113.5:99"],
                &["HTTPS"],
                "203.0.113.5",
                true,
            ),
            (
                "10.0.0.1",
                false,
                &["[2001:db8::7]:99"],
                &[],
                "2001:db8::7",
                false,
            ),
            // What the client wrote itself stands to the left of what the proxy wrote.
            (
                "10.0.0.1",
                false,
                &["8.8.8.8, 203.0.113.5"],
                &[],
                "203.0.113.5",
                false,
            ),
            (
                "10.0.0.1",
                false,
                &["8.8.8.8", "203.0.113.5"],
                &["https", "http"],
                "203.0.113.5",
                false,
            ),
            // Through two.
            (
                "10.0.0.1",
                true,
                &["8.8.8.8, 203.0.113.5, 10.0.1.77"],
                &[],
                "203.0.113.5",
                true,
            ),
            (
                "10.0.0.1",
                false,
                &["10.0.1.3, 10.0.1.77"],
                &[],
                "10.0.1.3",
                false,
            ),
            // Nothing, or nonsense: the last hop that is known.
            ("10.0.0.1", true, &[], &[], "10.0.0.1", true),
            ("10.0.0.1", false, &["unknown"], &[""], "10.0.0.1", false),
            (
                "10.0.0.1",
                false,
                &["203.0.113.5, nonsense, 10.0.1.77"],
                &[],
                "10.0.1.77",
                false,
            ),
        ];
        for (peer, tls, forwarded, proto, address, secure) in rows {
            let mut headers = HeaderMap::new();
            for (name, lines) in [(FORWARDED_FOR, forwarded), (FORWARDED_PROTO, proto)] {
                for line in *lines {
                    headers.append(name.clone(), HeaderValue::from_static(line));
                }
            }
            let peer = peer.parse().expect("an address");
            let expected = Client {
                address: address.parse().expect("an address"),
                secure: *secure,
            };
            let found = Client::of(peer, *tls, &headers, &trusted);
            assert_eq!(found, expected, "{peer} {forwarded:?} {proto:?}");
        }
    }
}
