//! Refusals as HTTP answers: `{"error":{"code":…,"message":{"vi":…,"en":…}}}`.

use crate::sentences::Refusal;
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use diemcau_protocol::ApiError;

impl Refusal {
    fn status(self) -> StatusCode {
        match self {
            Self::Unauthorized | Self::WrongCode => StatusCode::UNAUTHORIZED,
            Self::TooFast => StatusCode::TOO_MANY_REQUESTS,
            Self::BadOrigin | Self::HostOnly => StatusCode::FORBIDDEN,
            Self::BadMessage | Self::MissingKey | Self::BadOffer | Self::BadSubprotocol => {
                StatusCode::BAD_REQUEST
            }
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::EncodedBody => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLate => StatusCode::REQUEST_TIMEOUT,
            Self::MediaFull | Self::StoreFailed | Self::Stopping => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status(), Json(ApiError { error: self.body() })).into_response();
        if self == Self::TooFast {
            response
                .headers_mut()
                .insert("retry-after", axum::http::HeaderValue::from_static("5"));
        }
        response
    }
}
