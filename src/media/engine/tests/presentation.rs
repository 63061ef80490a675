//! The screen that is shown and its sound: the gate, the switch, the repair, who comes late.

use super::{
    client::{Client, Got, SCREEN_SSRC},
    world::World,
};
use crate::{
    api::{MediaEvent, PeerId, SlotKind},
    rtcp,
    vp8::Descriptor,
};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);
/// Five pictures a second.
const FRAME: Duration = Duration::from_millis(200);
const GCM: SrtpProtectionProfile = SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm;

fn world(clients: usize, seed: u64) -> World {
    let mut world = World::new(seed);
    world.presentation = true;
    for _ in 0..clients {
        world.join(vec![GCM]);
    }
    world.run(Duration::from_secs(1));
    assert!(world.clients.iter().all(Client::is_connected));
    world
}

fn pictures(world: &World, client: usize) -> Vec<&Got> {
    world.clients[client].of_slot(SlotKind::Presentation, 0)
}

fn sounds(world: &World, client: usize) -> Vec<&Got> {
    world.clients[client].of_slot(SlotKind::PresentationAudio, 0)
}

fn is_key(got: &Got) -> bool {
    let descriptor = Descriptor::parse(&got.payload).expect("VP8");
    descriptor.starts_key_frame
}

fn assert_continuous(got: &[&Got]) {
    for pair in got.windows(2) {
        assert_eq!(pair[1].index, pair[0].index + 1, "no gap");
        let step = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
        assert!(step < 1 << 31, "time does not go back");
    }
}

/// The source's timestamp stands at the end of each payload.
fn stamp(got: &Got) -> u32 {
    u32::from_be_bytes(*got.payload.last_chunk().expect("a timestamp"))
}

/// What the receiver was told of a slot.
fn told(world: &World, receiver: u64, mid: &str) -> Vec<(Option<PeerId>, bool)> {
    let of_slot = |event: &MediaEvent| match event {
        MediaEvent::Slot {
            peer,
            mid: found,
            source,
            rtp,
            ..
        } if *peer == PeerId(receiver) && found == mid => Some((*source, rtp.is_some())),
        _ => None,
    };
    world.events.iter().filter_map(of_slot).collect()
}

#[test]
fn a_screen_goes_out_with_its_sound_only_while_it_presents() {
    let mut world = world(3, 61);
    let share = |world: &mut World, first: u32| {
        for round in first..first + 5 {
            // Client 1 sends whether it may or not: a page that is forced.
            for client in [0, 1] {
                let time = 0x1000_0000 * client as u32 + round;
                world.clients[client].share(time, round as u16, round.is_multiple_of(5), 2);
                world.clients[client].play(time);
            }
            world.run(FRAME);
        }
    };
    share(&mut world, 0);
    assert!(world.clients.iter().all(|client| client.got.is_empty()));
    assert_eq!(world.counter("screen_packets_stopped"), 2 * 5 * 3);
    assert_eq!(
        world.clients[1].picture_losses_of(SCREEN_SSRC),
        0,
        "nobody is asked for a picture that nobody may see"
    );

    world.present(Some(0), Some(0));
    share(&mut world, 5);
    for receiver in [1, 2] {
        let (picture, sound) = (pictures(&world, receiver), sounds(&world, receiver));
        assert_eq!((picture.len(), sound.len()), (10, 5));
        assert_eq!(world.clients[receiver].got.len(), 15, "and nothing of 1");
        assert!(is_key(picture[0]) && sound[0].marker);
        assert_continuous(&picture);
        assert_continuous(&sound);
    }
    assert!(world.clients[0].got.is_empty(), "nobody sees themselves");
    let stopped = world.counter("screen_packets_stopped");

    world.present(None, None);
    let before = world.clients[2].got.len();
    share(&mut world, 10);
    assert_eq!(world.clients[2].got.len(), before);
    assert_eq!(world.counter("screen_packets_stopped"), stopped + 2 * 5 * 3);
    let mid = world.clients[2].mid_of(SlotKind::Presentation);
    assert_eq!(
        told(&world, 2, &mid),
        [
            (Some(PeerId(0)), false),
            (Some(PeerId(0)), true),
            (None, false)
        ]
    );
}

#[test]
fn a_plan_that_shows_a_screen_which_does_not_present_shows_nothing() {
    let mut world = world(2, 62);
    world.present(None, Some(0));
    for round in 0..5 {
        world.clients[0].share(round, round as u16, true, 1);
        world.clients[0].play(round);
        world.run(FRAME);
    }
    assert!(world.clients[1].got.is_empty());
    // Nor does the screen of one that presents stand in for another that does not.
    world.present(Some(1), Some(0));
    world.clients[0].share(6, 6, true, 1);
    world.run(FRAME);
    assert!(world.clients[1].got.is_empty());
}

