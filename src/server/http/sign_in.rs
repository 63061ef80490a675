//! The sites that one can sign in to, sign-in by site and code, and what a browser is signed in as.

use super::{App, client::Client, cookie, origin};
use crate::{
    metrics,
    room::Seat,
    sentences::{self, Refusal},
    setup::{Code, random_hex},
};
use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use diemcau_conference::{DeviceId, Rejection, Role, SiteId};
use diemcau_protocol::{ApiError, Directory, DirectorySite, Hint, SignIn, SignInAs, SignedIn};
use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;

/// Sign-ins that may wait for the one that is checked; each takes 20 to 100 ms.
const WAITING: usize = 64;

/// The places of those who sign in.
pub(super) struct SignIns {
    waiting: Arc<Semaphore>,
    checking: Arc<Semaphore>,
}

impl SignIns {
    pub(super) fn new() -> Self {
        Self {
            waiting: Arc::new(Semaphore::new(WAITING)),
            checking: Arc::new(Semaphore::new(1)),
        }
    }
}

/// Why a sign-in is refused.
pub(super) enum Refused {
    /// For a reason of the edge.
    Edge(Refusal),
    /// Too many wrong codes: wait so long.
    Wait(Duration),
    /// By the rules of the conference.
    Rules(Rejection),
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Edge(refusal)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Edge(refusal) => refusal.into_response(),
            Self::Wait(wait) => {
                let seconds = wait.as_millis().div_ceil(1000).max(1);
                let mut response = Refusal::TooFast.into_response();
                if let Ok(seconds) = HeaderValue::from_str(&seconds.to_string()) {
                    response.headers_mut().insert(header::RETRY_AFTER, seconds);
                }
                response
            }
            Self::Rules(rejection) => {
                let error = sentences::rejection(rejection);
                (StatusCode::FORBIDDEN, Json(ApiError { error })).into_response()
            }
        }
    }
}

/// `GET /api/v1/sites`: names only, for whoever can open the page.
pub(super) async fn sites(State(app): State<Arc<App>>) -> Json<Directory> {
    let setup = &app.config.setup;
    let sites = setup.sites.iter().map(|site| DirectorySite {
        id: site.id.clone(),
        name: site.name.clone(),
    });
    Json(Directory {
        title: setup.title.clone(),
        sites: sites.collect(),
    })
}

/// `POST /api/v1/sign-in`.
pub(super) async fn sign_in(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    body: Result<Json<SignIn>, JsonRejection>,
) -> Result<Response, Refused> {
    origin::check(&headers, client, &app.config.server.origins)?;
    let Json(body) = body.map_err(|_| Refusal::BadMessage)?;
    let role = role_of(&app, client.address, &body)
        .await
        .inspect_err(|refused| match refused {
            Refused::Wait(_) => metrics::SIGN_INS_TOO_FAST.count(),
            _ => metrics::SIGN_INS_WRONG.count(),
        })?;
    let device = admitted_device(&app, &headers, &body.site, role)
        .await
        .inspect_err(|_| metrics::SIGN_INS_NOT_ADMITTED.count())?;
    let who = SignedIn {
        conference: app.conference.clone(),
        site: body.site,
        role,
        device,
    };
    let cookie =
        cookie::issue(&app.key, &app.codes, &who, client.secure).ok_or(Refusal::WrongCode)?;
    metrics::SIGN_INS.count();
    tracing::info!(site = %who.site, role = who.role.as_str(), device = %who.device, "A device signed in");
    Ok(([(header::SET_COOKIE, cookie)], Json(who)).into_response())
}

