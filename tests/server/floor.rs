use crate::{
    client::{Page, get, new_key},
    harness::Place,
};
use serde_json::json;

fn request() -> serde_json::Value {
    json!({"cmd": "floor.request", "floor": "speech", "kind": "discussion", "words": "Thiếu <phòng> học"})
}

#[tokio::test]
async fn the_chair_gives_the_floor_and_everyone_sees_it() {
    let place = Place::new();
    let server = place.start();
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    let mut can_tho = Page::enter(&place, &server, "can-tho", "site").await;
    let mut nghe_an = Page::enter(&place, &server, "nghe-an", "site").await;

    let early = can_tho.ask(request()).await;
    assert_eq!(early["error"]["code"], "no-session");
    let cheeky = can_tho
        .ask(json!({"cmd": "session.open", "name": "sáng"}))
        .await;
    assert_eq!(cheeky["error"]["code"], "not-chair");

    chair
        .must(json!({"cmd": "session.open", "name": "sáng"}))
        .await;
    can_tho.must(request()).await;
    let asked = chair.event("floor.requested").await;
    assert_eq!(
        (&asked["site"], &asked["by"]["role"]),
        (&json!("can-tho"), &json!("site"))
    );
    let seq = chair
        .must(json!({"cmd": "floor.grant", "request": asked["request"]}))
        .await;

    for page in [&mut chair, &mut can_tho, &mut nghe_an] {
        page.until(seq).await;
        assert_eq!(page.view["floor"]["turns"][0]["site"], "can-tho");
        assert_eq!(page.view["floor"]["turns"][0]["words"], "Thiếu <phòng> học");
        assert_eq!(page.view["floor"]["queue"], json!([]));
        assert_eq!(page.site("can-tho")["heard"], true);
        assert_eq!(page.view["picture"]["main"], "can-tho");
    }
    assert_eq!(can_tho.view["me"]["heard"], true);
    assert_eq!(nghe_an.view["me"]["heard"], false);

    // A view that was patched is the view that a newcomer gets.
    let newcomer = Page::enter(&place, &server, "ha-noi", "chair").await;
    chair.until(newcomer.seq).await;
    for part in ["conference", "sites", "floor", "picture"] {
        assert_eq!(chair.view[part], newcomer.view[part], "{part}");
    }

    let epoch = can_tho.view["floor"]["turns"][0]["epoch"].clone();
    let seq = can_tho
        .must(json!({"cmd": "floor.release", "epoch": epoch}))
        .await;
    nghe_an.until(seq).await;
    can_tho.until(seq).await;
    assert!(nghe_an.view["floor"]["turns"][0].is_null());
    assert_eq!(can_tho.view["me"]["heard"], false);
    let late = can_tho
        .ask(json!({"cmd": "floor.release", "epoch": epoch}))
        .await;
    assert_eq!(late["error"]["code"], "stale-epoch");
}

#[tokio::test]
async fn other_sites_learn_that_a_site_is_linked_but_not_by_which_device() {
    let place = Place::new();
    let server = place.start();
    let mut nghe_an = Page::enter(&place, &server, "nghe-an", "site").await;
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    let can_tho = Page::enter(&place, &server, "can-tho", "site").await;
    nghe_an.until(can_tho.seq).await;
    assert_eq!(nghe_an.site("can-tho")["link"], "linked");
    let device = can_tho.view["me"]["device"]
        .as_str()
        .expect("a device")
        .to_owned();
    let up = loop {
        let up = chair.event("link.up").await;
        if up["site"] == "can-tho" {
            break up;
        }
    };
    assert_eq!(up["device"], json!(device), "the host is told");
    let again = Page::connect(&server, &nghe_an.cookie.clone(), None).await;
    assert!(
        !again.welcome.to_string().contains(&device),
        "another site is not"
    );
}

#[tokio::test]
async fn a_repeated_key_gets_the_first_answer_and_does_nothing() {
    let place = Place::new();
    let server = place.start();
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    let key = new_key();
    let open = json!({"cmd": "session.open", "name": "sáng"});
    let first = chair.ask_with_key(&key, open.clone()).await;
    assert!(first["ok"]["seq"].is_u64(), "{first}");
    let repeat = chair.ask_with_key(&key, open.clone()).await;
    assert_eq!(repeat["ok"], first["ok"]);
    let other = chair.ask(open.clone()).await;
    assert_eq!(other["error"]["code"], "session-open");
    // Somebody else's key is not this one, though it looks the same.
    let mut secretary = Page::enter(&place, &server, "ha-noi", "secretary").await;
    let foreign = secretary.ask_with_key(&key, open.clone()).await;
    assert_eq!(foreign["error"]["code"], "not-chair");
    let without = chair.send_text(r#"{"id":77,"cmd":"session.close"}"#).await;
    assert_eq!(
        (&without["re"], &without["error"]["code"]),
        (&json!(77), &json!("bad-message"))
    );

    server.kill();
    let server = place.start();
    let mut chair = Page::connect(&server, &chair.cookie.clone(), None).await;
    let after_restart = chair.ask_with_key(&key, open).await;
    assert_eq!(after_restart["ok"], first["ok"]);
    let log = get(
        &server,
        "/api/v1/conferences/hoi-nghi-van-phong-2013/log.jsonl",
        &chair.cookie,
    )
    .await;
    let log = String::from_utf8(log.body).expect("text");
    assert_eq!(log.matches("session.opened").count(), 1);
}

#[tokio::test]
async fn a_closed_conference_makes_room_for_the_next() {
    let place = Place::new();
    let server = place.start();
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    chair.must(json!({"cmd": "conference.close"})).await;
    assert_eq!(chair.view["conference"]["phase"], "closed");
    let late = chair
        .ask(json!({"cmd": "session.open", "name": "chiều"}))
        .await;
    assert_eq!(late["error"]["code"], "conference-closed");
    server.stop();

    let server = place.start();
    let old = get(&server, "/api/v1/session", &chair.cookie).await;
    assert_eq!(old.status, 401, "the old conference is over");
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    assert_eq!(chair.view["conference"]["id"], "hoi-nghi-van-phong-2013-2");
    chair
        .must(json!({"cmd": "session.open", "name": "sáng"}))
        .await;
    // The old record can still be had.
    let path = "/api/v1/conferences/hoi-nghi-van-phong-2013/attendance.csv";
    assert_eq!(get(&server, path, &chair.cookie).await.status, 200);
}