#[test]
fn a_screen_is_no_camera_and_its_sound_no_microphone() {
    let mut world = world(2, 63);
    world.present(Some(0), Some(0));
    for round in 0..5u32 {
        world.clients[0].share(1000 + round, round as u16, round == 0, 1);
        world.clients[0].play(1000 + round);
        world.clients[0].show(2000 + round, round as u16, round == 0, 1);
        world.clients[0].speak(2000 + round, 20);
        world.run(FRAME);
    }
    assert_eq!(world.clients[1].got.len(), 10, "screen and its sound");
    assert!(world.clients[1].got.iter().all(|got| stamp(got) < 2000));
    assert_eq!(world.counter("microphone_packets_stopped"), 5);

    // And the other way round: who speaks does not present.
    world.clients[1].got.clear();
    world.present(None, None);
    world.plan(Some(0), &[0]);
    for round in 0..5u32 {
        world.clients[0].share(1000 + round, round as u16, round == 0, 1);
        world.clients[0].play(1000 + round);
        world.clients[0].show(2000 + round, 5 + round as u16, round == 0, 1);
        world.clients[0].speak(2000 + round, 20);
        world.run(FRAME);
    }
    assert_eq!(world.clients[1].got.len(), 10, "camera and microphone");
    assert!(world.clients[1].got.iter().all(|got| stamp(got) >= 2000));
}

#[test]
fn the_next_presenter_begins_on_a_key_frame_and_leaves_no_gap() {
    let mut world = world(3, 64);
    world.present(Some(0), Some(0));
    for round in 0..5u32 {
        world.clients[0].share(round * 18_000, round as u16, round == 0, 2);
        world.clients[0].play(round * 9600);
        world.run(FRAME);
    }
    let last = pictures(&world, 2).len();
    let asked = world.clients[1].picture_losses_of(SCREEN_SSRC);
    world.present(Some(1), Some(1));
    // The one before goes on sending, the next one has begun to share and has no key frame ready.
    world.clients[0].share(5 * 18_000, 5, true, 2);
    world.clients[1].share(900_000, 70, false, 2);
    world.clients[1].play(960_000);
    world.run(FRAME);
    assert_eq!(pictures(&world, 2).len(), last, "the old picture stays");
    assert!(world.clients[1].picture_losses_of(SCREEN_SSRC) > asked);
    world.clients[1].share(918_000, 71, true, 2);
    world.clients[1].share(936_000, 72, false, 2);
    world.clients[1].play(969_600);
    world.run(FRAME);

    let picture = pictures(&world, 2);
    assert_eq!(picture.len(), last + 4);
    assert!(is_key(picture[last]));
    assert!(picture[last..].iter().all(|got| stamp(got) >= 918_000));
    assert_continuous(&picture);
    let ids: Vec<u16> = picture
        .iter()
        .map(|got| Descriptor::parse(&got.payload).expect("VP8"))
        .map(|found| found.picture_id.expect("an id").0)
        .collect();
    let steps = ids.windows(2).map(|pair| pair[1] - pair[0]);
    assert!(
        steps.clone().all(|step| step <= 1),
        "picture ids go on: {ids:?}"
    );
    let sound = sounds(&world, 2);
    assert_eq!(sound.len(), 5 + 2, "the sound follows at once");
    assert_continuous(&sound);
    assert!(sound[5].marker && stamp(sound[5]) == 960_000);
}

#[test]
fn who_presents_again_begins_anew() {
    let mut world = world(2, 65);
    for turn in 0..3u16 {
        world.present(Some(0), Some(0));
        world.run(FRAME);
        // It never stopped sending; what it sends first in each turn cannot be decoded.
        for frame in 0..4u16 {
            let id = turn * 10 + frame;
            world.clients[0].share(u32::from(id) * 18_000, id, frame == 1, 1);
            world.run(FRAME);
        }
        world.present(None, None);
        for frame in 4..8u16 {
            let id = turn * 10 + frame;
            world.clients[0].share(u32::from(id) * 18_000, id, false, 1);
            world.run(FRAME);
        }
    }
    let got = pictures(&world, 1);
    assert_continuous(&got);
    let shown: Vec<u32> = got.iter().map(|got| stamp(got) / 18_000).collect();
    assert_eq!(shown, [1, 2, 3, 11, 12, 13, 21, 22, 23]);
}

