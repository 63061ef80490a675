//! The certificate of the server's own CA, for devices that are to trust it.

use super::App;
use crate::{sentences::Refusal, tls::OwnAuthority};
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use std::sync::Arc;

/// `GET /ca.crt`: DER. There is none when the certificate is from others, or https is off.
pub(super) async fn ca(State(app): State<Arc<App>>) -> Response {
    let authority = app.certificates.as_ref().and_then(|own| own.authority());
    authority.map_or_else(
        || Refusal::NotFound.into_response(),
        |authority| download(&authority),
    )
}

/// The type makes Windows, Android and iPhone offer to install it; browsers save it as `ca.crt`.
pub(crate) fn download(authority: &OwnAuthority) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/x-x509-ca-cert"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, authority.certificate.to_vec()).into_response()
}
