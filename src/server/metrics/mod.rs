//! Figures of the running server for Prometheus: `/metrics`.
//!
//! Names follow Prometheus' own advice: base units in the name, `_total` for what only rises, a label
//! where one thing has a few fixed kinds. No label ever comes from a person or a page: no site, no
//! device, no address, so that the page says nothing personal and never grows.

mod histogram;
mod media;
mod page;
mod process;
mod quality;

use histogram::Histogram;
pub(crate) use page::CONTENT_TYPE;
use page::{Kind, Page};
pub(crate) use process::started;
pub(crate) use quality::pictures_stood_still;

use diemcau_conference::Role;
use diemcau_media::Row;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// Labels of a series: names and values, fixed when the program is compiled.
pub(crate) type Labels = &'static [(&'static str, &'static str)];

/// A number that only rises while the process runs.
pub struct Counter {
    name: &'static str,
    help: &'static str,
    labels: Labels,
    value: AtomicU64,
}

impl Counter {
    const fn new(name: &'static str, help: &'static str, labels: Labels) -> Self {
        Self {
            name,
            help,
            labels,
            value: AtomicU64::new(0),
        }
    }

    /// Adds one.
    pub fn count(&self) {
        self.add(1);
    }

    /// Adds several.
    pub fn add(&self, number: u64) {
        self.value.fetch_add(number, Ordering::Relaxed);
    }
}

/// A number that rises and falls.
pub struct Gauge {
    name: &'static str,
    help: &'static str,
    labels: Labels,
    value: AtomicI64,
}

impl Gauge {
    const fn new(name: &'static str, help: &'static str, labels: Labels) -> Self {
        Self {
            name,
            help,
            labels,
            value: AtomicI64::new(0),
        }
    }

    /// Counts one as long as what is returned lives.
    #[must_use]
    pub fn hold(&'static self) -> Held {
        self.value.fetch_add(1, Ordering::Relaxed);
        Held(self)
    }
}

/// One of what a [`Gauge`] counts.
pub struct Held(&'static Gauge);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.value.fetch_sub(1, Ordering::Relaxed);
    }
}

/// `NAME "metric" "help";` or, for one kind of several, `NAME "metric" {label = "value"} "help";`.
/// All of one metric have the same help.
macro_rules! counters {
    ($kind:ident $all:ident:
     $($name:ident $metric:literal $({$($label:ident = $value:literal),+})? $help:literal;)*) => {
        $(#[doc = $help]
        pub static $name: $kind =
            $kind::new($metric, $help, &[$($((stringify!($label), $value)),+)?]);)*
        static $all: &[&$kind] = &[$(&$name),*];
    };
}

