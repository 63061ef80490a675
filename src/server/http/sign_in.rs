//! The sites that one can sign in to, sign-in by site and code, and what a browser is signed in as.

use super::{App, cookie, origin};
use crate::{
    limits::{Bucket, Spared},
    metrics,
    sentences::Refusal,
    setup::Code,
};
use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use diemcau_conference::{DeviceId, Role, SiteId};
use diemcau_protocol::{Directory, DirectorySite, SignIn, SignedIn};
use ring::rand::{SecureRandom, SystemRandom};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

/// Guessing must not fill the log.
static REFUSALS: Spared = Spared::new();

/// Wrong codes slow everyone who guesses: five at a site, then one in two seconds; thirty over all
/// sites, then five a second. Right codes cost nothing.
pub(super) struct Guesses(Mutex<(Bucket, BTreeMap<SiteId, Bucket>)>);

impl Guesses {
    pub(super) fn new() -> Self {
        Self(Mutex::new((
            Bucket::new(30.0, 5.0, Instant::now()),
            BTreeMap::new(),
        )))
    }

    /// Runs a check of a code at a known site, unless too many were wrong.
    fn attempt(
        &self,
        site: &SiteId,
        check: impl FnOnce() -> Option<Role>,
    ) -> Result<Role, Refusal> {
        let now = Instant::now();
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, sites) = &mut *buckets;
        let one = sites
            .entry(site.clone())
            .or_insert_with(|| Bucket::new(5.0, 0.5, now));
        if !all.ready(now) || !one.ready(now) {
            return Err(Refusal::TooFast);
        }
        check().ok_or_else(|| {
            all.take(now);
            one.take(now);
            Refusal::WrongCode
        })
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
    headers: HeaderMap,
    body: Result<Json<SignIn>, JsonRejection>,
) -> Result<Response, Refusal> {
    origin::check(&headers, &app.config.server.origins)?;
    let Json(body) = body.map_err(|_| Refusal::BadMessage)?;
    // An unknown site has no bucket of its own, so that nobody fills the memory with names.
    let known = app
        .config
        .setup
        .sites
        .iter()
        .any(|site| site.id == body.site);
    let site = if known {
        body.site.clone()
    } else {
        SiteId::new("")
    };
    let check = || {
        app.codes
            .role(&body.site, &Code::parse(&body.code)?)
            .filter(|_| known)
    };
    let role = app.guesses.attempt(&site, check).inspect_err(|refusal| {
        match refusal {
            Refusal::TooFast => metrics::SIGN_INS_TOO_FAST.count(),
            _ => metrics::SIGN_INS_WRONG.count(),
        }
        if let Some(unsaid) = REFUSALS.may_say(Instant::now()) {
            tracing::warn!(%site, refusal = refusal.code(), unsaid, "A sign-in is refused");
        }
    })?;
    // The same browser in the same seat stays the same device, in the roll too.
    let device = app
        .signed_in(&headers)
        .filter(|old| old.site == body.site && old.role == role)
        .map_or_else(random_device, |old| Ok(old.device))?;
    let who = SignedIn {
        conference: app.conference.clone(),
        site: body.site,
        role,
        device,
    };
    let cookie = cookie::issue(&app.key, &app.codes, &who, origin::is_secure(&headers))
        .ok_or(Refusal::WrongCode)?;
    metrics::SIGN_INS.count();
    tracing::info!(site = %who.site, role = who.role.as_str(), device = %who.device, "A device signed in");
    Ok(([(header::SET_COOKIE, cookie)], Json(who)).into_response())
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
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    origin::check(&headers, &app.config.server.origins)?;
    Ok((
        StatusCode::NO_CONTENT,
        [(header::SET_COOKIE, cookie::clear())],
    )
        .into_response())
}

/// 80 random bits.
fn random_device() -> Result<DeviceId, Refusal> {
    let mut bytes = [0_u8; 10];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Refusal::StoreFailed)?;
    Ok(DeviceId::new(
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>(),
    ))
}
