//! https: the server's own CA, certificates of others, and what is said on the wrong port.

use crate::{
    client::{self, Http, counter, exchange, get, sign_in_with, until_counted},
    harness::{Place, Server},
};
use futures_util::StreamExt;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, Issuer, KeyPair, SanType,
};
use rustls::{
    ClientConfig, RootCertStore, SupportedProtocolVersion,
    client::{Resumption, WebPkiServerVerifier, danger::ServerCertVerifier},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    version::{TLS12, TLS13},
};
use serde_json::json;
use std::{io, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest, http::HeaderValue};

const PATIENCE: Duration = Duration::from_secs(60);

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn roots(trusted: &CertificateDer<'static>) -> Arc<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("a CA");
    Arc::new(roots)
}

/// A client that trusts one CA and nothing else.
fn trusting(
    ca: &CertificateDer<'static>,
    version: &'static SupportedProtocolVersion,
) -> TlsConnector {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[version])
        .expect("a version")
        .with_root_certificates(roots(ca))
        .with_no_client_auth();
    // A resumed session shows the certificate that it began with.
    config.resumption = Resumption::disabled();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsConnector::from(Arc::new(config))
}

/// Connects to the server as if it were called `name`.
async fn connect(
    server: &Server,
    connector: &TlsConnector,
    name: &str,
) -> io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(server.https).await.expect("connect");
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    connector.connect(name, stream).await
}

async fn get_over_tls(server: &Server, connector: &TlsConnector, path: &str) -> Http {
    let stream = connect(server, connector, "localhost").await;
    let host = format!("localhost:{}", server.https.port());
    exchange(stream.expect("TLS"), &host, "GET", path, &[], None).await
}

/// The certificate that the next client sees.
async fn shown(server: &Server, connector: &TlsConnector) -> CertificateDer<'static> {
    let stream = connect(server, connector, "localhost").await.expect("TLS");
    let chain = stream.get_ref().1.peer_certificates().expect("a chain");
    chain[0].clone().into_owned()
}

fn own_ca(place: &Place) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(place.data().join("tls/ca.pem")).expect("a CA")
}

#[tokio::test]
async fn who_trusts_the_ca_reaches_the_server_under_each_of_its_addresses() {
    let place = Place::new();
    let server = place.start();
    let ca = own_ca(&place);
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".into(), "::1".into()];
    let own = diemcau_media::own_addresses().expect("addresses");
    names.extend(own.iter().map(ToString::to_string));
    for version in [&TLS12, &TLS13] {
        let connector = trusting(&ca, version);
        for name in &names {
            let stream = connect(&server, &connector, name).await;
            let stream = stream.unwrap_or_else(|error| panic!("{name}: {error}"));
            let connection = stream.get_ref().1;
            assert_eq!(connection.alpn_protocol(), Some(&b"http/1.1"[..]));
            assert_eq!(connection.protocol_version(), Some(version.version));
        }
        let elsewhere = connect(&server, &connector, "hop.example.vn").await;
        assert!(elsewhere.is_err(), "it speaks for itself only");
    }
    let other = Place::new();
    let other_server = other.start();
    let stranger = trusting(&own_ca(&other), &TLS13);
    assert!(connect(&server, &stranger, "localhost").await.is_err());
    drop(other_server);

    // What a person gets to install, and to compare.
    let connector = trusting(&ca, &TLS13);
    let file = get_over_tls(&server, &connector, "/ca.crt").await;
    assert_eq!(file.body, ca.as_ref());
    let kind = file.header("content-type");
    assert_eq!(kind, Some("application/x-x509-ca-cert"));
    let hash = ring::digest::digest(&ring::digest::SHA256, &ca);
    let pairs: Vec<String> = hash.as_ref().iter().map(|b| format!("{b:02X}")).collect();
    assert!(server.table.contains(&pairs.join(":")), "{}", server.table);

    // A browser that remembers "https only" could not be let in again with another CA.
    let page = get_over_tls(&server, &connector, "/").await;
    assert_eq!(page.header("strict-transport-security"), None);
    assert!(page.header("content-security-policy").is_some());
}

