//! The WebSocket between a page and the room: opening, sizes, rates, pings and back-pressure.
//!
//! Nothing here knows the rules of the conference; a session only carries what the room and the
//! client say.

mod outbox;
pub(crate) mod session;

pub(crate) use outbox::{Close, Outbox};
#[cfg(any(test, feature = "bench"))]
pub(crate) use outbox::{Queue, channel};

use crate::{
    http::{App, client::Client, origin},
    metrics,
    sentences::Refusal,
};
use axum::{
    extract::{
        Query, State, WebSocketUpgrade, rejection::QueryRejection,
        ws::rejection::WebSocketUpgradeRejection,
    },
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use diemcau_protocol::{MAX_MESSAGE, SUBPROTOCOL};
use serde::Deserialize;
use std::sync::Arc;

/// Bytes that the WebSocket layer itself may hold for a client that reads slowly.
const WRITE_BUFFER: usize = 2 * MAX_MESSAGE;

/// `?after=412`: the last event that the page has.
#[derive(Deserialize)]
pub(crate) struct Resume {
    after: Option<u64>,
}

/// `GET /api/v1/ws`.
pub(crate) async fn open(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    resume: Result<Query<Resume>, QueryRejection>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let checked = || {
        origin::check(&headers, client, &app.config.server.origins)?;
        let who = app.signed_in(&headers).ok_or(Refusal::Unauthorized)?;
        let room = app
            .rooms
            .get(&who.conference)
            .ok_or(Refusal::Unauthorized)?;
        if !app.may_connect(&who.device) {
            metrics::SESSIONS_TOO_OFTEN.count();
            return Err(Refusal::TooFast);
        }
        let Query(resume) = resume.map_err(|_| Refusal::BadMessage)?;
        Ok::<_, Refusal>((who, room, resume))
    };
    let (who, room, resume) = match checked() {
        Ok(checked) => checked,
        Err(refusal) => return refusal.into_response(),
    };
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade.protocols([SUBPROTOCOL]),
        Err(rejection) => return rejection.into_response(),
    };
    if upgrade.selected_protocol().is_none() {
        return Refusal::BadSubprotocol.into_response();
    }
    upgrade
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER)
        .on_upgrade(move |socket| {
            let still_good = move || app.signed_in(&headers).is_some();
            session::run(socket, room, who, resume.after, still_good)
        })
}