counters! { Counter COUNTERS:
    SIGN_INS "diemcau_sign_ins_total" {result = "accepted"} "Sign-ins with a site and a code.";
    SIGN_INS_WRONG "diemcau_sign_ins_total" {result = "wrong_code"} "Sign-ins with a site and a code.";
    SIGN_INS_TOO_FAST "diemcau_sign_ins_total" {result = "too_fast"} "Sign-ins with a site and a code.";
    SIGN_INS_NOT_ADMITTED "diemcau_sign_ins_total" {result = "not_admitted"} "Sign-ins with a site and a code.";
    LIMITS_FORGOTTEN "diemcau_limits_forgotten_total" "Limits of an address or a device that were forgotten for lack of room.";
    CONNECTIONS "diemcau_connections_total" "Connections accepted, http and https.";
    CONNECTIONS_FULL "diemcau_connections_refused_total" {reason = "full"} "Connections refused: too many in all, or from one address.";
    CONNECTIONS_ADDRESS "diemcau_connections_refused_total" {reason = "address"} "Connections refused: too many in all, or from one address.";
    CONNECTIONS_SLOW "diemcau_connections_cut_total" {reason = "slow"} "Connections cut: no whole request came in time, or the client did not read.";
    CONNECTIONS_STALLED "diemcau_connections_cut_total" {reason = "stalled"} "Connections cut: no whole request came in time, or the client did not read.";
    ACCEPTS_FAILED "diemcau_accepts_failed_total" "Connections that the system could not hand over, for want of files or memory.";
    HANDSHAKES_SLOW "diemcau_tls_handshakes_failed_total" {reason = "slow"} "TLS handshakes that took too long, or failed for want of trust or of a common version.";
    HANDSHAKES_FAILED "diemcau_tls_handshakes_failed_total" {reason = "failed"} "TLS handshakes that took too long, or failed for want of trust or of a common version.";
    PLAIN_ON_TLS "diemcau_plain_on_https_total" "Requests without TLS on the https port, answered with where to go.";
    REQUESTS_SLOW "diemcau_requests_refused_total" {reason = "slow"} "Requests cut or refused before anything was done.";
    REQUESTS_UNREADABLE "diemcau_requests_refused_total" {reason = "unreadable"} "Requests cut or refused before anything was done.";
    REQUESTS_ENCODED "diemcau_requests_refused_total" {reason = "encoded"} "Requests cut or refused before anything was done.";
    CERTIFICATES_CHANGED "diemcau_certificates_total" {result = "taken"} "New certificates, taken up while the server ran or refused so that the old one stayed.";
    CERTIFICATES_REFUSED "diemcau_certificates_total" {result = "refused"} "New certificates, taken up while the server ran or refused so that the old one stayed.";
    ORIGINS_REFUSED "diemcau_origins_refused_total" "Requests refused because a foreign page made them.";
    SESSIONS_OPENED "diemcau_sessions_opened_total" "WebSocket sessions opened.";
    SESSIONS_CLOSED "diemcau_sessions_closed_total" "WebSocket sessions ended, for any cause.";
    SESSIONS_SLOW "diemcau_sessions_dropped_total" {reason = "slow"} "WebSocket sessions that the server dropped.";
    SESSIONS_DEAD "diemcau_sessions_dropped_total" {reason = "dead"} "WebSocket sessions that the server dropped.";
    SESSIONS_ABUSE "diemcau_sessions_dropped_total" {reason = "abuse"} "WebSocket sessions that the server dropped.";
    SESSIONS_TOO_OFTEN "diemcau_sessions_dropped_total" {reason = "too_often"} "WebSocket sessions that the server dropped.";
    SESSIONS_NOT_ADMITTED "diemcau_sessions_dropped_total" {reason = "not_admitted"} "WebSocket sessions that the server dropped.";
    MESSAGES_BAD "diemcau_messages_refused_total" {reason = "unreadable"} "WebSocket messages that were not obeyed.";
    MESSAGES_TOO_FAST "diemcau_messages_refused_total" {reason = "too_fast"} "WebSocket messages that were not obeyed.";
    COMMANDS "diemcau_commands_total" {result = "accepted"} "Commands of the conference, by what the rules said.";
    COMMANDS_REFUSED "diemcau_commands_total" {result = "refused"} "Commands of the conference, by what the rules said.";
    COMMANDS_REPEATED "diemcau_commands_total" {result = "repeated"} "Commands of the conference, by what the rules said.";
    ROOMS_PANICKED "diemcau_rooms_panicked_total" "Rooms that ended by a defect and were opened again from their log.";
    EVENTS "diemcau_events_total" "Events appended to the log.";
    APPENDS "diemcau_appends_total" {result = "synced"} "Transactions of the log.";
    APPENDS_FAILED "diemcau_appends_total" {result = "failed"} "Transactions of the log.";
    MEDIA_JOINS "diemcau_media_joins_total" {result = "accepted"} "Media offers.";
    MEDIA_JOINS_REFUSED "diemcau_media_joins_total" {result = "refused"} "Media offers.";
    LINE_CHECKS "diemcau_line_checks_total" {result = "opened"} "Line checks asked for.";
    LINE_CHECKS_REFUSED "diemcau_line_checks_total" {result = "refused"} "Line checks asked for.";
    LINES_GOOD "diemcau_lines_checked_total" {verdict = "good"} "Line checks done, by what they found.";
    LINES_USABLE "diemcau_lines_checked_total" {verdict = "usable"} "Line checks done, by what they found.";
    LINES_BAD "diemcau_lines_checked_total" {verdict = "bad"} "Line checks done, by what they found.";
    RATE_BYTES_SENT "diemcau_line_rate_bytes_total" {direction = "sent"} "Bytes that went over the line to measure its rate.";
    RATE_BYTES_RECEIVED "diemcau_line_rate_bytes_total" {direction = "received"} "Bytes that went over the line to measure its rate.";
    RATES_REFUSED "diemcau_line_rates_refused_total" "Measurements of a rate refused: too many at once, or too much in a minute.";
    UPLOADS "diemcau_uploads_total" {result = "kept"} "Files of documents that were sent.";
    UPLOADS_REFUSED "diemcau_uploads_total" {result = "refused"} "Files of documents that were sent.";
    LOG_LINES_HELD_BACK "diemcau_log_lines_held_back_total" "Log lines not written because many like them were.";
}

