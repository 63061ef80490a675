//! HTTP/1.1 to the server, plain or over TLS: one connection a request.

use crate::{AgentError, tls::Tls};
use diemcau_protocol::{ApiError, ErrorBody, Text};
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Method, Request, StatusCode, Uri,
    body::{Bytes, Incoming},
    client::conn::http1,
    header::{CONTENT_TYPE, COOKIE, HOST, HeaderValue, ORIGIN, RETRY_AFTER},
};
use hyper_util::rt::TokioIo;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    net::IpAddr,
    path::Path,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};

/// A connection that takes longer is not there.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// An answer that takes longer will not come.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// The longest wait that is taken from `Retry-After`.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// No answer but that of a rate test is larger, in bytes.
const MAX_BODY: usize = 1024 * 1024;

/// Where the server is, and whom to believe about it. Cheap to clone.
#[derive(Clone)]
pub struct Server {
    /// Host and port, as in the address.
    authority: String,
    host: String,
    port: u16,
    /// None: plain HTTP.
    tls: Option<Tls>,
}

/// Bytes both ways, encrypted or not.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// An open connection to the server.
pub(crate) struct Stream {
    pub(crate) io: Box<dyn Duplex>,
    /// This machine's address on the way to the server.
    pub(crate) local: IpAddr,
}

/// A request.
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) path: &'a str,
    pub(crate) cookie: Option<&'a HeaderValue>,
    /// The body and what it is.
    pub(crate) body: Option<(Bytes, &'static str)>,
    /// Largest answer in bytes.
    pub(crate) largest: usize,
    /// From the open connection to the end of the answer.
    pub(crate) limit: Duration,
}

impl<'a> Call<'a> {
    pub(crate) fn new(method: Method, path: &'a str) -> Self {
        Self {
            method,
            path,
            cookie: None,
            body: None,
            largest: MAX_BODY,
            limit: ANSWER_LIMIT,
        }
    }

    pub(crate) fn json(self, body: &impl Serialize) -> Result<Self, AgentError> {
        let body = serde_json::to_vec(body).map_err(|e| AgentError::Protocol(e.to_string()))?;
        Ok(Self {
            body: Some((body.into(), "application/json")),
            ..self
        })
    }
}

/// A successful answer.
pub(crate) struct Answer {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// From the last header to the last byte of the body.
    pub(crate) body_took: Duration,
    /// From the first byte of the request to the last byte of the answer.
    pub(crate) took: Duration,
}

impl Answer {
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, AgentError> {
        serde_json::from_slice(&self.body).map_err(|error| AgentError::Protocol(error.to_string()))
    }
}

impl Server {
    /// Reads `http://host:port` or `https://host:port`, with or without a slash at the end. `ca` is
    /// a file of certificates, PEM or DER, to believe besides those that this machine believes anyway.
    ///
    /// # Errors
    ///
    /// [`AgentError::Address`], [`AgentError::CaFile`].
    pub fn new(address: &str, ca: Option<&Path>) -> Result<Self, AgentError> {
        let refuse = || AgentError::Address(address.to_owned());
        let uri: Uri = address.parse().map_err(|_| refuse())?;
        let authority = uri.authority().ok_or_else(refuse)?;
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(refuse());
        }
        let (tls, port) = match uri.scheme_str() {
            Some("http") => (None, 80),
            Some("https") => (Some(Tls::new(ca)?), 443),
            _ => return Err(refuse()),
        };
        Ok(Self {
            authority: authority.to_string(),
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port: authority.port_u16().unwrap_or(port),
            tls,
        })
    }

    /// The Origin of requests to it.
    #[must_use]
    pub fn origin(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.authority)
    }

    /// It is spoken to over TLS.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    /// Its WebSocket.
    pub(crate) fn web_socket(&self) -> String {
        let scheme = if self.tls.is_some() { "wss" } else { "ws" };
        format!("{scheme}://{}/api/v1/ws", self.authority)
    }

    /// A TCP connection to it.
    pub(crate) async fn dial(&self) -> Result<TcpStream, AgentError> {
        let address = (self.host.as_str(), self.port);
        let stream = within("connecting", CONNECT_LIMIT, async {
            Ok(TcpStream::connect(address).await?)
        })
        .await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// TLS over a TCP connection, if the address says so.
    pub(crate) async fn secure(&self, stream: TcpStream) -> Result<Stream, AgentError> {
        let local = stream.local_addr()?.ip();
        let io: Box<dyn Duplex> = match &self.tls {
            None => Box::new(stream),
            Some(tls) => {
                let origin = self.origin();
                let handshake = tls.connect(&self.host, &origin, stream);
                Box::new(within("the TLS handshake", CONNECT_LIMIT, handshake).await?)
            }
        };
        Ok(Stream { io, local })
    }

    /// A connection to it.
    pub(crate) async fn connect(&self) -> Result<Stream, AgentError> {
        self.secure(self.dial().await?).await
    }

    /// Asks and reads the whole answer. An answer that is no success is an error: the server's own
    /// words, if there are any.
    pub(crate) async fn call(&self, call: Call<'_>) -> Result<Answer, AgentError> {
        let io = TokioIo::new(self.connect().await?.io);
        let (mut sender, connection) = http1::handshake(io).await?;
        let (limit, largest) = (call.limit, call.largest);
        let request = self.request(call)?;
        let exchange = async {
            let started = Instant::now();
            let response = sender.send_request(request).await?;
            let (head, body) = response.into_parts();
            let headers_at = Instant::now();
            let body = read_body(body, largest).await?;
            if !head.status.is_success() {
                return Err(refusal(head.status, &head.headers, &body));
            }
            Ok(Answer {
                headers: head.headers,
                body,
                body_took: headers_at.elapsed(),
                took: started.elapsed(),
            })
        };
        // The connection only moves while it is polled; once the exchange is over it is dropped. How
        // it ends is for the exchange to judge: a server may close it roughly behind a whole answer.
        let drive = async {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "A connection was not closed in order.");
            }
            std::future::pending::<()>().await;
        };
        let moved = async {
            tokio::select! {
                outcome = exchange => outcome,
                () = drive => Err(AgentError::Closed),
            }
        };
        within("the answer", limit, moved).await
    }

    fn request(&self, call: Call<'_>) -> Result<Request<Full<Bytes>>, AgentError> {
        let mut request = Request::builder()
            .method(call.method)
            .uri(call.path)
            .header(HOST, &self.authority)
            .header(ORIGIN, self.origin());
        if let Some(cookie) = call.cookie {
            request = request.header(COOKIE, cookie);
        }
        let body = call.body.map(|(body, kind)| {
            if let Some(headers) = request.headers_mut() {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            }
            body
        });
        request
            .body(Full::new(body.unwrap_or_default()))
            .map_err(|_| AgentError::Address(self.origin()))
    }
}

