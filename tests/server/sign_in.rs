use crate::{
    client::{Open, Page, get, http, sign_in, sign_in_with},
    harness::Place,
};
use futures_util::future::join_all;
use serde_json::json;

#[tokio::test]
async fn a_stranger_learns_which_sites_there_are_and_nothing_more() {
    let place = Place::new();
    let server = place.start();
    let answer = get(&server, "/api/v1/sites", "").await;
    assert_eq!(answer.status, 200);
    let directory = answer.json();
    assert_eq!(
        directory["title"]["vi"],
        "Hội nghị trực tuyến công tác văn phòng các Sở GD&ĐT năm 2013"
    );
    let sites: Vec<_> = [
        ("ha-noi", "Hà Nội", "Hanoi"),
        ("da-nang", "Đà Nẵng", "Da Nang"),
        ("tp-hcm", "TP. Hồ Chí Minh", "Ho Chi Minh City"),
        ("can-tho", "Cần Thơ", "Can Tho"),
        ("thai-nguyen", "Thái Nguyên", "Thai Nguyen"),
        ("nghe-an", "Nghệ An", "Nghe An"),
    ]
    .iter()
    .map(|(id, vi, en)| json!({"id": id, "name": {"vi": vi, "en": en}}))
    .collect();
    assert_eq!(directory["sites"], json!(sites));
    let keys: Vec<_> = directory.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["sites", "title"]);
}

