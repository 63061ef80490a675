//! `/api/v1/line-check`: a signed-in device tries its line before it enters the conference.

use super::{App, client::Client, origin};
use crate::{
    line_check::{Direction, MAX_BYTES, PACE, Ticket, judge},
    metrics,
    room::Standing,
    sentences::Refusal,
};
use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{
        DefaultBodyLimit, Path, Query, State,
        rejection::{JsonRejection, QueryRejection},
    },
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use diemcau_protocol::{
    CheckedLine, LineCheckOpened, LineCheckRequest, LineGrade, LineResult, LineVerdict,
    MAX_MESSAGE, RateReceived, SignedIn,
};
use futures_util::{StreamExt, stream};
use ring::rand::{SecureRandom, SystemRandom};
use serde::Deserialize;
use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::time::{sleep_until, timeout};

/// Bytes that are sent at once.
const CHUNK: usize = 16 * 1024;
/// A device that sends nothing for so long has given up.
const SILENT: Duration = Duration::from_secs(10);

/// The routes of this file.
pub(super) fn routes() -> Router<Arc<App>> {
    // An offer is longer than anything else that comes in.
    let open = post(open).layer(DefaultBodyLimit::max(MAX_MESSAGE));
    Router::new()
        .route("/api/v1/line-check", open)
        .route("/api/v1/line-check/rate", get(send_rate).post(receive_rate))
        .route("/api/v1/line-check/{check}", delete(end))
        .route("/api/v1/line-check/{check}/result", post(result))
}

/// `POST /api/v1/line-check`.
async fn open(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    body: Result<Json<LineCheckRequest>, JsonRejection>,
) -> Result<Json<LineCheckOpened>, Refusal> {
    let opened = async {
        let (who, standing) = admit(&app, client, &headers).await?;
        let Json(body) = body.map_err(|_| Refusal::BadMessage)?;
        // Both at once would share the line, and each would harm the other.
        if standing.is_here {
            return Err(Refusal::InConference);
        }
        app.line_checks.open(&who.device, &who.site, body.sdp).await
    };
    let opened = opened.await.inspect_err(|refusal| {
        metrics::LINE_CHECKS_REFUSED.count();
        tracing::info!(refusal = refusal.code(), "A line check is refused");
    })?;
    metrics::LINE_CHECKS.count();
    Ok(Json(opened))
}

