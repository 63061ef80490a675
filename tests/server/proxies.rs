//! Whose word is taken for the address and the scheme of a request.

use crate::{client::exchange, harness::Place};
use serde_json::json;
use std::net::{IpAddr, SocketAddr};
use tokio::net::TcpSocket;

/// The proxy of these tests: another address of this machine's loopback.
const PROXY: [u8; 4] = [127, 0, 0, 2];

#[tokio::test]
async fn the_scheme_is_believed_from_a_trusted_proxy_only() {
    let place = Place::with(|text| {
        text.replace("trusted_proxies = []", "trusted_proxies = [\"127.0.0.2\"]")
    });
    let server = place.start();
    let code = place.code("can-tho", "site");
    let host = "hop.example.vn";
    for (from, proto, origin, status, secure) in [
        (PROXY, Some("https"), Some("https"), 200, true),
        (PROXY, Some("https"), None, 200, true),
        // A page of the same name without encryption is not ours when we are reached with it.
        (PROXY, Some("https"), Some("http"), 403, false),
        (PROXY, Some("http"), Some("http"), 200, false),
        (PROXY, None, None, 200, false),
        // The same words from anyone else are noise.
        ([127, 0, 0, 1], Some("https"), Some("https"), 200, false),
        ([127, 0, 0, 1], Some("https"), Some("http"), 200, false),
        ([127, 0, 0, 3], Some("https"), None, 200, false),
    ] {
        let socket = TcpSocket::new_v4().expect("a socket");
        let address = SocketAddr::new(IpAddr::from(from), 0);
        socket.bind(address).expect("an address of loopback");
        let stream = socket.connect(server.address).await.expect("connect");
        let proto = proto.map(|proto| format!("X-Forwarded-Proto: {proto}"));
        let origin = origin.map(|scheme| format!("Origin: {scheme}://{host}"));
        let headers: Vec<String> = proto.into_iter().chain(origin).collect();
        let body = json!({"site": "can-tho", "code": code});
        let path = "/api/v1/sign-in";
        let answer = exchange(stream, host, "POST", path, &headers, Some(&body)).await;
        assert_eq!(answer.status, status, "{from:?} {headers:?}");
        let cookie = answer.header("set-cookie").unwrap_or_default();
        assert_eq!(cookie.contains("; Secure"), secure, "{from:?} {headers:?}");
        assert_eq!(
            answer.header("strict-transport-security"),
            None,
            "that is for the proxy to say"
        );
    }
}
