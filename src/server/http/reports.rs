//! Downloads of the record, for the host.

use super::App;
use crate::{records::attendance, sentences::Refusal, store::StoreError};
use axum::{
    extract::{Path, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use diemcau_conference::{Conference, ConferenceId};
use std::sync::Arc;

/// `GET /api/v1/conferences/{id}/attendance.csv`.
pub(super) async fn attendance(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id = host_asks_for(&app, &headers, id).await?;
    let (store, now) = (app.store.clone(), app.rooms.clock().now());
    let conference = id.clone();
    let csv = in_background(move || {
        let records = store.load(&conference)?;
        if records.is_empty() {
            return Ok(None);
        }
        let mut state = Conference::new(conference);
        for record in &records {
            state.apply(record.at, &record.event);
        }
        Ok(Some(attendance::csv(&state, now)))
    })
    .await?
    .ok_or(Refusal::NotFound)?;
    Ok(download(
        &format!("{id}-attendance.csv"),
        "text/csv; charset=utf-8",
        csv.into_bytes(),
    ))
}

/// `GET /api/v1/conferences/{id}/log.jsonl`.
pub(super) async fn log(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id = host_asks_for(&app, &headers, id).await?;
    let (store, conference) = (app.store.clone(), id.clone());
    let lines = in_background(move || {
        let mut lines = Vec::new();
        store.export_jsonl(&conference, &mut lines)?;
        Ok((!lines.is_empty()).then_some(lines))
    })
    .await?
    .ok_or(Refusal::NotFound)?;
    Ok(download(
        &format!("{id}-log.jsonl"),
        "application/x-ndjson",
        lines,
    ))
}

async fn host_asks_for(
    app: &App,
    headers: &HeaderMap,
    id: String,
) -> Result<ConferenceId, Refusal> {
    let who = app.present(headers).await?;
    // The id goes into a header and a file name.
    let plain = id
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    match (who.role.is_host(), plain) {
        (false, _) => Err(Refusal::HostOnly),
        (true, false) => Err(Refusal::NotFound),
        (true, true) => Ok(ConferenceId::new(id)),
    }
}

async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, Refusal> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => {
            tracing::error!(%error, "A report could not be made from the log");
            Err(Refusal::StoreFailed)
        }
        Err(error) => {
            tracing::error!(%error, "A report was cut short");
            Err(Refusal::StoreFailed)
        }
    }
}

fn download(name: &str, kind: &'static str, content: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, content).into_response()
}