#[tokio::test]
async fn a_restart_keeps_the_ca_and_the_certificate_and_their_keys_are_secret() {
    let place = Place::new();
    let server = place.start();
    let ca = own_ca(&place);
    let before = shown(&server, &trusting(&ca, &TLS13)).await;
    #[cfg(unix)]
    for file in ["tls/ca.key", "tls/server.key"] {
        use std::os::unix::fs::PermissionsExt;
        let metadata = std::fs::metadata(place.data().join(file)).expect("a file");
        assert_eq!(metadata.permissions().mode() & 0o077, 0, "{file}");
    }
    server.stop();
    let server = place.start();
    assert_eq!(own_ca(&place), ca);
    let connector = trusting(&ca, &TLS13);
    assert_eq!(
        shown(&server, &connector).await,
        before,
        "nobody is asked again"
    );
    server.stop();

    // A certificate that is lost is made anew; the CA is what was trusted.
    std::fs::remove_file(place.data().join("tls/server.pem")).expect("remove");
    let server = place.start();
    assert_ne!(shown(&server, &connector).await, before);
    server.stop();

    // A CA that is half there is no reason to make another one in silence.
    std::fs::remove_file(place.data().join("tls/ca.key")).expect("remove");
    let refused = place.run(&["serve", "--http", "127.0.0.1:0", "--https", "127.0.0.1:0"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success());
    assert!(said.contains("ca.key") && said.contains("remove"), "{said}");
}

#[tokio::test]
async fn the_ca_cannot_speak_for_a_bank() {
    let place = Place::new();
    drop(place.start());
    let ca = own_ca(&place);
    let key = std::fs::read_to_string(place.data().join("tls/ca.key")).expect("a key");
    let key = KeyPair::from_pem(&key).expect("a key");
    let thief = Issuer::from_ca_cert_der(&ca, key).expect("an issuer");
    let verifier = WebPkiServerVerifier::builder_with_provider(roots(&ca), provider());
    let verifier = verifier.build().expect("a verifier");
    for (name, accepted) in [("localhost", true), ("nganhang.example.vn", false)] {
        let leaf = KeyPair::generate().expect("a key");
        let params = CertificateParams::new([name.to_owned()]).expect("a name");
        let leaf = params.signed_by(&leaf, &thief).expect("signed");
        let server = ServerName::try_from(name).expect("a name");
        let verdict = verifier.verify_server_cert(leaf.der(), &[], &server, &[], UnixTime::now());
        let verdict = format!("{verdict:?}");
        let expected = if accepted {
            "Ok"
        } else {
            "NameConstraintViolation"
        };
        assert!(verdict.contains(expected), "{name}: {verdict}");
    }
}

#[tokio::test]
async fn a_page_over_https_is_signed_in_safely_and_has_its_websocket() {
    let place = Place::new();
    let server = place.start();
    let code = place.code("can-tho", "site");
    let plain = sign_in_with(&server, "can-tho", &code, &[]).await;
    let cookie = plain.header("set-cookie").expect("a cookie");
    assert!(!cookie.contains("Secure"), "{cookie}");

    let connector = trusting(&own_ca(&place), &TLS13);
    let host = format!("localhost:{}", server.https.port());
    let body = json!({"site": "can-tho", "code": code});
    for (origin, status) in [
        (format!("https://{host}"), 200),
        (format!("http://{host}"), 403),
        (format!("https://evil.example:{}", server.https.port()), 403),
    ] {
        let stream = connect(&server, &connector, "localhost")
            .await
            .expect("TLS");
        let headers = [format!("Origin: {origin}")];
        let path = "/api/v1/sign-in";
        let answer = exchange(stream, &host, "POST", path, &headers, Some(&body)).await;
        assert_eq!(answer.status, status, "{origin}");
        if status != 200 {
            continue;
        }
        let cookie = answer.header("set-cookie").expect("a cookie");
        assert!(cookie.ends_with("; Secure"), "{cookie}");

        let url = format!("wss://{host}/api/v1/ws");
        let mut request = url.into_client_request().expect("a URL");
        for (name, value) in [
            ("cookie", answer.cookie()),
            ("origin", origin),
            ("sec-websocket-protocol", "diemcau.v1".to_owned()),
        ] {
            let value = HeaderValue::from_str(&value).expect("a header");
            request.headers_mut().insert(name, value);
        }
        let stream = connect(&server, &connector, "localhost")
            .await
            .expect("TLS");
        let opened = tokio_tungstenite::client_async(request, stream).await;
        let (mut socket, _) = opened.expect("a WebSocket");
        // A ping may come before the room has said anything.
        let first = loop {
            match socket.next().await.expect("a message").expect("a message") {
                Message::Ping(_) => {}
                message => break message,
            }
        };
        assert!(matches!(first, Message::Text(text) if text.contains("\"welcome\"")));
        socket.close(None).await.expect("it closes");
    }
}

#[tokio::test]
async fn without_tls_the_https_port_shows_the_way_and_holds_nobody_up() {
    let place = Place::new();
    let server = place.start();
    let port = server.https.port();
    let ask = |method: &'static str, path: &'static str| async move {
        let stream = TcpStream::connect(("127.0.0.1", port))
            .await
            .expect("connect");
        let host = format!("192.168.1.5:{port}");
        timeout(PATIENCE, exchange(stream, &host, method, path, &[], None))
            .await
            .expect("an answer")
    };
    let sent_on = ask("GET", "/site?a=1").await;
    assert_eq!(sent_on.status, 307);
    let to = format!("https://192.168.1.5:{port}/site?a=1");
    assert_eq!(sent_on.header("location"), Some(to.as_str()));
    assert_eq!(ask("GET", "/ca.crt").await.body, own_ca(&place).as_ref());
    assert_eq!(ask("POST", "/api/v1/sign-in").await.status, 400);
    assert_eq!(counter(&server, "diemcau_plain_on_https_total").await, 3);

    // Neither TLS nor HTTP; and TLS of an older day.
    for nonsense in [&b"\x80\x2e\x01\x00\x02"[..], b"\x16\x03\x00\x00\x05hello"] {
        let mut stream = TcpStream::connect(server.https).await.expect("connect");
        stream.write_all(nonsense).await.expect("send");
        let mut rest = Vec::new();
        let ended = timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
        // With a reset or without: it is over.
        let _ = ended.expect("the server ends it");
    }
    until_counted(
        &server,
        "diemcau_tls_handshakes_failed_total{reason=\"failed\"}",
        2,
    )
    .await;
}

/// A CA of somebody else, with one certificate between it and the server's.
struct Others {
    root: CertifiedIssuer<'static, KeyPair>,
    between: CertifiedIssuer<'static, KeyPair>,
}

impl Others {
    fn new() -> Self {
        let params = |name: &str| {
            let mut params = CertificateParams::default();
            params.distinguished_name.push(DnType::CommonName, name);
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params
        };
        let key = || KeyPair::generate().expect("a key");
        let root = CertifiedIssuer::self_signed(params("Root"), key()).expect("a root");
        let between = CertifiedIssuer::signed_by(params("Between"), key(), &root);
        let between = between.expect("a CA between");
        Self { root, between }
    }

    /// Chain and key of a server, PEM.
    fn issue(&self, change: impl FnOnce(&mut CertificateParams)) -> (String, String) {
        let mut params = CertificateParams::default();
        for name in ["localhost", "hop.example.vn"] {
            let name = SanType::DnsName(name.try_into().expect("a name"));
            params.subject_alt_names.push(name);
        }
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        let leaf = params.signed_by(&key, &self.between).expect("signed");
        let chain = format!("{}{}", leaf.pem(), self.between.pem());
        (chain, key.serialize_pem())
    }
}

fn with_files(certificate: &str, key: &str) -> Place {
    let table = format!("\n[server.tls]\ncertificate = \"{certificate}\"\nkey = \"{key}\"\n");
    Place::with(|text| text + &table)
}

#[tokio::test]
async fn a_certificate_of_others_is_served_and_changed_without_a_restart() {
    let others = Others::new();
    let place = with_files("chain.pem", "key.pem");
    let (chain, key) = others.issue(|_| ());
    place.write("chain.pem", &chain);
    place.write("key.pem", &key);
    let server = place.start();
    let connector = trusting(others.root.der(), &TLS13);
    let first = shown(&server, &connector).await;
    assert_eq!(
        first,
        CertificateDer::from_pem_slice(chain.as_bytes()).expect("PEM")
    );
    let page = get_over_tls(&server, &connector, "/").await;
    let pinned = page.header("strict-transport-security");
    assert_eq!(pinned, Some("max-age=15552000"));
    let plain = get(&server, "/", "").await;
    assert_eq!(plain.header("strict-transport-security"), None);
    assert_eq!(get(&server, "/ca.crt", "").await.status, 404);
    assert!(!place.data().join("tls").exists(), "no CA is made");
    assert!(!server.table.contains("SHA-256"), "{}", server.table);

    // Who is connected stays so, whatever happens to the files.
    let mut kept = connect(&server, &connector, "localhost")
        .await
        .expect("TLS");
    let (chain, key) = others.issue(|_| ());
    place.write("chain.pem", &chain);
    place.write("key.pem", &key);
    until_counted(&server, "diemcau_certificates_total{result=\"taken\"}", 1).await;
    let second = shown(&server, &connector).await;
    assert_ne!(second, first);
    kept.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .await
        .expect("send");
    let mut answer = String::new();
    kept.read_to_string(&mut answer).await.expect("receive");
    assert!(answer.ends_with("ok\n"), "{answer}");

    place.write("chain.pem", "-----BEGIN CERTIFICATE-----\nno\n");
    until_counted(&server, "diemcau_certificates_total{result=\"refused\"}", 1).await;
    assert_eq!(shown(&server, &connector).await, second);
    // A certificate whose key has not come.
    place.write("chain.pem", others.issue(|_| ()).0);
    until_counted(&server, "diemcau_certificates_total{result=\"refused\"}", 2).await;
    assert_eq!(shown(&server, &connector).await, second);
}

#[tokio::test]
async fn keys_of_every_kind_are_read() {
    for (name, chain, key) in [
        (
            "RSA, PKCS#1",
            include_str!("certificates/rsa-pkcs1.pem"),
            include_str!("certificates/rsa-pkcs1.key"),
        ),
        (
            "ECDSA, SEC1",
            include_str!("certificates/ec-sec1.pem"),
            include_str!("certificates/ec-sec1.key"),
        ),
    ] {
        let place = with_files("chain.pem", "key.pem");
        place.write("chain.pem", chain);
        place.write("key.pem", key);
        let server = place.start();
        let certificate = CertificateDer::from_pem_slice(chain.as_bytes()).expect("PEM");
        for version in [&TLS12, &TLS13] {
            let seen = shown(&server, &trusting(&certificate, version)).await;
            assert_eq!(seen, certificate, "{name}");
        }
    }
}

#[test]
fn a_certificate_that_cannot_be_used_is_a_start_error_with_file_and_mend() {
    let others = Others::new();
    let (chain, key) = others.issue(|_| ());
    let (_, strange) = others.issue(|_| ());
    let (over, over_key) = others.issue(|params| {
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2021, 2, 3);
    });
    let (early, early_key) = others.issue(|params| {
        params.not_before = rcgen::date_time_ymd(2190, 4, 5);
        params.not_after = rcgen::date_time_ymd(2191, 1, 1);
    });
    let turned = {
        let at = chain.rfind("-----BEGIN").expect("two certificates");
        format!("{}{}", &chain[at..], &chain[..at])
    };
    let password = include_str!("certificates/ec-password.key");
    for (chain, key, file, what, mend) in [
        (
            Some("hello"),
            Some(&*key),
            "chain.pem",
            "no certificate",
            "BEGIN CERTIFICATE",
        ),
        (
            Some(&*key),
            Some(&*key),
            "chain.pem",
            "no certificate",
            "BEGIN CERTIFICATE",
        ),
        (
            Some(&chain[..200]),
            Some(&*key),
            "chain.pem",
            "damaged",
            "copy it again",
        ),
        (
            None,
            Some(&*key),
            "chain.pem",
            "cannot be read",
            "check the path",
        ),
        (
            Some(&*chain),
            None,
            "key.pem",
            "cannot be read",
            "check the path",
        ),
        (
            Some(&*chain),
            Some(&*chain),
            "key.pem",
            "no key",
            "BEGIN PRIVATE KEY",
        ),
        (
            Some(&*chain),
            Some(password),
            "key.pem",
            "password",
            "openssl pkey",
        ),
        (
            Some(&*chain),
            Some(&*strange),
            "key.pem",
            "does not fit",
            "asked for with",
        ),
        (
            Some(&*turned),
            Some(&*key),
            "key.pem",
            "does not fit",
            "must stand first",
        ),
        (
            Some(&*over),
            Some(&*over_key),
            "chain.pem",
            "ended on 2021-02-03",
            "renewed",
        ),
        (
            Some(&*early),
            Some(&*early_key),
            "chain.pem",
            "begins only on 2190-04-05",
            "clock",
        ),
    ] {
        let place = with_files("chain.pem", "key.pem");
        for (name, content) in [("chain.pem", chain), ("key.pem", key)] {
            if let Some(content) = content {
                place.write(name, content);
            }
        }
        let refused = place.run(&["serve", "--http", "127.0.0.1:0", "--https", "127.0.0.1:0"]);
        // Lines are broken where the terminal ends.
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        let said: String = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(!refused.status.success(), "{what}");
        for part in [file, what, mend] {
            assert!(said.contains(part), "{part}: {said}");
        }
        for secret in ["BEGIN PRIVATE KEY-----\n", "MIG"] {
            assert!(!said.contains(secret), "{said}");
        }
    }
    let place = Place::with(|text| text + "\n[server.tls]\ncertificate = \"chain.pem\"\n");
    let refused = place.run(&["config", "check"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("key"), "{said}");
}

#[tokio::test]
async fn an_unknown_address_is_a_page_for_people_and_json_for_programs() {
    let place = Place::new();
    let server = place.start();
    let accept = ["Accept: text/html,application/xhtml+xml,*/*;q=0.8".to_owned()];
    let page = client::http(server.address, "GET", "/nonsense", &accept, None).await;
    assert_eq!(page.status, 404);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let text = String::from_utf8(page.body).expect("text");
    assert!(text.contains("Không có trang này") && text.contains("There is no such page"));
    let answer = client::http(server.address, "GET", "/nonsense", &[], None).await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json()["error"]["code"], "not-found");
    let icon = get(&server, "/favicon.ico", "").await;
    assert_eq!(
        (icon.status, icon.header("location")),
        (308, Some("/favicon.svg"))
    );
}
