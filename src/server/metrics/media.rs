//! The media plane's counters as Prometheus names them, shard by shard. The media plane itself knows
//! nothing of Prometheus: it gives names and numbers.

use super::page::{Kind, Page};
use diemcau_media::Row;

/// What the media plane has now, rather than has had: `name` -> metric.
const GAUGES: [(&str, &str); 1] = [("peers", "diemcau_media_peers")];

pub(super) fn write(page: &mut Page, shards: &[Vec<Row>]) {
    for (number, rows) in shards.iter().enumerate() {
        write_shard(page, &number.to_string(), rows);
    }
}

fn write_shard(page: &mut Page, number: &str, rows: &[Row]) {
    let shard = ("shard", number);
    for &(name, help, value) in rows {
        if let Some(reason) = name.strip_prefix("dropped_") {
            page.sample(
                Kind::Counter,
                "diemcau_media_dropped_total",
                "Datagrams and packets that came in and were dropped, by reason.",
                &[("reason", reason), shard],
                value as f64,
            );
        } else if name == "thread_cpu_nanoseconds" {
            page.sample(
                Kind::Counter,
                "diemcau_media_cpu_seconds_total",
                "Processor time of the media thread.",
                &[shard],
                value as f64 / 1e9,
            );
        } else if let Some((_, metric)) = GAUGES.iter().find(|(gauge, _)| *gauge == name) {
            page.sample(Kind::Gauge, *metric, help, &[shard], value as f64);
        } else {
            let name = format!("diemcau_media_{name}_total");
            page.sample(Kind::Counter, name, help, &[shard], value as f64);
        }
    }
}
