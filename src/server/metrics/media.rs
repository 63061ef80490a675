//! The media plane's counters as Prometheus names them. The media plane itself knows nothing of
//! Prometheus: it gives names and numbers.

use super::page::{Kind, Page};

/// What the media plane has now, rather than has had: `name` -> metric.
const GAUGES: [(&str, &str); 1] = [("peers", "diemcau_media_peers")];

pub(super) fn write(page: &mut Page, rows: &[(&'static str, &'static str, u64)]) {
    for &(name, help, value) in rows {
        if let Some(reason) = name.strip_prefix("dropped_") {
            page.sample(
                Kind::Counter,
                "diemcau_media_dropped_total",
                "Datagrams and packets that came in and were dropped, by reason.",
                &[("reason", reason)],
                value as f64,
            );
        } else if name == "thread_cpu_nanoseconds" {
            page.sample(
                Kind::Counter,
                "diemcau_media_cpu_seconds_total",
                "Processor time of the media thread.",
                &[],
                value as f64 / 1e9,
            );
        } else if let Some((_, metric)) = GAUGES.iter().find(|(gauge, _)| *gauge == name) {
            page.sample(Kind::Gauge, *metric, help, &[], value as f64);
        } else {
            let name = format!("diemcau_media_{name}_total");
            page.sample(Kind::Counter, name, help, &[], value as f64);
        }
    }
}
