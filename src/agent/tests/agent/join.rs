//! Joining: what is sent, what is counted, what is asked and said.

use crate::{
    in_time, run,
    support::{
        Authority, CODE, Server, Session,
        peer::{AUDIO_LEVEL, MID},
    },
};
use diemcau_agent::{
    Agent, AgentError, CertificateError, Done, Media, Microphone, Options, SignedInAgent, Source,
};
use diemcau_protocol::{
    Command, Floor, Hint, ServerMessage, SignIn, SiteId, SlotKind, SlotSource, SpeechKind,
};
use rtc::{
    rtp::{codec::vp8::Vp8Packet, packetizer::Depacketizer},
    rtp_transceiver::rtp_sender::RtpCodecKind,
};
use std::sync::Arc;

fn options(server: &Server, code: &str) -> Options {
    let site = SiteId::new("can-tho");
    Options {
        server: server.url.clone(),
        sign_in: SignIn::new(site, code),
        microphone: Microphone::WithFloor,
        camera: true,
        picture_interval: Options::PICTURE_INTERVAL,
        source: None,
    }
}

async fn joined(change: impl FnOnce(&mut Options)) -> (Agent, Session) {
    let server = Server::bind().await;
    let mut options = options(&server, CODE);
    change(&mut options);
    let (agent, mut session) =
        in_time(async { tokio::join!(Agent::join(options), server.serve()) }).await;
    let agent = agent.unwrap();
    in_time(agent.wait_for_media()).await.unwrap();
    in_time(session.peer.connected()).await;
    (agent, session)
}