#[tokio::test]
async fn a_code_opens_its_role_and_no_other() {
    let place = Place::new();
    let server = place.start();
    let code = place.code("can-tho", "site");
    let typed = format!(" {} ", code.to_lowercase().replace('-', " "));
    let answer = sign_in_with(&server, "can-tho", &typed, &[]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["role"], "site");
    let cookie = answer.header("set-cookie").expect("a cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    assert!(!cookie.contains(&code), "the code is not in the cookie");

    let chair = sign_in_with(&server, "ha-noi", &place.code("ha-noi", "chair"), &[]).await;
    assert_eq!(chair.json()["role"], "chair");

    for (site, code) in [
        ("da-nang", code.as_str()),
        ("hue", &code),
        ("can-tho", ""),
        ("can-tho", "ỏ"),
    ] {
        let refused = sign_in_with(&server, site, code, &[]).await;
        assert_eq!(refused.status, 401, "{site} {code}");
        assert_eq!(refused.json()["error"]["code"], "wrong-code");
        assert!(
            !refused.json()["error"]["message"]["vi"]
                .as_str()
                .expect("a sentence")
                .is_empty()
        );
    }
    let nobody = get(&server, "/api/v1/session", "").await;
    assert_eq!(
        (nobody.status, nobody.json()["error"]["code"].clone()),
        (401, json!("unauthorized"))
    );
}

#[tokio::test]
async fn guessing_is_slow_and_the_host_hears_of_it() {
    let place = Place::new();
    let server = place.start();
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    // All at once, so that no try comes back meanwhile, however slow they are.
    let guess = async || {
        let guesses = (0..12).map(|_| sign_in_with(&server, "nghe-an", "00000000", &[]));
        join_all(guesses).await
    };
    let (early, wrong): (Vec<_>, Vec<_>) =
        guess().await.into_iter().partition(|it| it.status == 429);
    assert!(wrong.len() >= 5, "a few mistakes are free");
    for answer in &wrong {
        assert_eq!(answer.json()["error"]["code"], "wrong-code");
    }
    let answer = early.first().expect("somebody is slowed down");
    assert_eq!(answer.json()["error"]["code"], "too-fast");
    let wait = answer.header("retry-after").expect("how long");
    assert!((1..=5).contains(&wait.parse::<u32>().expect("seconds")));
    // Even the right code must wait now, here and only here.
    let code = place.code("nghe-an", "site");
    let mut rounds = 0;
    while sign_in_with(&server, "nghe-an", &code, &[]).await.status != 429 {
        rounds += 1;
        assert!(rounds < 20, "the right code never waits");
        guess().await;
    }
    sign_in(&place, &server, "da-nang", "site").await;
    let alarm = chair.hint("guesses").await;
    assert_eq!(alarm["site"], "nghe-an");
    assert!(alarm["refused"].as_u64() >= Some(5));
}

#[tokio::test]
async fn a_cookie_outlives_a_restart_but_not_its_code() {
    let place = Place::new();
    let server = place.start();
    let cookie = sign_in(&place, &server, "can-tho", "site").await;
    let before = get(&server, "/api/v1/session", &cookie).await.json();
    server.kill();

    let server = place.start();
    assert_eq!(
        get(&server, "/api/v1/session", &cookie).await.json(),
        before
    );

    // The same browser in the same seat stays the same device; another seat is another device.
    let with_cookie = [format!("Cookie: {cookie}")];
    let again = sign_in_with(
        &server,
        "can-tho",
        &place.code("can-tho", "site"),
        &with_cookie,
    )
    .await;
    assert_eq!(again.json()["device"], before["device"]);
    let other = sign_in_with(
        &server,
        "da-nang",
        &place.code("da-nang", "site"),
        &with_cookie,
    )
    .await;
    assert_ne!(other.json()["device"], before["device"]);

    let mut forged = cookie.clone();
    let last = if forged.pop() == Some('A') { 'Q' } else { 'A' };
    forged.push(last);
    assert_eq!(get(&server, "/api/v1/session", &forged).await.status, 401);

    let old = place.code("can-tho", "site");
    assert_ne!(place.change_code("can-tho", "site"), old);
    assert_eq!(get(&server, "/api/v1/session", &cookie).await.status, 401);
    assert_eq!(
        sign_in_with(&server, "can-tho", &old, &[]).await.status,
        401
    );
    sign_in(&place, &server, "can-tho", "site").await;
}

#[tokio::test]
async fn only_our_own_pages_may_act_for_a_person() {
    let place =
        Place::with(|text| text.replace("origins = []", "origins = [\"https://hop.example.vn\"]"));
    let server = place.start();
    let cookie = sign_in(&place, &server, "can-tho", "site").await;
    let own = format!("http://{}", server.address);
    for (origin, accepted) in [
        (None, true),
        (Some(own.as_str()), true),
        (Some("https://hop.example.vn"), true),
        (Some("https://hop.example.vn.evil.example"), false),
        (Some("http://localhost"), false),
        (Some("null"), false),
    ] {
        let opened = Open {
            origin,
            ..Open::new(&cookie)
        }
        .try_connect(&server)
        .await;
        assert_eq!(opened.err(), (!accepted).then_some(403), "{origin:?}");
        let headers: Vec<String> = origin.map(|o| format!("Origin: {o}")).into_iter().collect();
        let code = place.code("can-tho", "site");
        let answer = sign_in_with(&server, "can-tho", &code, &headers).await;
        assert_eq!(
            answer.status,
            if accepted { 200 } else { 403 },
            "{origin:?}"
        );
    }
    let without = Open {
        subprotocol: None,
        ..Open::new(&cookie)
    }
    .try_connect(&server)
    .await;
    assert_eq!(without.err(), Some(400));
    assert_eq!(Open::new("").try_connect(&server).await.err(), Some(401));
    let plain = http(server.address, "POST", "/api/v1/sign-in", &[], None).await;
    assert_eq!(plain.json()["error"]["code"], "bad-message");
}

#[tokio::test]
async fn a_second_tab_takes_over_from_the_first() {
    let place = Place::new();
    let server = place.start();
    let mut first = Page::enter(&place, &server, "can-tho", "site").await;
    let mut second = Page::connect(&server, &first.cookie.clone(), None).await;
    assert_eq!(first.closed().await, 4001);
    // The link was never lost: the roll has one device and no gap.
    second
        .must(json!({"cmd": "attendance.headcount", "present": 9}))
        .await;
    assert_eq!(second.site("can-tho")["link"], "linked");
    assert_eq!(second.site("can-tho")["devices"], 1);
    let log = second.welcome["log"].as_array().expect("a log");
    assert!(log.iter().all(|e| e["event"] != "link.dropped"), "{log:?}");
}
