//! Sites without a person, over the real server: the whole way of sound and picture.

use crate::{
    client,
    harness::{Place, Server},
};
use diemcau_agent::{Agent, Microphone, Options, State};
use diemcau_protocol::{Command, Floor, SignIn, SiteId, SlotKind};
use std::{
    future::Future,
    io::Write,
    process::{Command as Process, Output, Stdio},
    time::Duration,
};

/// Far more than any step takes: a test that hangs fails.
pub async fn in_time<T>(what: &str, step: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(Duration::from_secs(60), step).await;
    done.unwrap_or_else(|_| panic!("not in time: {what}"))
}

pub async fn join(
    place: &Place,
    server: &Server,
    site: &str,
    role: &str,
    microphone: Microphone,
) -> Agent {
    let options = Options {
        server: format!("http://{}", server.address),
        sign_in: SignIn::new(SiteId::new(site), place.code(site, role)),
        microphone,
        camera: true,
        picture_interval: Options::PICTURE_INTERVAL,
        source: None,
    };
    let agent = Agent::join(options).await.expect("signed in");
    in_time("media", agent.wait_for_media())
        .await
        .expect("media");
    agent
}

async fn ask(agent: &Agent, command: Command) {
    let answer = agent.command(command).await.expect("an answer");
    answer.expect("accepted");
}

/// Packets of sound from `site` over all audio slots.
pub fn heard(state: &State, site: &str) -> u64 {
    let audio = state
        .slots
        .iter()
        .filter(|slot| slot.info.kind == SlotKind::Audio);
    let from = audio.filter_map(|slot| slot.from(&SiteId::new(site)));
    from.map(|received| received.packets).sum()
}

/// Whole pictures of `site` in the main slot.
fn shown(state: &State, site: &str) -> u64 {
    let main = state
        .slots
        .iter()
        .find(|slot| slot.info.kind == SlotKind::Main);
    let from = main.and_then(|slot| slot.from(&SiteId::new(site)));
    from.map_or(0, |received| received.frames)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_the_floor_is_heard_and_seen_and_nobody_else() {
    let place = Place::new();
    let server = place.start();
    let dropped = dropped_by_this_machine();
    let chair = join(&place, &server, "ha-noi", "chair", Microphone::WithFloor).await;
    let can_tho = join(&place, &server, "can-tho", "site", Microphone::Open).await;
    let nghe_an = join(&place, &server, "nghe-an", "site", Microphone::Open).await;
    let da_nang = join(&place, &server, "da-nang", "site", Microphone::WithFloor).await;
    ask(
        &chair,
        Command::SessionOpen {
            name: "sáng".to_owned(),
        },
    )
    .await;

    for site in ["can-tho", "nghe-an"] {
        ask(
            &chair,
            Command::FloorInvite {
                floor: Floor::Speech,
                site: SiteId::new(site),
            },
        )
        .await;
        let both = |state: &State| heard(state, site) >= 25 && shown(state, site) >= 5;
        in_time(site, da_nang.wait_until(both))
            .await
            .expect("linked");
    }
    let epoch = chair
        .state()
        .view
        .floor
        .turns
        .first()
        .expect("a turn")
        .epoch;
    let reason = String::new();
    ask(&chair, Command::FloorRevoke { epoch, reason }).await;

    let report = da_nang.report();
    let heard_sites: Vec<&str> = report.heard.keys().map(SiteId::as_str).collect();
    assert_eq!(heard_sites, ["can-tho", "nghe-an"]);
    for agent in [can_tho, nghe_an] {
        let own = agent.report().site;
        assert!(
            !agent.report().heard.contains_key(&own),
            "{own} hears itself"
        );
    }
    let lost: u64 = report.slots.iter().map(|slot| slot.lost).sum();
    let dropped = dropped_by_this_machine() - dropped;
    assert!(
        lost <= dropped,
        "{lost} packets are missing and {dropped} were dropped"
    );
}

/// Datagrams for which a socket of this machine had no room, as its reader was held up.
fn dropped_by_this_machine() -> u64 {
    let text = std::fs::read_to_string("/proc/net/snmp").expect("Linux");
    let mut rows = text.lines().filter_map(|line| line.strip_prefix("Udp: "));
    let (names, values) = (rows.next().expect("names"), rows.next().expect("values"));
    let mut columns = names.split(' ').zip(values.split(' '));
    let (_, value) = columns
        .find(|(name, _)| *name == "RcvbufErrors")
        .expect("the column");
    value.parse().expect("a number")
}

#[test]
fn the_command_reports_what_it_got() {
    let place = Place::new();
    let server = place.start();
    let code = place.code("can-tho", "site");
    let url = format!("http://{}", server.address);
    let arguments = [
        "agent",
        "join",
        "--server",
        &url,
        "--site",
        "can-tho",
        "--code",
        &code,
        "--seconds",
        "10",
        "--json",
    ];
    let output = place.run(&arguments);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let report: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(report["site"], "can-tho");
    assert!(report["connected_ms"].as_f64().expect("connected") > 0.0);
    assert!(report["sent"]["key_frames"].as_u64().expect("a count") >= 1);
}

#[tokio::test]
async fn who_saved_the_servers_certificate_joins_over_https() {
    let place = Place::new();
    let server = place.start();
    let saved = place.data().join("ca.crt");
    let body = client::get(&server, "/ca.crt", "").await.body;
    std::fs::write(&saved, body).expect("a file");
    let url = format!("https://{}", server.https);
    let code = place.code("can-tho", "site");
    let mut arguments = vec!["join", "--server", &url, "--seconds", "1", "--json"];
    arguments.extend(["--site", "can-tho", "--code", &code]);
    let stranger = agent_with_input(&arguments, "");
    assert!(!stranger.status.success(), "{stranger:?}");

    let pem = place.data().join("tls/ca.pem");
    for file in [saved, pem] {
        let mut arguments = arguments.clone();
        arguments.extend(["--ca", file.to_str().expect("UTF-8")]);
        let report = json(&agent_with_input(&arguments, ""));
        assert_eq!(report["site"], "can-tho", "{}", file.display());
    }

    let key = place.data().join("keys");
    arguments.extend(["--ca", key.to_str().expect("UTF-8")]);
    let refused = agent_with_input(&arguments, "");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("no certificate in it"), "{said}");
}

