//! A disk that fails, a disk that is full, a wall clock that jumps, and a server that is asked to
//! stop while everything goes on.
//!
//! Faults come from `faults.c`, which is preloaded into the real binary; the full disk is a real one,
//! a file system of its own in memory, for which the test must be root.

use crate::{
    agents::{heard, in_time, join},
    client::{Open, Page, get, new_key, sign_in},
    harness::{Place, Server},
};
use diemcau_agent::{Agent, Microphone};
use serde_json::{Value, json};
use std::{
    fs::File,
    io::Write as _,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::Duration,
};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

pub const EIO: i32 = 5;
pub const ENOSPC: i32 = 28;
const DAY: i64 = 24 * 60 * 60;

/// The fields of `struct control` in `faults.c`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    pub write_error: i32,
    pub sync_error: i32,
    pub read_error: i32,
    /// Whatever is done with a file of a document.
    pub document_error: i32,
    /// Seconds by which the wall clock is wrong.
    pub clock_ahead: i64,
}

/// A file that is shared with servers.
pub struct Control {
    path: PathBuf,
    file: File,
}

impl Control {
    pub fn new(place: &Place) -> Self {
        let path = place.data().with_file_name("faults");
        let mut options = File::options();
        let file = options.create(true).truncate(true).write(true).open(&path);
        let control = Self {
            path,
            file: file.expect("a file"),
        };
        control.set(Faults::default());
        control
    }

    pub fn set(&self, faults: Faults) {
        let mut bytes = Vec::new();
        for number in [
            faults.write_error,
            faults.sync_error,
            faults.read_error,
            faults.document_error,
        ] {
            bytes.extend(number.to_ne_bytes());
        }
        bytes.extend(faults.clock_ahead.to_ne_bytes());
        self.file.write_all_at(&bytes, 0).expect("written");
    }

    pub fn start(&self, place: &Place) -> Server {
        let mut program = Command::new("env");
        program.arg(format!("LD_PRELOAD={}", shim().display()));
        program.arg(format!("FAULTS_OF_THE_TEST={}", self.path.display()));
        program.arg(env!("CARGO_BIN_EXE_diemcau"));
        place.start_as(&mut program)
    }
}

/// `faults.c`, compiled once a run.
fn shim() -> &'static Path {
    static SHIM: OnceLock<PathBuf> = OnceLock::new();
    SHIM.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/server/faults.c");
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("diemcau-faults.so");
        let mut compiler = Command::new("cc");
        compiler
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(&library)
            .arg(source)
            .arg("-ldl");
        assert!(compiler.status().expect("cc is there").success());
        library
    })
}

fn headcount(present: u64) -> Value {
    json!({"cmd": "attendance.headcount", "present": present})
}

fn code(reply: &Value) -> &str {
    reply["error"]["code"].as_str().unwrap_or("ok")
}

