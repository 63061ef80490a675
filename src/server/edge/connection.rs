//! One connection: TLS if the listener speaks it, then HTTP/1.1 until one side ends it or it
//! becomes a WebSocket. Each wait for the client has an end.

use super::{Patience, Phase, plain, reached, socket::Socket};
use crate::{
    config::Network, http::client::Client, metrics, sentences::Refusal, tls::Certificates,
};
use axum::{
    Router,
    http::{HeaderValue, Request, header},
    response::{IntoResponse, Response},
};
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{
    convert::Infallible,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

/// How long the client may take to agree on TLS.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long until the head of a request is there whole: of the first one, and after an answer, so
/// that this is also how long an idle connection is kept.
const HEAD: Duration = Duration::from_secs(10);
/// The same for a trusted proxy, which keeps its connections for others.
const HEAD_OF_PROXY: Duration = Duration::from_secs(75);
/// How long a request may take with its body, unless it asks for more; a WebSocket's ends with its
/// opening.
const REQUEST: Duration = Duration::from_secs(60);
/// Largest head of a request, in bytes and in lines. The longest that a page sends has a cookie.
const MAX_HEAD: usize = 16 * 1024;
const MAX_HEADERS: usize = 64;
/// First byte of TLS: a handshake record (RFC 8446, section 5.1).
const TLS_HANDSHAKE: u8 = 0x16;
/// Half a year. Only with a certificate that browsers trust by themselves: with the own CA a
/// browser that remembers it could not be let through any more on a day when the CA is lost.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=15552000");

/// What all connections of a listener share.
pub(super) struct Shared {
    router: TowerToHyperService<Router>,
    trusted: Arc<[Network]>,
    https: Option<Https>,
}

struct Https {
    acceptor: TlsAcceptor,
    certificates: Arc<Certificates>,
    hsts: bool,
}

impl Shared {
    pub(super) fn new(
        router: Router,
        trusted: Arc<[Network]>,
        certificates: Option<Arc<Certificates>>,
    ) -> Self {
        Self {
            router: TowerToHyperService::new(router),
            trusted,
            https: certificates.map(|certificates| Https {
                acceptor: TlsAcceptor::from(certificates.tls()),
                hsts: certificates.authority().is_none(),
                certificates,
            }),
        }
    }

    fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(peer))
    }
}

/// Serves a connection to its end.
pub(super) async fn serve(
    socket: Socket,
    peer: IpAddr,
    shared: Arc<Shared>,
    mut phase: watch::Receiver<Phase>,
) {
    let link = Link {
        head: if shared.trusts(peer) {
            HEAD_OF_PROXY
        } else {
            HEAD
        },
        phase: phase.clone(),
    };
    let Some(https) = &shared.https else {
        return link
            .http(socket, |request| answer(&shared, peer, request))
            .await;
    };
    // Nothing is lost with who has not even begun when the server leaves.
    let begun = tokio::select! {
        begun = timeout(HANDSHAKE, begin(https, socket)) => begun,
        () = reached(&mut phase, Phase::Leaving) => return,
    };
    match begun {
        Ok(Begun::Tls(stream)) => {
            link.http(*stream, |request| answer(&shared, peer, request))
                .await;
        }
        Ok(Begun::Plain(socket)) => {
            metrics::PLAIN_ON_TLS.count();
            let authority = https.certificates.authority();
            let answer = |request: Request<Incoming>| {
                let response = plain::answer(&request, authority.as_ref());
                async move { response }
            };
            link.http(socket, answer).await;
        }
        Ok(Begun::Failed) => metrics::HANDSHAKES_FAILED.count(),
        Ok(Begun::Gone) => {}
        Err(_) => metrics::HANDSHAKES_SLOW.count(),
    }
}

/// How a connection to the https port begins.
enum Begun {
    Tls(Box<tokio_rustls::server::TlsStream<Socket>>),
    /// Somebody typed the address without https.
    Plain(Socket),
    Failed,
    Gone,
}

async fn begin(https: &Https, socket: Socket) -> Begun {
    match socket.first_byte().await {
        Ok(Some(TLS_HANDSHAKE)) => match https.acceptor.accept(socket).await {
            Ok(stream) => Begun::Tls(Box::new(stream)),
            Err(error) => {
                tracing::debug!(%error, "A TLS handshake failed");
                Begun::Failed
            }
        },
        Ok(Some(byte)) if byte.is_ascii_uppercase() => Begun::Plain(socket),
        Ok(Some(_)) => Begun::Failed,
        Ok(None) | Err(_) => Begun::Gone,
    }
}

/// The router's answer, in time.
async fn answer(shared: &Shared, peer: IpAddr, mut request: Request<Incoming>) -> Response {
    let tls = shared.https.is_some();
    let client = Client::of(peer, tls, request.headers(), &shared.trusted);
    request.extensions_mut().insert(client);
    let patience = Patience::new(REQUEST);
    request.extensions_mut().insert(patience.clone());
    let mut response = match patience.wait(shared.router.call(request)).await {
        Some(Ok(response)) => response,
        Some(Err(never)) => match never {},
        None => {
            metrics::REQUESTS_SLOW.count();
            Refusal::TooLate.into_response()
        }
    };
    if shared.https.as_ref().is_some_and(|https| https.hsts) {
        let headers = response.headers_mut();
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    response
}

/// How requests are read.
struct Link {
    head: Duration,
    phase: watch::Receiver<Phase>,
}

impl Link {
    /// Reads requests and writes what `answer` says.
    async fn http<I, A, F>(mut self, io: I, answer: A)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        A: Fn(Request<Incoming>) -> F,
        F: Future<Output = Response>,
    {
        let asked = AtomicBool::new(false);
        let service = service_fn(|request| {
            asked.store(true, Ordering::Relaxed);
            let answering = answer(request);
            async move { Ok::<_, Infallible>(answering.await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.head)
            .max_buf_size(MAX_HEAD)
            .max_headers(MAX_HEADERS)
            .serve_connection(TokioIo::new(io), service)
            .with_upgrades();
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = reached(&mut self.phase, Phase::Leaving) => {
                if !asked.load(Ordering::Relaxed) {
                    return;
                }
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    ended = connection.as_mut() => ended,
                    () = reached(&mut self.phase, Phase::Cut) => return,
                }
            }
        };
        match ended {
            // After an answer this is the ordinary end of an idle connection.
            Err(error) if error.is_timeout() && !asked.load(Ordering::Relaxed) => {
                metrics::CONNECTIONS_SLOW.count();
            }
            Err(error) if error.is_parse() => metrics::REQUESTS_UNREADABLE.count(),
            _ => {}
        }
    }
}