#[tokio::test]
async fn a_wrong_code_is_refused_with_the_servers_words() {
    let server = Server::bind().await;
    let (agent, ()) =
        in_time(async { tokio::join!(Agent::join(options(&server, "WRONG")), server.sign_in()) })
            .await;
    match agent.err() {
        Some(AgentError::Refused(error)) => assert_eq!(error.code, "wrong-code"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn picture_and_silence_are_sent_and_the_tone_once_the_site_is_heard() {
    let (agent, mut session) = joined(|_| ()).await;
    let peer = &mut session.peer;

    let audio = in_time(peer.received(RtpCodecKind::Audio)).await;
    assert_eq!(audio.payload[..3], [0xf8, 0xff, 0xfe], "Opus silence");
    assert_eq!(peer.extension(AUDIO_LEVEL, &audio), Some(vec![127]));
    assert_eq!(peer.extension(MID, &audio), Some(b"0".to_vec()));

    // The very first picture may be over before this end listens.
    in_time(peer.want_key_frame()).await;
    let (video, frame) = in_time(async {
        loop {
            let video = peer.received(RtpCodecKind::Video).await;
            assert_eq!(peer.extension(MID, &video), Some(b"1".to_vec()));
            let mut descriptor = Vp8Packet::default();
            let frame = descriptor.depacketize(&video.payload).unwrap();
            assert_eq!((descriptor.pid, descriptor.i), (0, 1));
            if descriptor.s == 1 && frame[0] & 1 == 0 {
                break (video, frame);
            }
        }
    })
    .await;
    assert_eq!(frame[3..6], [0x9d, 0x01, 0x2a]);
    assert_eq!(
        frame[6..10],
        [320_u16.to_le_bytes(), 180_u16.to_le_bytes()].concat()
    );
    let next = in_time(peer.received(RtpCodecKind::Video)).await;
    assert_eq!(
        next.header.sequence_number,
        video.header.sequence_number.wrapping_add(1)
    );

    session.hear(4);
    let heard = in_time(async {
        loop {
            let audio = session.peer.received(RtpCodecKind::Audio).await;
            if audio.payload[..3] != [0xf8, 0xff, 0xfe] {
                break audio;
            }
        }
    })
    .await;
    assert_eq!(
        session.peer.extension(AUDIO_LEVEL, &heard),
        Some(vec![0x80 | 15])
    );
    assert_eq!(agent.state().seq, 4);
    let sent = agent.report().sent;
    assert!(
        sent.audio_packets > 0 && sent.frames > 1 && sent.key_frames > 0,
        "{sent:?}"
    );
}

#[tokio::test]
async fn a_key_frame_comes_when_it_is_asked_for() {
    let (agent, mut session) = joined(|options| options.microphone = Microphone::Off).await;
    in_time(session.peer.want_key_frame()).await;
    let state = in_time(agent.wait_until(|state| state.sent.key_frames == 2))
        .await
        .unwrap();
    assert!(
        state.sent.frames < 50,
        "before the regular one: {:?}",
        state.sent
    );
    assert_eq!(state.sent.audio_packets, 0, "the microphone is off");
}

#[tokio::test]
async fn a_screen_is_shared_with_its_sound_while_it_is_asked_for() {
    let server = Server::bind().await;
    let options = Options {
        microphone: Microphone::Off,
        camera: false,
        ..options(&server, CODE)
    };
    let screen = Arc::new(Source::of_screen(&SiteId::new("can-tho")));
    let join = async {
        let signed_in = SignedInAgent::sign_in(options).await?;
        signed_in.with_screen(screen).join().await
    };
    let (agent, mut session) = in_time(async { tokio::join!(join, server.serve()) }).await;
    let agent = agent.unwrap();
    in_time(agent.wait_for_media()).await.unwrap();
    in_time(session.peer.connected()).await;
    assert_eq!(
        agent.state().sent.screen_frames,
        0,
        "not before it is asked"
    );

    for round in 1..=2 {
        agent.share(true);
        // Behind the microphone and the camera: the screen is section 2, its sound 3.
        let first = in_time(session.peer.received_of(b"2")).await;
        let mut descriptor = Vp8Packet::default();
        let frame = descriptor.depacketize(&first.payload).unwrap();
        if descriptor.s == 1 && round == 1 {
            assert_eq!(frame[0] & 1, 0, "it begins with a key frame");
        }
        let sound = in_time(session.peer.received_of(b"3")).await;
        assert_eq!(session.peer.extension(AUDIO_LEVEL, &sound), Some(vec![15]));
        let shared = in_time(agent.wait_until(|state| state.sent.screen_key_frames >= round));
        shared.await.unwrap();
        agent.share(false);
    }
    let sent = agent.report().sent;
    assert_eq!((sent.frames, sent.audio_packets), (0, 0), "nothing else");
}

#[tokio::test]
async fn what_comes_of_a_presentation_is_told_apart_from_the_main_picture() {
    let (agent, session) = joined(|options| options.camera = false).await;
    let slots = session.peer.slots();
    let place = |kind| slots.iter().position(|slot| slot.kind == kind).unwrap();
    let key = [0x90, 0x80, 0x80, 1, 0x10, 0];
    let screen = place(SlotKind::Presentation);
    let sound = place(SlotKind::PresentationAudio);
    session.peer.send(screen, 1, 3000, true, &key).await;
    session.peer.send(sound, 1, 960, true, &[0xf8, 1]).await;
    let state = in_time(agent.wait_until(|state| {
        let came = state
            .slots
            .iter()
            .filter(|slot| slot.last_packet().is_some());
        came.count() == 2
    }))
    .await
    .unwrap();
    let came = |kind| {
        let slot = state.slots.iter().find(|slot| slot.info.kind == kind);
        slot.unwrap()
            .received()
            .map(|row| (row.packets, row.frames))
            .next()
    };
    assert_eq!(came(SlotKind::Presentation), Some((1, 1)));
    assert_eq!(came(SlotKind::PresentationAudio), Some((1, 0)));
    assert_eq!(came(SlotKind::Main), None);
    let words = agent.report().to_string();
    assert!(words.contains("The presentation got 1 packets"), "{words}");
    assert!(agent.report().heard.is_empty(), "it is nobody's voice");
}

#[tokio::test]
async fn a_report_says_what_came_and_whose_it_was() {
    let (agent, session) = joined(|options| options.camera = false).await;
    let slots = session.peer.slots();
    let main = slots
        .iter()
        .position(|slot| slot.kind == SlotKind::Main)
        .unwrap();
    // A key frame in two packets and an inter frame from one site, then a key frame of another;
    // sequence number 12 never comes.
    let (key, inter) = (
        [0x90, 0x80, 0x80, 1, 0x10, 0],
        [0x90, 0x80, 0x80, 2, 0x11, 0],
    );
    session.peer.send(main, 10, 3000, false, &key).await;
    session
        .peer
        .send(main, 11, 3000, true, &[0x80, 0x80, 0x80, 1, 7])
        .await;
    session.peer.send(main, 13, 6000, true, &inter).await;
    session.peer.send(main, 14, 9000, true, &key).await;
    for sequence in 0..3 {
        session
            .peer
            .send(
                0,
                sequence,
                960 * u32::from(sequence),
                false,
                &[0xf8, 0xff, 0xfe],
            )
            .await;
    }
    let all = |state: &diemcau_agent::State| {
        let came = |slot: &diemcau_agent::Slot| slot.received().map(|row| row.packets).sum();
        let counts: Vec<u64> = state.slots.iter().map(came).collect();
        counts == [3, 0, 4, 0, 0, 0]
    };
    in_time(agent.wait_until(all)).await.unwrap();
    // The word on whose media it is comes after the media, as it may.
    for (site, rtp) in [("ha-noi", 3000), ("nghe-an", 9000)] {
        let slots = [(0, "ha-noi", 0), (main, site, rtp)].map(|(at, site, rtp)| SlotSource {
            mid: slots[at].mid.clone(),
            kind: slots[at].kind,
            index: slots[at].index,
            site: Some(SiteId::new(site)),
            flowing: true,
            held: false,
            rtp: Some(rtp),
        });
        session.say(ServerMessage::Hint(Hint::Slots {
            slots: slots.to_vec(),
        }));
    }
    let switched =
        |state: &diemcau_agent::State| state.slots[main].source == Some(SiteId::new("nghe-an"));
    in_time(agent.wait_until(switched)).await.unwrap();

    let report = agent.report();
    assert_eq!(report.heard, [(SiteId::new("ha-noi"), 3)].into());
    let main = &report.slots[main];
    assert_eq!(main.lost, 1);
    let rows: Vec<_> = main
        .sources
        .iter()
        .map(|row| {
            (
                row.site.as_ref().unwrap().as_str(),
                row.packets,
                row.frames,
                row.key_frames,
            )
        })
        .collect();
    assert_eq!(rows, [("ha-noi", 3, 2, 1), ("nghe-an", 1, 1, 1)]);
    assert!(main.sources[0].first_frame_ms <= main.sources[1].first_frame_ms);
    assert!(report.connected_ms.is_some());
    assert!(
        (main.loss - 0.2).abs() < 0.001,
        "one of five: {}",
        main.loss
    );
    let words = report.to_string();
    assert!(
        words
            .contains("The main picture got 3 packets from ha-noi: 2 frames, 1 of them key frames"),
        "{words}"
    );
    assert!(
        words.contains("Audio 0 got 3 packets from ha-noi."),
        "{words}"
    );
}

#[tokio::test]
async fn commands_are_answered_and_leaving_is_said() {
    let (agent, mut session) = joined(|_| ()).await;
    let (asked, (key, command)) = in_time(async {
        tokio::join!(
            agent.request_floor(SpeechKind::Proposal, "Đường"),
            session.command(9)
        )
    })
    .await;
    assert_eq!(asked.unwrap().unwrap().seq, Some(9));
    assert_eq!(key.map(|key| key.len()), Some(36), "a UUID");
    let words = "Đường".to_owned();
    let expected = Command::FloorRequest {
        floor: Floor::Speech,
        kind: SpeechKind::Proposal,
        words,
        beneficiary: String::new(),
        site: None,
    };
    assert_eq!(command, expected);
    let (left, ()) = in_time(async { tokio::join!(agent.leave(), session.farewell()) }).await;
    left.unwrap();
}

#[tokio::test]
async fn a_lost_link_is_known_and_media_goes_on() {
    let source = Arc::new(Source::of_site(&SiteId::new("can-tho")));
    let (agent, session) = joined(|options| options.source = Some(source)).await;
    let mut peer = session.cut();
    let state = in_time(agent.wait_until(|state| !state.linked))
        .await
        .unwrap();
    assert!(matches!(state.media, Media::Connected { .. }));
    in_time(peer.received(RtpCodecKind::Audio)).await;
    let asked = in_time(agent.request_floor(SpeechKind::Discussion, "")).await;
    assert!(matches!(asked, Err(AgentError::Closed)), "{asked:?}");
}

#[tokio::test]
async fn an_agent_joins_over_tls_with_the_servers_own_authority() {
    let authority = Authority::new();
    let server = Server::bind_tls(&authority, "127.0.0.1").await;
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.crt");
    std::fs::write(&ca, authority.pem()).unwrap();
    let trusting = diemcau_agent::Server::new(&server.url, Some(&ca)).unwrap();
    let agent = async {
        let agent = SignedInAgent::sign_in_to(trusting, options(&server, CODE)).await;
        agent.expect("signed in").join().await.expect("joined")
    };
    let (agent, mut session) = in_time(async { tokio::join!(agent, server.serve()) }).await;
    in_time(agent.wait_for_media()).await.unwrap();
    let (asked, _) = in_time(async {
        tokio::join!(
            agent.request_floor(SpeechKind::Proposal, ""),
            session.command(9)
        )
    })
    .await;
    assert_eq!(asked.unwrap().unwrap().seq, Some(9));
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_or_of_another_name_says_what_to_do() {
    let authority = Authority::new();
    let server = Server::bind_tls(&authority, "127.0.0.1").await;
    let join = Agent::join(options(&server, CODE));
    let (agent, stream) = in_time(async { tokio::join!(join, server.accept()) }).await;
    assert!(stream.is_none(), "nothing is said to a stranger");
    let error = agent.err().unwrap();
    assert!(
        matches!(
            &error,
            AgentError::Certificate(CertificateError::Untrusted { .. })
        ),
        "{error:?}"
    );
    let words = error.to_string();
    assert!(words.contains(&format!("{}/ca.crt", server.url)), "{words}");
    assert!(words.contains("--ca"), "{words}");

    let other = Server::bind_tls(&authority, "hop.example").await;
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.crt");
    std::fs::write(&ca, authority.pem()).unwrap();
    let trusting = diemcau_agent::Server::new(&other.url, Some(&ca)).unwrap();
    let join = SignedInAgent::sign_in_to(trusting, options(&other, CODE));
    let (agent, _) = in_time(async { tokio::join!(join, other.accept()) }).await;
    let words = agent.err().unwrap().to_string();
    assert!(words.contains("hop.example"), "{words}");
}

#[tokio::test]
async fn the_command_asks_leaves_and_prints_a_report() {
    let server = Server::bind().await;
    let words = "agent join --site can-tho --code ABCD-EFGH --request --json --seconds 0 --server";
    let host = async {
        let mut session = server.serve().await;
        let (_, command) = session.command(4).await;
        session.farewell().await;
        command
    };
    let (done, out, command) = run(&format!("{words} {}", server.url), host).await;
    assert_eq!(done.unwrap(), Done::Good);
    assert!(
        matches!(command, Command::FloorRequest { .. }),
        "{command:?}"
    );
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["site"], "can-tho");
    let kinds: Vec<_> = report["slots"]
        .as_array()
        .unwrap()
        .iter()
        .map(|slot| &slot["kind"])
        .collect();
    let expected = [
        "audio",
        "audio",
        "main",
        "presentation",
        "presentation-audio",
        "thumbnail",
    ];
    assert_eq!(kinds, expected);
}
