//! How lines are, from the figures of real media to those whom it concerns.

use crate::{
    agents::{in_time, join},
    client::{Page, counter, get, until_counted},
    harness::Place,
};
use diemcau_agent::{Microphone, Options, SignedInAgent};
use diemcau_protocol::{MediaCommand, PageQuality, PictureQuality, SignIn, SiteId};
use serde_json::{Value, json};

/// The next such row that a page is told of a site: a busy machine may be a bad line itself for a while.
async fn told(page: &mut Page, site: &str, is_such: impl Fn(&Value) -> bool) -> Value {
    let next = async {
        loop {
            let hint = page.hint("quality").await;
            let rows = hint["sites"].as_array().expect("rows").iter();
            let mut of_site = rows.filter(|row| row["site"] == site);
            if let Some(row) = of_site.find(|row| is_such(row)) {
                return row.clone();
            }
        }
    };
    in_time("a hint of the line", next).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_host_is_told_that_a_site_goes_over_tcp_and_what_to_do_until_it_has_gone() {
    let place = Place::new();
    let server = place.start();
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    // Another site has a good line all the time.
    let da_nang = join(&place, &server, "da-nang", "site", Microphone::WithFloor).await;
    let options = Options {
        server: format!("http://{}", server.address),
        sign_in: SignIn::new(SiteId::new("can-tho"), place.code("can-tho", "site")),
        microphone: Microphone::WithFloor,
        camera: true,
        picture_interval: Options::PICTURE_INTERVAL,
        source: None,
    };
    let can_tho = SignedInAgent::sign_in(options).await.expect("signed in");
    let can_tho = can_tho.over_tcp().join().await.expect("joined");

    let row = told(&mut chair, "can-tho", |row| {
        row["cause"]["code"] == "no-udp"
    })
    .await;
    assert_eq!(row["grade"], "usable", "{row}");
    assert_eq!(row["cause"]["short"]["vi"], "Tường lửa chặn một phần");
    let message = row["cause"]["message"]["vi"].as_str().expect("words");
    assert!(message.contains("Hãy nhờ"), "a mend: {message}");

    // Who comes later knows at once; a site's page hears nothing of other sites.
    let mut secretary = Page::enter(&place, &server, "ha-noi", "secretary").await;
    told(&mut secretary, "can-tho", |later| *later == row).await;
    let metrics = String::from_utf8(get(&server, "/metrics", "").await.body).expect("text");
    let sites = metrics
        .lines()
        .filter_map(|line| line.strip_prefix("diemcau_sites_by_line{verdict="))
        .map(|line| line.rsplit(' ').next().expect("a value"));
    let sites: u64 = sites
        .map(|number| number.parse::<u64>().expect("whole"))
        .sum();
    assert_eq!(sites, 2, "{metrics}");

    can_tho.leave().await.expect("it says so");
    let gone = json!({"site": "can-tho", "grade": "good", "cause": null});
    told(&mut chair, "can-tho", |row| *row == gone).await;
    // With the last one all news of lines end, and it must not be counted for ever.
    da_nang.leave().await.expect("it says so");
    let counted = counter(&server, "diemcau_sites_by_line{verdict=\"good\"}").await;
    assert_eq!(counted, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_page_with_media_sees_stand_still_is_counted() {
    let place = Place::new();
    let server = place.start();
    let can_tho = join(&place, &server, "can-tho", "site", Microphone::WithFloor).await;
    let good = "diemcau_sites_by_line{verdict=\"good\"}";
    until_counted(&server, good, 1).await;
    let main = PictureQuality {
        freezes: 2,
        frozen_ms: 3_000,
        frames_decoded: 50,
        decode_ms: None,
    };
    let report = PageQuality {
        over_ms: 5_000,
        main: Some(main),
        small: None,
        concealed_permille: None,
        camera: None,
    };
    let impossible = PageQuality {
        over_ms: 2_999,
        ..report
    };
    for (report, code) in [(impossible, Some("bad-message")), (report, None)] {
        let told = can_tho.tell(MediaCommand::Quality { report }).await;
        let refused = told.expect("an answer").err();
        assert_eq!(refused.as_ref().map(|it| it.code.as_str()), code);
    }
    let counters = [
        "diemcau_picture_freezes_total",
        "diemcau_picture_frozen_seconds_total",
    ];
    for (name, expected) in counters.into_iter().zip([2, 3]) {
        assert_eq!(counter(&server, name).await, expected, "{name}");
    }
    // Its page goes on without media, of which there is nothing to tell.
    let left = can_tho.tell(MediaCommand::Leave).await;
    left.expect("an answer").expect("accepted");
    assert_eq!(counter(&server, good).await, 0);
}

#[tokio::test]
async fn a_report_that_no_page_can_make_is_refused_and_none_is_in_the_log() {
    let place = Place::new();
    let server = place.start();
    let mut page = Page::enter(&place, &server, "can-tho", "site").await;
    let report = json!({
        "over_ms": 2000,
        "main": {"freezes": 1, "frozen_ms": 700, "frames_decoded": 30, "decode_ms": 90},
        "small": null,
        "concealed_permille": 3,
        "camera": {"frames_per_second": 25, "limited_by": "none"},
    });
    let mut impossible = report.clone();
    impossible["main"]["frozen_ms"] = json!(2001);
    let mut unknown = report.clone();
    unknown["camera"]["limited_by"] = json!("weather");
    for (report, code) in [
        (report, None),
        (impossible, Some("bad-message")),
        (unknown, Some("bad-message")),
    ] {
        let reply = page
            .ask(json!({"cmd": "media.quality", "report": report}))
            .await;
        assert_eq!(reply["error"]["code"].as_str(), code, "{reply}");
    }
    // It is in no log: the next event is the next in the count.
    let seq = page.seq;
    let next = page
        .must(json!({"cmd": "attendance.headcount", "present": 3}))
        .await;
    assert_eq!(next, seq + 1);
}
