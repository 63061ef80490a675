//! The chair gives a (site, role) another code.

use super::{App, client::Client, cookie, origin};
use crate::{
    room::Seat,
    sentences::{self, Refusal},
    setup::{self, Change, Code},
};
use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use diemcau_conference::{Command, Rejection, Role, SiteId, capability};
use diemcau_protocol::{ApiError, ChangeCode, ErrorBody, NewCode, Outcome, SignedIn};
use std::sync::Arc;

/// `POST /api/v1/codes`. The answer is the only place where the new code is ever seen.
pub(super) async fn change(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    body: Result<Json<ChangeCode>, JsonRejection>,
) -> Result<Response, Refusal> {
    origin::check(&headers, client, &app.config.server.origins)?;
    let who = app.present(&headers).await?;
    let Json(ChangeCode { site, role }) = body.map_err(|_| Refusal::BadMessage)?;
    let command = Command::CodeChange {
        site: site.clone(),
        role,
    };
    if !capability::may(who.role, &command) {
        let error = sentences::rejection(Rejection::NotChair);
        return Ok((StatusCode::FORBIDDEN, Json(ApiError { error })).into_response());
    }
    if !setup::roles(&app.config.setup, &site).any(|known| known == role) {
        return Err(Refusal::NotFound);
    }
    // Once begun it is done, also when whoever asked has gone.
    let (app, asked) = (Arc::clone(&app), (who.clone(), site.clone()));
    let changed = tokio::spawn({
        let app = Arc::clone(&app);
        async move { put_in_force(&app, asked.0, asked.1, role, command).await }
    });
    let code = match changed.await.map_err(|_| Refusal::Stopping)?? {
        Ok(code) => code.to_string(),
        Err(error) => {
            return Ok((StatusCode::CONFLICT, Json(ApiError { error })).into_response());
        }
    };
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

/// Makes the code and has the conference know of it; what that refuses has changed nothing.
async fn put_in_force(
    app: &Arc<App>,
    who: SignedIn,
    site: SiteId,
    role: Role,
    command: Command,
) -> Result<Result<Code, ErrorBody>, Refusal> {
    let room = app.rooms.get(&app.conference).ok_or(Refusal::Stopping)?;
    let (code, change) = renew(app, site, role).await?;
    match room.command(Seat::of(&who), command).await {
        Some(Outcome::Ok(_)) => Ok(Ok(code)),
        refused => {
            put_back(app, change).await;
            match refused {
                Some(Outcome::Error(error)) => Ok(Err(error)),
                _ => Err(Refusal::Stopping),
            }
        }
    }
}

async fn renew(app: &Arc<App>, site: SiteId, role: Role) -> Result<(Code, Change), Refusal> {
    let codes = Arc::clone(&app.codes);
    let renewed = tokio::task::spawn_blocking(move || {
        let code = Code::random()?;
        let change = codes.set(&site, role, &code)?;
        Ok::<_, setup::CodesError>((code, change))
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

async fn put_back(app: &Arc<App>, change: Change) {
    let codes = Arc::clone(&app.codes);
    let done = tokio::task::spawn_blocking(move || codes.put_back(change)).await;
    if let Ok(Err(error)) = done {
        tracing::error!(%error, "An old code could not be put back: change it once more");
    }
}
