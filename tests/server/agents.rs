//! Sites without a person, over the real server: the whole way of sound and picture.

use crate::harness::{Place, Server};
use diemcau_agent::{Agent, Microphone, Options, State};
use diemcau_protocol::{Command, SignIn, SiteId, SlotKind};
use std::{future::Future, time::Duration};

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
        sign_in: SignIn {
            site: SiteId::new(site),
            code: place.code(site, role),
        },
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
                site: SiteId::new(site),
            },
        )
        .await;
        let both = |state: &State| heard(state, site) >= 25 && shown(state, site) >= 5;
        in_time(site, da_nang.wait_until(both))
            .await
            .expect("linked");
    }
    let epoch = chair.state().view.floor.turn.expect("a turn").epoch;
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
    assert_eq!(report.slots.iter().map(|slot| slot.lost).sum::<u64>(), 0);
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
        "2",
        "--json",
    ];
    let output = place.run(&arguments);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let report: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(report["site"], "can-tho");
    assert!(report["connected_ms"].as_f64().expect("connected") > 0.0);
    assert!(report["sent"]["key_frames"].as_u64().expect("a count") >= 1);
}
