//! What a request without TLS gets on the https port: the way to https.
//!
//! Nothing of the conference is served here. The certificate of the own CA is, because a phone that
//! does not trust it yet cannot get it over https; its fingerprint is compared by a person.

use crate::{http::trust, tls::OwnAuthority};
use axum::{
    http::{Method, Request, StatusCode, header, uri::Authority},
    response::{IntoResponse, Redirect, Response},
};

const NO_TLS: &str = "Cổng này chỉ dùng https: hãy gõ https:// trước địa chỉ.\n\
                      This port speaks https only: write https:// in front of the address.\n";

/// The answer to a request.
pub(super) fn answer<B>(request: &Request<B>, authority: Option<&OwnAuthority>) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let path = request.uri().path_and_query();
    match authority {
        Some(authority) if reads && request.uri().path() == "/ca.crt" => {
            return trust::download(authority);
        }
        _ => {}
    }
    let host: Option<Authority> = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok()?.parse().ok());
    match (host, path) {
        (Some(host), Some(path)) if reads => {
            // Not for ever: another day another server may answer here.
            Redirect::temporary(&format!("https://{host}{path}")).into_response()
        }
        _ => (StatusCode::BAD_REQUEST, NO_TLS).into_response(),
    }
}
