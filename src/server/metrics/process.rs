//! Figures of the process, under the names that every Prometheus client library gives them. Read from
//! `/proc`; where there is none they are left out.

use super::page::{Kind, Page};
use std::{
    fs,
    sync::LazyLock,
    time::{SystemTime, UNIX_EPOCH},
};

/// Seconds since 1970. The page is first asked for long after a start; the start notes it.
static STARTED: LazyLock<f64> = LazyLock::new(|| {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default().as_secs_f64()
});

/// Notes that the process starts.
pub(crate) fn started() {
    LazyLock::force(&STARTED);
}

pub(super) fn write(page: &mut Page) {
    let (resident, virtual_size) = memory().unzip();
    let rows = [
        (
            Kind::Gauge,
            "process_start_time_seconds",
            "Start time of the process since unix epoch in seconds.",
            Some(*STARTED),
        ),
        (
            Kind::Counter,
            "process_cpu_seconds_total",
            "Total user and system CPU time spent in seconds.",
            cpu_seconds(),
        ),
        (
            Kind::Gauge,
            "process_resident_memory_bytes",
            "Resident memory size in bytes.",
            resident,
        ),
        (
            Kind::Gauge,
            "process_virtual_memory_bytes",
            "Virtual memory size in bytes.",
            virtual_size,
        ),
        (
            Kind::Gauge,
            "process_open_fds",
            "Number of open file descriptors.",
            fs::read_dir("/proc/self/fd")
                .ok()
                .map(|entries| entries.count() as f64),
        ),
        (
            Kind::Gauge,
            "process_max_fds",
            "Maximum number of open file descriptors.",
            crate::machine::open_file_limit().map(|limit| limit as f64),
        ),
        (
            Kind::Gauge,
            "process_threads",
            "Number of OS threads in the process.",
            status("Threads:"),
        ),
    ];
    for (kind, name, help, value) in rows {
        if let Some(value) = value {
            page.sample(kind, name, help, &[], value);
        }
    }
}

/// Resident and virtual size in bytes.
fn memory() -> Option<(f64, f64)> {
    Some((status("VmRSS:")? * 1024.0, status("VmSize:")? * 1024.0))
}

/// A number of `/proc/self/status`.
fn status(name: &str) -> Option<f64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Of `/proc/self/schedstat` only the first thread's; so ticks, which the kernel gives to everyone as
/// hundredths of a second.
fn cpu_seconds() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program, in brackets, may hold anything.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some((ticks(11)? + ticks(12)?) as f64 / 100.0)
}
