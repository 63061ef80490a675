use super::*;
use std::collections::BTreeSet;

/// Reads a page as strictly as Prometheus does, and by its naming rules: (name, labels) of all series.
fn series(page: &str) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    let mut metrics = BTreeSet::new();
    let mut lines = page.lines().peekable();
    assert!(page.ends_with('\n'));
    while let Some(line) = lines.next() {
        let (name, help) = line
            .strip_prefix("# HELP ")
            .and_then(|rest| rest.split_once(' '))
            .unwrap_or_else(|| panic!("a metric begins with its help: {line}"));
        assert!(
            help.ends_with('.') || name.starts_with("diemcau_media_"),
            "{line}"
        );
        assert!(metrics.insert(name.to_owned()), "{name} comes twice");
        let kind = lines
            .next()
            .and_then(|line| line.strip_prefix(&format!("# TYPE {name} ")))
            .unwrap_or_else(|| panic!("{name} has no type"));
        check_name(name, kind);
        while let Some(line) = lines.next_if(|line| !line.starts_with('#')) {
            let (series, value) = line.rsplit_once(' ').expect("a value");
            let value: f64 = value.parse().expect("a number");
            assert!(value >= 0.0, "{line}");
            let (full, labels) = series.split_once('{').unwrap_or((series, "}"));
            let labels = labels.strip_suffix('}').expect("closed");
            let ending = full.strip_prefix(name).expect("its own series");
            match kind {
                "histogram" => assert!(["_bucket", "_sum", "_count"].contains(&ending)),
                _ => assert_eq!(ending, "", "{line}"),
            }
            check_labels(labels);
            assert!(
                found.insert((full.to_owned(), labels.to_owned())),
                "{series} comes twice"
            );
        }
    }
    found
}

fn check_name(name: &str, kind: &str) {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    assert!(name.bytes().all(letter), "{name}");
    assert!(
        name.starts_with("diemcau_") || name.starts_with("process_"),
        "{name}"
    );
    assert!(
        ["counter", "gauge", "histogram"].contains(&kind),
        "{name} {kind}"
    );
    assert_eq!(kind == "counter", name.ends_with("_total"), "{name} {kind}");
    assert!(kind != "histogram" || name.ends_with("_seconds"), "{name}");
    for unit in [
        "milli", "micro", "nano", "kilo", "mega", "_ms", "_kb", "_mb", "minutes",
    ] {
        assert!(!name.contains(unit), "{name} is not in a base unit");
    }
}

fn check_labels(labels: &str) {
    for pair in labels.split(',').filter(|pair| !pair.is_empty()) {
        let (label, value) = pair.split_once('=').expect("a pair");
        assert!(
            [
                "direction",
                "le",
                "reason",
                "result",
                "role",
                "shard",
                "verdict",
                "version"
            ]
            .contains(&label),
            "{pair}"
        );
        let value = value
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        let value = value.expect("quoted");
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"_.+-".contains(&byte);
        assert!(!value.is_empty() && value.bytes().all(letter), "{pair}");
    }
}

#[test]
fn the_page_is_what_prometheus_expects() {
    let first = vec![
        ("datagrams_received", "Datagrams received", 7),
        ("dropped_rtp_malformed", "RTP packets dropped: malformed", 1),
        (
            "dropped_rtp_duplicate",
            "RTP packets dropped: seen before",
            2,
        ),
        ("tcp_dropped", "Datagrams dropped: too slow", 3),
        ("peers", "Media connections", 4),
        ("thread_cpu_nanoseconds", "Processor time", 1_500_000_000),
    ];
    let media = [first, vec![("peers", "Media connections", 6)]];
    let moment = Moment {
        log_bytes: Some(1 << 40),
        disk_free_bytes: Some(u64::MAX),
        ..Moment::default()
    };
    let held = SESSIONS_CHAIR.hold();
    let text = page(&moment, &media);
    drop(held);
    let series = series(&text);
    for (name, labels) in [
        (
            "diemcau_build_info",
            concat!("version=\"", env!("CARGO_PKG_VERSION"), "\""),
        ),
        ("diemcau_commands_total", "result=\"repeated\""),
        ("diemcau_sessions", "role=\"chair\""),
        ("diemcau_append_seconds_bucket", "le=\"+Inf\""),
        (
            "diemcau_media_dropped_total",
            "reason=\"rtp_malformed\",shard=\"0\"",
        ),
        ("diemcau_media_datagrams_received_total", "shard=\"0\""),
        ("diemcau_log_size_bytes", ""),
        ("process_resident_memory_bytes", ""),
        ("process_cpu_seconds_total", ""),
        ("process_open_fds", ""),
        ("process_start_time_seconds", ""),
    ] {
        assert!(
            series.contains(&(name.to_owned(), labels.to_owned())),
            "{name} {labels}\n{text}"
        );
    }
    for line in [
        "diemcau_sessions{role=\"chair\"} 1",
        "diemcau_media_peers{shard=\"0\"} 4",
        "diemcau_media_peers{shard=\"1\"} 6",
        "diemcau_media_cpu_seconds_total{shard=\"0\"} 1.5",
        "diemcau_media_dropped_total{reason=\"rtp_duplicate\",shard=\"0\"} 2",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}

#[test]
fn kinds_of_one_thing_have_one_help() {
    for one in COUNTERS {
        for other in COUNTERS {
            assert!(
                one.name != other.name || one.help == other.help,
                "{}",
                one.name
            );
        }
    }
}
