//! Signing in: one HTTP request.

use crate::AgentError;
use diemcau_protocol::{ApiError, SignIn, SignedIn};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Method, Request, Uri,
    body::Bytes,
    client::conn::http1,
    header::{CONTENT_TYPE, COOKIE, HOST, HeaderValue, ORIGIN, SET_COOKIE},
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// No answer to a sign-in is larger, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// Where the server is.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    /// Host and port, as in the address.
    authority: String,
    address: (String, u16),
}

impl Server {
    /// Reads `http://host:port`, with or without a slash at the end.
    pub(crate) fn parse(text: &str) -> Result<Self, AgentError> {
        let refuse = || AgentError::Address(text.to_owned());
        let uri: Uri = text.parse().map_err(|_| refuse())?;
        let authority = uri.authority().ok_or_else(refuse)?;
        if uri.scheme_str() != Some("http") || !matches!(uri.path(), "" | "/") {
            return Err(refuse());
        }
        let host = authority.host().trim_matches(['[', ']']);
        Ok(Self {
            authority: authority.to_string(),
            address: (host.to_owned(), authority.port_u16().unwrap_or(80)),
        })
    }

    /// The Origin of requests to it.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.authority)
    }

    /// Its WebSocket.
    pub(crate) fn web_socket(&self) -> String {
        format!("ws://{}/api/v1/ws", self.authority)
    }

    /// A TCP connection to it.
    pub(crate) async fn connect(&self) -> Result<TcpStream, AgentError> {
        let (host, port) = &self.address;
        let stream = TcpStream::connect((host.as_str(), *port)).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

/// Who the server takes this agent for, and the cookie that proves it.
pub(crate) struct Session {
    pub(crate) signed_in: SignedIn,
    pub(crate) cookie: HeaderValue,
}

/// Exchanges a site's code for a session.
pub(crate) async fn sign_in(server: &Server, request: &SignIn) -> Result<Session, AgentError> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(server.connect().await?)).await?;
    let body =
        serde_json::to_vec(request).map_err(|error| AgentError::Protocol(error.to_string()))?;
    let request = Request::builder()
        .method(Method::POST)
        .uri("/api/v1/sign-in")
        .header(HOST, &server.authority)
        .header(ORIGIN, server.origin())
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(body)))
        .map_err(|_| AgentError::Address(server.origin()))?;
    let exchange = async {
        let response = sender.send_request(request).await?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, MAX_BODY).collect().await;
        let body = body
            .map_err(|error| AgentError::Protocol(error.to_string()))?
            .to_bytes();
        if !head.status.is_success() {
            return Err(refusal(head.status.as_u16(), &body));
        }
        let signed_in = serde_json::from_slice(&body)
            .map_err(|error| AgentError::Protocol(format!("sign-in: {error}")))?;
        let cookie = head.headers.get(SET_COOKIE).and_then(pair);
        let cookie = cookie.ok_or_else(|| AgentError::Protocol("sign-in: no cookie".to_owned()))?;
        Ok(Session { signed_in, cookie })
    };
    // The connection only moves while it is polled; once the exchange is over it is dropped.
    tokio::select! {
        outcome = exchange => outcome,
        Err(error) = connection => Err(error.into()),
    }
}

fn refusal(status: u16, body: &[u8]) -> AgentError {
    match serde_json::from_slice::<ApiError>(body) {
        Ok(answer) => AgentError::Refused(answer.error),
        Err(_) => AgentError::Protocol(format!("sign-in: HTTP {status}")),
    }
}

/// `name=value` of a Set-Cookie header, as it goes into [`COOKIE`].
fn pair(header: &HeaderValue) -> Option<HeaderValue> {
    let text = header.to_str().ok()?;
    HeaderValue::from_str(text.split(';').next()?.trim()).ok()
}

/// The headers of a WebSocket's opening request that a signed-in agent adds.
pub(crate) fn headers(
    server: &Server,
    session: &Session,
) -> [(hyper::header::HeaderName, HeaderValue); 2] {
    let origin = HeaderValue::from_str(&server.origin()).expect("it was parsed from a URI");
    [(COOKIE, session.cookie.clone()), (ORIGIN, origin)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_scheme_host_and_port() {
        let server = Server::parse("http://127.0.0.1:8080/").unwrap();
        assert_eq!(server.origin(), "http://127.0.0.1:8080");
        assert_eq!(server.web_socket(), "ws://127.0.0.1:8080/api/v1/ws");
        assert_eq!(
            Server::parse("http://[::1]:81").unwrap().address,
            ("::1".to_owned(), 81)
        );
        assert_eq!(Server::parse("http://hop.example").unwrap().address.1, 80);
        for bad in ["127.0.0.1:8080", "https://a:1", "http://a/b", "", "http://"] {
            assert!(Server::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_the_pair_of_a_cookie_goes_back() {
        let header = HeaderValue::from_static("diemcau=abc.def; Path=/; HttpOnly; SameSite=Strict");
        assert_eq!(pair(&header).unwrap(), "diemcau=abc.def");
    }
}
