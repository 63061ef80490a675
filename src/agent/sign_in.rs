//! Signing in: a site's code for the cookie of a session.

use crate::{
    AgentError,
    http::{Call, Server},
};
use diemcau_protocol::{SignIn, SignedIn};
use hyper::{
    Method,
    header::{COOKIE, HeaderName, HeaderValue, ORIGIN, SET_COOKIE},
};

/// Who the server takes this agent for, and the cookie that proves it.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) signed_in: SignedIn,
    pub(crate) cookie: HeaderValue,
}

/// Exchanges a site's code for a session.
pub(crate) async fn sign_in(server: &Server, request: &SignIn) -> Result<Session, AgentError> {
    let call = Call::new(Method::POST, "/api/v1/sign-in").json(request)?;
    let answer = server.call(call).await?;
    let cookie = answer.headers.get(SET_COOKIE).and_then(pair);
    Ok(Session {
        signed_in: answer.json()?,
        cookie: cookie.ok_or_else(|| AgentError::Protocol("sign-in: no cookie".to_owned()))?,
    })
}

/// `name=value` of a Set-Cookie header, as it goes into [`COOKIE`].
fn pair(header: &HeaderValue) -> Option<HeaderValue> {
    let text = header.to_str().ok()?;
    HeaderValue::from_str(text.split(';').next()?.trim()).ok()
}

/// The headers of a WebSocket's opening request that a signed-in agent adds.
pub(crate) fn headers(server: &Server, session: &Session) -> [(HeaderName, HeaderValue); 2] {
    let origin = HeaderValue::from_str(&server.origin()).expect("it was parsed from a URI");
    [(COOKIE, session.cookie.clone()), (ORIGIN, origin)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_pair_of_a_cookie_goes_back() {
        let header = HeaderValue::from_static("diemcau=abc.def; Path=/; HttpOnly; SameSite=Strict");
        assert_eq!(pair(&header).unwrap(), "diemcau=abc.def");
    }
}
