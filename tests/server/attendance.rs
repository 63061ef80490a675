use crate::{
    client::{Page, get},
    harness::Place,
};
use serde_json::json;

const PATH: &str = "/api/v1/conferences/hoi-nghi-van-phong-2013/attendance.csv";

#[tokio::test]
async fn the_roll_has_intervals_and_headcounts() {
    let place = Place::new();
    let server = place.start();
    let secretary = Page::enter(&place, &server, "ha-noi", "secretary").await;
    let mut can_tho = Page::enter(&place, &server, "can-tho", "site").await;
    can_tho
        .must(json!({"cmd": "attendance.headcount", "present": 11}))
        .await;
    can_tho
        .must(json!({"cmd": "attendance.headcount", "present": 12}))
        .await;
    // Lost and back within the grace: one interval. Left and back: another.
    let cookie = can_tho.cookie.clone();
    drop(can_tho);
    let mut can_tho = Page::connect(&server, &cookie, None).await;
    let left = can_tho.send_text(r#"{"id":1,"cmd":"link.leave"}"#).await;
    assert!(left["ok"].is_object(), "{left}");
    assert_eq!(can_tho.closed().await, 4000);
    let can_tho = Page::connect(&server, &cookie, None).await;

    let answer = get(&server, PATH, &secretary.cookie).await;
    assert_eq!(answer.status, 200);
    assert!(
        answer
            .header("content-disposition")
            .is_some_and(|d| d.contains(".csv"))
    );
    let text = String::from_utf8(answer.body).expect("UTF-8");
    let text = text.strip_prefix('\u{feff}').expect("a byte order mark");
    assert!(text.ends_with("\r\n"));
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0][..4], ["loại", "điểm cầu", "thiết bị", "vai trò"]);
    let device = can_tho.view["me"]["device"].as_str().expect("a device");
    let links: Vec<_> = rows
        .iter()
        .filter(|r| r[0] == "kết nối" && r[1] == "Cần Thơ")
        .collect();
    assert_eq!(links.len(), 2, "{text}");
    assert!(
        links
            .iter()
            .all(|row| row[2] == device && row[3] == "Điểm cầu")
    );
    assert_eq!(
        links.iter().filter(|row| row[5].is_empty()).count(),
        1,
        "one is still open"
    );
    let counts: Vec<_> = rows
        .iter()
        .filter(|r| r[0] == "điểm danh")
        .map(|r| r[7])
        .collect();
    assert_eq!(counts, ["11", "12"]);

    let refused = get(&server, PATH, &can_tho.cookie).await;
    assert_eq!(
        (refused.status, &refused.json()["error"]["code"]),
        (403, &json!("host-only"))
    );
    assert_eq!(get(&server, PATH, "").await.status, 401);
    let other = get(
        &server,
        "/api/v1/conferences/khac/attendance.csv",
        &secretary.cookie,
    )
    .await;
    assert_eq!(other.status, 404);
}
