//! Wall screens and deputy chairs: who comes in with which code.

use crate::{
    client::{Http, Page, change_code, get, http, sign_in, sign_in_with},
    harness::{Place, Server},
};
use serde_json::json;

async fn sign_in_as(server: &Server, site: &str, code: &str, role: &str) -> Http {
    let body = json!({"site": site, "code": code, "as": role});
    http(server.address, "POST", "/api/v1/sign-in", &[], Some(&body)).await
}

/// The cookie of a wall screen.
async fn display(place: &Place, server: &Server, site: &str) -> String {
    let answer = sign_in_as(server, site, &place.code(site, "site"), "display").await;
    assert_eq!(answer.status, 200, "{}", answer.headers);
    assert_eq!(answer.json()["role"], "display");
    answer.cookie()
}

#[tokio::test]
async fn a_wall_screen_comes_in_with_the_code_of_its_site_and_only_shows() {
    let place = Place::new();
    let server = place.start();
    let mut page = Page::connect(&server, &display(&place, &server, "can-tho").await, None).await;
    assert_eq!(page.view["me"]["role"], "display");
    for command in [
        json!({"cmd": "floor.request", "floor": "speech"}),
        json!({"cmd": "attendance.headcount", "present": 3}),
        json!({"cmd": "chat.send", "text": "a"}),
        json!({"cmd": "session.open", "name": "sáng"}),
    ] {
        let reply = page.ask(command.clone()).await;
        assert!(reply["error"]["code"].is_string(), "{command} gave {reply}");
    }
    // It stays one device through a reload, and the room beside it is another.
    let before = get(&server, "/api/v1/session", &page.cookie).await.json();
    let body = json!({"site": "can-tho", "code": place.code("can-tho", "site"), "as": "display"});
    let cookie = [format!("Cookie: {}", page.cookie)];
    let again = http(
        server.address,
        "POST",
        "/api/v1/sign-in",
        &cookie,
        Some(&body),
    )
    .await;
    assert_eq!(again.json()["device"], before["device"]);
    let room = sign_in_with(&server, "can-tho", &place.code("can-tho", "site"), &cookie).await;
    assert_eq!(room.json()["role"], "site");
    assert_ne!(room.json()["device"], before["device"]);
}

#[tokio::test]
async fn no_other_code_and_no_other_role_makes_a_wall_screen() {
    let place = Place::new();
    let server = place.start();
    for role in ["chair", "secretary", "technician"] {
        let answer = sign_in_as(&server, "ha-noi", &place.code("ha-noi", role), "display").await;
        assert_eq!(answer.status, 401, "{role}");
        assert_eq!(answer.json()["error"]["code"], "wrong-code");
    }
    let code = place.code("can-tho", "site");
    for role in ["chair", "site", "", "Display"] {
        let answer = sign_in_as(&server, "can-tho", &code, role).await;
        assert_eq!(
            (answer.status, answer.json()["error"]["code"].clone()),
            (400, json!("bad-message"))
        );
    }
}

#[tokio::test]
async fn a_wall_screen_goes_with_the_code_of_its_site_and_by_the_chairs_hand() {
    let place = Place::new();
    let server = place.start();
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    let mut wall = Page::connect(&server, &display(&place, &server, "can-tho").await, None).await;
    let changed = change_code(&server, &chair.cookie, "can-tho", "site").await;
    assert_eq!(changed.status, 200);
    assert_eq!(wall.closed().await, 4005);
    assert_eq!(
        get(&server, "/api/v1/session", &wall.cookie).await.status,
        401
    );
    // Its own code it has not.
    let none = change_code(&server, &chair.cookie, "can-tho", "display").await;
    assert_eq!(none.status, 404);

    let mut wall = Page::connect(&server, &display(&place, &server, "da-nang").await, None).await;
    place.change_code("da-nang", "site");
    assert_eq!(wall.closed().await, 4005);

    let mut wall = Page::connect(&server, &display(&place, &server, "nghe-an").await, None).await;
    let me = get(&server, "/api/v1/session", &wall.cookie).await.json();
    chair
        .must(json!({"cmd": "device.remove", "device": me["device"]}))
        .await;
    assert_eq!(wall.closed().await, 4003);
}

#[test]
fn the_table_of_codes_shows_the_wall_screens_links() {
    let place = Place::new();
    place.start().stop();
    let output = place.run(&["code", "--all", "--data", "var"]);
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success());
    for site in ["ha-noi", "da-nang", "nghe-an"] {
        let link = |page: &str| {
            let sign = format!("/{page}#site={site}&code=");
            let found = text.lines().rfind(|line| line.contains(&sign));
            let line = found.unwrap_or_else(|| panic!("no {sign}\n{text}"));
            line.rsplit_once("&code=")
                .expect("a code")
                .1
                .trim()
                .to_owned()
        };
        assert_eq!(link("display"), link(""), "the code of the site itself");
    }
    assert_eq!(
        text.matches("/display#").count(),
        6,
        "one a site, whatever other codes it has"
    );
}

#[tokio::test]
async fn a_deputy_has_a_code_where_the_configuration_seats_one() {
    let place = Place::with(|text| text.replace("deputies = []", "deputies = [\"da-nang\"]"));
    let server = place.start();
    let cookie = sign_in(&place, &server, "da-nang", "deputy").await;
    let me = get(&server, "/api/v1/session", &cookie).await.json();
    assert_eq!(
        (&me["site"], &me["role"]),
        (&json!("da-nang"), &json!("deputy"))
    );
    assert!(
        !server
            .table
            .lines()
            .any(|line| line.contains("can-tho") && line.contains("Phó"))
    );
    let refused = place.run(&[
        "code", "--site", "can-tho", "--role", "deputy", "--data", "var",
    ]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && said.contains("deputies = [\"can-tho\"]"),
        "{said}"
    );
    let old = place.code("da-nang", "deputy");
    assert_ne!(place.change_code("da-nang", "deputy"), old);
    assert_eq!(get(&server, "/api/v1/session", &cookie).await.status, 401);
    server.stop();

    // Seated no longer: the code that is left opens nothing.
    let text = std::fs::read_to_string(place.data().with_file_name("conference.toml"));
    let text = text.expect("the configuration");
    place.write(
        "conference.toml",
        text.replace("deputies = [\"da-nang\"]", "deputies = []"),
    );
    let server = place.start();
    let code = place.code("da-nang", "deputy");
    let refused = sign_in_with(&server, "da-nang", &code, &[]).await;
    assert_eq!(refused.status, 403);
}
