//! What operators and their tools ask.

use super::App;
use crate::metrics as counters;
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use std::sync::Arc;

/// `GET /healthz`: the process answers.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the conference's room is open and the log can be read.
pub(super) async fn readyz(State(app): State<Arc<App>>) -> (StatusCode, &'static str) {
    let store = app.store.clone();
    let readable = tokio::task::spawn_blocking(move || store.alive_at().is_ok()).await;
    if app.rooms.get(&app.conference).is_some() && matches!(readable, Ok(true)) {
        (StatusCode::OK, "ready\n")
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "the log cannot be read: check the disk\n",
        )
    }
}

/// `GET /metrics`, in the Prometheus text format.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    let page = counters::page(&app.rooms.media_counters());
    (
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        page,
    )
}

/// `GET /api/v1/openapi.json`.
pub(super) async fn openapi() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "application/json")],
        include_str!("openapi.json"),
    )
}
