use crate::{
    client::{Page, get},
    harness::Place,
};
use serde_json::{Value, json};

fn headcount(present: u32) -> Value {
    json!({"cmd": "attendance.headcount", "present": present})
}

fn seqs(page: &Page) -> Vec<u64> {
    let log = page.welcome["log"].as_array().expect("a log");
    log.iter()
        .map(|event| event["seq"].as_u64().expect("a number"))
        .collect()
}

#[tokio::test]
async fn a_page_that_comes_back_gets_what_it_missed_and_no_more() {
    let place = Place::new();
    let server = place.start();
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    let mut page = Page::enter(&place, &server, "ha-noi", "technician").await;
    chair.until(page.seq).await;
    let (cookie, had) = (page.cookie.clone(), page.seq);
    drop(page);
    chair.event("link.dropped").await;
    for present in 0..5 {
        chair.must(headcount(present)).await;
    }
    page = Page::connect(&server, &cookie, Some(had)).await;
    let expected: Vec<u64> = (had + 1..=page.seq).collect();
    assert_eq!(seqs(&page), expected, "the host sees everything");
    assert_eq!(page.site("ha-noi")["present"], 4);
    let seq = chair.must(headcount(9)).await;
    page.until(seq).await;

    // Who comes for the first time gets the newest of all.
    let fresh = Page::connect(&server, &cookie, None).await;
    assert_eq!(seqs(&fresh), (1..=fresh.seq).collect::<Vec<u64>>());
}

#[tokio::test]
async fn nothing_is_missed_or_doubled_while_pages_come_and_go() {
    let place = Place::new();
    let server = place.start();
    let cookie = crate::client::sign_in(&place, &server, "nghe-an", "site").await;
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    let mut writers = Vec::new();
    for site in ["can-tho", "da-nang", "tp-hcm"] {
        let mut page = Page::enter(&place, &server, site, "site").await;
        writers.push(tokio::spawn(async move {
            for present in 0..30 {
                page.must(headcount(present)).await;
            }
        }));
    }
    // Each connection begins in the middle of things; the client checks every `seq` that comes.
    let mut known: Option<u64> = None;
    for _ in 0..15 {
        let mut page = Page::connect(&server, &cookie, known).await;
        if let Some(known) = known {
            assert!(
                seqs(&page)
                    .iter()
                    .all(|seq| (known + 1..=page.seq).contains(seq))
            );
        }
        let seq = chair.must(headcount(1)).await;
        page.until(seq).await;
        known = Some(page.seq);
    }
    for writer in writers {
        writer.await.expect("every command was answered");
    }
    let seq = chair.must(headcount(2)).await;
    let page = Page::connect(&server, &cookie, known).await;
    assert!(page.seq > seq);
    for site in ["can-tho", "da-nang", "tp-hcm"] {
        assert_eq!(page.site(site)["present"], 29);
    }
}

#[tokio::test]
async fn a_killed_server_gives_a_running_turn_its_time_back() {
    let place = Place::new();
    let server = place.start();
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    let mut can_tho = Page::enter(&place, &server, "can-tho", "site").await;
    let nghe_an = Page::enter(&place, &server, "nghe-an", "site").await;
    chair
        .must(json!({"cmd": "session.open", "name": "sáng"}))
        .await;
    let mut nghe_an = nghe_an;
    nghe_an
        .must(json!({"cmd": "floor.request", "floor": "speech", "kind": "proposal", "words": ""}))
        .await;
    let seq = chair
        .must(json!({"cmd": "floor.invite", "site": "can-tho"}))
        .await;
    can_tho.until(seq).await;
    let queue = chair.view["floor"]["queue"].clone();
    let (cookie, had) = (can_tho.cookie.clone(), can_tho.seq);
    let instance = can_tho.welcome["instance"].clone();
    server.kill();

    let server = place.start();
    let mut back = Page::connect(&server, &cookie, Some(had)).await;
    assert_ne!(back.welcome["instance"], instance);
    let log = back.welcome["log"].as_array().expect("a log").clone();
    let outage = log
        .iter()
        .find(|e| e["event"] == "server.outage")
        .expect("the outage is told");
    assert!(log.iter().any(|e| e["event"] == "floor.resumed"), "{log:?}");
    let turn = &back.view["floor"]["turns"][0];
    assert_eq!(turn["site"], "can-tho");
    // Spoken before the outage, at most: none of the time away.
    let granted = turn["granted"].as_u64().expect("a time");
    let from = outage["from"].as_u64().expect("a time");
    assert!(
        turn["spoken"].as_u64().expect("a length") <= from - granted,
        "{turn} {outage}"
    );
    assert!(
        turn["running_since"].as_u64() >= outage["to"].as_u64(),
        "{turn} {outage}"
    );

    let chair = Page::connect(&server, &chair.cookie.clone(), None).await;
    assert_eq!(chair.view["floor"]["queue"], queue, "places survive");
    back.until(chair.seq).await;
    let csv = get(
        &server,
        "/api/v1/conferences/hoi-nghi-van-phong-2013/attendance.csv",
        &chair.cookie,
    )
    .await;
    let csv = String::from_utf8(csv.body).expect("text");
    let rows = csv
        .lines()
        .filter(|line| line.contains("kết nối,Cần Thơ"))
        .count();
    assert_eq!(rows, 1, "one interval, before and after: {csv}");
    assert!(
        place
            .run(&["log", "verify", "--data", "var"])
            .status
            .success()
    );
}
