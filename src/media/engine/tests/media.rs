//! The gate, switches, repair, reports.

use super::{
    client::{CAMERA_SSRC, Got, MICROPHONE_SSRC},
    world::{GOOD, Line, World},
};
use crate::{
    api::{MediaEvent, PeerId, SlotKind},
    rtcp,
    vp8::Descriptor,
};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

fn picture_ids(got: &[&Got]) -> Vec<u16> {
    let id = |got: &&Got| {
        Descriptor::parse(&got.payload)
            .expect("VP8")
            .picture_id
            .expect("an id")
            .0
    };
    got.iter().map(id).collect()
}

/// Whose packet: the source's timestamp stands at the end of each payload.
fn source_timestamp(got: &Got) -> u32 {
    u32::from_be_bytes(*got.payload.last_chunk().expect("a timestamp"))
}

fn assert_continuous(got: &[&Got]) {
    for pair in got.windows(2) {
        assert_eq!(
            pair[1].index,
            pair[0].index + 1,
            "sequence numbers are continuous"
        );
        let step = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
        assert!(step < 1 << 31, "time does not go back: {pair:?}");
    }
}

#[test]
fn only_a_heard_microphone_is_forwarded() {
    let mut world = World::with_clients(3, 1);
    world.plan(None, &[1]);
    for round in 0..10u32 {
        for client in 0..3 {
            world.clients[client].speak(round * 960, 30);
        }
        world.run(20 * MS);
    }
    world.run(300 * MS);
    for receiver in [0, 2] {
        let got = world.clients[receiver].of_slot(SlotKind::Audio, 0);
        assert_eq!(got.len(), 10);
        assert!(got[0].marker, "a talk spurt begins");
        assert_continuous(&got);
        assert_eq!(
            world.clients[receiver].got.len(),
            10,
            "and nobody else is heard"
        );
    }
    assert!(world.clients[1].got.is_empty(), "nobody hears themselves");
    assert_eq!(world.counter("microphone_packets_stopped"), 20);
    assert!(
        world
            .events
            .contains(&MediaEvent::MicrophoneSeen { peer: PeerId(1) })
    );
    for peer in [0, 2].map(PeerId) {
        assert!(
            world
                .events
                .contains(&MediaEvent::OpenMicrophone { peer, open: true })
        );
    }
    let levels = world
        .events
        .iter()
        .filter(|event| matches!(event, MediaEvent::Levels { levels, .. } if levels.len() == 3));
    assert!(levels.count() > 0);
}

#[test]
fn a_revoked_microphone_is_not_forwarded_from_that_moment() {
    let mut world = World::with_clients(2, 2);
    world.plan(None, &[0]);
    for round in 0..50u32 {
        world.clients[0].speak(round * 960, 30);
        if round == 25 {
            world.plan(None, &[]);
            world.engine.outbox().clear();
        }
        world.run(20 * MS);
    }
    // Packet 25 was on its way to the engine when the floor was revoked.
    let got = world.clients[1].of_slot(SlotKind::Audio, 0);
    assert_eq!(got.len(), 25);
    assert!(got.iter().all(|got| source_timestamp(got) < 25 * 960));
}

#[test]
fn a_floor_that_goes_round_leaves_no_gap_in_a_slot() {
    let mut world = World::with_clients(3, 3);
    for round in 0..60u32 {
        if round % 10 == 0 {
            world.plan(None, &[u64::from(round / 10 % 2)]);
        }
        world.clients[0].speak(round * 960, 30);
        world.clients[1].speak(0x8000_0000 + round * 960, 30);
        world.run(20 * MS);
    }
    world.run(100 * MS);
    let got = world.clients[2].of_slot(SlotKind::Audio, 0);
    assert!(got.len() >= 58, "{}", got.len());
    assert_continuous(&got);
    // Time in the slot is time on the wall, whoever speaks: 60 packets of 20 ms.
    let last = got
        .last()
        .expect("a packet")
        .timestamp
        .wrapping_sub(got[0].timestamp);
    assert!(last.abs_diff(59 * 960) <= 2 * 960, "{last}");
}