#[test]
fn who_joins_while_a_screen_is_shown_gets_a_key_frame() {
    let mut world = world(2, 66);
    world.present(Some(0), Some(0));
    world.clients[0].share(0, 0, true, 1);
    // A page full of frames: too much to be given again.
    for frame in 1..120u16 {
        world.clients[0].share(u32::from(frame) * 3000, frame, false, 1);
        world.run(33 * MS);
    }
    let late = world.join(vec![GCM]);
    world.present(Some(0), Some(0));
    let mut asked = world.clients[0].picture_losses_of(SCREEN_SSRC);
    for frame in 120..150u16 {
        let now = world.clients[0].picture_losses_of(SCREEN_SSRC);
        let key = std::mem::replace(&mut asked, now) != now;
        world.clients[0].share(u32::from(frame) * 3000, frame, key, 1);
        world.run(33 * MS);
    }
    let got = pictures(&world, late);
    assert!(got.len() > 5, "{} packets", got.len());
    assert!(is_key(got[0]));
    assert_continuous(&got);
    assert_continuous(&pictures(&world, 1));
}

#[test]
fn a_screen_on_which_nothing_moves_stays_and_one_that_has_ended_leaves() {
    let mut world = world(2, 67);
    world.present(Some(0), Some(0));
    world.clients[0].share(0, 0, true, 1);
    world.run(5000 * MS);
    let mid = world.clients[1].mid_of(SlotKind::Presentation);
    let there = [(Some(PeerId(0)), false), (Some(PeerId(0)), true)];
    assert_eq!(told(&world, 1, &mid), there);
    world.run(2000 * MS);
    assert_eq!(told(&world, 1, &mid)[2..], [(None, false)]);
}

#[test]
fn a_screen_is_repaired_as_the_main_picture_is() {
    let mut world = world(2, 68);
    world.present(Some(0), Some(0));
    world.clients[0].share(0, 0, true, 1);
    world.run(FRAME);
    world.line.loss_percent = 10;
    let ssrc = world.clients[1].slot_ssrc(SlotKind::Presentation, 0);
    for frame in 1..=100u16 {
        world.clients[0].share(u32::from(frame) * 18_000, frame, false, 4);
        world.run(FRAME / 2);
        world.clients[1].nack_missing(ssrc);
        world.run(FRAME / 2);
    }
    world.line.loss_percent = 0;
    for _ in 0..10 {
        world.clients[1].nack_missing(ssrc);
        world.run(100 * MS);
    }
    let got = pictures(&world, 1).len();
    assert!(got >= 400, "{got} of 401 packets came");
    assert!(world.counter("packets_retransmitted") > 20);
    assert!(world.counter("nacks_sent") > 20, "and of the publisher too");

    // What was sent is nobody's to ask for once it no longer presents.
    world.present(None, None);
    let resent = world.counter("packets_retransmitted");
    let newest = pictures(&world, 1).last().expect("some").index;
    world.clients[1].report(|out| rtcp::write_nack(out, 1, ssrc, &[newest]));
    world.run(100 * MS);
    assert_eq!(world.counter("packets_retransmitted"), resent);
}

#[test]
fn who_presents_and_leaves_leaves_a_card() {
    let mut world = world(2, 69);
    world.present(Some(0), Some(0));
    world.clients[0].share(0, 0, true, 1);
    world.clients[0].play(0);
    world.run(FRAME);
    world.engine.leave(world.now, PeerId(0));
    world.run(FRAME);
    for kind in [SlotKind::Presentation, SlotKind::PresentationAudio] {
        let mid = world.clients[1].mid_of(kind);
        assert_eq!(
            told(&world, 1, &mid).last(),
            Some(&(None, false)),
            "{kind:?}"
        );
    }
}

#[test]
fn who_offered_no_presentation_gets_none_and_loses_nothing() {
    let mut world = world(1, 70);
    world.presentation = false;
    let old = world.join(vec![GCM]);
    world.run(Duration::from_secs(1));
    world.present(Some(0), Some(0));
    world.plan(Some(0), &[0]);
    for round in 0..5u32 {
        world.clients[0].share(round * 18_000, round as u16, round == 0, 1);
        world.clients[0].show(round * 18_000, round as u16, round == 0, 1);
        world.clients[0].speak(round * 9600, 20);
        world.run(FRAME);
    }
    assert_eq!(world.clients[old].of_slot(SlotKind::Main, 0).len(), 5);
    assert_eq!(world.clients[old].of_slot(SlotKind::Audio, 0).len(), 5);
    assert_eq!(world.clients[old].got.len(), 10);
}
