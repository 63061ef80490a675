//! Clients that mean ill, before and beside the rules of the conference: slow ones, large ones,
//! and such as send a little that would become a lot.

use crate::{
    client::{Http, Open, counter, get, http, sign_in, until_counted},
    harness::{Place, Server},
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::{sleep, timeout},
};

/// Far longer than the server waits for anyone.
const PATIENCE: Duration = Duration::from_secs(90);

/// This process opens as many sockets as the server takes from it.
fn open_many_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    setrlimit(Resource::Nofile, raised).expect("as many as are allowed");
}

/// Sends what it is given, a byte at a time, until the server has enough of it: after how long.
async fn drip(address: SocketAddr, bytes: &'static [u8]) -> Duration {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(address).await.expect("connect");
    let mut answer = [0; 512];
    for byte in bytes {
        if stream.write_all(&[*byte]).await.is_err() {
            return begun.elapsed();
        }
        // The pause between bytes; the end of the connection ends it.
        let ended = timeout(Duration::from_millis(500), stream.read(&mut answer)).await;
        if matches!(ended, Ok(Ok(0) | Err(_))) {
            return begun.elapsed();
        }
    }
    while !matches!(stream.read(&mut answer).await, Ok(0) | Err(_)) {}
    begun.elapsed()
}

#[tokio::test]
async fn a_thousand_slow_sockets_hold_up_nobody_and_are_cut() {
    const HEAD: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: \
        aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    open_many_files();
    let place = Place::new();
    let server = place.start();
    assert_eq!(get(&server, "/healthz", "").await.status, 200);
    let accepted = counter(&server, "diemcau_connections_total").await;
    let before = server.memory();
    let mut slow = JoinSet::new();
    for number in 0..1000 {
        let (http, https) = (server.address, server.https);
        match number % 5 {
            // Nothing at all.
            0 | 1 => slow.spawn(drip(http, b"")),
            2 => slow.spawn(drip(https, b"")),
            // A head, byte by byte; the beginning of TLS, byte by byte.
            3 => slow.spawn(drip(http, HEAD)),
            _ => slow.spawn(drip(
                https,
                b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            )),
        };
    }
    // All of them are in, and others are served.
    let all_in = async {
        // Each look is a connection too.
        for looks in 1.. {
            if counter(&server, "diemcau_connections_total").await >= accepted + looks + 1000 {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, all_in).await.expect("all are accepted");
    sign_in(&place, &server, "can-tho", "site").await;
    let grown = server.memory().saturating_sub(before);
    assert!(
        grown < 48 * 1024,
        "{grown} kB for a thousand sockets that ask for nothing"
    );

    let lasted = timeout(PATIENCE, slow.join_all()).await;
    let shortest = lasted.expect("all are cut").into_iter().min();
    let least = Duration::from_secs(9);
    assert!(
        shortest >= Some(least),
        "{shortest:?}: a slow line has its time"
    );
    until_counted(
        &server,
        "diemcau_connections_cut_total{reason=\"slow\"}",
        600,
    )
    .await;
    until_counted(
        &server,
        "diemcau_tls_handshakes_failed_total{reason=\"slow\"}",
        400,
    )
    .await;
    sign_in(&place, &server, "da-nang", "site").await;
}

#[tokio::test]
async fn more_connections_than_there_are_places_are_refused_and_places_come_back() {
    open_many_files();
    let place = Place::new();
    let server = place.start();
    // Each has begun a request, whose body the server waits for longer than this takes.
    let request = b"POST /api/v1/sign-in HTTP/1.1\r\nHost: localhost\r\n\
        Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{";
    let mut held = Vec::new();
    while held.len() < 4096 {
        let mut stream = TcpStream::connect(server.address).await.expect("connect");
        stream.write_all(request).await.expect("send");
        held.push(stream);
    }
    // The next one is closed without a word.
    let mut last = TcpStream::connect(server.https).await.expect("connect");
    let read = timeout(PATIENCE, last.read(&mut [0]))
        .await
        .expect("refused");
    assert!(matches!(read, Ok(0) | Err(_)));
    drop(held);
    let reached = async {
        loop {
            // Refused itself until places are free.
            let stream = TcpStream::connect(server.address).await.expect("connect");
            if let Some(page) = try_get(stream, "/metrics").await {
                return page;
            }
        }
    };
    let page = timeout(PATIENCE, reached).await.expect("places come back");
    let refused = page
        .lines()
        .find_map(|line| line.strip_prefix("diemcau_connections_refused_total{reason=\"full\"} "))
        .expect("the counter");
    assert_ne!(refused, "0");
}

/// The body of a page; none when the connection is refused.
async fn try_get(mut stream: TcpStream, path: &str) -> Option<String> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    Some(body.to_owned())
}

async fn send(server: &Server, headers: &[String], body: Option<&Value>) -> Http {
    http(server.address, "POST", "/api/v1/sign-in", headers, body).await
}

#[tokio::test]
async fn what_is_too_long_or_too_deep_is_refused_by_its_size() {
    let place = Place::new();
    let server = place.start();
    for letters in [17_000, 200_000] {
        let head = format!(
            "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: {}\r\n\r\n",
            "a".repeat(letters)
        );
        assert_eq!(raw(server.address, &head).await.status, 431, "{letters}");
    }
    let many: Vec<String> = (0..100).map(|n| format!("X-{n}: a")).collect();
    let answer = http(server.address, "GET", "/healthz", &many, None).await;
    assert_eq!(answer.status, 431);
    until_counted(
        &server,
        "diemcau_requests_refused_total{reason=\"unreadable\"}",
        3,
    )
    .await;

    let code = place.code("can-tho", "site");
    for depth in [200, 7_000, 32_000] {
        let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let inside = format!("{{\"site\":{deep},\"code\":\"{code}\"}}");
        for body in [deep, inside] {
            let head = format!(
                "POST /api/v1/sign-in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            let answer = raw(server.address, &head).await;
            assert_eq!(answer.status, 400, "{depth}");
            assert_eq!(answer.json()["error"]["code"], "bad-message");
        }
    }

    let cookie = sign_in(&place, &server, "can-tho", "site").await;
    let mut page = crate::client::Page::connect(&server, &cookie, None).await;
    let deep = format!("{}{}", "[".repeat(32_000), "]".repeat(32_000));
    let inside = format!("{{\"id\":4,\"cmd\":\"media.join\",\"sdp\":{deep}}}");
    for text in [&deep, &inside] {
        let reply = page.send_text(text).await;
        assert_eq!(reply["error"]["code"], "bad-message");
    }
    let alive = page.send_text(r#"{"id":5,"cmd":"link.ping"}"#).await;
    assert!(alive["ok"].is_object());
}

/// Sends text as it is; the answer. The server may have answered and closed before it has read all.
async fn raw(address: SocketAddr, text: &str) -> Http {
    let mut stream = TcpStream::connect(address).await.expect("connect");
    let _ = stream.write_all(text.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    Http::parse(&answer)
}

#[tokio::test]
async fn nothing_compressed_is_unpacked() {
    let place = Place::new();
    let server = place.start();
    let body = json!({"site": "can-tho", "code": place.code("can-tho", "site")});
    for encoding in ["gzip", "deflate", "br", "gzip, gzip"] {
        let headers = [format!("Content-Encoding: {encoding}")];
        let refused = send(&server, &headers, Some(&body)).await;
        assert_eq!(refused.status, 415, "{encoding}");
        assert_eq!(refused.json()["error"]["code"], "encoded-body");
    }
    assert_eq!(
        counter(
            &server,
            "diemcau_requests_refused_total{reason=\"encoded\"}"
        )
        .await,
        4
    );
    let plain = ["Content-Encoding: identity".to_owned()];
    assert_eq!(send(&server, &plain, Some(&body)).await.status, 200);

    // A compressed frame of a WebSocket that agreed on no compression.
    let cookie = sign_in(&place, &server, "can-tho", "site").await;
    let opened = Open::new(&cookie).try_connect(&server).await;
    let mut socket = opened.expect("a WebSocket").into_inner();
    // FIN, RSV1, text; masked with zeros; two bytes.
    let frame = [0b1100_0001, 0b1000_0010, 0, 0, 0, 0, 0x4b, 0x04];
    socket.write_all(&frame).await.expect("send");
    let mut rest = Vec::new();
    let ended = timeout(PATIENCE, socket.read_to_end(&mut rest)).await;
    let _ = ended.expect("the server ends the session");
    until_counted(&server, "diemcau_sessions_closed_total", 1).await;
}

#[tokio::test]
async fn a_foreign_page_is_refused_whatever_it_claims() {
    let place = Place::new();
    let server = place.start();
    let cookie = sign_in(&place, &server, "can-tho", "site").await;
    let own = format!("http://{}", server.address);
    let body = json!({"site": "can-tho", "code": place.code("can-tho", "site")});
    for headers in [
        vec!["Origin: https://evil.example".to_owned()],
        // A second one does not help, in whichever order.
        vec![
            "Origin: https://evil.example".to_owned(),
            format!("Origin: {own}"),
        ],
        vec![
            format!("Origin: {own}"),
            "Origin: https://evil.example".to_owned(),
        ],
        vec![
            "Origin: https://evil.example".to_owned(),
            "X-Forwarded-Host: evil.example".to_owned(),
        ],
    ] {
        let refused = send(&server, &headers, Some(&body)).await;
        assert_eq!(refused.status, 403, "{headers:?}");
    }
    let open = Open {
        origin: Some("https://evil.example"),
        ..Open::new(&cookie)
    };
    assert_eq!(open.try_connect(&server).await.err(), Some(403));
    assert_eq!(counter(&server, "diemcau_origins_refused_total").await, 5);
}