#[test]
fn a_switch_waits_for_the_key_frame_and_shows_nothing_twice() {
    let mut world = World::with_clients(3, 4);
    world.plan(Some(0), &[]);
    world.run(50 * MS);
    for frame in 0..5u16 {
        world.clients[0].show(u32::from(frame) * 3000, 100 + frame, frame == 0, 3);
        world.run(33 * MS);
    }
    // Client 1 sends already, but no key frame; the switch comes in the middle of a frame of 0.
    world.clients[0].show_part(15_000, false, &[0x90, 0x80, 0x80, 105, 1, 0, 0, 0, 15]);
    world.run(15 * MS);
    world.plan(Some(1), &[]);
    world.clients[0].show_part(15_000, true, &[0x80, 0x80, 0x80, 105, 1, 0, 0, 0, 15]);
    world.clients[1].show(900_000, 7, false, 2);
    world.run(33 * MS);
    assert_eq!(
        world.clients[1].picture_losses(),
        1,
        "asked as soon as there is a stream to ask for"
    );
    world.clients[0].show(18_000, 106, false, 1);
    world.run(33 * MS);
    world.clients[1].show(903_000, 8, true, 2);
    world.clients[0].show(21_000, 107, false, 1);
    world.run(33 * MS);
    world.clients[1].show(906_000, 9, false, 2);
    world.run(100 * MS);

    let got = world.clients[2].of_slot(SlotKind::Main, 0);
    assert_continuous(&got);
    let ids = picture_ids(&got);
    // 5 frames of 3, the split one, two more of the old source; then the new one's key frame on.
    let expected: Vec<u16> = [[0; 3], [1; 3], [2; 3], [3; 3], [4; 3]]
        .concat()
        .into_iter()
        .chain([5, 5, 6, 7, 8, 8, 9, 9])
        .collect();
    let base = ids[0];
    assert_eq!(ids.iter().map(|id| id - base).collect::<Vec<_>>(), expected);
    let started: Vec<_> = world
        .events
        .iter()
        .filter_map(|event| match event {
            MediaEvent::Slot {
                peer: PeerId(2),
                source,
                rtp,
                ..
            } => Some((*source, *rtp)),
            _ => None,
        })
        .collect();
    assert_eq!(
        started,
        [
            (Some(PeerId(0)), None),
            (Some(PeerId(0)), Some(got[0].timestamp)),
            (Some(PeerId(1)), None),
            (Some(PeerId(1)), Some(got[19].timestamp)),
        ]
    );
}

#[test]
fn who_joins_a_picture_that_flows_gets_a_key_frame_of_its_own() {
    let mut world = World::with_clients(2, 10);
    world.plan(Some(0), &[]);
    world.run(50 * MS);
    let mut frame = 0u16;
    let mut show = |world: &mut World, key: bool| {
        world.clients[0].show(u32::from(frame) * 3000, frame, key, 1);
        frame += 1;
        world.run(33 * MS);
    };
    show(&mut world, true);
    let late = world.join(vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm]);
    world.plan(Some(0), &[]);
    // The key frame that its joining asked for is over before its handshake is.
    show(&mut world, true);
    let mut asked = world.clients[0].picture_losses();
    for _ in 0..60 {
        show(&mut world, false);
        let now = world.clients[0].picture_losses();
        if std::mem::replace(&mut asked, now) != now {
            show(&mut world, true);
        }
    }
    let got = world.clients[late].of_slot(SlotKind::Main, 0);
    assert!(got.len() > 30, "{} frames came", got.len());
}

#[test]
fn a_camera_that_stops_leaves_a_card_and_comes_back_with_a_key_frame() {
    let mut world = World::with_clients(2, 11);
    world.plan(Some(0), &[]);
    world.run(50 * MS);
    world.clients[0].show(0, 1, true, 1);
    world.run(100 * MS);
    world.events.clear();
    world.run(2500 * MS);
    let slot = |source, rtp| MediaEvent::Slot {
        peer: PeerId(1),
        mid: "4".to_owned(),
        source,
        held: false,
        rtp,
    };
    assert_eq!(world.events, [slot(None, None)]);
    let asked = world.clients[0].picture_losses();
    world.clients[0].show(300_000, 2, false, 1);
    world.run(100 * MS);
    assert!(world.clients[0].picture_losses() > asked);
    world.clients[0].show(303_000, 3, true, 1);
    world.run(100 * MS);
    let got = world.clients[1].of_slot(SlotKind::Main, 0);
    assert_eq!(got.len(), 2, "nothing that cannot be decoded");
    assert_continuous(&got);
    let rtp = got[1].timestamp;
    assert_eq!(world.events.last(), Some(&slot(Some(PeerId(0)), Some(rtp))));
}

