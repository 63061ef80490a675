//! The session cookie: who signed in, signed with the key in the data folder, so that it outlives
//! a restart. It is also bound to the code it was made with: a changed code ends it.

use crate::setup::{Codes, CookieKey};
use axum::http::{HeaderMap, header};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use diemcau_conference::{ConferenceId, DeviceId, Role, SiteId};
use diemcau_protocol::SignedIn;
use serde::{Deserialize, Serialize};
use std::time::{SystemTime, UNIX_EPOCH};
use subtle::ConstantTimeEq;

const NAME: &str = "diemcau";
/// Over https: a browser takes it from this host over https alone, and sends it nowhere else (RFC
/// 6265bis §4.1.3.2).
const SECURE_NAME: &str = "__Host-diemcau";
/// A week: the longest conference with its rehearsal.
const LIFE_SECONDS: u64 = 7 * 24 * 3600;

#[derive(Serialize, Deserialize)]
struct Payload {
    conference: ConferenceId,
    site: SiteId,
    role: Role,
    device: DeviceId,
    /// Seconds since the Unix epoch.
    issued: u64,
}

/// The `Set-Cookie` value for one who signed in; none if the (site, role) has no code.
pub(super) fn issue(
    key: &CookieKey,
    codes: &Codes,
    who: &SignedIn,
    secure: bool,
) -> Option<String> {
    let payload = Payload {
        conference: who.conference.clone(),
        site: who.site.clone(),
        role: who.role,
        device: who.device.clone(),
        issued: wall_seconds(),
    };
    let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&payload).ok()?);
    let code = codes.hash(&who.site, who.role)?;
    let mac = URL_SAFE_NO_PAD.encode(key.sign(&[payload.as_bytes(), code.as_str().as_bytes()]));
    let (name, secure) = if secure {
        (SECURE_NAME, "; Secure")
    } else {
        (NAME, "")
    };
    Some(format!(
        "{name}={payload}.{mac}; Path=/; HttpOnly; SameSite=Strict; Max-Age={LIFE_SECONDS}{secure}"
    ))
}

/// The `Set-Cookie` values that end a session, however it came.
pub(super) fn clear() -> [String; 2] {
    [(NAME, ""), (SECURE_NAME, "; Secure")].map(|(name, secure)| {
        format!("{name}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0{secure}")
    })
}

/// Who the request's cookie says it is, if the cookie is ours, young and its code still holds.
pub(crate) fn read(key: &CookieKey, codes: &Codes, headers: &HeaderMap) -> Option<SignedIn> {
    let named = |name: &str| {
        let lines = headers.get_all(header::COOKIE).iter();
        lines
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
    };
    let value = named(SECURE_NAME).or_else(|| named(NAME))?;
    let (encoded, mac) = value.split_once('.')?;
    let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
    // Read before it is checked, for it names the code that is part of the check.
    let payload: Payload = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(encoded).ok()?).ok()?;
    let code = codes.hash(&payload.site, payload.role)?;
    let expected = key.sign(&[encoded.as_bytes(), code.as_str().as_bytes()]);
    if !bool::from(expected.as_ref().ct_eq(&mac)) {
        return None;
    }
    if wall_seconds().saturating_sub(payload.issued) > LIFE_SECONDS {
        return None;
    }
    Some(SignedIn {
        conference: payload.conference,
        site: payload.site,
        role: payload.role,
        device: payload.device,
    })
}

fn wall_seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
