//! Who may be in the room: removed devices, the lock, changed codes, too many devices.

use crate::{
    client::{Http, Page, change_code, get, http, sign_in, sign_in_with},
    harness::{Place, Server},
};
use serde_json::json;

async fn me(server: &Server, cookie: &str) -> String {
    let session = get(server, "/api/v1/session", cookie).await;
    let device = &session.json()["device"];
    device.as_str().expect("a device").to_owned()
}

#[tokio::test]
async fn a_removed_device_is_out_and_its_cookie_opens_nothing() {
    let place = Place::new();
    let server = place.start();
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    let mut site = Page::enter(&place, &server, "can-tho", "site").await;
    chair.event("link.up").await;
    let device = me(&server, &site.cookie).await;
    let devices = chair.view["devices"].as_array().expect("devices");
    assert!(
        devices
            .iter()
            .any(|row| row["id"] == *device && row["speaks"] == true)
    );
    chair
        .must(json!({"cmd": "device.remove", "device": device}))
        .await;
    assert_eq!(site.closed().await, 4003);
    assert_eq!(chair.site("can-tho")["devices"], 0);
    // The cookie is still a good one, but not for this room.
    assert_eq!(Page::refused(&server, &site.cookie).await, 4003);
    // Whoever has the code may come in again, as another device.
    let headers = [format!("Cookie: {}", site.cookie)];
    let again = sign_in_with(&server, "can-tho", &place.code("can-tho", "site"), &headers).await;
    assert_eq!(again.status, 200);
    assert_ne!(again.json()["device"], device);
    // It is so after a restart too.
    server.kill();
    let server = place.start();
    assert_eq!(Page::refused(&server, &site.cookie).await, 4003);
}

#[tokio::test]
async fn a_locked_room_takes_back_its_own_and_no_stranger() {
    let place = Place::new();
    let server = place.start();
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    let site = Page::enter(&place, &server, "can-tho", "site").await;
    let late = sign_in(&place, &server, "da-nang", "site").await;
    chair
        .must(json!({"cmd": "room.lock", "locked": true}))
        .await;
    assert_eq!(chair.view["conference"]["locked"], true);
    let stranger = sign_in_with(&server, "nghe-an", &place.code("nghe-an", "site"), &[]).await;
    assert_eq!(stranger.status, 403);
    assert_eq!(stranger.json()["error"]["code"], "room-locked");
    assert_eq!(Page::refused(&server, &late).await, 4004);
    let cookie = site.cookie.clone();
    drop(site);
    Page::connect(&server, &cookie, None).await;
    chair
        .must(json!({"cmd": "room.lock", "locked": false}))
        .await;
    Page::connect(&server, &late, None).await;
}

#[tokio::test]
async fn a_changed_code_puts_out_who_came_with_the_old_one() {
    let place = Place::new();
    let server = place.start();
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    let mut site = Page::enter(&place, &server, "can-tho", "site").await;
    let mut other = Page::enter(&place, &server, "da-nang", "site").await;

    let changed = change_code(&server, &chair.cookie, "can-tho", "site").await;
    let (status, answer) = (changed.status, changed.json());
    assert_eq!(status, 200, "{answer}");
    let code = answer["code"].as_str().expect("a code");
    let link = answer["link"].as_str().expect("a link");
    assert!(
        link.ends_with(&format!("/#site=can-tho&code={code}")),
        "{link}"
    );
    assert_eq!(site.closed().await, 4005);
    chair.event("code.changed").await;
    assert_eq!(
        get(&server, "/api/v1/session", &site.cookie).await.status,
        401
    );
    let old = sign_in_with(&server, "can-tho", &place.code("can-tho", "site"), &[]).await;
    assert_eq!(old.status, 401);
    assert_eq!(
        sign_in_with(&server, "can-tho", code, &[]).await.status,
        200
    );
    let log = place.run(&["log", "export", "--data", "var"]);
    let text = String::from_utf8_lossy(&log.stdout).replace('-', "");
    assert!(
        !text.contains(&code.replace('-', "")),
        "no code is in the log"
    );

    // By the command line it is the same.
    place.change_code("da-nang", "site");
    assert_eq!(other.closed().await, 4005);
    let by_hand = chair.event("code.changed").await;
    assert_eq!(
        (by_hand["site"].as_str(), by_hand.get("by")),
        (Some("da-nang"), None)
    );
    sign_in(&place, &server, "da-nang", "site").await;
}

#[tokio::test]
async fn only_the_chair_changes_codes_and_stays_in() {
    let place = Place::new();
    let server = place.start();
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    let secretary = sign_in(&place, &server, "ha-noi", "secretary").await;
    let refused = change_code(&server, &secretary, "can-tho", "site").await;
    let (status, answer) = (refused.status, refused.json());
    assert_eq!(
        (status, &answer["error"]["code"]),
        (403, &json!("not-chair"))
    );
    assert_eq!(
        change_code(&server, "", "can-tho", "site").await.status,
        401
    );
    for (site, role) in [("hue", "site"), ("can-tho", "chair")] {
        assert_eq!(
            change_code(&server, &chair.cookie, site, role).await.status,
            404
        );
    }
    let headers = [
        format!("Cookie: {}", chair.cookie),
        "Origin: https://evil.example".to_owned(),
    ];
    let body = json!({"site": "can-tho", "role": "site"});
    let foreign = http(
        server.address,
        "POST",
        "/api/v1/codes",
        &headers,
        Some(&body),
    )
    .await;
    assert_eq!(foreign.status, 403);
    sign_in(&place, &server, "can-tho", "site").await;

    let own = change_code(&server, &chair.cookie, "ha-noi", "chair").await;
    assert_eq!(own.status, 200);
    // The session goes on, the old cookie is worth nothing, and the answer brought a new one.
    chair
        .must(json!({"cmd": "room.lock", "locked": true}))
        .await;
    assert_eq!(
        get(&server, "/api/v1/session", &chair.cookie).await.status,
        401
    );
    assert_eq!(
        get(&server, "/api/v1/session", &own.cookie()).await.status,
        200
    );
}