#[test]
fn sequence_numbers_roll_over_on_both_sides() {
    let mut world = World::with_clients(2, 5);
    world.plan(Some(0), &[0]);
    world.run(50 * MS);
    world.clients[0].audio_index = 65_530;
    world.clients[0].video_index = 65_530;
    // 70,000 packets: in and out roll over at different moments, out at least once.
    for round in 0..7000u32 {
        for part in 0..10 {
            world.clients[0].show(
                round * 3000 + part,
                (round & 0x7fff) as u16,
                round == 0 && part == 0,
                1,
            );
        }
        world.clients[0].speak(round * 960, 30);
        world.run(MS);
    }
    world.run(100 * MS);
    assert_eq!(world.clients[1].not_authentic, 0);
    let video = world.clients[1].of_slot(SlotKind::Main, 0);
    assert_eq!(video.len(), 70_000);
    assert_continuous(&video);
    assert_eq!(world.clients[1].of_slot(SlotKind::Audio, 0).len(), 7000);
    assert_eq!(world.counter("dropped_rtp_unauthenticated"), 0);
}

#[test]
fn reordered_and_doubled_packets_arrive_once_each() {
    for seed in 1..=5 {
        let mut world = World::with_clients(2, seed);
        world.plan(Some(0), &[0]);
        world.run(50 * MS);
        world.clients[0].show(0, 0, true, 1);
        world.run(50 * MS);
        world.line = Line {
            jitter: 30 * MS,
            double_percent: 20,
            ..GOOD
        };
        world.clients[0].repairs = false;
        for round in 1..=100u32 {
            world.clients[0].show(round * 3000, round as u16, false, 3);
            world.clients[0].speak(round * 960, 30);
            world.run(10 * MS);
        }
        world.run(200 * MS);
        let ssrc = world.clients[1].slot_ssrc(SlotKind::Main, 0);
        let mut indexes: Vec<u64> = world.clients[1]
            .got
            .iter()
            .filter(|got| got.ssrc == ssrc)
            .map(|got| got.index)
            .collect();
        indexes.sort_unstable();
        indexes.dedup();
        assert_eq!(
            indexes.len(),
            301,
            "seed {seed}: the client itself asserts that none came twice"
        );
    }
}

#[test]
fn loss_on_both_lines_is_repaired() {
    let mut world = World::with_clients(2, 6);
    world.plan(Some(0), &[]);
    world.run(50 * MS);
    world.clients[0].show(0, 0, true, 1);
    world.run(50 * MS);
    world.line.loss_percent = 10;
    let main = world.clients[1].slot_ssrc(SlotKind::Main, 0);
    for frame in 1..=600u32 {
        world.clients[0].show(frame * 3000, frame as u16, false, 4);
        world.run(16 * MS);
        world.clients[1].nack_missing(main);
        world.run(17 * MS);
    }
    world.line.loss_percent = 0;
    for _ in 0..10 {
        world.clients[1].nack_missing(main);
        world.run(100 * MS);
    }
    let got = world.clients[1]
        .got
        .iter()
        .filter(|got| got.ssrc == main)
        .count();
    let sent = 1 + 600 * 4;
    assert!(
        got * 1000 >= sent * 999,
        "{got} of {sent} packets came, {} sent again",
        world.counter("packets_retransmitted")
    );
    let resent = world.counter("packets_retransmitted");
    assert!(
        resent < 1000,
        "a loss is repaired about once, not {resent} times"
    );
}

