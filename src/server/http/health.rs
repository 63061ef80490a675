//! What operators and their tools ask.

use super::{App, client::Client};
use crate::{config::MetricsReaders, machine, metrics as figures, setup};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use std::{fs, net::IpAddr, sync::Arc};

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

/// `GET /metrics`, in the Prometheus text format, for whom the configuration lets read it.
pub(super) async fn metrics(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
) -> Response {
    if !may_read(app.config.server.metrics, client.address, &headers) {
        // As if there were none: a stranger need not learn more.
        return (StatusCode::NOT_FOUND, "not here\n").into_response();
    }
    let media = app.rooms.media_counters();
    let mut moment = app.rooms.moment();
    let data = app.config.server.data.clone();
    // A disk that hangs must not hold a thread of the pages.
    let disk = tokio::task::spawn_blocking(move || {
        let sizes = ["", "-wal"].map(|ending| {
            let file = data.join(format!("{}{ending}", setup::LOG));
            fs::metadata(file).ok().map(|file| file.len())
        });
        let log = sizes[0].map(|size| size + sizes[1].unwrap_or(0));
        (log, machine::free_bytes(&data))
    });
    if let Ok((log, free)) = disk.await {
        moment.log_bytes = log;
        moment.disk_free_bytes = free;
    }
    let page = figures::page(&moment, &media);
    ([(header::CONTENT_TYPE, figures::CONTENT_TYPE)], page).into_response()
}

/// A proxy on this machine makes everyone look like this machine, so what was forwarded is not
/// private whatever its headers say.
fn may_read(readers: MetricsReaders, address: IpAddr, headers: &HeaderMap) -> bool {
    const FORWARDED: [&str; 5] = [
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-real-ip",
        "via",
    ];
    match readers {
        MetricsReaders::Public => true,
        MetricsReaders::Off => false,
        MetricsReaders::Private => {
            is_private(address) && !FORWARDED.iter().any(|name| headers.contains_key(*name))
        }
    }
}

fn is_private(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// `GET /api/v1/openapi.json`.
pub(super) async fn openapi() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "application/json")],
        include_str!("openapi.json"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_for_this_machine_and_its_network() {
        use MetricsReaders::{Off, Private, Public};
        let mut proxied = HeaderMap::new();
        proxied.insert(
            "x-forwarded-for",
            header::HeaderValue::from_static("10.0.0.1"),
        );
        for (readers, peer, through_proxy, may) in [
            (Private, "127.0.0.1", false, true),
            (Private, "::1", false, true),
            (Private, "::ffff:192.168.3.4", false, true),
            (Private, "10.1.2.3", false, true),
            (Private, "fd00::7", false, true),
            (Private, "203.0.113.9", false, false),
            (Private, "2001:db8::9", false, false),
            (Private, "127.0.0.1", true, false),
            (Public, "203.0.113.9", true, true),
            (Off, "127.0.0.1", false, false),
        ] {
            let ip = peer.parse().expect("an address");
            let headers = if through_proxy {
                proxied.clone()
            } else {
                HeaderMap::new()
            };
            assert_eq!(may_read(readers, ip, &headers), may, "{readers:?} {peer:?}");
        }
    }
}