/// Reads a body frame by frame and refuses one that is too large.
async fn read_body(mut body: Incoming, largest: usize) -> Result<Bytes, AgentError> {
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            if whole.len() + data.len() > largest {
                return Err(AgentError::Protocol(format!("more than {largest} bytes")));
            }
            whole.extend_from_slice(&data);
        }
    }
    Ok(whole.into())
}

/// Runs a step that must not take longer than `limit`.
pub(crate) async fn within<T>(
    what: &'static str,
    limit: Duration,
    step: impl Future<Output = Result<T, AgentError>>,
) -> Result<T, AgentError> {
    let done = timeout(limit, step).await;
    done.unwrap_or(Err(AgentError::Late { what, limit }))
}

fn refusal(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> AgentError {
    let after = headers
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok())
        .map(|seconds| Duration::from_secs(seconds).min(LONGEST_WAIT));
    let said = serde_json::from_slice::<ApiError>(body).map(|answer| answer.error);
    match (said, after) {
        (Ok(error), None) => AgentError::Refused(error),
        (Ok(error), Some(after)) => AgentError::Later { after, error },
        (Err(_), Some(after)) => AgentError::Later {
            after,
            error: ErrorBody {
                code: format!("http-{}", status.as_u16()),
                message: Text {
                    vi: "Máy chủ đang bận.".to_owned(),
                    en: "The server is busy.".to_owned(),
                },
            },
        },
        (Err(_), None) => AgentError::Protocol(format!("HTTP {}", status.as_u16())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_scheme_host_and_port() {
        let server = Server::new("http://127.0.0.1:8080/", None).unwrap();
        assert_eq!(server.origin(), "http://127.0.0.1:8080");
        assert_eq!(server.web_socket(), "ws://127.0.0.1:8080/api/v1/ws");
        let server = Server::new("http://[::1]:81", None).unwrap();
        assert_eq!((server.host.as_str(), server.port), ("::1", 81));
        assert_eq!(Server::new("http://hop.example", None).unwrap().port, 80);
        let server = Server::new("https://hop.example", None).unwrap();
        assert_eq!(server.port, 443);
        assert_eq!(server.web_socket(), "wss://hop.example/api/v1/ws");
        for bad in ["127.0.0.1:8080", "ftp://a:1", "http://a/b", "", "http://"] {
            assert!(Server::new(bad, None).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_refusal_carries_the_words_and_the_wait() {
        let body = br#"{"error":{"code":"too-fast","message":{"vi":"Nhanh","en":"Fast"}}}"#;
        let mut headers = HeaderMap::new();
        let refused = refusal(StatusCode::UNAUTHORIZED, &headers, body);
        assert!(matches!(refused, AgentError::Refused(error) if error.code == "too-fast"));
        headers.insert(RETRY_AFTER, HeaderValue::from_static("7"));
        match refusal(StatusCode::TOO_MANY_REQUESTS, &headers, body) {
            AgentError::Later { after, error } => {
                assert_eq!((after.as_secs(), error.message.vi.as_str()), (7, "Nhanh"));
            }
            other => panic!("{other:?}"),
        }
        headers.insert(RETRY_AFTER, HeaderValue::from_static("999999"));
        match refusal(StatusCode::SERVICE_UNAVAILABLE, &headers, b"busy") {
            AgentError::Later { after, .. } => assert_eq!(after, LONGEST_WAIT),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_file_that_is_no_certificate_is_refused_by_name() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let refused = Server::new("https://hop.example", Some(&file)).err();
        let words = refused.unwrap().to_string();
        assert!(
            words.contains("Cargo.toml") && words.contains("--ca"),
            "{words}"
        );
    }
}