#[tokio::test]
async fn a_refused_change_leaves_the_old_code() {
    let place = Place::new();
    let server = place.start();
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    chair.must(json!({"cmd": "conference.close"})).await;
    let changed = change_code(&server, &chair.cookie, "can-tho", "site").await;
    let (status, answer) = (changed.status, changed.json());
    assert_eq!(
        (status, &answer["error"]["code"]),
        (409, &json!("conference-closed"))
    );
    sign_in(&place, &server, "can-tho", "site").await;
}

#[tokio::test]
async fn a_code_lets_in_so_many_devices_and_no_more() {
    let place = Place::with(|text| text.replace("devices_per_site = 8", "devices_per_site = 2"));
    let server = place.start();
    let _first = Page::enter(&place, &server, "can-tho", "site").await;
    let late = sign_in(&place, &server, "can-tho", "site").await;
    let second = Page::enter(&place, &server, "can-tho", "site").await;
    let third = sign_in_with(&server, "can-tho", &place.code("can-tho", "site"), &[]).await;
    assert_eq!(third.status, 403);
    assert_eq!(third.json()["error"]["code"], "too-many-devices");
    assert_eq!(Page::refused(&server, &late).await, 4006);
    let mut second = second;
    second.ask(json!({"cmd": "link.leave"})).await;
    Page::connect(&server, &late, None).await;
}

#[tokio::test]
async fn nothing_on_the_disk_is_a_code() {
    let place = Place::new();
    let server = place.start();
    let code = place.code("can-tho", "site");
    sign_in(&place, &server, "can-tho", "site").await;
    for entry in std::fs::read_dir(place.data()).expect("the folder") {
        let path = entry.expect("an entry").path();
        let Ok(bytes) = std::fs::read(&path) else {
            continue;
        };
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(&code), "{}", path.display());
    }
    // One that was written by hand is taken, and does not stay.
    drop(server);
    let file = place.data().join("codes.toml");
    let text = std::fs::read_to_string(&file).expect("codes");
    let at = text.find("[can-tho]").expect("Cần Thơ") + "[can-tho]\n".len();
    let end = at + text[at..].find('\n').expect("a line");
    let text = format!("{}site = \"0000-1111\"{}", &text[..at], &text[end..]);
    std::fs::write(&file, text).expect("write");
    let server = place.start();
    assert_eq!(place.code("can-tho", "site"), "0000-1111");
    sign_in(&place, &server, "can-tho", "site").await;
    let text = std::fs::read_to_string(&file).expect("codes");
    assert!(!text.contains("0000-1111"), "{text}");
}

#[tokio::test]
async fn a_removed_host_has_no_say_and_no_record_left() {
    let place = Place::new();
    let server = place.start();
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    let laptop = Page::enter(&place, &server, "ha-noi", "chair").await;
    let device = me(&server, &laptop.cookie).await;
    chair
        .must(json!({"cmd": "device.remove", "device": device}))
        .await;
    // Its cookie still holds, but it can neither put the chair out nor read the log.
    let Http { status, .. } = change_code(&server, &laptop.cookie, "ha-noi", "chair").await;
    assert_eq!(status, 401);
    let log = "/api/v1/conferences/hoi-nghi-van-phong-2013/log.jsonl";
    assert_eq!(get(&server, log, &laptop.cookie).await.status, 401);
    assert_eq!(get(&server, log, &chair.cookie).await.status, 200);
    chair
        .must(json!({"cmd": "room.lock", "locked": true}))
        .await;
}

#[tokio::test]
async fn codes_that_are_changed_together_are_all_changed() {
    let place = Place::new();
    let server = place.start();
    let chair = sign_in(&place, &server, "ha-noi", "chair").await;
    let sites = ["can-tho", "da-nang", "nghe-an", "tp-hcm"];
    let mut changing = Vec::new();
    for site in sites {
        let (address, chair) = (server.address, chair.clone());
        changing.push(tokio::spawn(async move {
            let headers = [format!("Cookie: {chair}")];
            let body = json!({"site": site, "role": "site"});
            let answer = http(address, "POST", "/api/v1/codes", &headers, Some(&body)).await;
            answer.json()["code"].as_str().expect("a code").to_owned()
        }));
    }
    for (site, changing) in sites.into_iter().zip(changing) {
        let code = changing.await.expect("it is changed");
        let old = sign_in_with(&server, site, &place.code(site, "site"), &[]).await;
        assert_eq!(old.status, 401, "{site}");
        assert_eq!(sign_in_with(&server, site, &code, &[]).await.status, 200);
    }
}
