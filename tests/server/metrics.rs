use crate::{
    client::{Page, get, http, sign_in_with},
    harness::Place,
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs, path::Path};

/// The names of metrics that a page declares, and the names of the series below them.
fn names(page: &str) -> BTreeSet<String> {
    let names = page
        .lines()
        .filter_map(|line| match line.strip_prefix("# TYPE ") {
            Some(rest) => rest.split(' ').next(),
            None if line.starts_with('#') => None,
            None => line.split(['{', ' ']).next(),
        });
    names.map(str::to_owned).collect()
}

/// Every word of an expression that is a name of a metric.
fn used(expression: &str, found: &mut BTreeSet<String>) {
    let words = expression.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let ours = |word: &&str| word.starts_with("diemcau_") || word.starts_with("process_");
    found.extend(words.filter(ours).map(str::to_owned));
}

fn expressions(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name == "expr" => used(text, found),
                    value => expressions(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| expressions(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_metric_of_the_dashboard_and_the_alerts_is_on_the_page() {
    let place = Place::new();
    let server = place.start();
    let answer = get(&server, "/metrics", "").await;
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    let page = String::from_utf8(answer.body).expect("text");
    let there = names(&page);

    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let dashboard = fs::read_to_string(config.join("grafana/diemcau.json")).expect("a dashboard");
    let dashboard: Value = serde_json::from_str(&dashboard).expect("JSON");
    let mut asked = BTreeSet::new();
    expressions(&dashboard, &mut asked);
    assert!(asked.len() > 20, "the dashboard asks for {asked:?}");
    let alerts = fs::read_to_string(config.join("prometheus/alerts.yml")).expect("alerts");
    used(&alerts, &mut asked);
    assert!(alerts.contains("- alert: "));
    let missing: Vec<_> = asked.difference(&there).collect();
    assert!(missing.is_empty(), "{missing:?} of {page}");
}

#[tokio::test]
async fn figures_tell_what_happened_and_nobody_by_name() {
    let place = Place::new();
    let server = place.start();
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    sign_in_with(&server, "can-tho", "0000-0000", &[]).await;
    chair
        .must(json!({"cmd": "session.open", "name": "Sáng của bà Hoa"}))
        .await;
    chair
        .ask(json!({"cmd": "session.open", "name": "Chiều"}))
        .await;
    let page = String::from_utf8(get(&server, "/metrics", "").await.body).expect("text");
    for line in [
        r#"diemcau_sign_ins_total{result="accepted"} 1"#,
        r#"diemcau_sign_ins_total{result="wrong_code"} 1"#,
        r#"diemcau_sessions{role="chair"} 1"#,
        r#"diemcau_commands_total{result="accepted"} 1"#,
        r#"diemcau_commands_total{result="refused"} 1"#,
        "diemcau_sites_linked 1",
        "diemcau_sites 6",
        "diemcau_media_peers{shard=\"0\"} 0",
    ] {
        assert!(page.lines().any(|found| found == line), "{line}\n{page}");
    }
    let appends = page
        .lines()
        .find_map(|line| line.strip_prefix("diemcau_append_seconds_count "));
    assert_ne!(appends.expect("a histogram"), "0");
    for personal in [
        "Hoa",
        "Sáng",
        "ha-noi",
        "can-tho",
        "127.0.0.1",
        &place.code("ha-noi", "chair"),
    ] {
        assert!(!page.contains(personal), "{personal}");
    }
}

#[tokio::test]
async fn a_stranger_behind_a_proxy_does_not_see_the_figures() {
    let place = Place::new();
    let server = place.start();
    let forwarded = ["X-Forwarded-For: 203.0.113.9".to_owned()];
    let answer = http(server.address, "GET", "/metrics", &forwarded, None).await;
    assert_eq!(answer.status, 404);
    drop(server);
    let place = Place::with(|text| text.replace("metrics = \"private\"", "metrics = \"public\""));
    let server = place.start();
    let answer = http(server.address, "GET", "/metrics", &forwarded, None).await;
    assert_eq!(answer.status, 200);
    drop(server);
    let place = Place::with(|text| text.replace("metrics = \"private\"", "metrics = \"off\""));
    let server = place.start();
    assert_eq!(get(&server, "/metrics", "").await.status, 404);
}
