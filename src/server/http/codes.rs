//! The chair gives a (site, role) another code.

use super::{App, client::Client, cookie, origin};
use crate::{
    room::Seat,
    sentences::{self, Refusal},
    setup::{self, Code, CodeHash},
};
use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use diemcau_conference::{Command, Rejection, Role, SiteId, capability};
use diemcau_protocol::{ApiError, ChangeCode, NewCode, Outcome};
use std::sync::Arc;

/// `POST /api/v1/codes`. The answer is the only place where the new code is ever seen.
pub(super) async fn change(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    body: Result<Json<ChangeCode>, JsonRejection>,
) -> Result<Response, Refusal> {
    origin::check(&headers, client, &app.config.server.origins)?;
    let who = app.signed_in(&headers).ok_or(Refusal::Unauthorized)?;
    let room = app.rooms.get(&app.conference).ok_or(Refusal::Stopping)?;
    let Json(ChangeCode { site, role }) = body.map_err(|_| Refusal::BadMessage)?;
    let command = Command::CodeChange {
        site: site.clone(),
        role,
    };
    let seat = Seat {
        site: who.site.clone(),
        role: who.role,
        device: who.device.clone(),
    };
    // Asked before anything is changed, and decided again after it.
    let has_code = app
        .config
        .setup
        .site(&site)
        .is_some_and(|site| setup::roles(site.kind).contains(&role));
    if !capability::may(who.role, &command) {
        let error = sentences::rejection(Rejection::NotChair);
        return Ok((StatusCode::FORBIDDEN, Json(ApiError { error })).into_response());
    }
    if !has_code {
        return Err(Refusal::NotFound);
    }
    let (code, old) = renew(&app, site.clone(), role).await?;
    let outcome = room.command(seat, command).await;
    if !matches!(outcome, Some(Outcome::Ok(_))) {
        // What was refused has changed nothing.
        put_back(&app, site.clone(), role, old).await;
    }
    if let Outcome::Error(error) = outcome.ok_or(Refusal::Stopping)? {
        return Ok((StatusCode::CONFLICT, Json(ApiError { error })).into_response());
    }
    let code = code.to_string();
    let link = setup::link(&origin::own(&headers, client), &site, Some(&code));
    let answer = Json(NewCode { code, link });
    if (&who.site, who.role) != (&site, role) {
        return Ok(answer.into_response());
    }
    // Who changes the own code stays signed in.
    let cookie = cookie::issue(&app.key, &app.codes, &who, client.secure);
    let cookie = cookie.ok_or(Refusal::StoreFailed)?;
    Ok(([(header::SET_COOKIE, cookie)], answer).into_response())
}

/// The new code, and what was kept of the old one.
async fn renew(
    app: &Arc<App>,
    site: SiteId,
    role: Role,
) -> Result<(Code, Option<CodeHash>), Refusal> {
    let codes = Arc::clone(&app.codes);
    let renewed = tokio::task::spawn_blocking(move || {
        let code = Code::random()?;
        let old = codes.set(&site, role, &code)?;
        Ok::<_, setup::CodesError>((code, old))
    })
    .await;
    match renewed {
        Ok(Ok(renewed)) => Ok(renewed),
        Ok(Err(error)) => {
            tracing::error!(%error, "A code could not be changed");
            Err(Refusal::StoreFailed)
        }
        Err(_) => Err(Refusal::Stopping),
    }
}

async fn put_back(app: &Arc<App>, site: SiteId, role: Role, old: Option<CodeHash>) {
    let codes = Arc::clone(&app.codes);
    let done = tokio::task::spawn_blocking(move || codes.put_back(&site, role, old)).await;
    if let Ok(Err(error)) = done {
        tracing::error!(%error, "An old code could not be put back: change it once more");
    }
}
