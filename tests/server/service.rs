use crate::{
    client::{Page, sign_in_with},
    harness::Place,
};
use serde_json::{Value, json};
use std::{os::unix::net::UnixDatagram, time::Duration};

/// Reads what the server tells until it tells `wanted`.
fn wait_for(manager: &UnixDatagram, wanted: &str) {
    let mut buffer = [0; 512];
    loop {
        let length = manager.recv(&mut buffer).expect("the server tells it");
        let told = std::str::from_utf8(&buffer[..length]).expect("text");
        if told.lines().any(|line| line == wanted) {
            return;
        }
    }
}

#[test]
fn a_service_manager_hears_when_it_serves_lives_and_stops() {
    let place = Place::new();
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("notify");
    let manager = UnixDatagram::bind(&socket).expect("a socket");
    manager
        .set_read_timeout(Some(Duration::from_secs(60)))
        .expect("a timeout");
    let server = place.start_with_variables(&[
        ("NOTIFY_SOCKET", socket.to_str().expect("text")),
        ("WATCHDOG_USEC", "200000"),
    ]);
    wait_for(&manager, "READY=1");
    wait_for(&manager, "WATCHDOG=1");
    wait_for(&manager, "WATCHDOG=1");
    server.stop();
    wait_for(&manager, "STOPPING=1");
}

#[tokio::test]
async fn log_lines_are_json_when_asked_and_hold_neither_people_nor_secrets() {
    let place = Place::new();
    let server = place.start_with_log();
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    chair
        .must(json!({"cmd": "session.open", "name": "Sáng của bà Hoa"}))
        .await;
    chair.send_text(r#"{"id":1,"cmd":"ông Bình nói"}"#).await;
    for _ in 0..100 {
        sign_in_with(&server, "can-tho", "0000-0000", &[]).await;
    }
    server.stop();
    let log = place.log();
    let cookie = chair.cookie.split_once('=').expect("a pair").1;
    for unsaid in ["Hoa", "Bình", cookie, &place.code("ha-noi", "chair")] {
        assert!(!log.contains(unsaid), "{unsaid}");
    }
    let mut messages = Vec::new();
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        for field in ["timestamp", "level", "target"] {
            assert!(line[field].is_string(), "{line}");
        }
        messages.push(line["message"].as_str().expect("a sentence").to_owned());
    }
    let count = |wanted| messages.iter().filter(|message| *message == wanted).count();
    assert_eq!(count("The server is ready"), 1, "{messages:?}");
    // A guesser cannot fill the log: ten at once, then one in ten seconds.
    assert!(
        (1..30).contains(&count("Many wrong codes within a minute")),
        "{messages:?}"
    );
}
