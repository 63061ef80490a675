//! Counters for `/metrics`, in the Prometheus text format.

use std::{
    fmt::Write,
    sync::atomic::{AtomicU64, Ordering},
};

/// A number that only rises while the process runs.
pub struct Counter {
    name: &'static str,
    help: &'static str,
    value: AtomicU64,
}

impl Counter {
    const fn new(name: &'static str, help: &'static str) -> Self {
        Self {
            name,
            help,
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

macro_rules! counters {
    ($($name:ident $metric:literal $help:literal;)*) => {
        $(#[doc = $help] pub static $name: Counter = Counter::new($metric, $help);)*
        static ALL: &[&Counter] = &[$(&$name),*];
    };
}

counters! {
    SIGN_INS "diemcau_sign_ins_total" "Sign-ins with a right code.";
    SIGN_INS_REFUSED "diemcau_sign_ins_refused_total" "Sign-ins refused for a wrong code or too many tries.";
    GUESSERS_FORGOTTEN "diemcau_guessers_forgotten_total" "Addresses with wrong codes that were forgotten for lack of room.";
    ORIGINS_REFUSED "diemcau_origins_refused_total" "Requests refused for their Origin.";
    CONNECTIONS "diemcau_connections_total" "Connections accepted, http and https.";
    CONNECTIONS_FULL "diemcau_connections_refused_full_total" "Connections refused because there were too many in all.";
    CONNECTIONS_ADDRESS "diemcau_connections_refused_address_total" "Connections refused because there were too many from one address.";
    CONNECTIONS_SLOW "diemcau_connections_slow_total" "Connections cut because no whole request came in time.";
    CONNECTIONS_STALLED "diemcau_connections_stalled_total" "Connections cut because the client did not read what it asked for.";
    ACCEPTS_FAILED "diemcau_accepts_failed_total" "Connections that the system could not hand over, for want of files or memory.";
    HANDSHAKES_SLOW "diemcau_tls_handshakes_slow_total" "Connections cut because TLS was not agreed in time.";
    HANDSHAKES_FAILED "diemcau_tls_handshakes_failed_total" "TLS handshakes that failed: a client that does not trust the certificate, or speaks no TLS of today.";
    PLAIN_ON_TLS "diemcau_plain_on_https_total" "Requests without TLS on the https port, answered with where to go.";
    REQUESTS_SLOW "diemcau_requests_slow_total" "Requests cut because they took too long, mostly a body that did not come.";
    REQUESTS_UNREADABLE "diemcau_requests_unreadable_total" "Requests that are no HTTP or have too long a head.";
    REQUESTS_ENCODED "diemcau_requests_encoded_total" "Requests refused because their body is compressed.";
    CERTIFICATES_CHANGED "diemcau_certificates_changed_total" "Certificates that were put in place of another while the server ran.";
    CERTIFICATES_REFUSED "diemcau_certificates_refused_total" "New certificates that could not be used, so that the old one stayed.";
    SESSIONS_OPENED "diemcau_sessions_opened_total" "WebSocket sessions opened.";
    SESSIONS_CLOSED "diemcau_sessions_closed_total" "WebSocket sessions ended, for any cause.";
    SESSIONS_SLOW "diemcau_sessions_slow_total" "Sessions dropped because they read too slowly.";
    SESSIONS_DEAD "diemcau_sessions_dead_total" "Sessions dropped because nothing came from them.";
    SESSIONS_NOT_ADMITTED "diemcau_sessions_not_admitted_total" "Sessions that the rules did not let in: removed, locked out, or too many.";
    MESSAGES_BAD "diemcau_messages_bad_total" "Messages that could not be read.";
    MESSAGES_TOO_FAST "diemcau_messages_too_fast_total" "Messages over the rate limit.";
    COMMANDS "diemcau_commands_total" "Commands of the conference decided.";
    COMMANDS_REFUSED "diemcau_commands_refused_total" "Commands that the rules refused.";
    COMMANDS_REPEATED "diemcau_commands_repeated_total" "Commands whose key was answered before.";
    EVENTS "diemcau_events_total" "Events appended to the log.";
    APPENDS "diemcau_appends_total" "Synced transactions of the log.";
    APPENDS_FAILED "diemcau_appends_failed_total" "Transactions of the log that failed.";
    ROOMS_PANICKED "diemcau_rooms_panicked_total" "Rooms that ended by a defect and were opened again from their log.";
    MEDIA_JOINS "diemcau_media_joins_total" "Media offers answered.";
    LINE_CHECKS "diemcau_line_checks_total" "Line checks opened.";
    LINE_CHECKS_REFUSED "diemcau_line_checks_refused_total" "Line checks refused: too many, too soon, in the conference, or a bad offer.";
    LINES_GOOD "diemcau_lines_good_total" "Line checks that found a good line.";
    LINES_USABLE "diemcau_lines_usable_total" "Line checks that found a usable line.";
    LINES_BAD "diemcau_lines_bad_total" "Line checks that found a bad line.";
    RATE_BYTES_SENT "diemcau_line_rate_bytes_sent_total" "Bytes sent to measure a rate.";
    RATE_BYTES_RECEIVED "diemcau_line_rate_bytes_received_total" "Bytes received to measure a rate.";
    RATES_REFUSED "diemcau_line_rates_refused_total" "Measurements of a rate refused: too many at once, or too much in a minute.";
    MEDIA_JOINS_REFUSED "diemcau_media_joins_refused_total" "Media offers refused.";
}

/// The page for Prometheus, with the media plane's own counters.
#[must_use]
pub fn page(media: &[(&'static str, &'static str, u64)]) -> String {
    let mut page = String::new();
    for counter in ALL {
        let value = counter.value.load(Ordering::Relaxed);
        row(&mut page, counter.name, counter.help, value);
    }
    for (name, help, value) in media {
        row(
            &mut page,
            &format!("diemcau_media_{name}_total"),
            help,
            *value,
        );
    }
    page
}

fn row(page: &mut String, name: &str, help: &str, value: u64) {
    // Writing to a String cannot fail.
    let _ = writeln!(
        page,
        "# HELP {name} {help}\n# TYPE {name} counter\n{name} {value}"
    );
}