#[test]
fn requests_for_key_frames_of_many_receivers_are_joined() {
    let mut world = World::with_clients(6, 7);
    world.plan(Some(0), &[]);
    world.run(50 * MS);
    world.clients[0].show(0, 0, true, 1);
    world.run(1000 * MS);
    let before = world.clients[0].picture_losses();
    for round in 0..10 {
        for client in 1..6 {
            let ssrc = world.clients[client].slot_ssrc(SlotKind::Main, 0);
            world.clients[client].report(|out| rtcp::write_picture_loss(out, 1, ssrc));
        }
        world.run(100 * MS);
        if round % 3 == 2 {
            world.clients[0].show(3000 * round, round as u16, true, 1);
        }
    }
    let asked = world.clients[0].picture_losses() - before;
    assert!(
        (2..=3).contains(&asked),
        "fifty requests in a second became {asked}"
    );
}

#[test]
fn a_publisher_learns_how_its_packets_arrive() {
    let mut world = World::with_clients(1, 8);
    for round in 0..100u32 {
        if round != 50 {
            world.clients[0].speak(round * 960, 127);
        } else {
            world.clients[0].audio_index += 1;
        }
        world.run(20 * MS);
    }
    world.run(200 * MS);
    let (mut blocks, mut feedback) = (vec![], 0);
    for compound in &world.clients[0].reports {
        rtcp::read(compound, |packet| {
            if let rtcp::Packet::Report(block) = packet {
                blocks.push(block);
            }
        });
        if compound[0] & 0x1f == 15 && compound[1] == 205 {
            feedback += 1;
            // A browser drops feedback that names none of its streams, and ends at its lowest rate.
            assert_eq!(compound[8..12], MICROPHONE_SSRC.to_be_bytes());
        }
    }
    assert_eq!(blocks.len(), 2, "a report a second");
    assert!(blocks.iter().all(|block| block.ssrc == MICROPHONE_SSRC));
    assert_eq!(blocks.last().expect("a report").lost, 1);
    assert!((25..=45).contains(&feedback), "{feedback} in two seconds");
}

#[test]
fn sender_reports_keep_sound_and_picture_together() {
    let mut world = World::with_clients(2, 9);
    world.plan(Some(0), &[0]);
    world.run(50 * MS);
    let start = world.now;
    for round in 0..150u32 {
        world.clients[0].speak(round * 960, 30);
        world.clients[0].show(5_000_000 + round * 1800, round as u16, round == 0, 1);
        if round % 50 == 25 {
            // The publisher's own clock: an hour off, both streams at one moment.
            let ntp = (3600u64 << 32) + (u64::from(round) << 32) / 50;
            world.clients[0].report(|out| {
                rtcp::write_sender_report(out, MICROPHONE_SSRC, ntp, round * 960, 1, 1, "x");
                rtcp::write_sender_report(
                    out,
                    CAMERA_SSRC,
                    ntp,
                    5_000_000 + round * 1800,
                    1,
                    1,
                    "x",
                );
            });
        }
        world.run(20 * MS);
    }
    let client = &world.clients[1];
    let (audio, video) = (
        client.slot_ssrc(SlotKind::Audio, 0),
        client.slot_ssrc(SlotKind::Main, 0),
    );
    let clock = |ssrc| *client.sender_reports(ssrc).last().expect("a report");
    let (audio_clock, video_clock) = (clock(audio), clock(video));
    // When was the sound and the picture of round 100 captured, as the receiver reckons?
    let capture = |clock: (u64, u32), got: &Got, rate: f64| {
        let ticks = f64::from(got.timestamp.wrapping_sub(clock.1) as i32);
        (clock.0 as f64) / 2f64.powi(32) + ticks / rate
    };
    let of = |ssrc: u32, stamp: u32| {
        let found = client
            .got
            .iter()
            .find(|got| got.ssrc == ssrc && source_timestamp(got) == stamp);
        found.expect("it came")
    };
    let sound = capture(audio_clock, of(audio, 96_000), 48_000.0);
    let picture = capture(video_clock, of(video, 5_180_000), 90_000.0);
    assert!(
        (sound - picture).abs() < 0.002,
        "{} s apart",
        sound - picture
    );
    assert!(client.got.iter().all(|got| got.at > start));
}