counters! { Gauge GAUGES:
    SESSIONS_CHAIR "diemcau_sessions" {role = "chair"} "WebSocket sessions that are open.";
    SESSIONS_DEPUTY "diemcau_sessions" {role = "deputy"} "WebSocket sessions that are open.";
    SESSIONS_SECRETARY "diemcau_sessions" {role = "secretary"} "WebSocket sessions that are open.";
    SESSIONS_TECHNICIAN "diemcau_sessions" {role = "technician"} "WebSocket sessions that are open.";
    SESSIONS_SITE "diemcau_sessions" {role = "site"} "WebSocket sessions that are open.";
    SESSIONS_DISPLAY "diemcau_sessions" {role = "display"} "WebSocket sessions that are open.";
}

/// The gauge of the open sessions of a role.
pub(crate) fn sessions(role: Role) -> &'static Gauge {
    match role {
        Role::Chair => &SESSIONS_CHAIR,
        Role::Deputy => &SESSIONS_DEPUTY,
        Role::Secretary => &SESSIONS_SECRETARY,
        Role::Technician => &SESSIONS_TECHNICIAN,
        Role::Site => &SESSIONS_SITE,
        Role::Display => &SESSIONS_DISPLAY,
    }
}

/// How long an append takes from the room's asking until it is synced.
pub(crate) static APPEND: Histogram = Histogram::new(
    "diemcau_append_seconds",
    "Time from asking for an append to the log until it is synced.",
);

/// What is asked for when the page is, instead of being counted all along.
#[derive(Debug, Clone, Copy, Default)]
pub struct Moment {
    /// Sites with at least one device whose link is up.
    pub sites_linked: u64,
    /// Sites of the conferences that are served.
    pub sites: u64,
    /// Requests that wait for a room to decide them.
    pub mailbox_letters: u64,
    /// Sites that wait for the floor.
    pub floor_requests: u64,
    /// Sites with media whose lines are good, usable, bad.
    pub sites_by_line: [u64; 3],
    /// Bytes of the log's files; none if they cannot be seen.
    pub log_bytes: Option<u64>,
    /// Bytes that can still be written to the disk of the log.
    pub disk_free_bytes: Option<u64>,
}

/// The whole page. `media` are the media plane's own counters, shard by shard.
#[must_use]
pub fn page(moment: &Moment, media: &[Vec<Row>]) -> String {
    let mut page = Page::default();
    page.sample(
        Kind::Gauge,
        "diemcau_build_info",
        "The version that runs; always 1.",
        &[("version", env!("CARGO_PKG_VERSION"))],
        1.0,
    );
    for counter in COUNTERS {
        let value = counter.value.load(Ordering::Relaxed) as f64;
        page.sample(
            Kind::Counter,
            counter.name,
            counter.help,
            counter.labels,
            value,
        );
    }
    for gauge in GAUGES {
        let value = gauge.value.load(Ordering::Relaxed) as f64;
        page.sample(Kind::Gauge, gauge.name, gauge.help, gauge.labels, value);
    }
    APPEND.write(&mut page);
    moment.write(&mut page);
    quality::write(&mut page, moment.sites_by_line);
    media::write(&mut page, media);
    process::write(&mut page);
    page.text()
}

impl Moment {
    fn write(&self, page: &mut Page) {
        let rows = [
            (
                "diemcau_sites_linked",
                "Sites with at least one device whose link is up.",
                Some(self.sites_linked),
            ),
            (
                "diemcau_sites",
                "Sites of the conference.",
                Some(self.sites),
            ),
            (
                "diemcau_mailbox_letters",
                "Requests that wait for the room to decide them.",
                Some(self.mailbox_letters),
            ),
            (
                "diemcau_floor_requests",
                "Sites that wait for the floor.",
                Some(self.floor_requests),
            ),
            (
                "diemcau_log_size_bytes",
                "Size of the log's files.",
                self.log_bytes,
            ),
            (
                "diemcau_disk_free_bytes",
                "Room that is left on the disk of the log.",
                self.disk_free_bytes,
            ),
        ];
        for (name, help, value) in rows {
            if let Some(value) = value {
                page.sample(Kind::Gauge, name, help, &[], value as f64);
            }
        }
    }
}

#[cfg(test)]
mod tests;
