use crate::{
    client::{Open, Page, counter, sign_in},
    harness::Place,
};
use futures_util::SinkExt;
use serde_json::json;
use tokio_tungstenite::tungstenite::{Bytes, Message};

#[tokio::test]
async fn nonsense_is_refused_counted_and_in_the_end_not_heard() {
    let place = Place::new();
    let server = place.start();
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    let mut page = Page::enter(&place, &server, "can-tho", "site").await;
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let nonsense = [
        (r#"{"id":5,"cmd":"floor.fly"}"#, 5),
        (r#"{"id":6,"cmd":"room","Tick":null}"#, 6),
        (r#"{"id":-1}"#, 0),
        ("", 0),
        ("{\"id\":1,", 0),
        (deep.as_str(), 0),
        (r#"{"id":7,"key":"no uuid","cmd":"session.close"}"#, 7),
        (r#"{"id":8,"cmd":"media.join"}"#, 8),
        (r#"{"id":9,"key":7,"cmd":"link.ping"}"#, 9),
    ];
    for (text, id) in nonsense {
        let reply = page.send_text(text).await;
        assert_eq!(
            (&reply["re"], &reply["error"]["code"]),
            (&json!(id), &json!("bad-message")),
            "{text}"
        );
    }
    let bad = page
        .send_text(r#"{"id":10,"cmd":"media.join","sdp":"v=0 nonsense"}"#)
        .await;
    assert_eq!(bad["error"]["code"], "bad-offer");
    assert!(page.send_text(r#"{"id":11,"cmd":"link.ping"}"#).await["ok"].is_object());
    page.send(Message::binary(vec![0, 1, 2]));
    assert_eq!(page.closed().await, 1008);
    assert_eq!(
        counter(
            &server,
            r#"diemcau_messages_refused_total{reason="unreadable"}"#
        )
        .await,
        10
    );

    let mut page = Page::enter(&place, &server, "da-nang", "site").await;
    page.send(Message::text("x".repeat(300 * 1024)));
    assert!(
        [1009, 1006].contains(&page.closed().await),
        "closed, if it could still be told"
    );
    chair
        .must(json!({"cmd": "session.open", "name": "sáng"}))
        .await;
}

#[tokio::test]
async fn a_page_that_asks_too_fast_is_told_and_its_excess_is_not_done() {
    let place = Place::new();
    let server = place.start();
    let mut page = Page::enter(&place, &server, "can-tho", "site").await;
    for id in 0..150 {
        page.send(Message::text(
            json!({"id": id, "cmd": "link.ping"}).to_string(),
        ));
    }
    let mut refused = 0;
    for id in 0..150 {
        let reply = loop {
            let reply = page.next_reply().await;
            if reply["re"] == json!(id) {
                break reply;
            }
        };
        if reply["error"]["code"] == "too-fast" {
            refused += 1;
        }
    }
    assert!(
        (1..=110).contains(&refused),
        "{refused} of 150 were refused"
    );
    assert_eq!(
        counter(
            &server,
            r#"diemcau_messages_refused_total{reason="too_fast"}"#
        )
        .await,
        refused
    );
}

#[tokio::test]
async fn who_reads_too_slowly_is_dropped_and_nobody_waits() {
    // Many sites with long names: whatever changes in one of them is a long message for all.
    let place = Place::with(|mut text| {
        let name = "Ố".repeat(200);
        for number in 0..40 {
            text.push_str(&format!(
                "\n[[conference.sites]]\nid = \"xa-{number}\"\nkind = \"member\"\nexpected = 1\n\
                 name = {{ vi = \"{name}\", en = \"{name}\" }}\n"
            ));
        }
        text
    });
    let server = place.start();
    let mut chairs = Vec::new();
    for _ in 0..4 {
        chairs.push(Page::enter(&place, &server, "ha-noi", "chair").await);
    }
    let mut witness = Page::enter(&place, &server, "da-nang", "site").await;
    let cookie = crate::client::sign_in(&place, &server, "can-tho", "site").await;
    // Connects and never reads; its machine keeps next to nothing for it.
    let open = Open {
        receive_buffer: Some(4096),
        ..Open::new(&cookie)
    };
    let mut slow = open.try_connect(&server).await.expect("accepted");

    let mut open = false;
    for turn in 0.. {
        assert!(turn < 400, "the slow page is never dropped");
        if counter(&server, r#"diemcau_sessions_dropped_total{reason="slow"}"#).await > 0 {
            break;
        }
        // It is there, however long this takes: it only does not read.
        let _ = slow.send(Message::Pong(Bytes::new())).await;
        let ask = json!({"cmd": "microphone.override", "open": !open});
        let reply = chairs[turn % 4].ask(ask).await;
        if let Some(seq) = reply["ok"]["seq"].as_u64() {
            open = !open;
            // Others have everything, in order, however far behind the slow one is.
            witness.until(seq).await;
        }
    }
    assert_eq!(
        counter(&server, r#"diemcau_sessions_dropped_total{reason="dead"}"#).await,
        0
    );
    drop(slow);
    let seq = chairs[0]
        .must(json!({"cmd": "attendance.headcount", "present": 77}))
        .await;
    witness.until(seq).await;
    let back = Page::connect(&server, &cookie, Some(1)).await;
    assert_eq!(
        back.site("ha-noi")["present"],
        77,
        "who was dropped comes back to the whole"
    );
    assert_eq!(
        counter(&server, r#"diemcau_sessions_dropped_total{reason="slow"}"#).await,
        1
    );
}

#[tokio::test]
async fn a_full_disk_refuses_commands_and_loses_nothing() {
    let place = Place::new();
    // Made first without a limit, so that the start itself has room.
    place.start().stop();
    let server = place.start_with_file_limit(160);
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    let mut acknowledged = 0;
    let refused = loop {
        let present = acknowledged + 1;
        let reply = chair
            .ask(json!({"cmd": "attendance.headcount", "present": present}))
            .await;
        if reply
            .get("error")
            .is_some_and(|error| error["code"] != "too-fast")
        {
            break reply;
        }
        if reply.get("ok").is_some() {
            acknowledged = present;
        }
        assert!(present < 3000, "the limit is never reached");
    };
    assert_eq!(refused["error"]["code"], "store-failed");
    assert!(
        chair
            .send_text(r#"{"id":1000000,"cmd":"link.ping"}"#)
            .await
            .get("re")
            .is_some()
    );
    assert_eq!(
        chair.site("ha-noi")["present"],
        json!(acknowledged),
        "the view is the log's"
    );
    let cookie = chair.cookie.clone();
    server.kill();

    let server = place.start();
    let chair = Page::connect(&server, &cookie, None).await;
    assert_eq!(chair.site("ha-noi")["present"], json!(acknowledged));
    assert!(
        place
            .run(&["log", "verify", "--data", "var"])
            .status
            .success()
    );
}

#[tokio::test]
async fn who_comes_and_goes_all_the_time_fills_no_log() {
    let place = Place::new();
    let server = place.start();
    let restless = sign_in(&place, &server, "can-tho", "site").await;
    let mut opened = 0;
    let refused = loop {
        match Open::new(&restless).try_connect(&server).await {
            Ok(_) => opened += 1,
            Err(status) => break status,
        }
        assert!(opened < 100, "nobody stops it");
    };
    assert_eq!(refused, 429);
    assert!(opened >= 10, "a bad line is no crime");
    Page::enter(&place, &server, "da-nang", "site").await;
}
