//! The HTTP interface: sign-in, reports, health, and the web client's files.

mod assets;
pub mod client;
mod codes;
mod cookie;
mod documents;
mod error;
mod guesses;
mod health;
mod line_check;
pub(crate) mod origin;
mod reports;
mod sign_in;
pub(crate) mod trust;
mod unknown;

use crate::{
    config::Config,
    documents::Documents,
    limits::Buckets,
    line_check::LineChecks,
    metrics,
    room::{Rooms, Seat},
    sentences::Refusal,
    setup::{Codes, CookieKey},
    signalling,
    store::Store,
    tls::Certificates,
};
use assets::Assets;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use diemcau_conference::{ConferenceId, DeviceId, Rejection};
use diemcau_protocol::SignedIn;
use guesses::Guesses;
use sign_in::SignIns;
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

/// Largest body of a request, in bytes: nothing longer than a code comes in.
const MAX_BODY: usize = 16 * 1024;

/// WebSockets that a device may open at once, and a second; devices that are remembered.
const SOCKETS: (f64, f64, usize) = (20.0, 0.5, 10_000);

/// Everything that a request may need.
pub struct App {
    /// The configuration.
    pub(crate) config: Config,
    /// The conference that people sign in to.
    pub(crate) conference: ConferenceId,
    pub(crate) rooms: Rooms,
    pub(crate) store: Store,
    pub(crate) documents: Documents,
    line_checks: LineChecks,
    pub(crate) codes: Arc<Codes>,
    key: CookieKey,
    guesses: Guesses,
    sign_ins: SignIns,
    sockets: Mutex<Buckets<DeviceId>>,
    assets: Assets,
    certificates: Option<Arc<Certificates>>,
}

/// What the data folder holds.
pub(crate) struct Data {
    pub(crate) store: Store,
    pub(crate) documents: Documents,
    pub(crate) codes: Arc<Codes>,
    pub(crate) key: CookieKey,
}

impl App {
    /// Puts the parts together. `web` is a folder with the built web client, instead of the one
    /// that is compiled in; `certificates` are those of https, when it is served.
    #[must_use]
    pub(crate) fn new(
        config: Config,
        rooms: Rooms,
        data: Data,
        web: Option<PathBuf>,
        certificates: Option<Arc<Certificates>>,
    ) -> Self {
        Self {
            conference: config.setup.id.clone(),
            config,
            line_checks: LineChecks::start(&rooms),
            rooms,
            store: data.store,
            documents: data.documents,
            codes: data.codes,
            key: data.key,
            guesses: Guesses::new(),
            sign_ins: SignIns::new(),
            sockets: Mutex::new(Buckets::new(SOCKETS.0, SOCKETS.1, SOCKETS.2)),
            assets: Assets::new(web),
            certificates,
        }
    }

    /// The rooms.
    #[must_use]
    pub fn rooms(&self) -> &Rooms {
        &self.rooms
    }

    /// Who the request's cookie says it is, if that seat is still in this conference.
    pub(crate) fn signed_in(&self, headers: &HeaderMap) -> Option<SignedIn> {
        let who = cookie::read(&self.key, &self.codes, headers)?;
        let seated = self.config.setup.seats(&who.site, who.role).is_ok();
        (who.conference == self.conference && seated).then_some(who)
    }

    /// Whether a device may open another WebSocket now. Each one that comes and goes is two events of
    /// the log, told to everyone.
    pub(crate) fn may_connect(&self, device: &DeviceId) -> bool {
        let mut sockets = self.sockets.lock().unwrap_or_else(PoisonError::into_inner);
        sockets.take(device, 1.0, Instant::now())
    }

    /// Who the request's cookie says it is, if the rules have not put that device out.
    pub(crate) async fn present(&self, headers: &HeaderMap) -> Result<SignedIn, Refusal> {
        let who = self.signed_in(headers).ok_or(Refusal::Unauthorized)?;
        let room = self.rooms.get(&self.conference).ok_or(Refusal::Stopping)?;
        match room.admits(Seat::of(&who)).await {
            Some(Err(Rejection::DeviceRemoved)) => Err(Refusal::Unauthorized),
            Some(_) => Ok(who),
            None => Err(Refusal::Stopping),
        }
    }
}

/// All routes.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .route("/ca.crt", get(trust::ca))
        .route("/favicon.ico", get(unknown::favicon))
        .route("/api/v1/openapi.json", get(health::openapi))
        .route("/api/v1/sites", get(sign_in::sites))
        .route("/api/v1/sign-in", post(sign_in::sign_in))
        .route("/api/v1/sign-out", post(sign_in::sign_out))
        .route("/api/v1/session", get(sign_in::session))
        .route("/api/v1/codes", post(codes::change))
        .route("/api/v1/documents", put(documents::upload))
        .route("/api/v1/documents/{sha256}", get(documents::download))
        .route("/api/v1/ws", get(signalling::open))
        .route(
            "/api/v1/conferences/{id}/attendance.csv",
            get(reports::attendance),
        )
        .route("/api/v1/conferences/{id}/log.jsonl", get(reports::log))
        .merge(line_check::routes())
        .fallback(get(web))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn(plain_bodies))
        .layer(middleware::from_fn(harden))
        .with_state(app)
}

async fn web(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Response {
    app.assets.get(uri.path(), &headers).await
}

/// Nothing here unpacks a body, so that nobody sends a small one that becomes a large one.
async fn plain_bodies(request: Request, next: Next) -> Response {
    match request.headers().get(header::CONTENT_ENCODING) {
        Some(encoding) if !encoding.as_bytes().eq_ignore_ascii_case(b"identity") => {
            metrics::REQUESTS_ENCODED.count();
            Refusal::EncodedBody.into_response()
        }
        _ => next.run(request).await,
    }
}

/// Headers that keep a page from loading, sending or framing anything of elsewhere; what is stricter
/// by itself stays so.
async fn harden(request: Request, next: Next) -> Response {
    const HEADERS: [(HeaderName, &str); 5] = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; \
             object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(self), microphone=(self), display-capture=(self), geolocation=()",
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ];
    let api = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        let header = headers.entry(name);
        header.or_insert(HeaderValue::from_static(value));
    }
    if api {
        // Who is signed in, and the record, stay out of every cache.
        let cache = headers.entry(header::CACHE_CONTROL);
        cache.or_insert(HeaderValue::from_static("no-store"));
    }
    response
}
