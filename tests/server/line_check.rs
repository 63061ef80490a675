//! The line check from outside: a device that is in no conference gets its own sound and picture
//! back over the real media path, measures its rates, and is told what its line is good for.

use crate::{
    client::{Http, Page, get, http, sign_in},
    harness::{Place, Server},
    mirror::Mirror,
};
use serde_json::{Value, json};
use std::collections::HashSet;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const PATH: &str = "/api/v1/line-check";

async fn post(server: &Server, path: &str, cookie: &str, body: &Value) -> Http {
    let headers = [format!("Cookie: {cookie}")];
    http(server.address, "POST", path, &headers, Some(body)).await
}

async fn delete(server: &Server, path: &str, cookie: &str) -> Http {
    let headers = [format!("Cookie: {cookie}")];
    http(server.address, "DELETE", path, &headers, None).await
}

/// Status and code of a refusal.
fn refusal(answer: &Http) -> (u16, String) {
    let code = answer.json()["error"]["code"].as_str().map(str::to_owned);
    (answer.status, code.expect("a code"))
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

fn good() -> Value {
    json!({
        "transport": "udp", "connect_ms": 120, "rtt_ms": 12.5, "jitter_ms": 1.5,
        "loss_up": 0.0, "loss_down": 0.0, "rate_up_kbps": 9000.0, "rate_down_kbps": 9500.0,
    })
}

/// Sends no more than the head of a request (`line` begins it) and reads no more than that of its
/// answer, then hangs up: status and head.
async fn head(server: &Server, line: &str, cookie: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(server.address).await.expect("connect");
    let text = format!("{line}\r\nHost: a\r\nCookie: {cookie}\r\n\r\n");
    stream.write_all(text.as_bytes()).await.expect("send");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("a head"));
    }
    let head = String::from_utf8(head).expect("text");
    let status = head.split(' ').nth(1).and_then(|it| it.parse().ok());
    (status.expect("a status"), head.to_ascii_lowercase())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_gets_itself_back_and_nobody_knows_of_it() {
    let place = Place::new();
    let server = place.start();
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    let log = "/api/v1/conferences/hop-giao-ban/log.jsonl";
    let conference = chair.view["conference"]["id"].as_str().expect("an id");
    let log = log.replace("hop-giao-ban", conference);
    let before = get(&server, &log, &chair.cookie).await.body;
    assert!(!before.is_empty());

    let cookie = sign_in(&place, &server, "can-tho", "site").await;
    let mut mirror = Mirror::offer().await;
    let opened = post(&server, PATH, &cookie, &json!({"sdp": mirror.sdp})).await;
    assert_eq!(opened.status, 200, "{}", opened.headers);
    let opened = opened.json();
    mirror.answer(&opened).await;
    mirror.until_both_come_back(b"can-tho", 10).await;

    // Nothing of it is in the log, in the view of the host, or in the roll.
    let seq = chair
        .must(json!({"cmd": "attendance.headcount", "present": 3}))
        .await;
    let after = get(&server, &log, &chair.cookie).await.body;
    let lines = |log: &[u8]| log.iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(lines(&after), lines(&before) + 1, "the headcount alone");
    assert_eq!(chair.seq, seq);
    assert_eq!(chair.site("can-tho")["link"], "absent");

    let check = opened["check"].as_str().expect("an id");
    let path = format!("{PATH}/{check}");
    assert_eq!(delete(&server, &path, &cookie).await.status, 204);
    mirror.until_closed().await;
    assert_eq!(
        delete(&server, &path, &cookie).await.status,
        204,
        "twice is harmless"
    );
    let told = post(&server, &format!("{path}/result"), &cookie, &good()).await;
    assert_eq!(told.json(), json!({"verdict": "good", "findings": []}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_check_of_a_device_ends_the_older() {
    let place = Place::new();
    let server = place.start();
    let cookie = sign_in(&place, &server, "can-tho", "site").await;
    let other = sign_in(&place, &server, "can-tho", "site").await;
    let mut first = Mirror::offer().await;
    let opened = post(&server, PATH, &cookie, &json!({"sdp": first.sdp})).await;
    let opened = opened.json();
    first.answer(&opened).await;
    let mut beside = Mirror::offer().await;
    let neighbour = post(&server, PATH, &other, &json!({"sdp": beside.sdp})).await;
    beside.answer(&neighbour.json()).await;
    first.until_both_come_back(b"first", 3).await;
    beside.until_both_come_back(b"beside", 3).await;

    let mut second = Mirror::offer().await;
    let again = post(&server, PATH, &cookie, &json!({"sdp": second.sdp})).await;
    second.answer(&again.json()).await;
    first.until_closed().await;
    second.until_both_come_back(b"second", 3).await;
    beside.until_both_come_back(b"beside", 3).await;
    let old = format!("{PATH}/{}", opened["check"].as_str().expect("an id"));
    assert_eq!(
        refusal(&delete(&server, &old, &cookie).await),
        refused(404, "not-found")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_signed_in_device_outside_the_conference_may_check() {
    let place = Place::new();
    let server = place.start();
    let cookie = sign_in(&place, &server, "can-tho", "site").await;
    let offer = json!({"sdp": Mirror::offer().await.sdp});
    assert_eq!(
        refusal(&post(&server, PATH, "", &offer).await),
        refused(401, "unauthorized")
    );
    for (method, path) in [
        ("POST", PATH.to_owned()),
        ("DELETE", format!("{PATH}/x")),
        ("POST", format!("{PATH}/x/result")),
        ("GET", format!("{PATH}/rate?bytes=10")),
        ("POST", format!("{PATH}/rate")),
    ] {
        let foreign = [
            format!("Cookie: {cookie}"),
            "Origin: https://evil.example".to_owned(),
        ];
        let answer = http(server.address, method, &path, &foreign, Some(&offer)).await;
        assert_eq!(refusal(&answer), refused(403, "bad-origin"), "{path}");
        let answer = http(server.address, method, &path, &[], Some(&offer)).await;
        assert_eq!(refusal(&answer), refused(401, "unauthorized"), "{path}");
    }
    let nonsense = post(&server, PATH, &cookie, &json!({"sdp": "v=0 nonsense"})).await;
    assert_eq!(refusal(&nonsense), refused(400, "bad-offer"));
    // An offer may be as long as a browser's; nothing else may.
    let long = post(&server, PATH, &cookie, &json!({"sdp": "x".repeat(200_000)})).await;
    assert_eq!(refusal(&long), refused(400, "bad-offer"));
    let longer = post(&server, PATH, &cookie, &json!({"sdp": "x".repeat(300_000)})).await;
    assert_eq!(refusal(&longer), refused(400, "bad-message"));

    let opened = post(&server, PATH, &cookie, &offer).await.json();
    let check = format!("{PATH}/{}", opened["check"].as_str().expect("an id"));
    let other = sign_in(&place, &server, "da-nang", "site").await;
    let foreign = delete(&server, &check, &other).await;
    assert_eq!(refusal(&foreign), refused(404, "not-found"));
    let foreign = post(&server, &format!("{check}/result"), &other, &good()).await;
    assert_eq!(refusal(&foreign), refused(404, "not-found"));

    let page = Page::connect(&server, &cookie, None).await;
    let inside = post(&server, PATH, &cookie, &offer).await;
    assert_eq!(refusal(&inside), refused(409, "in-conference"));
    drop(page);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_sites_check_at_once() {
    let place = Place::new();
    let server = place.start();
    let mut cookies = Vec::new();
    for number in 0..17 {
        let site = ["can-tho", "da-nang", "tp-hcm", "nghe-an", "thai-nguyen"][number % 5];
        cookies.push(sign_in(&place, &server, site, "site").await);
    }
    let offer = json!({"sdp": Mirror::offer().await.sdp});
    let last = cookies.pop().expect("seventeen");
    let mut first = None;
    for cookie in &cookies {
        let opened = post(&server, PATH, cookie, &offer).await;
        assert_eq!(opened.status, 200, "{}", opened.headers);
        first.get_or_insert(opened.json()["check"].clone());
    }
    let full = post(&server, PATH, &last, &offer).await;
    assert_eq!(refusal(&full), refused(503, "media-full"));
    assert_eq!(full.header("retry-after"), Some("30"));
    let first = first.expect("opened");
    let path = format!("{PATH}/{}", first.as_str().expect("an id"));
    assert_eq!(delete(&server, &path, &cookies[0]).await.status, 204);
    assert_eq!(post(&server, PATH, &last, &offer).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_host_is_told_how_each_line_was_found() {
    let place = Place::new();
    let server = place.start();
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    let cookie = sign_in(&place, &server, "can-tho", "site").await;
    let offer = json!({"sdp": Mirror::offer().await.sdp});
    let opened = post(&server, PATH, &cookie, &offer).await.json();
    let path = format!("{PATH}/{}", opened["check"].as_str().expect("an id"));
    let path = format!("{path}/result");
    let mut wrong = good();
    wrong["loss_up"] = json!(1.5);
    let absurd = post(&server, &path, &cookie, &wrong).await;
    assert_eq!(refusal(&absurd), refused(400, "bad-message"));

    let mut result = good();
    result["loss_up"] = json!(0.08);
    result["transport"] = json!("tcp");
    let verdict = post(&server, &path, &cookie, &result).await.json();
    assert_eq!(verdict["verdict"], "bad");
    let findings = verdict["findings"].as_array().expect("findings");
    let codes: Vec<&Value> = findings.iter().map(|finding| &finding["code"]).collect();
    assert_eq!(codes, ["loss-up", "no-udp"]);
    let sentence = findings[0]["message"]["vi"].as_str().expect("a sentence");
    assert!(
        sentence.contains("mất 8 % gói") && sentence.contains("dây mạng"),
        "{sentence}"
    );
    // The port to open is the one that media is really on, as the answer says it.
    let sdp = opened["sdp"].as_str().expect("an answer");
    let candidate = sdp
        .lines()
        .find(|line| line.contains("a=candidate"))
        .expect("one");
    let port = candidate.split(' ').nth(5).expect("a port");
    let sentence = findings[1]["message"]["en"].as_str().expect("a sentence");
    assert!(sentence.contains(&format!("UDP port {port}")), "{sentence}");

    let told = chair.hint("line-checked").await;
    assert_eq!(
        (&told["site"], &told["verdict"], &told["findings"]),
        (&json!("can-tho"), &verdict["verdict"], &verdict["findings"])
    );
    let mut technician = Page::enter(&place, &server, "ha-noi", "technician").await;
    assert_eq!(technician.hint("line-checked").await, told, "also later");
    post(&server, &path, &cookie, &good()).await;
    assert_eq!(technician.hint("line-checked").await["verdict"], "good");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rates_are_measured_both_ways_within_limits() {
    let place = Place::new();
    let server = place.start();
    let cookie = sign_in(&place, &server, "can-tho", "site").await;
    let rate = format!("{PATH}/rate");
    let down = get(&server, &format!("{rate}?bytes=300001"), &cookie).await;
    assert_eq!((down.status, down.body.len()), (200, 300_001));
    assert_eq!(down.header("cache-control"), Some("no-store"));
    let words: HashSet<&[u8]> = down.body.chunks_exact(8).collect();
    assert_eq!(words.len(), 300_001 / 8, "nothing in it repeats");

    let body = json!("x".repeat(299_998));
    let up = post(&server, &rate, &cookie, &body).await.json();
    assert_eq!(up["bytes"], 300_000);
    // 300 kB at 10 Mbit/s: the server does not take them faster.
    assert!(up["millis"].as_u64().expect("a time") >= 239, "{up}");

    for bytes in ["0", "4194305", "-1", "many", ""] {
        let wrong = get(&server, &format!("{rate}?bytes={bytes}"), &cookie).await;
        assert_eq!(refusal(&wrong), refused(400, "bad-message"), "{bytes}");
    }
    let long = format!("POST {rate} HTTP/1.1\r\nContent-Length: 4194305");
    assert_eq!(head(&server, &long, &cookie).await.0, 400, "refused unread");

    // A device may move 64 MiB a minute, whether it reads them or not.
    let greedy = sign_in(&place, &server, "da-nang", "site").await;
    let most = format!("GET {rate}?bytes=4194304 HTTP/1.1");
    let mut served = 0;
    let refusal = loop {
        let (status, head) = head(&server, &most, &greedy).await;
        if status != 200 {
            break (status, head);
        }
        served += 1;
        assert!(served < 100, "no limit");
    };
    assert_eq!(refusal.0, 429);
    assert!(refusal.1.contains("retry-after: 5"), "{}", refusal.1);
    assert!(served >= 16, "{served}");
    let other = get(&server, &format!("{rate}?bytes=1000"), &cookie).await;
    assert_eq!(other.status, 200, "others are not concerned");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_session_is_open_one_measures_at_a_time() {
    let place = Place::new();
    let server = place.start();
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    let mut cookies = Vec::new();
    for site in ["can-tho", "da-nang"] {
        cookies.push(sign_in(&place, &server, site, "site").await);
    }
    // Connections that are not read stay measurements until they are closed.
    let path = format!("{PATH}/rate?bytes=4194304");
    let begin = async |cookie: &str| {
        let mut stream = TcpStream::connect(server.address).await.expect("connect");
        let text = format!("GET {path} HTTP/1.1\r\nHost: a\r\nCookie: {cookie}\r\n\r\n");
        stream.write_all(text.as_bytes()).await.expect("send");
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.expect("a status");
        (stream, String::from_utf8_lossy(&status[9..]).into_owned())
    };
    let (one, status) = begin(&cookies[0]).await;
    assert_eq!(status, "200");
    let (two, status) = begin(&cookies[1]).await;
    assert_eq!(status, "200", "two may before the session");
    drop(two);
    chair
        .must(json!({"cmd": "session.open", "name": "sáng"}))
        .await;
    let (_, status) = begin(&cookies[1]).await;
    assert_eq!(status, "429");
    drop(one);
}