/// Asks with one key until it is accepted, as a page does; the last event.
async fn ask_until_accepted(page: &mut Page, key: &str, command: Value) -> u64 {
    for _ in 0..600 {
        let reply = page.ask_with_key(key, command.clone()).await;
        if let Some(seq) = reply["ok"]["seq"].as_u64() {
            return seq;
        }
        assert!(
            ["store-failed", "too-fast"].contains(&code(&reply)),
            "{reply}"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{command} is never accepted");
}

fn verify(place: &Place, data: &str) {
    let output = place.run(&["log", "verify", "--data", data]);
    assert!(output.status.success(), "{output:?}");
}

/// How often `present` was declared, as the log has it.
fn times_declared(place: &Place, present: u64) -> usize {
    let output = place.run(&["log", "export", "--data", "var"]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .filter(|line| {
            line["event"] == "attendance.headcount-declared" && line["present"] == present
        })
        .count()
}

/// Cần Thơ speaks and Đà Nẵng hears it.
async fn speaking(place: &Place, server: &Server, chair: &mut Page) -> (Agent, Agent) {
    let can_tho = join(place, server, "can-tho", "site", Microphone::Open).await;
    let da_nang = join(place, server, "da-nang", "site", Microphone::WithFloor).await;
    chair
        .must(json!({"cmd": "session.open", "name": "sáng"}))
        .await;
    chair
        .must(json!({"cmd": "floor.invite", "site": "can-tho"}))
        .await;
    still_heard(&da_nang).await;
    (can_tho, da_nang)
}

/// Half a second of sound comes from now on.
async fn still_heard(agent: &Agent) {
    let before = heard(&agent.state(), "can-tho");
    let more = agent.wait_until(|state| heard(state, "can-tho") >= before + 25);
    in_time("sound", more).await.expect("linked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fails_refuses_commands_while_media_goes_on_and_nothing_is_lost() {
    let place = Place::new();
    let control = Control::new(&place);
    let server = control.start(&place);
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    let nghe_an = sign_in(&place, &server, "nghe-an", "site").await;
    let (_can_tho, da_nang) = speaking(&place, &server, &mut chair).await;

    let write = |error| Faults {
        write_error: error,
        ..Faults::default()
    };
    let faults = [
        (
            "no sync",
            Faults {
                sync_error: EIO,
                ..Faults::default()
            },
        ),
        ("no write", write(EIO)),
        ("no room", write(ENOSPC)),
        (
            "neither written nor read",
            Faults {
                read_error: EIO,
                ..write(EIO)
            },
        ),
    ];
    let mut present = 100;
    chair.must(headcount(present)).await;
    for (what, fault) in faults {
        control.set(fault);
        let key = new_key();
        for _ in 0..3 {
            let reply = chair.ask_with_key(&key, headcount(present + 1)).await;
            assert_eq!(code(&reply), "store-failed", "{what}: {reply}");
        }
        // What needs no log goes on: sound, answers, and pages that come.
        still_heard(&da_nang).await;
        let ping = chair.send_text(r#"{"id":1000000,"cmd":"link.ping"}"#).await;
        assert!(ping["ok"].is_object(), "{what}: {ping}");
        let mut newcomer = Page::connect(&server, &nghe_an, None).await;
        assert_eq!(newcomer.site("ha-noi")["present"], present, "{what}");
        let turn = &newcomer.view["floor"]["turns"][0];
        assert_eq!(turn["site"], "can-tho", "{what}");
        assert_eq!(
            code(&newcomer.ask(headcount(7)).await),
            "store-failed",
            "{what}"
        );

        control.set(Faults::default());
        present += 1;
        let seq = ask_until_accepted(&mut chair, &key, headcount(present)).await;
        newcomer.until(seq).await;
        assert_eq!(newcomer.site("ha-noi")["present"], present, "{what}");
        // Who came meanwhile is linked once that can be recorded.
        while newcomer.site("nghe-an")["link"] != "linked" {
            newcomer.until(newcomer.seq + 1).await;
        }
        still_heard(&da_nang).await;
    }
    let cookie = chair.cookie.clone();
    server.kill();

    verify(&place, "var");
    for declared in 100..=present {
        assert_eq!(times_declared(&place, declared), 1, "{declared}");
    }
    let server = place.start();
    let chair = Page::connect(&server, &cookie, None).await;
    assert_eq!(chair.site("ha-noi")["present"], present);
}

#[tokio::test]
async fn a_wall_clock_that_jumps_changes_neither_clocks_nor_who_is_signed_in() {
    let place = Place::new();
    let control = Control::new(&place);
    let server = control.start(&place);
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    let mut can_tho = Page::enter(&place, &server, "can-tho", "site").await;
    chair
        .must(json!({"cmd": "session.open", "name": "sáng"}))
        .await;
    let seq = chair
        .must(json!({"cmd": "floor.invite", "site": "can-tho"}))
        .await;
    can_tho.until(seq).await;
    let begun = chair.event("floor.granted").await["at"]
        .as_u64()
        .expect("a time");
    let hour = 60 * 60 * 1000;
    for (present, clock_ahead) in [(1, DAY), (2, -DAY), (3, 0)] {
        control.set(Faults {
            clock_ahead,
            ..Faults::default()
        });
        chair.must(headcount(present)).await;
        let at = chair.event("attendance.headcount-declared").await["at"]
            .as_u64()
            .expect("a time");
        assert!((begun..begun + hour).contains(&at), "{at} after {begun}");
        // The turn goes on, without a warning that would come after minutes.
        assert_eq!(chair.view["floor"]["turns"][0]["site"], "can-tho");
        assert!(chair.view["floor"]["turns"][0]["running_since"].is_u64());
        assert_eq!(
            get(&server, "/api/v1/session", &can_tho.cookie)
                .await
                .status,
            200
        );
        can_tho = Page::connect(&server, &can_tho.cookie.clone(), None).await;
        assert!(can_tho.welcome["at"].as_u64().expect("a time") < begun + hour);
        // Who signs in now is still signed in when the clock is right again.
        let fresh = sign_in(&place, &server, "nghe-an", "site").await;
        control.set(Faults::default());
        assert_eq!(get(&server, "/api/v1/session", &fresh).await.status, 200);
    }
    server.kill();

    // A machine that comes back with a clock a day behind its log, and then one ahead.
    let mut last = chair.seq;
    for clock_ahead in [-DAY, DAY] {
        control.set(Faults {
            clock_ahead,
            ..Faults::default()
        });
        let server = control.start(&place);
        let mut back = Page::connect(&server, &chair.cookie.clone(), None).await;
        assert!(back.seq > last, "the outage is recorded");
        let seq = back.must(headcount(50)).await;
        let mut times = back.welcome["log"].as_array().expect("a log").clone();
        times.push(back.event("attendance.headcount-declared").await);
        let times: Vec<u64> = times
            .iter()
            .filter_map(|event| event["at"].as_u64())
            .collect();
        assert!(
            times.is_sorted(),
            "the log's time does not go back: {times:?}"
        );
        last = seq;
        server.stop();
    }
    verify(&place, "var");
}

/// Starts with a data folder that is a file system of 3 MB in memory; it is gone with the server.
/// None if this machine does not let the test make one.
pub fn start_on_small_disk(place: &Place) -> Option<Server> {
    let id = Command::new("id").arg("-u").output().expect("id");
    if id.stdout.trim_ascii() != b"0" {
        return None;
    }
    let mut trial = Command::new("unshare");
    trial.args(["--mount", "mount", "-t", "tmpfs", "none", "/mnt"]);
    if !trial.status().is_ok_and(|status| status.success()) {
        return None;
    }
    // The codes outside stay readable for the test.
    let script = "set -e; mkdir -p small; mount -t tmpfs -o size=3m none small
                  cp -a var/. small/; mount --bind small var; exec \"$0\" \"$@\"";
    let mut program = Command::new("unshare");
    program.args(["--mount", "sh", "-c", script, env!("CARGO_BIN_EXE_diemcau")]);
    Some(place.start_as(&mut program))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_without_room_takes_commands_again_once_there_is_some() {
    let place = Place::new();
    place.start().stop();
    let Some(server) = start_on_small_disk(&place) else {
        eprintln!("SKIPPED: only root may mount the small disk that this test fills");
        return;
    };
    let inside = format!("/proc/{}/root{}", server.pid(), place.data().display());
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    let (_can_tho, da_nang) = speaking(&place, &server, &mut chair).await;
    chair.must(headcount(0)).await;

    for round in 0..2 {
        let mut ballast = File::create(Path::new(&inside).join("ballast")).expect("a file");
        let chunk = [0; 4096];
        while ballast.write_all(&chunk).is_ok() {}
        // What is left of the log's own files is used up first.
        let mut acknowledged = chair.site("ha-noi")["present"].as_u64().expect("declared");
        let key = loop {
            let key = new_key();
            let reply = chair.ask_with_key(&key, headcount(acknowledged + 1)).await;
            match code(&reply) {
                "ok" => acknowledged += 1,
                "store-failed" => break key,
                "too-fast" => tokio::time::sleep(Duration::from_millis(50)).await,
                other => panic!("{other}"),
            }
            assert!(acknowledged < 9_000, "the disk is never full");
        };
        still_heard(&da_nang).await;
        assert_eq!(
            chair.site("ha-noi")["present"],
            acknowledged,
            "round {round}"
        );

        std::fs::remove_file(Path::new(&inside).join("ballast")).expect("removed");
        drop(ballast);
        let seq = ask_until_accepted(&mut chair, &key, headcount(acknowledged + 1)).await;
        chair.until(seq).await;
        assert_eq!(chair.site("ha-noi")["present"], acknowledged + 1);
        verify(&place, &inside);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_asked_to_stop_tells_every_page_and_ends() {
    let place = Place::new();
    let server = place.start();
    let mut chair = Page::enter(&place, &server, "ha-noi", "chair").await;
    let (_can_tho, _da_nang) = speaking(&place, &server, &mut chair).await;
    // Pages that never read, connections that never say what they want, and one in mid-sentence.
    let cookie = sign_in(&place, &server, "tp-hcm", "site").await;
    let slow = Open {
        receive_buffer: Some(4096),
        ..Open::new(&cookie)
    };
    let _slow = slow.try_connect(&server).await.expect("accepted");
    let mut half_open = vec![];
    for text in [
        "",
        "GET /api/v1/ws HTTP/1.1\r\nHost: localhost\r\n",
        "POST /api/v1/sign-in HTTP/1.1\r\nContent-Length: 900\r\n\r\n{",
    ] {
        let mut stream = TcpStream::connect(server.address).await.expect("connect");
        stream.write_all(text.as_bytes()).await.expect("send");
        half_open.push(stream);
    }
    let mut pages = vec![chair];
    for site in ["nghe-an", "thai-nguyen"] {
        pages.push(Page::enter(&place, &server, site, "site").await);
    }
    let stopped = tokio::task::spawn_blocking(move || server.stop());
    for page in &mut pages {
        assert_eq!(page.closed().await, 1012, "come back");
    }
    // The server's own patience is three seconds; a test waits longer on a busy machine.
    let ended = tokio::time::timeout(Duration::from_secs(60), stopped).await;
    ended
        .expect("the process ends though some do not read")
        .expect("cleanly");
    verify(&place, "var");
}