/// Runs `diemcau agent …` with a text on its standard input.
fn agent_with_input(arguments: &[&str], input: &str) -> Output {
    let mut child = Process::new(env!("CARGO_BIN_EXE_diemcau"))
        .arg("agent")
        .args(arguments)
        .env_remove("DIEMCAU_AGENT_CODE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(input.as_bytes()).expect("it reads");
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

fn json(output: &Output) -> serde_json::Value {
    let text = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text} {said}"))
}

#[test]
fn a_code_or_a_link_comes_over_the_input_and_media_over_tcp() {
    let place = Place::new();
    let server = place.start();
    let code = place.code("can-tho", "site");
    let url = format!("http://{}", server.address);
    let options = ["join", "--seconds", "10", "--json", "--tcp"];

    let mut arguments = options.to_vec();
    arguments.extend(["--server", &url, "--site", "can-tho", "--code", "-"]);
    let report = json(&agent_with_input(&arguments, &format!("{code}\n")));
    assert_eq!(report["site"], "can-tho");
    assert!(
        report["sent"]["frames"].as_u64().expect("a count") >= 1,
        "media over TCP"
    );

    let mut arguments = options.to_vec();
    arguments.extend(["--link", "-"]);
    let link = format!("{url}/#site=can-tho&code={code}");
    let report = json(&agent_with_input(&arguments, &link));
    assert_eq!(report["role"], "site");
}

#[test]
fn a_crowd_joins_sees_a_picture_and_reports() {
    let place = Place::new();
    let server = place.start();
    let url = format!("http://{}", server.address);
    let list = place.data().join("links.txt");
    let sites = ["can-tho", "da-nang", "nghe-an"];
    let lines = sites.map(|site| format!("{site}={}\n", place.code(site, "site")));
    std::fs::write(&list, lines.concat()).expect("a file");
    let list = list.to_str().expect("UTF-8");
    let mut arguments = vec!["crowd", "--server", &url, "--codes", list];
    arguments.extend(["--devices", "6", "--seconds", "20", "--json"]);
    let output = agent_with_input(&arguments, "");
    let summary = json(&output);
    assert_eq!(summary["joined"], 6, "{summary}");
    assert_eq!(summary["failed"], 0, "{summary}");
    assert!(output.status.success());
    // Nobody has the floor; the pictures of the other sites are in the strip.
    assert_eq!(summary["with_picture"], 6, "{summary}");
    assert!(summary["packets"].as_u64().expect("a count") > 0);
    assert!(summary["join_p99_ms"].as_u64() >= summary["join_p50_ms"].as_u64());
}

#[test]
fn a_crowd_with_a_wrong_code_gives_up_at_once_and_says_why() {
    let place = Place::new();
    let server = place.start();
    let url = format!("http://{}", server.address);
    let list = place.data().join("links.txt");
    std::fs::write(&list, "can-tho=0000-0000\n").expect("a file");
    let list = list.to_str().expect("UTF-8");
    let mut arguments = vec!["crowd", "--server", &url, "--codes", list];
    // Far longer than the test: there is nothing to wait for.
    arguments.extend(["--devices", "4", "--seconds", "3600", "--json"]);
    let output = agent_with_input(&arguments, "");
    let summary = json(&output);
    assert_eq!(
        (&summary["joined"], &summary["failed"]),
        (&0.into(), &4.into())
    );
    assert_eq!(summary["reasons"]["wrong-code"], 4, "{summary}");
    assert!(!output.status.success());
}
