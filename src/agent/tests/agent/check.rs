//! `diemcau agent check`: what it measures, what it says, and how it ends.

use crate::{
    run,
    support::{CODE, Server},
};
use diemcau_agent::Done;
use diemcau_protocol::{LineFinding, LineGrade, LineVerdict, Text, Transport};
use std::time::SystemTime;

fn verdict(verdict: LineGrade) -> LineVerdict {
    let message = Text {
        vi: "Dùng dây mạng thay Wi-Fi.".to_owned(),
        en: "Use a cable instead of Wi-Fi.".to_owned(),
    };
    let code = "jitter".to_owned();
    LineVerdict {
        verdict,
        findings: vec![LineFinding { code, message }],
    }
}

fn now() -> String {
    httpdate::fmt_http_date(SystemTime::now())
}

#[tokio::test]
async fn a_check_measures_what_comes_back_and_says_what_the_server_makes_of_it() {
    let server = Server::bind().await;
    let arguments = format!(
        "agent check --server {} --site can-tho --code {CODE} --seconds 5",
        server.url
    );
    let verdict = verdict(LineGrade::Usable);
    let date = now();
    let host = server.serve_check(&date, &[Transport::Udp], &verdict);
    let (done, out, seen) = run(&arguments, host).await;
    assert_eq!(done.unwrap(), Done::Good, "{out}");

    let result = seen.result.unwrap();
    assert_eq!(result.transport, Transport::Udp, "{out}");
    assert!(result.connect_ms.is_some());
    assert_eq!(result.loss_up, Some(0.0), "{result:?}");
    assert_eq!(result.loss_down, Some(0.0), "{result:?}");
    assert!(result.rtt_ms.is_some_and(|ms| ms < 1000.0), "{result:?}");
    assert!(result.jitter_ms.is_some_and(|ms| ms < 100.0), "{result:?}");
    assert!(result.rate_down_kbps.is_some_and(|rate| rate > 1000.0));
    let up = result.rate_up_kbps.unwrap();
    assert!(up >= 8000.0, "what the server said, or faster: {up}");
    assert_eq!((seen.down[0], seen.up[0]), (65_536, 65_536));
    assert_eq!(seen.ended, ["c1"]);

    assert_eq!(out.matches("✔ ").count(), 7, "{out}");
    assert!(!out.contains('✘'), "{out}");
    for words in [
        "Đăng nhập được vào điểm cầu can-tho với vai điểm cầu.",
        "UDP, nối được sau",
        "mất gói chiều đi 0,0 %, chiều về 0,0 %",
        "→ Dùng dây mạng thay Wi-Fi.",
        "WebSocket mở được và giữ được",
        "Máy này họp được, nhưng nên sửa",
    ] {
        assert!(out.contains(words), "{words}: {out}");
    }
}

#[tokio::test]
async fn without_udp_a_check_goes_over_tcp_and_a_bad_verdict_is_a_failure() {
    let server = Server::bind().await;
    let arguments = format!(
        "agent check --link {}/#site=can-tho&code={CODE} --seconds 3 --json --lang en",
        server.url
    );
    let verdict = verdict(LineGrade::Bad);
    let over = [Transport::Tcp, Transport::Tcp];
    let host = server.serve_check("Sun, 06 Nov 1994 08:49:37 GMT", &over, &verdict);
    let (done, out, seen) = run(&arguments, host).await;
    assert_eq!(done.unwrap(), Done::Bad, "{out}");
    let result = seen.result.unwrap();
    assert_eq!(result.transport, Transport::Tcp, "{out}");
    assert_eq!(result.loss_down, Some(0.0), "{result:?}");
    assert_eq!(seen.ended, ["c2"]);

    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["ready"], false);
    assert_eq!(report["judgement"]["findings"][0]["code"], "jitter");
    let mark = |step: &str| {
        let steps = report["steps"].as_array().unwrap();
        let found = steps.iter().find(|line| line["step"] == step).unwrap();
        found["mark"].as_str().unwrap().to_owned()
    };
    assert_eq!(mark("clock"), "note", "thirty years");
    assert_eq!((mark("media"), mark("line")), ("note".into(), "bad".into()));
    assert_eq!(mark("web-socket"), "good");
}

#[tokio::test]
async fn a_wrong_code_ends_a_check_with_the_servers_words_and_what_was_not_tried() {
    let server = Server::bind().await;
    let arguments = format!(
        "agent check --server {} --site can-tho --code WRONG",
        server.url
    );
    let date = now();
    let (done, out, ()) = run(&arguments, server.greet(&date)).await;
    assert_eq!(done.unwrap(), Done::Bad);
    assert!(out.contains("✘ Không đăng nhập được: Sai mã"), "{out}");
    assert!(out.contains("    → Xem lại mã"), "{out}");
    assert!(out.contains("– Đường truyền: chưa thử được."), "{out}");
    assert!(out.contains("Chưa họp được từ máy này"), "{out}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_with_a_mend() {
    let server = Server::bind().await;
    let url = server.url.clone();
    drop(server);
    let arguments = format!("agent check --server {url} --site can-tho --code {CODE} --lang en");
    let (done, out, ()) = run(&arguments, async {}).await;
    assert_eq!(done.unwrap(), Done::Bad);
    assert!(
        out.contains(&format!("✘ The server {url} is not reached")),
        "{out}"
    );
    assert!(
        out.contains("    → The server does not run, or the port is wrong"),
        "{out}"
    );
}
