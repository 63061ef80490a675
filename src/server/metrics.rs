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
    ORIGINS_REFUSED "diemcau_origins_refused_total" "Requests refused for their Origin.";
    SESSIONS_OPENED "diemcau_sessions_opened_total" "WebSocket sessions opened.";
    SESSIONS_CLOSED "diemcau_sessions_closed_total" "WebSocket sessions ended, for any cause.";
    SESSIONS_SLOW "diemcau_sessions_slow_total" "Sessions dropped because they read too slowly.";
    SESSIONS_DEAD "diemcau_sessions_dead_total" "Sessions dropped because nothing came from them.";
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