/// The role that a code opens. What is quick is refused before what is slow is done.
async fn role_of(app: &Arc<App>, address: IpAddr, body: &SignIn) -> Result<Role, Refused> {
    let known = app.config.setup.site(&body.site).is_some();
    let refuse = |refused: Refused| {
        if known {
            alarm(app, &body.site);
        }
        refused
    };
    // An unknown site is counted as one, so that nobody fills the memory with names.
    let site = if known {
        body.site.clone()
    } else {
        SiteId::new("")
    };
    app.guesses
        .begin(address, &site, Instant::now())
        .map_err(|wait| refuse(Refused::Wait(wait)))?;
    let role = match Code::parse(&body.code).filter(|_| known) {
        Some(code) => checked(app, site.clone(), code).await,
        None => Ok(None),
    };
    let role = role.map(|role| role.and_then(|role| taken_as(role, body.r#as)));
    if !matches!(role, Ok(None)) {
        app.guesses.forgive(address, &site);
    }
    role?.ok_or_else(|| refuse(Refusal::WrongCode.into()))
}

/// What the owner of a code comes in as: a wall screen has the code of its site, and no other.
fn taken_as(role: Role, wanted: Option<SignInAs>) -> Option<Role> {
    match wanted {
        None => Some(role),
        Some(SignInAs::Display) => (Role::Display.code() == role).then_some(Role::Display),
    }
}

/// Checks a code, one at a time and off the threads that serve. Its place is free when the work is
/// done, not when whoever asked has gone.
async fn checked(app: &Arc<App>, site: SiteId, code: Code) -> Result<Option<Role>, Refused> {
    let places = &app.sign_ins;
    let place = Arc::clone(&places.waiting)
        .try_acquire_owned()
        .map_err(|_| Refused::Wait(Duration::from_secs(2)))?;
    let turn = Arc::clone(&places.checking).acquire_owned().await;
    let turn = turn.map_err(|_| Refusal::Stopping)?;
    let codes = Arc::clone(&app.codes);
    let work = move || {
        let _held = (place, turn);
        codes.role(&site, &code)
    };
    let role = tokio::task::spawn_blocking(work).await;
    role.map_err(|_| Refusal::Stopping.into())
}

/// Tells the host and the log that somebody guesses, now and then.
fn alarm(app: &App, site: &SiteId) {
    let Some(alarm) = app.guesses.refused(site, Instant::now()) else {
        return;
    };
    tracing::warn!(site = %alarm.site, refused = alarm.refused, "Many wrong codes within a minute");
    if let Some(room) = app.rooms.get(&app.conference) {
        room.tell_host(Hint::Guesses {
            site: alarm.site,
            refused: alarm.refused,
        });
    }
}

/// The device that this browser is, if the rules let it in. The same browser in the same seat stays
/// the same device, in the roll too; one that was removed is another from now on.
async fn admitted_device(
    app: &App,
    headers: &HeaderMap,
    site: &SiteId,
    role: Role,
) -> Result<DeviceId, Refused> {
    let before = app
        .signed_in(headers)
        .filter(|old| old.site == *site && old.role == role);
    if let Some(old) = before {
        match admits(app, site, role, &old.device).await {
            Err(Refused::Rules(Rejection::DeviceRemoved)) => {}
            admitted => return admitted.map(|()| old.device),
        }
    }
    // 80 bits.
    let device = DeviceId::new(random_hex::<10>().map_err(Refusal::from)?);
    admits(app, site, role, &device).await?;
    Ok(device)
}

async fn admits(app: &App, site: &SiteId, role: Role, device: &DeviceId) -> Result<(), Refused> {
    let room = app.rooms.get(&app.conference).ok_or(Refusal::Stopping)?;
    let seat = Seat {
        site: site.clone(),
        role,
        device: device.clone(),
    };
    let answer = room.admits(seat).await.ok_or(Refusal::Stopping)?;
    answer.map_err(Refused::Rules)
}

/// `GET /api/v1/session`.
pub(super) async fn session(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Result<Json<SignedIn>, Refusal> {
    app.signed_in(&headers)
        .map(Json)
        .ok_or(Refusal::Unauthorized)
}

/// `POST /api/v1/sign-out`.
pub(super) async fn sign_out(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    origin::check(&headers, client, &app.config.server.origins)?;
    let cookies = cookie::clear().map(|value| (header::SET_COOKIE, value));
    Ok((StatusCode::NO_CONTENT, AppendHeaders(cookies)).into_response())
}
