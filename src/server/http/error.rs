//! Refusals as HTTP answers: `{"error":{"code":…,"message":{"vi":…,"en":…}}}`.

use crate::sentences::Refusal;
use axum::{
    Json,
    http::{HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use diemcau_protocol::ApiError;

impl Refusal {
    fn status(self) -> StatusCode {
        match self {
            Self::Unauthorized | Self::WrongCode => StatusCode::UNAUTHORIZED,
            Self::TooFast | Self::RatesBusy => StatusCode::TOO_MANY_REQUESTS,
            Self::BadOrigin | Self::HostOnly => StatusCode::FORBIDDEN,
            Self::BadMessage | Self::MissingKey | Self::BadOffer | Self::BadSubprotocol => {
                StatusCode::BAD_REQUEST
            }
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::EncodedBody => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLate => StatusCode::REQUEST_TIMEOUT,
            Self::InConference => StatusCode::CONFLICT,
            Self::MediaFull
            | Self::LineChecksFull
            | Self::StoreFailed
            | Self::NoRandom
            | Self::Stopping => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status(), Json(ApiError { error: self.body() })).into_response();
        let retry_after = match self {
            Self::TooFast | Self::RatesBusy => Some("5"),
            Self::LineChecksFull => Some("30"),
            _ => None,
        };
        if let Some(seconds) = retry_after {
            response
                .headers_mut()
                .insert("retry-after", HeaderValue::from_static(seconds));
        }
        response
    }
}