/// `DELETE /api/v1/line-check/{check}`.
async fn end(
    State(app): State<Arc<App>>,
    client: Client,
    Path(check): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Refusal> {
    let who = present(&app, client, &headers).await?;
    app.line_checks.end(&who.device, &check)?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/line-check/{check}/result`.
async fn result(
    State(app): State<Arc<App>>,
    client: Client,
    Path(check): Path<String>,
    headers: HeaderMap,
    body: Result<Json<LineResult>, JsonRejection>,
) -> Result<Json<LineVerdict>, Refusal> {
    let who = present(&app, client, &headers).await?;
    let Json(result) = body.map_err(|_| Refusal::BadMessage)?;
    let verdict = judge(&result, app.line_checks.media_port())?;
    app.line_checks.admit_result(&who.device, &check)?;
    let counter = match verdict.verdict {
        LineGrade::Good => &metrics::LINES_GOOD,
        LineGrade::Usable => &metrics::LINES_USABLE,
        LineGrade::Bad => &metrics::LINES_BAD,
    };
    counter.count();
    tracing::info!(site = %who.site, device = %who.device, verdict = ?verdict.verdict, ?result, "A line was checked");
    if let Some(room) = app.rooms.get(&app.conference) {
        let line = CheckedLine {
            site: who.site,
            at: app.rooms.clock().now(),
            verdict: verdict.verdict,
            findings: verdict.findings.clone(),
        };
        room.line_checked(line).await;
    }
    Ok(Json(verdict))
}

#[derive(Deserialize)]
struct Wanted {
    bytes: u64,
}

/// `GET /api/v1/line-check/rate?bytes=N`: so many bytes that cannot be compressed.
async fn send_rate(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Refusal> {
    let (who, standing) = admit(&app, client, &headers).await?;
    let Ok(Query(Wanted { bytes })) = wanted else {
        return Err(Refusal::BadMessage);
    };
    if !(1..=MAX_BYTES).contains(&bytes) {
        return Err(Refusal::BadMessage);
    }
    let in_session = standing.in_session;
    let ticket = app
        .line_checks
        .measure(Direction::Down, &who, bytes, in_session)?;
    let mut response = Body::from_stream(noise(ticket, bytes)?).into_response();
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("application/octet-stream");
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes));
    Ok(response)
}

/// Random bytes at the pace of a measurement. It breaks off when the ticket does.
fn noise(
    ticket: Ticket,
    bytes: u64,
) -> Result<impl stream::Stream<Item = io::Result<Bytes>>, Refusal> {
    let mut seed = [0_u8; 8];
    SystemRandom::new()
        .fill(&mut seed)
        .map_err(|_| Refusal::NoRandom)?;
    let mut random = u64::from_le_bytes(seed) | 1;
    let started = Instant::now();
    let mut sent = 0_u64;
    Ok(stream::poll_fn(|_| std::task::Poll::Ready(Some(())))
        .then(move |()| {
            let size = (bytes - sent).min(CHUNK as u64);
            let due = started + Duration::from_secs_f64(sent as f64 / PACE);
            sent += size;
            // Not secret, only without a pattern that a proxy could compress (xorshift64*).
            let mut chunk = Vec::with_capacity(CHUNK);
            while chunk.len() < size as usize {
                random ^= random >> 12;
                random ^= random << 25;
                random ^= random >> 27;
                chunk.extend(random.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes());
            }
            chunk.truncate(size as usize);
            let holds = ticket.holds();
            async move {
                sleep_until(due.into()).await;
                if !holds {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                metrics::RATE_BYTES_SENT.add(size);
                Ok(Bytes::from(chunk))
            }
        })
        .take(bytes.div_ceil(CHUNK as u64) as usize))
}

/// `POST /api/v1/line-check/rate`: reads the body at the pace of a measurement, keeps nothing of it,
/// and says how long it took. Over early when the time of a measurement is: the figures are then
/// those of what has come.
async fn receive_rate(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<RateReceived>, Refusal> {
    let (who, standing) = admit(&app, client, &headers).await?;
    let announced = headers.get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|value| value.to_str().ok()?.parse().ok());
    let announced: u64 = announced.unwrap_or(MAX_BYTES);
    if announced > MAX_BYTES {
        return Err(Refusal::BadMessage);
    }
    let in_session = standing.in_session;
    let ticket = app
        .line_checks
        .measure(Direction::Up, &who, announced, in_session)?;
    let mut body = body.into_data_stream();
    let mut started = None;
    let mut received = 0_u64;
    while ticket.holds() {
        let Ok(next) = timeout(SILENT, body.next()).await else {
            break;
        };
        let Some(chunk) = next else { break };
        let chunk = chunk.map_err(|_| Refusal::BadMessage)?;
        let started = *started.get_or_insert_with(Instant::now);
        received += chunk.len() as u64;
        metrics::RATE_BYTES_RECEIVED.add(chunk.len() as u64);
        if received > MAX_BYTES {
            return Err(Refusal::BadMessage);
        }
        // After the last chunk too: no figure is above the pace, however few bytes there were.
        let due = started + Duration::from_secs_f64(received as f64 / PACE);
        sleep_until(due.into()).await;
    }
    let took = started.map_or(Duration::ZERO, |started| started.elapsed());
    Ok(Json(RateReceived {
        bytes: received,
        millis: u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1),
    }))
}

/// Who asks from the conference's own page.
async fn present(app: &App, client: Client, headers: &HeaderMap) -> Result<SignedIn, Refusal> {
    origin::check(headers, client, &app.config.server.origins)?;
    app.present(headers).await
}

/// The same, and how their device stands to the conference.
async fn admit(
    app: &App,
    client: Client,
    headers: &HeaderMap,
) -> Result<(SignedIn, Standing), Refusal> {
    let who = present(app, client, headers).await?;
    let room = app.rooms.get(&app.conference).ok_or(Refusal::Stopping)?;
    let standing = room.standing(who.device.clone()).await;
    Ok((who, standing.ok_or(Refusal::Stopping)?))
}
